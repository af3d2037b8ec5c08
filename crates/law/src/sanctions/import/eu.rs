//! The consolidated financial sanctions of the European Union, XML as published, and any list in
//! its shape.
//!
//! Format: `export/sanctionEntity` of the Financial Sanctions Files (FSF), version 1.1. The list
//! states its own date in `generationDate`.

use canon::Date;
use roxmltree::{Document, Node, ParsingOptions};

use super::super::birth::Birth;
use super::super::list::{Entry, Identifier, List, Name, Scheme, Strength, SubjectKind};
use super::{ImportError, NODES_MAX, listed, size};

/// Id of the list.
pub const LIST_ID: &str = "eu-consolidated";
const TITLE: &str = "European Union Consolidated Financial Sanctions List";
/// What its entries are.
const RECORD: &str = "sanctionEntity";
/// How much of a file is looked at to tell what it is.
const HEAD_BYTES: usize = 4_096;

/// Whether the bytes look like this list.
#[must_use]
pub fn is_one(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD_BYTES.min(bytes.len())).unwrap_or_default();
    String::from_utf8_lossy(head).contains(RECORD)
}

/// Read the list. `file` is used in errors.
///
/// # Errors
/// Not this XML, no date, a record without id or name, or records that make no list.
pub fn import(file: &str, bytes: &[u8]) -> Result<List, ImportError> {
    size(file, bytes)?;
    let bad = |at: String, detail: &str| ImportError::BadRecord {
        file: file.to_owned(),
        at,
        detail: detail.to_owned(),
    };
    let top = || "the top".to_owned();
    let text = std::str::from_utf8(bytes).map_err(|_| bad(top(), "not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|e| bad(format!("line {}", e.pos().row), "not well-formed XML"))?;
    let root = document.root_element();
    let stated = root.attribute("generationDate").and_then(|text| text.get(..10));
    let published = stated
        .and_then(|text| Date::parse(text).ok())
        .ok_or_else(|| bad(top(), "generationDate is not a date"))?;
    let mut entries = Vec::new();
    for node in children(root, RECORD) {
        let at = format!("record {}", entries.len() + 1);
        entries.push(entry(node).map_err(|detail| bad(at, detail))?);
    }
    listed(file, List::new(LIST_ID, TITLE, Some(published), entries))
}

fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    tag: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == tag)
}

/// An attribute, spaces reduced; empty when absent.
fn attribute(node: Node<'_, '_>, name: &str) -> String {
    let text = node.attribute(name).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn entry(node: Node<'_, '_>) -> Result<Entry, &'static str> {
    let id = attribute(node, "logicalId");
    if id.is_empty() {
        return Err("a record without logicalId");
    }
    let kind = children(node, "subjectType").map(|kind| attribute(kind, "code")).next();
    let mut names = Vec::new();
    for alias in children(node, "nameAlias") {
        let whole = attribute(alias, "wholeName");
        let parts = ["firstName", "middleName", "lastName"].map(|part| attribute(alias, part));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let text = if whole.is_empty() { parts.join(" ") } else { whole };
        let strength = match (names.is_empty(), alias.attribute("strong")) {
            (true, _) => Strength::Primary,
            (false, Some("false")) => Strength::Weak,
            _ => Strength::Strong,
        };
        if !text.is_empty() {
            names.push(Name { text: text.into(), strength });
        }
    }
    if names.is_empty() {
        return Err("a record without a name");
    }
    let words = |tag, names: [&'static str; 4]| {
        let lines = children(node, tag).map(move |child| {
            let parts = names.map(|name| attribute(child, name));
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(", ")
        });
        lines.filter(|line| !line.is_empty()).map(Into::into).collect()
    };
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Entry {
        id: id.into(),
        kind: if kind.as_deref() == Some("person") {
            SubjectKind::Person
        } else {
            SubjectKind::Organisation
        },
        names: names.into(),
        identifiers: children(node, "identification").filter_map(identifier).collect(),
        programs: children(node, "regulation")
            .filter_map(|regulation| filled(attribute(regulation, "programme")))
            .map(Into::into)
            .collect(),
        reference: filled(attribute(node, "euReferenceNumber")).map(Into::into),
        births: children(node, "birthdate").filter_map(birth).collect(),
        nationalities: words("citizenship", ["countryDescription", "region", "", ""]),
        addresses: words("address", ["street", "city", "zipCode", "countryDescription"]),
    })
}

fn birth(node: Node<'_, '_>) -> Option<Birth> {
    let about = node.attribute("circa") == Some("true");
    let (day, year) = (attribute(node, "birthdate"), attribute(node, "year"));
    let birth = Birth::parse(&day).or_else(|_| Birth::parse(&year)).ok()?;
    Some(if about { birth.about() } else { birth })
}

fn identifier(node: Node<'_, '_>) -> Option<Identifier> {
    let value = [attribute(node, "number"), attribute(node, "latinNumber")];
    let value = value.into_iter().find(|value| !value.is_empty())?;
    let scheme = match attribute(node, "identificationTypeCode").as_str() {
        "passport" | "diplomaticpassport" | "travel" => Scheme::Passport,
        "id" | "ssn" | "residentperm" => Scheme::NationalId,
        "fiscalcode" | "tax" => Scheme::TaxId,
        "regnumber" | "tradelic" => Scheme::Registration,
        "swiftbic" => Scheme::Bic,
        "imo" => Scheme::Imo,
        _ => Scheme::Other,
    };
    let country = attribute(node, "countryDescription");
    let country = Some(country).filter(|country| !country.is_empty()).map(Into::into);
    Some(Identifier { scheme, value: value.into(), country })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-10T09:00:00+01:00">
  <sanctionEntity euReferenceNumber="EU.1.2" logicalId="13">
    <regulation programme="ABC"/>
    <subjectType code="person" classificationCode="P"/>
    <nameAlias wholeName="Zoltan Quibble" strong="true"/>
    <nameAlias firstName="Zoli" lastName="Quib" wholeName="" strong="false"/>
    <birthdate circa="false" birthdate="1961-04-05" year="1961"/>
    <identification identificationTypeCode="passport" number="AB 1" countryDescription="UTOPIA"/>
    <citizenship countryDescription="UTOPIA" region=""/>
  </sanctionEntity>
</export>"#;

    #[test]
    fn a_record_is_read_whole() {
        assert!(is_one(LIST.as_bytes()));
        let list = import("eu.xml", LIST.as_bytes()).unwrap();
        assert_eq!(list.published().unwrap().to_string(), "2026-11-10");
        let entry = &list.entries()[0];
        assert_eq!((&*entry.id, entry.kind), ("13", SubjectKind::Person));
        let names: Vec<_> = entry.names.iter().map(|n| (&*n.text, n.strength)).collect();
        assert_eq!(names, [("Zoltan Quibble", Strength::Primary), ("Zoli Quib", Strength::Weak)]);
        assert_eq!(entry.births[0].to_string(), "1961-04-05");
        assert_eq!(entry.identifiers[0].scheme, Scheme::Passport);
        assert_eq!(&*entry.nationalities[0], "UTOPIA");
    }

    #[test]
    fn a_record_without_name_or_number_is_named() {
        for (from, to) in [("logicalId=\"13\"", ""), ("<nameAlias", "<other")] {
            let refused = import("eu.xml", LIST.replace(from, to).as_bytes()).unwrap_err();
            assert!(refused.to_string().contains("`eu.xml` at record 1"), "{refused}");
        }
    }
}
