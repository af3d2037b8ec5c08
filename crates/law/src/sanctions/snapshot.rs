//! All lists of one day as one thing: a digest over every record, and who stands on several lists.
//!
//! The records stay where they are published, under their publishers' ids; the snapshot commits to
//! them and says which of them are the same subject, and why. [`Snapshot::document`] is what an
//! operator signs. Format: `spec/sanctions.md`.

use std::collections::BTreeMap;

use canon::{Canonical, Digest, Refusal, sha256_parts};
use serde::Serialize;
use serde_json::json;

use super::list::{Entry, List, SubjectKind};
use super::name::{Class, Normal, class_of};

/// Document type.
pub const SNAPSHOT_TYPE: &str = "MEZSanctionsSnapshot";
/// Fewest letters and digits of an identifier that links two records.
const LINK_IDENTIFIER_MIN: usize = 6;
/// Fewest telling words of a name that links two records.
const LINK_WORDS_MIN: usize = 2;
/// Records that share one key beyond this many are not linked by it: it is no identifier then.
const LINK_SHARED_MAX: usize = 16;

/// One record, under its publisher's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Member {
    /// Id of the list.
    pub list: String,
    /// Record number on it.
    pub entry: String,
}

/// Why records are taken for one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkedBy {
    /// The same identifier of the same kind.
    Identifier,
    /// The same words in the primary name and, of persons, the same date of birth.
    Name,
}

/// Records on two or more lists that are one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The records, ordered.
    pub members: Vec<Member>,
    /// Every reason, ordered.
    pub by: Vec<LinkedBy>,
}

/// One digest over lists, whatever their order: SHA-256 of the 32-byte digests ordered by list id.
///
/// It stands in [`Snapshot::document`], and is what a running zone names its lists by.
#[must_use]
pub fn lists_sha256(lists: &[List]) -> Digest {
    let mut ordered: Vec<(&str, Digest)> = lists.iter().map(|l| (l.id(), l.digest())).collect();
    ordered.sort_unstable();
    let parts: Vec<&[u8]> = ordered.iter().map(|(_, d)| d.as_bytes().as_slice()).collect();
    sha256_parts(&parts)
}

/// The lists in use, together.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    lists: Vec<&'a List>,
    links: Vec<Link>,
}

impl<'a> Snapshot<'a> {
    /// Put lists together, ordered by id, and find who stands on several.
    #[must_use]
    pub fn of(lists: &'a [List]) -> Self {
        let mut lists: Vec<&List> = lists.iter().collect();
        lists.sort_by(|a, b| a.id().cmp(b.id()));
        let links = links(&lists);
        Self { lists, links }
    }

    /// Subjects on two or more lists, ordered by their first record.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Every record of the subject a record is about, itself included.
    #[must_use]
    pub fn same_as(&self, list: &str, entry: &str) -> Option<&Link> {
        let here = |member: &Member| member.list == list && member.entry == entry;
        self.links.iter().find(|link| link.members.iter().any(here))
    }

    /// The canonical document: each list with the digest over its records, and the links.
    ///
    /// # Errors
    /// Beyond the limits of the canonical form.
    pub fn document(&self) -> Result<Canonical, Refusal> {
        self.document_with(None)
    }

    /// The document of a [prepared](super::prepared) snapshot: it says what was laid as well.
    ///
    /// # Errors
    /// As [`Snapshot::document`].
    pub fn document_of(&self, laid: &[u8]) -> Result<Canonical, Refusal> {
        self.document_with(Some(Digest::of_blob(laid)))
    }

    fn document_with(&self, prepared: Option<Digest>) -> Result<Canonical, Refusal> {
        let list = |list: &&List| {
            let mut row = json!({
                "digest_sha256": list.digest(),
                "entries": list.len(),
                "list_id": list.id(),
            });
            if let (Some(date), Some(row)) = (list.published(), row.as_object_mut()) {
                row.insert("published".to_owned(), json!(date));
            }
            row
        };
        let lists: Vec<_> = self.lists.iter().map(list).collect();
        let digests: Vec<Digest> = self.lists.iter().map(|list| list.digest()).collect();
        let parts: Vec<&[u8]> = digests.iter().map(|d| d.as_bytes().as_slice()).collect();
        let mut document = json!({
            "links": self.links,
            "lists": lists,
            "lists_sha256": sha256_parts(&parts),
            "type": SNAPSHOT_TYPE,
        });
        if let (Some(digest), Some(members)) = (prepared, document.as_object_mut()) {
            members.insert("prepared_sha256".to_owned(), json!(digest));
        }
        Canonical::of_value(&document)
    }

    /// Digest of [`Snapshot::document`]: changes with any byte of any record.
    ///
    /// # Errors
    /// As [`Snapshot::document`].
    pub fn digest(&self) -> Result<Digest, Refusal> {
        Ok(self.document()?.digest())
    }
}

/// What two records of one subject have in common.
fn keys(entry: &Entry) -> Vec<(LinkedBy, String)> {
    let mut out = Vec::new();
    for identifier in &entry.identifiers {
        let value: String = identifier.value.chars().filter(|c| c.is_alphanumeric()).collect();
        if value.chars().count() >= LINK_IDENTIFIER_MIN {
            let key = format!("{:?} {}", identifier.scheme, value.to_uppercase());
            out.push((LinkedBy::Identifier, key));
        }
    }
    let primary = entry.names.first().map(|name| Normal::of(&name.text).tokens);
    let mut words = primary.unwrap_or_default();
    words.retain(|word| !matches!(class_of(word), Class::LegalForm | Class::Particle));
    words.sort();
    if words.len() >= LINK_WORDS_MIN {
        let name = format!("{:?} {}", entry.kind, words.join(" "));
        if entry.kind == SubjectKind::Person {
            let days = entry.births.iter().filter(|birth| birth.is_day());
            out.extend(days.map(|birth| (LinkedBy::Name, format!("{name} {birth}"))));
        } else {
            out.push((LinkedBy::Name, name));
        }
    }
    out
}

fn links(lists: &[&List]) -> Vec<Link> {
    let mut shared: BTreeMap<(LinkedBy, String), Vec<usize>> = BTreeMap::new();
    let mut members = Vec::new();
    for list in lists {
        for entry in list.entries() {
            for key in keys(entry) {
                shared.entry(key).or_default().push(members.len());
            }
            members.push((list.id(), entry));
        }
    }
    // Each record points to an earlier one of its subject, or to itself.
    let mut first: Vec<usize> = (0..members.len()).collect();
    let mut reasons: BTreeMap<usize, Vec<LinkedBy>> = BTreeMap::new();
    for ((by, _), records) in &shared {
        let lists_of = |at: &usize| members.get(*at).map(|(list, _)| *list);
        let several = records.iter().any(|at| lists_of(at) != records.first().and_then(lists_of));
        if !several || records.len() > LINK_SHARED_MAX {
            continue;
        }
        let roots: Vec<usize> = records.iter().map(|at| root(&first, *at)).collect();
        let least = roots.iter().copied().min().unwrap_or(0);
        for at in roots {
            if let Some(slot) = first.get_mut(at) {
                *slot = least;
            }
        }
        reasons.entry(least).or_default().push(*by);
    }
    let mut groups: BTreeMap<usize, Link> = BTreeMap::new();
    for (at, (list, entry)) in members.iter().enumerate() {
        let member = Member { list: (*list).to_owned(), entry: entry.id.to_string() };
        let link = groups
            .entry(root(&first, at))
            .or_insert_with(|| Link { members: Vec::new(), by: Vec::new() });
        link.members.push(member);
        link.by.extend(reasons.get(&at).into_iter().flatten());
    }
    groups.into_values().filter_map(finished).collect()
}

fn finished(mut link: Link) -> Option<Link> {
    link.members.sort();
    link.by.sort_unstable();
    link.by.dedup();
    (link.members.len() > 1).then_some(link)
}

fn root(first: &[usize], mut at: usize) -> usize {
    while let Some(next) = first.get(at).copied().filter(|next| *next != at) {
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::list::{Identifier, Name, Scheme, Strength};
    use super::*;

    fn entry(id: &str, name: &str, birth: &str, passport: &str) -> Entry {
        let name = Name { text: name.into(), strength: Strength::Primary };
        let value = passport.into();
        Entry {
            id: id.into(),
            kind: SubjectKind::Person,
            names: Box::new([name]),
            identifiers: Box::new([Identifier { scheme: Scheme::Passport, value, country: None }]),
            programs: Box::default(),
            reference: None,
            births: Box::new([super::super::Birth::parse(birth).unwrap()]),
            nationalities: Box::default(),
            addresses: Box::default(),
        }
    }

    fn list(id: &str, entries: Vec<Entry>) -> List {
        List::new(id, id, None, entries).unwrap()
    }

    #[test]
    fn one_subject_on_several_lists_is_linked_and_keeps_every_id() {
        let lists = [
            list("b", vec![entry("1", "QUIBBLE, Zoltan", "1961-04-05", "AB 123 456")]),
            list("a", vec![entry("7", "Zoltan Quibble", "1961-04-05", "other-99")]),
            list(
                "c",
                vec![
                    entry("x", "Z. Q.", "1961", "ab123456"),
                    entry("y", "Zoltan Quibble", "1970-01-01", "unlike-7"),
                ],
            ),
        ];
        let snapshot = Snapshot::of(&lists);
        assert_eq!(snapshot.links().len(), 1);
        let link = snapshot.same_as("b", "1").unwrap();
        let told: Vec<String> =
            link.members.iter().map(|m| format!("{}/{}", m.list, m.entry)).collect();
        assert_eq!(told, ["a/7", "b/1", "c/x"]);
        assert_eq!(link.by, [LinkedBy::Identifier, LinkedBy::Name]);
        assert!(snapshot.same_as("c", "y").is_none());
    }

    #[test]
    fn the_digest_changes_with_any_record_and_not_with_the_order_of_lists() {
        let one = list("a", vec![entry("1", "Ann Bee", "1961", "")]);
        let two = list("b", vec![entry("1", "Cy Dee", "1961", "")]);
        let digest = |lists: &[List]| Snapshot::of(lists).digest().unwrap();
        let before = digest(&[one.clone(), two.clone()]);
        assert_eq!(before, digest(&[two.clone(), one.clone()]));
        let changed = list("b", vec![entry("1", "Cy Dee", "1962", "")]);
        assert_ne!(before, digest(&[one, changed]));
    }
}
