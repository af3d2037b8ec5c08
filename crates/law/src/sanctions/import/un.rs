//! The consolidated list of the United Nations Security Council, XML as published.
//!
//! Format: `sc-sanctions.xsd`. The list states its own date in `dateGenerated`.

use canon::Date;
use roxmltree::{Document, Node, ParsingOptions};

use super::super::birth::Birth;
use super::super::list::{Entry, Identifier, List, Name, Scheme, Strength, SubjectKind};
use super::super::name::Normal;
use super::{ImportError, NODES_MAX, size};

/// Id of the list.
pub const LIST_ID: &str = "un-consolidated";
const TITLE: &str = "United Nations Security Council Consolidated List";
const ROOT: &str = "CONSOLIDATED_LIST";
/// How much of a file is looked at to tell what it is.
const HEAD_BYTES: usize = 4_096;

/// Whether the bytes look like this list.
#[must_use]
pub fn is_one(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD_BYTES.min(bytes.len())).unwrap_or_default();
    String::from_utf8_lossy(head).contains(ROOT)
}

/// Read the list. `file` is used in errors.
///
/// # Errors
/// Not this XML, no date, or records that make no list.
pub fn import(file: &str, bytes: &[u8]) -> Result<List, ImportError> {
    size(file, bytes)?;
    let bad =
        |at: String, detail: String| ImportError::BadRecord { file: file.to_owned(), at, detail };
    let top = || "the top".to_owned();
    let text = std::str::from_utf8(bytes).map_err(|_| bad(top(), "not UTF-8".to_owned()))?;
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|e| bad(format!("line {}", e.pos().row), format!("not well-formed XML: {e}")))?;
    let root = document.root_element();
    if root.tag_name().name() != ROOT {
        return Err(bad(top(), format!("the root element is not {ROOT}")));
    }
    let stated = root.attribute("dateGenerated").and_then(|text| text.get(..10));
    let published = stated
        .and_then(|text| Date::parse(text).ok())
        .ok_or_else(|| bad(top(), "dateGenerated is not a date".to_owned()))?;
    let mut entries = Vec::new();
    for node in root.descendants() {
        let (kind, prefix) = match node.tag_name().name() {
            "INDIVIDUAL" => (SubjectKind::Person, "INDIVIDUAL"),
            "ENTITY" => (SubjectKind::Organisation, "ENTITY"),
            _ => continue,
        };
        let at = format!("record {}", entries.len() + 1);
        entries.push(entry(node, kind, prefix).map_err(|detail| bad(at, detail))?);
    }
    List::new(LIST_ID, TITLE, Some(published), entries)
        .map_err(|e| ImportError::List { file: file.to_owned(), source: Box::new(e) })
}

fn children<'a, 'i: 'a>(node: Node<'a, 'i>, tag: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == tag)
}

/// Text of the first child `tag`, spaces reduced; empty when absent.
fn text(node: Node<'_, '_>, tag: &str) -> String {
    let found = children(node, tag).find_map(|child| child.text()).unwrap_or_default();
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn entry(node: Node<'_, '_>, kind: SubjectKind, prefix: &str) -> Result<Entry, String> {
    let id = text(node, "DATAID");
    if id.is_empty() {
        return Err("a record without DATAID".to_owned());
    }
    let parts = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"];
    let parts = parts.map(|tag| text(node, tag));
    let full = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let mut names = Vec::new();
    add_names(&mut names, &full, Strength::Primary);
    add_names(&mut names, &text(node, "NAME_ORIGINAL_SCRIPT"), Strength::Strong);
    let alias_tag = format!("{prefix}_ALIAS");
    let mut births: Vec<Birth> =
        children(node, "INDIVIDUAL_DATE_OF_BIRTH").filter_map(birth).collect();
    for alias in children(node, &alias_tag) {
        let weak = text(alias, "QUALITY") == "Low";
        let strength = if weak { Strength::Weak } else { Strength::Strong };
        add_names(&mut names, &text(alias, "ALIAS_NAME"), strength);
    }
    births.sort_unstable();
    births.dedup();
    let nationalities = children(node, "NATIONALITY").map(|n| text(n, "VALUE"));
    let address_tag = format!("{prefix}_ADDRESS");
    let addresses = children(node, &address_tag).map(|address| {
        let tags = ["STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY", "NOTE"];
        let parts = tags.map(|tag| text(address, tag));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    });
    let filled = |part: &String| !part.is_empty();
    Ok(Entry {
        id: id.into(),
        kind,
        names: names.into(),
        identifiers: children(node, "INDIVIDUAL_DOCUMENT").filter_map(identifier).collect(),
        programs: [text(node, "UN_LIST_TYPE")].into_iter().filter(filled).map(Into::into).collect(),
        reference: Some(text(node, "REFERENCE_NUMBER")).filter(filled).map(Into::into),
        births: births.into(),
        nationalities: nationalities.filter(filled).map(Into::into).collect(),
        addresses: addresses.filter(filled).map(Into::into).collect(),
    })
}

/// Add the names a published field holds: variants stand between semicolons or after `b)`, and
/// another script or an acronym in parentheses.
fn add_names(names: &mut Vec<Name>, field: &str, strength: Strength) {
    let field = field.replace(['(', ')'], ";").replace("original script:", "");
    let mut first = true;
    for part in field.split([';']).flat_map(lettered) {
        let text = part.trim_matches([' ', ',', ':', '\u{a0}']);
        let tokens = Normal::of(text).tokens;
        if tokens.is_empty() || (!first && NOTES.contains(&tokens.join(" ").as_str())) {
            continue;
        }
        // Besides the first, a single word is an acronym or a nickname.
        let graded = match strength {
            Strength::Weak => Strength::Weak,
            _ if first => strength,
            _ if tokens.len() > 1 => Strength::Strong,
            _ => Strength::Weak,
        };
        first = false;
        if !names.iter().any(|name| *name.text == *text) {
            names.push(Name { text: text.into(), strength: graded });
        }
    }
}

/// What the list writes beside a name that is not a name.
const NOTES: &[&str] = &[
    "birth name",
    "deceased",
    "formerly",
    "formerly listed as",
    "previously listed as",
    "at birth",
];

/// `X b) Y c) Z`, whose opening parentheses are gone: split before ` b` that stood before `)`.
fn lettered(part: &str) -> impl Iterator<Item = &str> {
    let cut = part.rsplit_once(' ').filter(|(_, last)| {
        last.chars().count() == 1 && last.chars().all(|c| c.is_ascii_lowercase())
    });
    [cut.map_or(part, |(before, _)| before)].into_iter()
}

fn birth(node: Node<'_, '_>) -> Option<Birth> {
    let about = text(node, "TYPE_OF_DATE") == "APPROXIMATELY";
    let date = text(node, "DATE");
    let year = text(node, "YEAR");
    let span = format!("{}/{}", text(node, "FROM_YEAR"), text(node, "TO_YEAR"));
    let read = [date.get(..10).unwrap_or_default(), &year, &span];
    let birth = read.into_iter().find_map(|text| Birth::parse(text).ok())?;
    Some(if about { birth.about() } else { birth })
}

fn identifier(node: Node<'_, '_>) -> Option<Identifier> {
    let value = text(node, "NUMBER");
    let kind = text(node, "TYPE_OF_DOCUMENT").to_lowercase();
    let scheme = if kind.contains("passe") || kind.contains("pass") || kind.contains("pasap") {
        Scheme::Passport
    } else if kind.contains("national") {
        Scheme::NationalId
    } else {
        Scheme::Other
    };
    let country = [text(node, "ISSUING_COUNTRY"), text(node, "COUNTRY_OF_ISSUE")];
    let country = country.into_iter().find(|country| !country.is_empty());
    let usable = value.chars().any(|c| c.is_ascii_digit());
    usable.then(|| Identifier { scheme, value: value.into(), country: country.map(Into::into) })
}
