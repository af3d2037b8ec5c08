//! The register of members after its entries: classes, holders, holdings, grants, dividends.

use std::collections::BTreeMap;

use canon::{Date, EntityId, RecordId};
use serde::{Deserialize, Serialize};

use super::class::{Holder, ShareClass};
use super::dividend::Declared;
use super::event::{Dated, IllegalOwnership as Illegal, OwnershipEvent as Event};
use super::limits::{CLASSES_MAX, ENTRIES_MAX, HOLDERS_MAX, SHARES_MAX};
use super::vesting::Grant;
use crate::text::Slug;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum TableType {
    #[serde(rename = "MEZCapTable")]
    Table,
}

/// A class and who holds its shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its terms as they are now.
    pub terms: ShareClass,
    /// Shares issued and not taken back.
    pub issued: u64,
    /// Who holds how many; nobody is listed with none.
    pub holdings: BTreeMap<RecordId, u64>,
}

/// The cap table of an entity, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapTable {
    r#type: TableType,
    entity_id: EntityId,
    entries: u64,
    effective: Date,
    pub(super) classes: BTreeMap<Slug, Class>,
    pub(super) holders: BTreeMap<RecordId, Holder>,
    pub(super) grants: BTreeMap<RecordId, Grant>,
    pub(super) dividends: BTreeMap<RecordId, Declared>,
}

impl CapTable {
    /// The register with its first entry, which opens it.
    ///
    /// # Errors
    /// Another entry, or one without a class.
    pub fn open(entity_id: EntityId, first: &Dated) -> Result<Self, Illegal> {
        let Event::Open { classes } = &first.event else { return Err(Illegal::Opened("not open")) };
        if classes.as_slice().is_empty() {
            return Err(Illegal::Senseless("a register begins with a class"));
        }
        let (holders, grants) = (BTreeMap::new(), BTreeMap::new());
        let mut table = Self {
            r#type: TableType::Table,
            entity_id,
            entries: 1,
            effective: first.effective,
            classes: BTreeMap::new(),
            holders,
            grants,
            dividends: BTreeMap::new(),
        };
        for class in classes.as_slice() {
            table.add_class(class)?;
        }
        Ok(table)
    }

    /// The register after its entries, in their order.
    ///
    /// # Errors
    /// The first that cannot be made.
    pub fn replay<'a>(
        entity_id: EntityId,
        entries: impl IntoIterator<Item = &'a Dated>,
    ) -> Result<Self, Illegal> {
        let mut entries = entries.into_iter();
        let first = entries.next().ok_or(Illegal::Opened("not open"))?;
        entries.try_fold(Self::open(entity_id, first)?, Self::apply)
    }

    /// The register after an entry.
    ///
    /// # Errors
    /// [`Illegal`]; nothing has changed then.
    pub fn apply(mut self, entry: &Dated) -> Result<Self, Illegal> {
        let (at, last) = (entry.effective, self.effective);
        if at < last {
            return Err(Illegal::BeforeLast { at, last });
        }
        if self.entries >= ENTRIES_MAX {
            return Err(Illegal::Full { kind: "entries", max: ENTRIES_MAX });
        }
        if let Some(operation) = self.needs(&entry.event)? {
            let given = entry.authorised.as_ref().map(|authorised| &authorised.operation);
            if given != Some(&operation) {
                return Err(Illegal::ConsentRequired(Box::new(operation)));
            }
        }
        let approved = entry.authorised.as_ref().map(|authorised| authorised.approved);
        if let Some(approved) = approved.filter(|approved| at < *approved) {
            return Err(Illegal::BeforeApproval { at, approved });
        }
        self.step(&entry.event, at)?;
        self.entries += 1;
        self.effective = at;
        Ok(self)
    }

    fn step(&mut self, event: &Event, on: Date) -> Result<(), Illegal> {
        match event {
            Event::Open { .. } => Err(Illegal::Opened("open already")),
            Event::CreateClass { class } => self.add_class(class),
            Event::Authorize { class_id, authorized } => self.authorize(class_id, *authorized),
            Event::Enter { holder } => self.enter(holder),
            Event::Issue { class_id, allotments, waivers, .. } => {
                self.issue(class_id, allotments.as_slice(), waivers.as_slice())
            }
            Event::Transfer { class_id, from, to, shares, waivers, .. } => {
                self.transfer(class_id, (from, to, shares.get()), waivers.as_slice(), on)
            }
            Event::Repurchase { class_id, holder_id, shares, .. } => {
                self.repurchase(class_id, holder_id, shares.get())
            }
            Event::Split { class_id, new, old } => self.split(class_id, (*new, *old)),
            Event::Grant { grant } => self.grant(grant),
            Event::Exercise { grant_id, options } => self.exercise(grant_id, options.get(), on),
            Event::Lapse { grant_id } => self.lapse(grant_id, on),
            Event::DeclareDividend { dividend_id, class_id, per_share } => {
                self.declare(dividend_id, (class_id, *per_share), on)
            }
        }
    }

    fn add_class(&mut self, terms: &ShareClass) -> Result<(), Illegal> {
        if self.classes.contains_key(&terms.class_id) {
            return Err(Illegal::Known { kind: "class", id: terms.class_id.to_string() });
        }
        if self.classes.len() >= CLASSES_MAX {
            return Err(Illegal::Full { kind: "classes", max: CLASSES_MAX as u64 });
        }
        let class = Class { terms: terms.clone(), issued: 0, holdings: BTreeMap::new() };
        self.classes.insert(terms.class_id.clone(), class);
        Ok(())
    }

    fn enter(&mut self, holder: &Holder) -> Result<(), Illegal> {
        if self.holders.contains_key(&holder.holder_id) {
            return Err(Illegal::Known { kind: "holder", id: holder.holder_id.to_string() });
        }
        if holder.entity_id.as_ref() == Some(&self.entity_id) {
            return Err(Illegal::Senseless("an entity holds no shares of its own"));
        }
        if self.holders.len() >= HOLDERS_MAX {
            return Err(Illegal::Full { kind: "holders", max: HOLDERS_MAX as u64 });
        }
        self.holders.insert(holder.holder_id.clone(), holder.clone());
        Ok(())
    }

    /// The entity.
    #[must_use]
    pub fn entity(&self) -> &EntityId {
        &self.entity_id
    }

    /// How many entries it has.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The day of the last one.
    #[must_use]
    pub fn effective(&self) -> Date {
        self.effective
    }

    /// Its classes.
    #[must_use]
    pub fn classes(&self) -> &BTreeMap<Slug, Class> {
        &self.classes
    }

    /// Who may hold shares.
    #[must_use]
    pub fn holders(&self) -> &BTreeMap<RecordId, Holder> {
        &self.holders
    }

    /// Its grants of options.
    #[must_use]
    pub fn grants(&self) -> &BTreeMap<RecordId, Grant> {
        &self.grants
    }

    /// Its dividends.
    #[must_use]
    pub fn dividends(&self) -> &BTreeMap<RecordId, Declared> {
        &self.dividends
    }

    /// A class.
    ///
    /// # Errors
    /// There is none of that word.
    pub fn class(&self, id: &Slug) -> Result<&Class, Illegal> {
        self.classes.get(id).ok_or_else(|| unknown("class", id))
    }

    pub(super) fn class_mut(&mut self, id: &Slug) -> Result<&mut Class, Illegal> {
        self.classes.get_mut(id).ok_or_else(|| unknown("class", id))
    }

    /// A holder.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn holder(&self, id: &RecordId) -> Result<&Holder, Illegal> {
        self.holders.get(id).ok_or_else(|| unknown("holder", id))
    }

    /// Shares of a class set aside for options.
    #[must_use]
    pub fn reserved(&self, class_id: &Slug) -> u64 {
        let of_class = |grant: &&Grant| grant.terms.class_id == *class_id;
        let all = self.grants.values().filter(of_class).map(Grant::outstanding);
        all.fold(0, u64::saturating_add)
    }

    /// Issued and set aside together.
    pub(super) fn taken(&self, class_id: &Slug) -> Result<u64, Illegal> {
        self.class(class_id)?.issued.checked_add(self.reserved(class_id)).ok_or(Illegal::Overflow)
    }
}

pub(super) fn unknown(kind: &'static str, id: impl std::fmt::Display) -> Illegal {
    Illegal::Unknown { kind, id: id.to_string() }
}

impl Class {
    /// How many somebody holds.
    #[must_use]
    pub fn held(&self, holder: &RecordId) -> u64 {
        self.holdings.get(holder).copied().unwrap_or_default()
    }

    pub(super) fn credit(&mut self, holder: &RecordId, shares: u64) -> Result<(), Illegal> {
        let held = self.held(holder).checked_add(shares).ok_or(Illegal::Overflow)?;
        self.holdings.insert(holder.clone(), held);
        Ok(())
    }

    pub(super) fn debit(&mut self, holder: &RecordId, wanted: u64) -> Result<(), Illegal> {
        let held = self.held(holder);
        let Some(left) = held.checked_sub(wanted) else {
            return Err(Illegal::TooFew { holder: holder.to_string(), held, wanted });
        };
        if left == 0 {
            self.holdings.remove(holder);
        } else {
            self.holdings.insert(holder.clone(), left);
        }
        Ok(())
    }

    pub(super) fn issue_to(&mut self, holder: &RecordId, shares: u64) -> Result<(), Illegal> {
        let issued = self.issued.checked_add(shares).filter(|issued| *issued <= SHARES_MAX);
        self.issued = issued.ok_or(Illegal::Overflow)?;
        self.credit(holder, shares)
    }
}
