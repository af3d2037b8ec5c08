//! Parts of a pack that travel alone: the regpack (regulators, deadlines, figures, calendar, lists)
//! and the licensepack (types of licenses and who grants them). Their digest is that of their
//! canonical bytes, so it covers every record.

use std::collections::BTreeMap;

use canon::{Canonical, Date, Digest, PackId};
use serde::Serialize;
use serde_json::{Value, json};

use super::Pack;
use super::delta::named;
use super::statement::{PackKind, Statement};

/// Which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What regulators publish.
    Regpack,
    /// What may be licensed, by whom.
    Licensepack,
}

/// Why a document is not a part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPart {
    /// Its canonical form.
    #[error(transparent)]
    Form(#[from] canon::Refusal),
    /// Its shape.
    #[error("not a {0}: {1}")]
    Shape(&'static str, String),
}

/// A part that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The document.
    pub document: Value,
    /// What there is to sign of it.
    pub statement: Statement,
    /// The digest of each record by `TABLE#ID`.
    pub records: BTreeMap<String, Digest>,
}

/// A record that differs between two parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RecordChange {
    /// `TABLE#ID`.
    pub record: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
}

impl Part {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regpack => "regpack",
            Self::Licensepack => "licensepack",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Regpack => "MEZRegpack",
            Self::Licensepack => "MEZLicensepack",
        }
    }

    const fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Regpack => &["calendar", "deadlines", "parameters", "regulators", "sanctions"],
            Self::Licensepack => &["licenses", "regulators"],
        }
    }

    /// The part of a pack, as a document: its tables, and the sources their rows cite.
    ///
    /// # Errors
    /// A part over the limits of the canonical form.
    pub fn of(self, pack: &Pack) -> Result<Canonical, BadPart> {
        let files = pack.artifact().value();
        let rows = |table: &&str| {
            let rows = files.pointer(&format!("/files/{table}.yaml/{table}"))?;
            Some(((*table).to_owned(), rows.clone()))
        };
        let tables: serde_json::Map<String, Value> =
            self.tables().iter().filter_map(rows).collect();
        let sources = files.pointer("/files/pack.yaml/sources").cloned().unwrap_or(json!([]));
        let document = json!({
            "type": self.kind(),
            "as_of_date": pack.as_of(),
            "jurisdiction_id": pack.id(),
            "sources": sources,
            "tables": tables,
            "version": pack.version(),
        });
        Ok(Canonical::of_value(&document)?)
    }

    const fn pack_kind(self) -> PackKind {
        match self {
            Self::Regpack => PackKind::Regpack,
            Self::Licensepack => PackKind::Licensepack,
        }
    }

    /// Check a document: canonical, of this type, every row with id and citation of a source it
    /// names.
    ///
    /// # Errors
    /// The first thing that is not so.
    pub fn read(self, bytes: &[u8]) -> Result<Held, BadPart> {
        let bad = |detail: String| BadPart::Shape(self.name(), detail);
        let canonical = Canonical::exact(bytes)?;
        let document = canonical.value();
        if document.get("type") != Some(&json!(self.kind())) {
            return Err(bad(format!("`type` is not `{}`", self.kind())));
        }
        let as_of = document.get("as_of_date").and_then(Value::as_str).unwrap_or_default();
        let as_of = Date::parse(as_of).map_err(|error| bad(format!("`as_of_date`: {error}")))?;
        let place = document.get("jurisdiction_id").and_then(Value::as_str).unwrap_or_default();
        let place =
            PackId::parse(place).map_err(|error| bad(format!("`jurisdiction_id`: {error}")))?;
        let version = document.get("version").and_then(Value::as_i64);
        let version = version.ok_or_else(|| bad("`version` is no whole number".to_owned()))?;
        let sources = document.get("sources").and_then(Value::as_array).cloned();
        let sources = sources.unwrap_or_default();
        let known = |id: &Value| sources.iter().any(|source| source.get("id") == Some(id));
        let tables = document.get("tables").and_then(Value::as_object);
        let tables = tables.ok_or_else(|| bad("no tables".to_owned()))?;
        let mut records = BTreeMap::new();
        for (table, rows) in tables {
            if !self.tables().contains(&table.as_str()) {
                return Err(bad(format!("strange table `{table}`")));
            }
            for row in rows.as_array().into_iter().flatten() {
                let id = named(row).ok_or_else(|| bad(format!("a row of `{table}` has no id")))?;
                let record = format!("{table}#{id}");
                if !row.pointer("/citation/source").is_some_and(known) {
                    return Err(bad(format!("`{record}` cites no source of the document")));
                }
                let digest = Canonical::of_value(row)?.digest();
                if records.insert(record.clone(), digest).is_some() {
                    return Err(bad(format!("two records `{record}`")));
                }
            }
        }
        let dated = (as_of, canonical.digest());
        let statement = Statement::new(self.pack_kind(), place, Some(version), dated);
        Ok(Held { document, statement, records })
    }
}

/// What differs from older records.
#[must_use]
pub fn changes(
    older: &BTreeMap<String, Digest>,
    newer: &BTreeMap<String, Digest>,
) -> Vec<RecordChange> {
    let told = |record: &String, change| RecordChange { record: record.clone(), change };
    let removed = older.keys().filter(|record| !newer.contains_key(*record));
    let mut found: Vec<RecordChange> = removed.map(|record| told(record, "removed")).collect();
    for (record, digest) in newer {
        match older.get(record) {
            None => found.push(told(record, "added")),
            Some(other) if other != digest => found.push(told(record, "changed")),
            Some(_) => {}
        }
    }
    found.sort();
    found
}
