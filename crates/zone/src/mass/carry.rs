//! Carrying a commit to Mass: intent durable, each part asked for in its order, each answer checked. What stands here
//! afterwards are references.

use canon::{AccountId, Canonical, Currency, Digest, Timestamp};
use registry::{Account, AccountKind, Entity};
use store::RecordPut;

use super::at_mass::{AtMass, Unwell};
use super::calls::{Organization, Payment};
use super::client::Client;
use super::hand::Hand;
use super::intent::{INTENT, Intent, Made, Wanted};
use super::legs::{Leg, Place};
use super::plan::{PROMISED, Plan, Record};
use super::read::{Lies, Reference, TREASURY, is_of, status_of};
use super::texts::carried;
use super::{not_at_mass, tags};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Before the key of a write, among the tags of an organization.
pub(super) const KEY_TAG: &str = "mez.key.";
/// Longest text with records that is sent, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Kind of the reference to the account for what is promised in a currency.
const PROMISES: &str = "mass-promises";
/// Most promises of one account: each is read with it.
pub(super) const PROMISES_MAX: usize = 100;

/// A commit on its way to Mass.
struct Way<'w> {
    client: &'w Client,
    hand: &'w Hand,
    at: Timestamp,
    /// What stands here in the place of what lies there.
    kept: Vec<RecordPut>,
    /// Accounts that were opened just now.
    opened: Vec<(AccountId, String)>,
}

impl Way<'_> {
    fn keep(&mut self, record: &Record, reference: &Reference) -> Result<(), Refused> {
        let body = Canonical::of(reference).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id) = (record.kind.clone(), record.id.clone());
        self.kept.push(RecordPut { kind, id, old_rev: record.rev, body });
        Ok(())
    }
}

impl Zone {
    /// Have all of a plan done at Mass; gives back what stands here of it.
    pub(super) fn have_done(
        &self,
        client: &Client,
        plan: &Plan,
        (hand, subject): (Hand, &str),
    ) -> Result<Vec<RecordPut>, Refused> {
        self.fits(plan)?;
        let asked_sha256 = plan.digest()?;
        let (hand, held) = self.taken(client, hand, (plan, subject, asked_sha256))?;
        let at = hand.begun(self.now());
        let mut way = Way { client, hand: &hand, at, kept: Vec::new(), opened: Vec::new() };
        let held = self.go(&mut way, plan, held)?;
        let done = Canonical::of(&held.value.done()).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id, old_rev) = (INTENT.to_owned(), hand.name(), held.rev);
        way.kept.push(RecordPut { kind, id, old_rev, body: done });
        Ok(way.kept)
    }

    /// The intent of a write: made durable, or the one that it goes on with.
    fn taken(
        &self,
        client: &Client,
        hand: Hand,
        (plan, subject, asked_sha256): (&Plan, &str, Digest),
    ) -> Result<(Hand, Loaded<Intent>), Refused> {
        let known = hand.intent().cloned().filter(|_| hand.resumes());
        let hand = match known {
            Some(known) if known.value.asked_sha256() == asked_sha256 => return Ok((hand, known)),
            // It is something else by now: law, or the books, moved on. What was made of it is not what is wanted.
            Some(known) if known.value.is_sealed() => {
                let made = hand.made().to_vec();
                let undone = self.undone(client, (&hand.name(), known), made)?;
                hand.again(undone)
            }
            Some(_) => {
                let detail = "what was asked of Mass under this key was something else";
                return Err(AtMass::new(Unwell::Differs, detail).into());
            }
            None => hand,
        };
        let at = hand.begun(self.now());
        let intent = Intent::asked(subject, (at, hand.attempt()), asked_sha256);
        let rev = hand.intent().and_then(|known| known.rev);
        let held = match plan.begins_with_payments() {
            // It is made durable with the payments in it.
            true => Loaded { rev, value: intent },
            false => self.intend(&hand.name(), rev, &intent)?,
        };
        Ok((hand, held))
    }

    /// What cannot be carried whole is not begun.
    fn fits(&self, plan: &Plan) -> Result<(), Refused> {
        let too_long = |records: &Vec<Record>| text(records).len() > TEXT_BYTES_MAX;
        if plan.with.iter().any(too_long) {
            return Err(not_at_mass("so much in one write"));
        }
        for account in plan.promise() {
            let found = self.store.find("transfer", PROMISED, account, None, PROMISES_MAX)?;
            if found.len() >= PROMISES_MAX {
                return Err(not_at_mass(&format!("another promise beside {PROMISES_MAX}")));
            }
        }
        Ok(())
    }

    fn go(
        &self,
        way: &mut Way<'_>,
        plan: &Plan,
        mut held: Loaded<Intent>,
    ) -> Result<Loaded<Intent>, Refused> {
        for (account, record) in &plan.opened {
            self.open_there(way, account, record)?;
        }
        for (entity, record) in plan.entities.iter().filter(|(_, record)| record.rev.is_none()) {
            form_there(way, entity, record)?;
        }
        let mut wanted = Vec::new();
        for (number, (leg, records)) in plan.legs.iter().zip(&plan.with).enumerate() {
            wanted.push(self.leg_there(way, leg, (number, records))?);
        }
        if !wanted.is_empty() && !held.value.is_sealed() {
            let (name, sealed) = (way.hand.name(), self.seal_wanted(&way.hand.name(), &wanted)?);
            held = self.intend(&name, held.rev, &held.value.clone().with(sealed))?;
        }
        let mut made = way.hand.made().to_vec();
        let done = self.pay_there(way, (plan, &wanted), &mut made);
        match done.and_then(|()| self.tags_there(way, plan)) {
            Ok(()) => Ok(held),
            Err(Refused::Mass(why)) if why.unwell == Unwell::Declined => {
                self.undone(way.client, (&way.hand.name(), held), made)?;
                Err(why.into())
            }
            Err(other) => Err(other),
        }
    }

    /// The payments, in order; of those that stand already nothing is asked.
    fn pay_there(
        &self,
        way: &mut Way<'_>,
        (plan, wanted): (&Plan, &[Wanted]),
        made: &mut Vec<Made>,
    ) -> Result<(), Refused> {
        for (number, (wanted, records)) in wanted.iter().zip(&plan.with).enumerate() {
            let transaction = match made.get(number) {
                Some(one) => one.transaction.clone(),
                None => {
                    let one = wanted.made(way.client)?;
                    let transaction = one.transaction.clone();
                    made.push(one);
                    transaction
                }
            };
            for record in records {
                let lies = (transaction.as_str(), Lies::Transaction);
                let reference = Reference::of(lies, record.sha256, way.at);
                way.keep(record, &reference.saying(wanted.payment.said()))?;
            }
        }
        Ok(())
    }

    fn open_there(
        &self,
        way: &mut Way<'_>,
        account: &Account,
        record: &Record,
    ) -> Result<(), Refused> {
        let key = way.hand.key(&format!("open/{}", account.id()));
        let name = carried([record.body.as_slice()]);
        let (client, currency) = (way.client, account.currency());
        let mass_id = match account.holder() {
            // The one that money comes out of is named in the configuration.
            AccountKind::Treasury {} => client.funding(currency).map(|_| String::new())?,
            AccountKind::Customer { owner } => {
                let holder = self.mass_reference("entity", owner.as_str())?;
                let treasury = client.treasury(&holder.mass_id)?;
                client.open(&treasury, (&name, currency), &key)?.id
            }
            _ => client.open_own((&name, currency), &key)?.id,
        };
        way.opened.push((account.id().clone(), mass_id.clone()));
        way.keep(record, &Reference::of((&mass_id, Lies::Account), record.sha256, way.at))
    }

    /// The identifier at Mass of where money is.
    fn place_there(
        &self,
        way: &mut Way<'_>,
        place: &Place,
        currency: Currency,
    ) -> Result<String, Refused> {
        let account = match place {
            Place::Promised(_) => return self.promises_there(way, currency),
            Place::On(account) => account,
        };
        if account.as_str().starts_with(TREASURY) {
            return Ok(way.client.funding(currency)?.to_owned());
        }
        if let Some((_, mass_id)) = way.opened.iter().find(|(opened, _)| opened == account) {
            return Ok(mass_id.clone());
        }
        Ok(self.mass_reference("account", account.as_str())?.mass_id)
    }

    /// The zone's account for what is promised in a currency, opened with the first promise. Its key is its own, so that
    /// there is one whatever becomes of the write.
    fn promises_there(&self, way: &mut Way<'_>, currency: Currency) -> Result<String, Refused> {
        let known: Option<Loaded<Reference>> = self.load(PROMISES, currency.code())?;
        if let Some(known) = known {
            return Ok(known.value.mass_id);
        }
        let kept = way.kept.iter().find(|put| put.kind == PROMISES && put.id == currency.code());
        if let Some(kept) = kept {
            let reference: Reference = crate::zone::parse((PROMISES, &kept.id), &kept.body)?;
            return Ok(reference.mass_id);
        }
        let name = format!("mez.promised.{currency}");
        let key =
            Digest::of_blob(format!("mez.mass.promised\n{}\n{currency}", self.did()).as_bytes());
        let opened = way.client.open_own((&name, currency), &key.to_string())?;
        let sha256 = Digest::of_blob(name.as_bytes());
        let reference = Reference::of((&opened.id, Lies::Account), sha256, way.at);
        let body = Canonical::of(&reference).map_err(Refused::host)?.bytes().to_vec();
        let (kind, id) = (PROMISES.to_owned(), currency.code().to_owned());
        way.kept.push(RecordPut { kind, id, old_rev: None, body });
        Ok(opened.id)
    }

    fn leg_there(
        &self,
        way: &mut Way<'_>,
        leg: &Leg,
        (number, records): (usize, &Vec<Record>),
    ) -> Result<Wanted, Refused> {
        let currency = leg.amount.currency();
        let reference = match records.as_slice() {
            [] => format!("mez.of.{}", leg.posting),
            _ => text(records),
        };
        let payment = Payment {
            source_account_id: self.place_there(way, &leg.from, currency)?,
            payment_entity: self.place_there(way, &leg.to, currency)?,
            amount: leg.amount.amount().to_decimal(way.at.date()),
            currency: currency.code().to_owned(),
            reference,
        };
        Ok(Wanted { payment, key: way.hand.key(&format!("leg/{number}")) })
    }

    /// Entities that changed, and what is a tag: one change of each organization.
    fn tags_there(&self, way: &mut Way<'_>, plan: &Plan) -> Result<(), Refused> {
        let changed = plan.entities.iter().filter(|(_, record)| record.rev.is_some());
        let mut all: Vec<_> =
            changed.map(|(entity, record)| (entity.id(), Some((entity, record)))).collect();
        for entity in plan.tags.keys() {
            if !all.iter().any(|(known, _)| *known == entity) {
                all.push((entity, None));
            }
        }
        for (id, changed) in all {
            let known = self.mass_reference("entity", id.as_str())?;
            let gone =
                || AtMass::new(Unwell::Differs, "Mass has no organization of this entity any more");
            let found = way.client.organization(&known.mass_id)?.ok_or_else(gone)?;
            let none = Vec::new();
            let records = plan.tags.get(id).unwrap_or(&none);
            let mut before = Vec::new();
            for record in records {
                let reference = record.rev.map(|_| self.mass_reference(&record.kind, &record.id));
                before.push((record, reference.transpose()?.map(|known| known.record_sha256)));
            }
            let (mut wanted, mut tags) = (found.clone(), tags::with(&found.tags, &before)?);
            if let Some((entity, record)) = changed {
                let carrier = carried([record.body.as_slice()]);
                wanted = organization(entity, &carrier, &way.hand.key("organization"));
                tags = tags::changed(tags, &wanted.tags, known.record_sha256);
            }
            wanted.tags = tags::bounded(tags)?;
            let told = way.client.amend(&known.mass_id, &wanted)?;
            if let Some((entity, record)) = changed {
                is_of(&told, entity, &carried([record.body.as_slice()]))?;
                way.keep(
                    record,
                    &Reference::of((&told.id, Lies::Organization), record.sha256, way.at),
                )?;
            }
            if !wanted.tags.iter().all(|tag| told.tags.contains(tag)) {
                let detail = "the answer of Mass is without what was put there";
                return Err(AtMass::new(Unwell::OfAnother, detail).into());
            }
            for record in records {
                way.keep(
                    record,
                    &Reference::of((&told.id, Lies::Organization), record.sha256, way.at),
                )?;
            }
        }
        Ok(())
    }

    /// What this zone knows of a record at Mass.
    pub(super) fn mass_reference(&self, kind: &str, id: &str) -> Result<Reference, Refused> {
        let record = self.store.record(kind, id)?;
        let record = record.ok_or_else(|| Refused::host(format!("no {kind} `{id}`")))?;
        crate::zone::parse((kind, id), &record.body)
    }
}

fn form_there(way: &mut Way<'_>, entity: &Entity, record: &Record) -> Result<(), Refused> {
    let carrier = carried([record.body.as_slice()]);
    let wanted = organization(entity, &carrier, &way.hand.key("organization"));
    // Mass has no key for making an organization: one that may have been made is looked for.
    let made = match (way.hand.resumes(), wanted.tags.last()) {
        (true, Some(tag)) => way.client.made_under(&wanted.name, tag)?,
        _ => None,
    };
    let made = made.map_or_else(|| way.client.make(&wanted), Ok)?;
    is_of(&made, entity, &carrier)?;
    way.keep(record, &Reference::of((&made.id, Lies::Organization), record.sha256, way.at))
}

fn organization(entity: &Entity, carrier: &str, key: &str) -> Organization {
    let formation = entity.formation();
    Organization {
        id: String::new(),
        name: formation.legal_name().to_owned(),
        jurisdiction: formation.jurisdiction_id().to_string(),
        entity_type: formation.entity_type().to_owned(),
        status: status_of(entity).to_owned(),
        address: formation.registered_office().map(|office| office.address.as_str().to_owned()),
        tags: vec![carrier.to_owned(), format!("{KEY_TAG}{key}")],
    }
}

fn text(records: &[Record]) -> String {
    carried(records.iter().map(|record| record.body.as_slice()))
}
