//! A list, its entries, and the digest over every record.

use std::sync::{Arc, OnceLock};

use canon::{Canonical, Date, Digest, Refusal, sha256_parts};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::birth::Birth;
use super::flat::{Flat as _, Laid, Rest};
use super::name::Normal;
use super::records::Records;

/// Most entries one list may hold.
pub const ENTRIES_MAX: usize = 200_000;
/// Longest text of one name, in bytes; published names stay far below.
pub const NAME_BYTES_MAX: usize = 1_000;
/// Document type of one record.
pub const ENTRY_TYPE: &str = "MEZSanctionsEntry";
/// Document type of a list header.
pub const LIST_TYPE: &str = "MEZSanctionsList";

/// What an entry, or a subject being screened, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A natural person.
    #[serde(alias = "individual")]
    Person,
    /// A company, bank, body, armed group: anything that is not one of the others.
    #[serde(alias = "organization", alias = "entity", alias = "company")]
    Organisation,
    /// A ship.
    Vessel,
    /// An aircraft.
    Aircraft,
}

/// How far a name identifies its bearer, as the publisher grades it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// The name the entry is published under.
    Primary,
    /// A full alias, former name, or the name in its own script.
    Strong,
    /// A nickname or a publisher's *low quality* alias: counts only when equal.
    Weak,
}

/// One name of an entry, as published.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The text as published.
    pub text: Box<str>,
    /// The publisher's grade.
    pub strength: Strength,
}

/// What an identifier identifies; the publisher's wording reduced to what screening compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Passport or other travel document.
    Passport,
    /// National identity document or personal number.
    NationalId,
    /// Tax number of a person or a company.
    TaxId,
    /// Company, commercial, charity or trade registration.
    Registration,
    /// Ship number of the International Maritime Organization.
    Imo,
    /// Maritime mobile service identity.
    Mmsi,
    /// Radio call sign.
    CallSign,
    /// ISO 9362 business identifier code.
    Bic,
    /// ISO 17442 legal entity identifier.
    Lei,
    /// D-U-N-S number.
    Duns,
    /// Serial or construction number of an aircraft.
    AircraftSerial,
    /// Address on a public ledger.
    Wallet,
    /// E-mail address.
    Email,
    /// Website.
    Website,
    /// Driving, pilot or other personal license.
    License,
    /// Anything else the publisher calls a number of the entry.
    Other,
}

/// One identifier of an entry or of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// What it is.
    pub scheme: Scheme,
    /// As published; compared by its letters and digits alone.
    pub value: Box<str>,
    /// Issuing country, in the publisher's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Box<str>>,
}

/// One record of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The publisher's record number, unique in the list.
    pub id: Box<str>,
    /// What is listed.
    pub kind: SubjectKind,
    /// Every name; the first is the primary one.
    pub names: Box<[Name]>,
    /// Every identifier.
    #[serde(default)]
    pub identifiers: Box<[Identifier]>,
    /// Programs or regimes it is listed under.
    #[serde(default)]
    pub programs: Box<[Box<str>]>,
    /// How the publisher or a statute refers to the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Box<str>>,
    /// Possible dates of birth.
    #[serde(default)]
    pub births: Box<[Birth]>,
    /// Nationalities and citizenships, in the publisher's words.
    #[serde(default)]
    pub nationalities: Box<[Box<str>]>,
    /// Addresses, one line each.
    #[serde(default)]
    pub addresses: Box<[Box<str>]>,
}

impl Entry {
    /// The canonical record: the entry with its document type.
    ///
    /// # Errors
    /// A record beyond the limits of the canonical form.
    pub fn document(&self) -> Result<Canonical, Refusal> {
        /// In the order of the canonical form, so that nothing is put in order afterwards.
        #[derive(Serialize)]
        struct Document<'a> {
            addresses: &'a [Box<str>],
            births: &'a [Birth],
            id: &'a str,
            identifiers: &'a [Identifier],
            kind: SubjectKind,
            names: &'a [Name],
            nationalities: &'a [Box<str>],
            programs: &'a [Box<str>],
            #[serde(skip_serializing_if = "Option::is_none")]
            reference: Option<&'a str>,
            r#type: &'static str,
        }
        let Self { id, kind, names, identifiers, programs, .. } = self;
        let Self { reference, births, nationalities, addresses, .. } = self;
        Canonical::of(&Document {
            addresses,
            births,
            id,
            identifiers,
            kind: *kind,
            names,
            nationalities,
            programs,
            reference: reference.as_deref(),
            r#type: ENTRY_TYPE,
        })
    }
}

/// Why records do not make a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The list id is not lower-case letters, digits, `-` or `.`, 1 to 64 of them.
    #[error("list id `{0}` must be 1 to 64 lower-case letters, digits, `-` or `.`")]
    BadId(String),
    /// No records: an empty list would read as *nobody is listed*.
    #[error("list `{0}` holds no entry; an empty list screens nothing")]
    Empty(String),
    /// More than [`ENTRIES_MAX`] records.
    #[error("list `{0}` holds more than {ENTRIES_MAX} entries")]
    TooLong(String),
    /// Two records with one id.
    #[error("list `{list}` holds entry `{entry}` twice")]
    Duplicate {
        /// The list.
        list: String,
        /// The repeated record.
        entry: String,
    },
    /// A record without any name, or with a name that has no letter or digit, or is too long.
    #[error("entry `{entry}` of list `{list}` has no usable name: {detail}")]
    BadName {
        /// The list.
        list: String,
        /// The record.
        entry: String,
        /// What is wrong.
        detail: String,
    },
    /// A record the canonical form cannot hold.
    #[error("entry `{entry}` of list `{list}` has no canonical form")]
    NotCanonical {
        /// The list.
        list: String,
        /// The record.
        entry: String,
        /// The rule it breaks.
        #[source]
        source: Refusal,
    },
}

/// How old a list is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Whole days since its publication.
    Days(i64),
    /// It states no date.
    Undated,
    /// It is dated after the day asked about, by this many days; how old it is, is not known.
    Future(i64),
}

/// A published list, checked: every record has a name, ids are unique, the digest covers all of it.
///
/// Two lists are equal when their digests are.
#[derive(Clone, Debug)]
pub struct List {
    id: Box<str>,
    title: Box<str>,
    published: Option<Date>,
    /// Of each record, in order.
    digests: Arc<[Digest]>,
    digest: Digest,
    cited: bool,
    /// The records, as imported or as read out of `kept` when first asked for.
    entries: OnceLock<Box<[Entry]>>,
    kept: Option<Kept>,
}

/// Where the records of a list lie flat.
#[derive(Clone, Debug)]
struct Kept {
    records: Arc<Records>,
    first: u32,
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.cited == other.cited
    }
}

impl Eq for List {}

impl List {
    /// Check the records and fix their order (by id) and digest.
    ///
    /// `published` is the publication date the list itself states or the operator gave; `None`
    /// means its age is unknown.
    ///
    /// # Errors
    /// [`ListError`], naming the record.
    pub fn new(
        id: &str,
        title: &str,
        published: Option<Date>,
        mut entries: Vec<Entry>,
    ) -> Result<Self, ListError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            return Err(ListError::BadId(id.chars().take(80).collect()));
        }
        if entries.is_empty() {
            return Err(ListError::Empty(id.to_owned()));
        }
        if entries.len() > ENTRIES_MAX {
            return Err(ListError::TooLong(id.to_owned()));
        }
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        let twice = entries.windows(2).find_map(|pair| match pair {
            [a, b] if a.id == b.id => Some(a.id.to_string()),
            _ => None,
        });
        if let Some(entry) = twice {
            return Err(ListError::Duplicate { list: id.to_owned(), entry });
        }
        for entry in &entries {
            check_names(id, entry)?;
        }
        let digests = digests(id, &entries)?;
        let digest = header(id, title, published, &digests)?.digest();
        let (id, title, entries) = (id.into(), title.into(), OnceLock::from(Box::from(entries)));
        Ok(Self { id, title, published, digests, digest, cited: false, entries, kept: None })
    }

    /// The same list, its records lying flat from number `first` on.
    pub(super) fn kept_in(self, records: Arc<Records>, first: u32) -> Self {
        Self { entries: OnceLock::new(), kept: Some(Kept { records, first }), ..self }
    }

    /// Everything but the records.
    pub(super) fn lay(&self, to: &mut Laid) {
        to.bytes(self.id.as_bytes());
        to.bytes(self.title.as_bytes());
        to.bytes(self.published.map(|date| date.to_string()).unwrap_or_default().as_bytes());
        to.bytes(self.digest.as_bytes());
        to.bytes(&self.digests.iter().flat_map(Digest::as_bytes).copied().collect::<Vec<u8>>());
    }

    /// What [`List::lay`] laid, of records that begin with number `first`.
    pub(super) fn read(from: &mut Rest<'_>, records: &Arc<Records>, first: u32) -> Option<Self> {
        let (id, title) = (String::read(from)?, String::read(from)?);
        let published = String::read(from)?;
        let published = match published.is_empty() {
            true => None,
            false => Some(Date::parse(&published).ok()?),
        };
        let digest = Digest::from_bytes(from.bytes()?.try_into().ok()?);
        let (digests, rest) = from.bytes()?.as_chunks();
        let digests = digests.iter().copied().map(Digest::from_bytes).collect();
        let kept = Some(Kept { records: Arc::clone(records), first });
        let (id, title, entries) = (id.into(), title.into(), OnceLock::new());
        let list = Self { id, title, published, digests, digest, cited: false, entries, kept };
        rest.is_empty().then_some(list)
    }

    /// The same list as one a pack cites: see [`List::is_cited`]. Its digest stays.
    #[must_use]
    pub fn cited(self) -> Self {
        Self { cited: true, ..self }
    }

    /// Whether it stands in a pack rather than being published by itself. Beside a published list
    /// its age does not count: a bound on freshness is about what a publisher renews.
    #[must_use]
    pub const fn is_cited(&self) -> bool {
        self.cited
    }

    /// Stable id: `ofac-sdn`, `un-consolidated`, or what a pack calls its list.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Name for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Publication date; `None` when unknown.
    #[must_use]
    pub const fn published(&self) -> Option<Date> {
        self.published
    }

    /// The records, ordered by id.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.entries.get_or_init(|| {
            let Some(Kept { records, first }) = &self.kept else { return Box::default() };
            let count = u32::try_from(self.digests.len()).unwrap_or(0);
            (*first..first.saturating_add(count)).map(|at| records.entry(at)).collect()
        })
    }

    /// How many records it holds.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no list is empty")]
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// The number and the digest of each record, ordered by number.
    pub fn rows(&self) -> impl Iterator<Item = (&str, Digest)> {
        let id = |at: usize| match &self.kept {
            Some(Kept { records, first }) => {
                records.id(first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)))
            }
            None => self.entries().get(at).map_or("", |entry| &entry.id),
        };
        self.digests.iter().enumerate().map(move |(at, digest)| (id(at), *digest))
    }

    /// Digest of [`List::document`], which commits to every record.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The canonical header: id, title, publication date, number of records, and the SHA-256 over
    /// the 32-byte digests of all records ordered by id.
    ///
    /// # Errors
    /// [`ListError::NotCanonical`]; not for a list that [`List::new`] accepted.
    pub fn document(&self) -> Result<Canonical, ListError> {
        header(&self.id, &self.title, self.published, &self.digests)
    }

    /// How old it is on a day.
    #[must_use]
    pub fn age(&self, as_of: Date) -> Age {
        match self.published.map(|published| published.days_until(as_of)) {
            None => Age::Undated,
            Some(days) if days < 0 => Age::Future(days.saturating_neg()),
            Some(days) => Age::Days(days),
        }
    }

    /// Whole days from publication to `as_of`; `None` when it is undated or dated after `as_of`.
    #[must_use]
    pub fn age_days(&self, as_of: Date) -> Option<i64> {
        match self.age(as_of) {
            Age::Days(days) => Some(days),
            Age::Undated | Age::Future(_) => None,
        }
    }
}

fn check_names(list: &str, entry: &Entry) -> Result<(), ListError> {
    let bad = |detail: String| ListError::BadName {
        list: list.to_owned(),
        entry: entry.id.to_string(),
        detail,
    };
    if entry.names.is_empty() {
        return Err(bad("no name at all".to_owned()));
    }
    for name in &entry.names {
        if name.text.len() > NAME_BYTES_MAX {
            return Err(bad(format!("a name is longer than {NAME_BYTES_MAX} bytes")));
        }
        if !Normal::says_something(&name.text) {
            return Err(bad(format!("`{}` has no letter or digit", name.text)));
        }
    }
    Ok(())
}

fn refused(list: &str, entry: &str, source: Refusal) -> ListError {
    ListError::NotCanonical { list: list.to_owned(), entry: entry.to_owned(), source }
}

fn digests(id: &str, entries: &[Entry]) -> Result<Arc<[Digest]>, ListError> {
    let digest = |entry: &Entry| match entry.document() {
        Ok(document) => Ok(document.digest()),
        Err(error) => Err(refused(id, &entry.id, error)),
    };
    entries.iter().map(digest).collect()
}

fn header(
    id: &str,
    title: &str,
    published: Option<Date>,
    digests: &[Digest],
) -> Result<Canonical, ListError> {
    let parts: Vec<&[u8]> = digests.iter().map(|d| d.as_bytes().as_slice()).collect();
    let mut document = json!({
        "type": LIST_TYPE,
        "list_id": id,
        "title": title,
        "entry_count": digests.len(),
        "entries_sha256": sha256_parts(&parts),
    });
    if let (Some(date), Some(map)) = (published, document.as_object_mut()) {
        map.insert("published".to_owned(), json!(date));
    }
    Canonical::of_value(&document).map_err(|e| refused(id, "", e))
}
