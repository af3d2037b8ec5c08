//! Lawpacks: the texts of law, or their structure, as Akoma Ntoso 3.0, with an index of every
//! provision and one digest over all of it.
//!
//! Files of a lawpack: `lawpack.yaml` (canonical JSON, which is YAML), `index.json` (canonical
//! JSON), `akn/*.xml` (Exclusive XML Canonicalization without comments). Format and digest are in
//! `spec/lawpack.md`.
//!
//! Invariant: a [`Lawpack`] is whole: its index is the index of its texts, its bytes are canonical,
//! and its digest changes with any byte of any file.

mod akn;
mod canonical;
mod import;
mod of_pack;

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, Date, Digest, JurisdictionId, sha256_parts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use akn::{Act, Section};
pub use import::BadAct;

use crate::nearest::hint;

/// Version of the format.
pub const LAWPACK_VERSION: &str = "1";
/// First bytes of what the digest is taken of.
const DOMAIN: &[u8] = b"mez-lawpack-v1\0";
/// Most files of a lawpack.
pub const LAWPACK_FILES_MAX: usize = 4_096;
/// Largest text, in bytes.
pub const LAWPACK_TEXT_MAX: usize = 16 * 1024 * 1024;

/// What a lawpack is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// [`LAWPACK_VERSION`].
    pub lawpack_format_version: String,
    /// The jurisdiction.
    pub jurisdiction_id: JurisdictionId,
    /// `civil`, `financial`, `tax`, `aml` or `corpus`.
    pub domain: String,
    /// The day on which the texts were read.
    pub as_of_date: Date,
    /// SPDX identifier of the texts' license, or `NOASSERTION`.
    pub license: String,
    /// What the texts were made from.
    pub sources: Vec<TextSource>,
}

/// One source of a lawpack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSource {
    /// Its id.
    pub source_id: String,
    /// Where it was published.
    pub uri: String,
    /// SHA-256 of the bytes read; absent for structure alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// Why files are no lawpack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLawpack {
    /// A file is missing, or one too many is there.
    #[error("`{path}`: {detail}")]
    File {
        /// Which.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// The digest is another.
    #[error("the digest is {found}, not {wanted}")]
    Digest {
        /// As written.
        wanted: String,
        /// As computed.
        found: Digest,
    },
}

fn bad<T>(path: &str, detail: impl Into<String>) -> Result<T, BadLawpack> {
    Err(BadLawpack::File { path: path.to_owned(), detail: detail.into() })
}

/// A whole lawpack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lawpack {
    head: Head,
    files: BTreeMap<String, Vec<u8>>,
}

/// A provision that differs between two lawpacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// The text.
    pub path: String,
    /// The provision.
    pub e_id: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
}

impl Lawpack {
    /// From acts.
    ///
    /// # Errors
    /// Two acts of one name, or an act whose provisions have one id.
    pub fn of_acts(head: Head, acts: &[Act]) -> Result<Self, BadLawpack> {
        let mut texts = BTreeMap::new();
        for act in acts {
            let path = format!("akn/{}.xml", act.name);
            if texts.insert(path.clone(), akn::write(act).into_bytes()).is_some() {
                return bad(&path, "two acts of one name");
            }
        }
        Self::of_texts(head, texts)
    }

    /// From canonical texts under `akn/`.
    ///
    /// # Errors
    /// No text, a path outside `akn/`, a text that is not well formed or not canonical.
    pub fn of_texts(head: Head, texts: BTreeMap<String, Vec<u8>>) -> Result<Self, BadLawpack> {
        if texts.is_empty() || texts.len() > LAWPACK_FILES_MAX {
            return bad("akn", format!("a lawpack holds 1 to {LAWPACK_FILES_MAX} texts"));
        }
        if head.lawpack_format_version != LAWPACK_VERSION {
            return bad("lawpack.yaml", "of another version");
        }
        let mut documents = serde_json::Map::new();
        for (path, bytes) in &texts {
            documents.insert(path.clone(), indexed(path, bytes)?);
        }
        let index = json!({
            "documents": documents,
            "domain": head.domain,
            "index_version": "1",
            "jurisdiction_id": head.jurisdiction_id,
        });
        let form = |path: &str, made: Result<Canonical, canon::Refusal>| match made {
            Ok(canonical) => Ok(canonical.bytes().to_vec()),
            Err(refusal) => bad(path, refusal.to_string()),
        };
        let mut files = texts;
        files.insert("index.json".into(), form("index.json", Canonical::of_value(&index))?);
        files.insert("lawpack.yaml".into(), form("lawpack.yaml", Canonical::of(&head))?);
        Ok(Self { head, files })
    }

    /// Read files as written by [`Lawpack::files`]; anything a lawpack does not hold is refused.
    ///
    /// # Errors
    /// The first file that is missing, strange, not canonical or not what the index says.
    pub fn read(mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, BadLawpack> {
        let missing = |path: &str| BadLawpack::File { path: path.into(), detail: "missing".into() };
        let index = files.remove("index.json").ok_or_else(|| missing("index.json"))?;
        let head = files.remove("lawpack.yaml").ok_or_else(|| missing("lawpack.yaml"))?;
        let digest = files.remove("digest.sha256").ok_or_else(|| missing("digest.sha256"))?;
        let read = Canonical::exact(&head).and_then(|canonical| canonical.read::<Head>());
        let head = read.or_else(|refusal| bad("lawpack.yaml", refusal.to_string()))?;
        let pack = Self::of_texts(head, files)?;
        if pack.files.get("index.json") != Some(&index) {
            return bad("index.json", "not the index of the texts");
        }
        let wanted = String::from_utf8_lossy(&digest).trim().to_owned();
        let found = pack.digest();
        if wanted != found.to_string() {
            return Err(BadLawpack::Digest { wanted, found });
        }
        Ok(pack)
    }

    /// SHA-256(`mez-lawpack-v1` 0 ‖ for each path in byte order: path 0 bytes 0).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut parts: Vec<&[u8]> = vec![DOMAIN];
        for (path, bytes) in &self.files {
            parts.extend([path.as_bytes(), b"\0", bytes.as_slice(), b"\0"]);
        }
        sha256_parts(&parts)
    }

    /// `JURISDICTION:DOMAIN:SHA256`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}:{}:{}", self.head.jurisdiction_id, self.head.domain, self.digest())
    }

    /// What it is of.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Every file, `digest.sha256` among them.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files.clone();
        files.insert("digest.sha256".into(), format!("{}\n", self.digest()).into_bytes());
        files
    }

    /// How many texts and provisions it holds.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let fragments = self.fragments();
        let texts: BTreeSet<&String> = fragments.keys().map(|(path, _)| path).collect();
        (texts.len(), fragments.len())
    }

    /// SHA-256 of a provision: `path#eId`, e.g. `akn/amla-2010.xml#sec_7A`.
    ///
    /// # Errors
    /// No such text or provision, with a suggestion.
    pub fn provision(&self, citation: &str) -> Result<Digest, BadLawpack> {
        let (path, e_id) = citation.split_once('#').unwrap_or((citation, ""));
        let fragments = self.fragments();
        match fragments.get(&(path.to_owned(), e_id.to_owned())) {
            Some(digest) => Ok(*digest),
            None => {
                let known = fragments.keys().filter(|(other, _)| other == path);
                let near = hint(e_id, known.map(|(_, e_id)| e_id.as_str()));
                bad(path, format!("no provision `{e_id}`{near}"))
            }
        }
    }

    /// What differs from an older lawpack, provision by provision.
    #[must_use]
    pub fn since(&self, older: &Self) -> Vec<Difference> {
        let (was, is) = (older.fragments(), self.fragments());
        let told = |(path, e_id): &(String, String), change| Difference {
            path: path.clone(),
            e_id: e_id.clone(),
            change,
        };
        let mut found: Vec<Difference> = was
            .keys()
            .filter(|key| !is.contains_key(key))
            .map(|key| told(key, "removed"))
            .collect();
        for (key, digest) in &is {
            match was.get(key) {
                None => found.push(told(key, "added")),
                Some(other) if other != digest => found.push(told(key, "changed")),
                Some(_) => {}
            }
        }
        found.sort();
        found
    }

    fn fragments(&self) -> BTreeMap<(String, String), Digest> {
        let mut found = BTreeMap::new();
        for (path, bytes) in self.files.iter().filter(|(path, _)| path.starts_with("akn/")) {
            let text = String::from_utf8_lossy(bytes);
            for (e_id, part) in canonical::provisions(&text).unwrap_or_default() {
                found.insert((path.clone(), e_id), Digest::of_blob(part.text.as_bytes()));
            }
        }
        found
    }
}

/// The index entry of one text.
fn indexed(path: &str, bytes: &[u8]) -> Result<Value, BadLawpack> {
    let name = path.strip_prefix("akn/").and_then(|name| name.strip_suffix(".xml"));
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !name.is_some_and(plain) {
        return bad(
            path,
            "a lawpack holds lawpack.yaml, index.json, digest.sha256 and akn/NAME.xml",
        );
    }
    if bytes.len() > LAWPACK_TEXT_MAX {
        return bad(path, format!("larger than {LAWPACK_TEXT_MAX} bytes"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return bad(path, "not UTF-8") };
    match canonical::of(text) {
        Ok(canonical) if canonical == text => {}
        Ok(_) => return bad(path, "not in canonical form; `mez lawpack build` writes it"),
        Err(error) => return bad(path, error),
    }
    let parts = canonical::provisions(text).or_else(|error| bad(path, error))?;
    let fragments: serde_json::Map<String, Value> = parts
        .into_iter()
        .map(|(e_id, part)| {
            let row = json!({
                "byte_end": part.range.end,
                "byte_start": part.range.start,
                "sha256": Digest::of_blob(part.text.as_bytes()),
                "xpath": format!("//*[@eId='{e_id}']"),
            });
            (e_id, row)
        })
        .collect();
    Ok(json!({"document_sha256": Digest::of_blob(bytes), "fragments": fragments}))
}

/// A text in canonical form, for [`Lawpack::of_texts`].
///
/// # Errors
/// Not well formed, or with prefixes this form does not write.
pub fn canonical_text(text: &str) -> Result<String, String> {
    canonical::of(text)
}

#[cfg(test)]
mod tests;
