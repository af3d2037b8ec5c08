//! Records laid out flat: the texts of all of them in a few buffers, addressed by number.
//!
//! **Invariant:** [`Records::entry`] gives back every record as it was put in; a record is the same
//! whether it was imported or read back.

use super::birth::Birth;
use super::flat::{flat, letter};
use super::list::{Entry, Identifier, Name, Scheme, Strength, SubjectKind};
use super::table::{Arena, number};

letter!(SubjectKind { Person, Organisation, Vessel, Aircraft });
letter!(Strength { Primary, Strong, Weak });
letter!(Scheme {
    Passport,
    NationalId,
    TaxId,
    Registration,
    Imo,
    Mmsi,
    CallSign,
    Bic,
    Lei,
    Duns,
    AircraftSerial,
    Wallet,
    Email,
    Website,
    License,
    Other,
});

/// Several texts of each record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Texts {
    texts: Arena,
    /// Record → where its texts end.
    ends: Vec<u32>,
}

impl Texts {
    fn push<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        texts.for_each(|text| self.texts.push(text));
        self.ends.push(number(self.texts.ends.len()));
    }

    /// The numbers of its texts; never of more than there are.
    fn of(&self, record: u32) -> std::ops::Range<u32> {
        let of = range(&self.ends, record);
        of.start..of.end.min(number(self.texts.ends.len()))
    }

    fn get(&self, record: u32) -> impl Iterator<Item = &str> {
        self.of(record).map(|at| self.texts.get(at))
    }
}

/// The numbers that end at a record's place, and begin where those of the one before end.
fn range(ends: &[u32], record: u32) -> std::ops::Range<u32> {
    let at = record as usize;
    let end = ends.get(at).copied().unwrap_or(0);
    at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0)..end
}

/// Stands before a text that is there, so that none differs from an empty one.
const SOME: char = '=';

fn optional(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!("{SOME}{text}"))
}

/// All records of some lists, list after list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    ids: Arena,
    kinds: Vec<SubjectKind>,
    names: Texts,
    strengths: Vec<Strength>,
    identifiers: Texts,
    schemes: Vec<Scheme>,
    /// Of each identifier, as [`optional`] writes it.
    countries: Arena,
    programs: Texts,
    /// As [`optional`] writes it.
    references: Arena,
    births: Vec<Birth>,
    birth_ends: Vec<u32>,
    nationalities: Texts,
    addresses: Texts,
}

flat!(Texts { texts, ends });
flat!(Records {
    ids,
    kinds,
    names,
    strengths,
    identifiers,
    schemes,
    countries,
    programs,
    references,
    births,
    birth_ends,
    nationalities,
    addresses,
});

impl Records {
    pub(super) fn push(&mut self, entry: &Entry) {
        self.ids.push(&entry.id);
        self.kinds.push(entry.kind);
        self.names.push(entry.names.iter().map(|name| &*name.text));
        self.strengths.extend(entry.names.iter().map(|name| name.strength));
        self.identifiers.push(entry.identifiers.iter().map(|known| &*known.value));
        for identifier in &entry.identifiers {
            self.schemes.push(identifier.scheme);
            self.countries.push(&optional(identifier.country.as_deref()));
        }
        self.programs.push(entry.programs.iter().map(|text| &**text));
        self.references.push(&optional(entry.reference.as_deref()));
        self.births.extend(&entry.births);
        self.birth_ends.push(number(self.births.len()));
        self.nationalities.push(entry.nationalities.iter().map(|text| &**text));
        self.addresses.push(entry.addresses.iter().map(|text| &**text));
    }

    pub(super) fn len(&self) -> u32 {
        number(self.kinds.len())
    }

    /// A record as it was put in.
    pub(super) fn entry(&self, record: u32) -> Entry {
        let texts = |texts: &Texts| texts.get(record).map(Box::from).collect();
        let names = self.names.of(record).filter_map(|at| self.name(at));
        let names = names.map(|(text, strength)| Name { text: text.into(), strength });
        let identifiers = self.identifiers.of(record).filter_map(|at| self.identifier(at));
        Entry {
            id: self.id(record).into(),
            kind: self.kind(record),
            names: names.collect(),
            identifiers: identifiers.collect(),
            programs: texts(&self.programs),
            reference: self.reference(record).map(Box::from),
            births: self.births(record).into(),
            nationalities: texts(&self.nationalities),
            addresses: texts(&self.addresses),
        }
    }

    pub(super) fn id(&self, record: u32) -> &str {
        self.ids.get(record)
    }

    pub(super) fn kind(&self, record: u32) -> SubjectKind {
        self.kinds.get(record as usize).copied().unwrap_or(SubjectKind::Organisation)
    }

    pub(super) fn reference(&self, record: u32) -> Option<&str> {
        self.references.get(record).strip_prefix(SOME)
    }

    pub(super) fn births(&self, record: u32) -> &[Birth] {
        let of = range(&self.birth_ends, record);
        self.births.get(of.start as usize..of.end as usize).unwrap_or_default()
    }

    /// One of all names.
    pub(super) fn name(&self, at: u32) -> Option<(&str, Strength)> {
        Some((self.names.texts.get(at), *self.strengths.get(at as usize)?))
    }

    /// The names of a record, by their numbers.
    pub(super) fn names_of(&self, record: u32) -> std::ops::Range<u32> {
        self.names.of(record)
    }

    /// One of all identifiers.
    pub(super) fn identifier(&self, at: u32) -> Option<Identifier> {
        let country = self.countries.get(at).strip_prefix(SOME);
        Some(Identifier {
            scheme: *self.schemes.get(at as usize)?,
            value: self.identifiers.texts.get(at).into(),
            country: country.map(Box::from),
        })
    }
}
