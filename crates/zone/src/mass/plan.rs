//! What of a commit belongs at Mass, and where each part of it goes there.
//!
//! | in the commit | at Mass |
//! |---|---|
//! | a new account | an account; what is on it is Mass's own to say |
//! | an entity | an organization |
//! | a posting, a promise | payments, one per leg |
//! | a payment, a transfer, a taxed event beside them | with the last of these payments |
//! | what moves nothing: an entry of a register, a proposal, an event, word of a payment | a tag of the organization it is about |

use std::collections::{BTreeMap, BTreeSet};

use canon::{AccountId, Canonical, Digest, EntityId, RecordId};
use registry::fiscal::{Entry, Transfer, TransferState};
use registry::tax::TaxEvent;
use registry::{Account, CapTable, Consent, Course, Entity, Payment, Posting, Side};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{KeyPut, RecordPut};

use super::legs::{From, LEGS_MAX, Leg, of_posting, of_promise};
use super::{AT_MASS, not_at_mass};
use crate::fiscal::ENTRY;
use crate::refused::Refused;
use crate::zone::parse;

/// Index of promises by the accounts they give to and take from.
pub(super) const PROMISED: &str = "promised";
/// In the place of an account, of a promise that is over.
const OVER: &str = "over";

/// Whose an account is.
pub(super) type Owners<'z> = dyn Fn(&AccountId) -> Result<EntityId, Refused> + 'z;

/// A record on its way to Mass.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) rev: Option<u64>,
    pub(super) body: Vec<u8>,
    pub(super) sha256: Digest,
}

/// What stands here of an entry of an account: which posting it is of.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryAtMass {
    #[serde(rename = "type")]
    type_: String,
    pub(crate) posting_id: RecordId,
}

/// All that one commit has done at Mass.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) opened: Vec<(Account, Record)>,
    pub(super) entities: Vec<(Entity, Record)>,
    /// What becomes a tag, by the entity it is about.
    pub(super) tags: BTreeMap<EntityId, Vec<Record>>,
    pub(super) legs: Vec<Leg>,
    /// What goes with each leg.
    pub(super) with: Vec<Vec<Record>>,
    /// Index rows beside those of the commit.
    pub(super) keys: Vec<KeyPut>,
    /// Whether an account changed that was there.
    touched: bool,
    /// What the commit writes, by kind and name.
    written: BTreeSet<(String, String)>,
}

impl Record {
    fn of(put: RecordPut) -> Self {
        let RecordPut { kind, id, old_rev: rev, body } = put;
        let sha256 = Digest::of_blob(&body);
        Self { kind, id, rev, body, sha256 }
    }

    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Refused> {
        parse((&self.kind, &self.id), &self.body)
    }
}

impl Plan {
    /// Take out of a commit what belongs at Mass; the rest stays.
    pub(super) fn of(records: &mut Vec<RecordPut>, owners: &Owners<'_>) -> Result<Self, Refused> {
        let (ours, mut rest): (Vec<_>, Vec<_>) =
            records.drain(..).partition(|put| AT_MASS.contains(&put.kind.as_str()));
        for put in rest.iter_mut().filter(|put| put.kind == ENTRY) {
            let entry: Entry = parse((ENTRY, &put.id), &put.body)?;
            let type_ = "MEZMassEntry".to_owned();
            let at_mass = EntryAtMass { type_, posting_id: entry.posting_id().clone() };
            put.body = Canonical::of(&at_mass).map_err(Refused::host)?.bytes().to_vec();
        }
        *records = rest;
        let mut plan = Self::default();
        let mut beside = Vec::new();
        let transfers = transfers(&ours)?;
        for put in ours {
            plan.written.insert((put.kind.clone(), put.id.clone()));
            let record = Record::of(put);
            match (record.kind.as_str(), record.rev) {
                ("account", None) => plan.opened.push(emptied(&record)?),
                ("account", Some(_)) => plan.touched = true,
                ("entity", _) => plan.entities.push((record.read()?, record)),
                ("posting", None) => plan.posted(record, &transfers)?,
                ("cap-table" | "cap-table-entry" | "consent", _) => plan.tagged(record, owners)?,
                _ => beside.push(record),
            }
        }
        for transfer in &transfers {
            plan.promised(transfer);
        }
        plan.beside(beside, owners)?;
        if plan.legs.len() > LEGS_MAX {
            return Err(not_at_mass(&format!("a write that moves more than {LEGS_MAX} amounts")));
        }
        Ok(plan)
    }

    /// Whether nothing of the commit belongs at Mass.
    pub(super) fn is_empty(&self) -> bool {
        let nothing = self.opened.is_empty() && self.entities.is_empty() && self.legs.is_empty();
        nothing && self.tags.is_empty() && !self.touched
    }

    /// Whether nothing is made before the first payment.
    pub(super) fn begins_with_payments(&self) -> bool {
        let formed = self.entities.iter().any(|(_, record)| record.rev.is_none());
        self.opened.is_empty() && !formed && !self.legs.is_empty()
    }

    /// The accounts of what is promised by it.
    pub(super) fn promise(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|row| row.value.as_str()).filter(|value| *value != OVER)
    }

    /// Whether the commit writes a record.
    pub(super) fn writes(&self, kind: &str, id: &str) -> bool {
        self.written.contains(&(kind.to_owned(), id.to_owned()))
    }

    fn posted(&mut self, record: Record, transfers: &[Moved]) -> Result<(), Refused> {
        let posting: Posting = record.read()?;
        let is_of = |moved: &&Moved| {
            let mut postings = moved.transfer.postings().iter();
            moved.before && postings.any(|known| known.id() == posting.id())
        };
        let from = transfers.iter().find(is_of).map_or(From::Account, |_| From::Promise);
        self.legs(of_posting(&posting, from)?);
        self.with.last_mut().into_iter().for_each(|with| with.push(record.clone()));
        Ok(())
    }

    fn legs(&mut self, legs: Vec<Leg>) {
        self.with.extend(legs.iter().map(|_| Vec::new()));
        self.legs.extend(legs);
    }

    fn promised(&mut self, Moved { transfer, before }: &Moved) {
        let row = |value: &str| {
            let [kind, key, id] = ["transfer", PROMISED, transfer.id().as_str()].map(str::to_owned);
            KeyPut { kind, key, value: value.to_owned(), id }
        };
        match transfer.status() {
            TransferState::Pending { .. } => {
                let legs = transfer.postings().iter().flat_map(Posting::legs);
                let accounts: BTreeSet<&str> = legs.map(|leg| leg.account_id.as_str()).collect();
                self.keys.extend(accounts.into_iter().map(row));
                self.legs(of_promise(transfer));
            }
            TransferState::Voided { .. } => {
                self.keys.push(row(OVER));
                self.legs(of_promise(transfer));
            }
            TransferState::Posted { .. } if *before => self.keys.push(row(OVER)),
            TransferState::Posted { .. } => {}
        }
    }

    /// A record that is about an entity and moves nothing.
    fn tagged(&mut self, record: Record, owners: &Owners<'_>) -> Result<(), Refused> {
        let entity = match record.kind.as_str() {
            "cap-table" => record.read::<CapTable>()?.entity().clone(),
            "consent" => {
                let of = record.read::<Consent>()?.proposal().entity().cloned();
                of.ok_or_else(|| not_at_mass("a proposal of the zone's council"))?
            }
            "tax-event" => record.read::<TaxEvent>()?.payer().clone(),
            "payment" => owners(customer(record.read::<Payment>()?.course()))?,
            _ => {
                let value: Value = record.read()?;
                let named = value.get("entity_id").and_then(Value::as_str).unwrap_or_default();
                EntityId::parse(named).map_err(Refused::host)?
            }
        };
        self.tags.entry(entity).or_default().push(record);
        Ok(())
    }

    /// What is written beside a movement goes with its last leg.
    fn beside(&mut self, records: Vec<Record>, owners: &Owners<'_>) -> Result<(), Refused> {
        for record in records {
            match self.with.last_mut() {
                Some(with) => with.push(record),
                None if ["payment", "tax-event"].contains(&record.kind.as_str()) => {
                    self.tagged(record, owners)?;
                }
                None => {
                    return Err(not_at_mass(&format!("a `{}` that moves nothing", record.kind)));
                }
            }
        }
        Ok(())
    }

    /// Of all that has one effect under its keys; what takes the place of what is there has that by itself.
    pub(super) fn digest(&self) -> Result<Digest, Refused> {
        let leg = |leg: &Leg| {
            let amount = leg.amount.minor().to_string();
            json!([leg.from.name(), leg.to.name(), amount, leg.amount.currency()])
        };
        let record = |record: &Record| json!([record.kind, record.id, record.sha256]);
        let formed = self.entities.iter().map(|(_, record)| record).filter(|r| r.rev.is_none());
        let records = self.opened.iter().map(|(_, record)| record).chain(formed);
        let records = records.chain(self.with.iter().flatten());
        let all = json!({
            "legs": self.legs.iter().map(leg).collect::<Vec<_>>(),
            "records": records.map(record).collect::<Vec<_>>(),
        });
        Ok(Canonical::of_value(&all).map_err(Refused::host)?.digest())
    }
}

/// The customer's account of a payment.
fn customer(course: &Course) -> &AccountId {
    match course {
        Course::Internal { payer, .. } | Course::Outbound { payer, .. } => payer,
        Course::Inbound { payee, .. } => payee,
        Course::Rail(rail) => &rail.terms.payer,
    }
}

/// A transfer of the commit, and whether it was there before.
struct Moved {
    transfer: Transfer,
    before: bool,
}

fn transfers(ours: &[RecordPut]) -> Result<Vec<Moved>, Refused> {
    let transfers = ours.iter().filter(|put| put.kind == "transfer");
    let moved = transfers.map(|put| {
        let transfer = parse(("transfer", &put.id), &put.body)?;
        Ok(Moved { transfer, before: put.old_rev.is_some() })
    });
    moved.collect()
}

/// A new account as it is put at Mass: with nothing on it, whatever comes in the same commit.
fn emptied(record: &Record) -> Result<(Account, Record), Refused> {
    let mut value: Value = record.read()?;
    if let Some(balance) = value.get_mut("balance") {
        *balance = json!({ "posted": "0", "reserved_in": "0", "reserved_out": "0" });
    }
    let canonical = Canonical::of_value(&value).map_err(Refused::host)?;
    let (body, sha256) = (canonical.bytes().to_vec(), canonical.digest());
    let record = Record { body, sha256, ..record.clone() };
    Ok((record.read()?, record))
}

/// How much of promises gives to an account, and takes from it.
pub(super) fn reserves(transfer: &Transfer, account: &AccountId) -> Option<(i128, i128)> {
    let (mut coming, mut going) = (0_i128, 0_i128);
    if !matches!(transfer.status(), TransferState::Pending { .. }) {
        return Some((0, 0));
    }
    let legs = transfer.postings().iter().flat_map(Posting::legs);
    for leg in legs.filter(|leg| leg.account_id == *account) {
        let sum = match leg.side {
            Side::Debit => &mut going,
            Side::Credit => &mut coming,
        };
        *sum = sum.checked_add(leg.amount.minor())?;
    }
    Some((coming, going))
}
