//! Importing official texts: acts as JSON, section by section (title, dates, address, provisions).
//! The text is the operator's copy; nothing of it is kept by us.

use std::collections::BTreeSet;

use canon::{Date, JurisdictionId};
use serde::Deserialize;

use super::akn::{Act, Section};

/// Most sections of an act.
const SECTIONS_MAX: usize = 5_000;

/// Why a file is no act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAct {
    /// Not the shape.
    #[error("not an act: {0}")]
    Shape(String),
    /// A date that is none.
    #[error("{0}")]
    Date(String),
    /// A section that cannot be addressed.
    #[error("section `{section}`: {detail}")]
    Section {
        /// Its number.
        section: String,
        /// What is wrong.
        detail: &'static str,
    },
}

/// The file as published; members not named here are the publisher's own.
#[derive(Deserialize)]
struct Published {
    id: String,
    title: String,
    issued_date: String,
    url: String,
    provisions: Vec<Provision>,
}

#[derive(Deserialize)]
struct Provision {
    section: String,
    title: String,
    content: String,
}

impl Act {
    /// Read an act; `read` is the day its file was fetched.
    ///
    /// # Errors
    /// Another shape, a date that is none, sections without usable or with equal numbers.
    pub fn import(jurisdiction: &JurisdictionId, bytes: &[u8], read: Date) -> Result<Self, BadAct> {
        let published: Published =
            serde_json::from_slice(bytes).map_err(|error| BadAct::Shape(error.to_string()))?;
        let made = Date::parse(&published.issued_date)
            .map_err(|error| BadAct::Date(format!("`issued_date`: {error}")))?;
        if published.provisions.is_empty() || published.provisions.len() > SECTIONS_MAX {
            return Err(BadAct::Shape(format!("an act has 1 to {SECTIONS_MAX} sections")));
        }
        let mut seen = BTreeSet::new();
        let mut sections = Vec::new();
        for provision in published.provisions {
            let number = provision.section.trim().to_owned();
            let bad = |detail| BadAct::Section { section: number.clone(), detail };
            if !number.bytes().all(|b| b.is_ascii_alphanumeric()) || number.is_empty() {
                return Err(bad("the number takes letters and digits"));
            }
            if !seen.insert(number.clone()) {
                return Err(bad("the number occurs twice"));
            }
            if provision.content.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) {
                return Err(bad("the text holds control characters"));
            }
            let heading = heading(&provision.title, &number);
            let e_id = format!("sec_{number}");
            sections.push(Section { e_id, number, heading, text: provision.content });
        }
        Ok(Self {
            name: slug(&published.id),
            jurisdiction: jurisdiction.clone(),
            title: published.title,
            made,
            read,
            uri: published.url,
            sections,
        })
    }
}

/// `Section 7A. Heading` without what the number says already.
fn heading(title: &str, number: &str) -> String {
    let rest = title.trim();
    let rest = rest.strip_prefix("Section ").unwrap_or(rest);
    let rest = rest.strip_prefix(number).and_then(|rest| rest.strip_prefix('.')).unwrap_or(rest);
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lower-case letters and digits, joined by dashes; at most 80 characters.
pub(super) fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let parts = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let joined = parts.collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(80).collect();
    cut.trim_end_matches('-').to_owned()
}
