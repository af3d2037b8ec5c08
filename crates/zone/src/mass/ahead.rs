//! Payments of Mass that are asked for many at a time, before they are read one by one.
//!
//! What came is remembered as long as a [`Reading`](super::Reading) lasts, each as if it had been asked for by itself;
//! whoever reads a record goes on to compare it with the digest kept. Where Mass does not answer such a call, each is
//! asked for by itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::at_mass::{AtMass, Unwell};
use super::call::Reply;
use super::calls::{TRANSACTIONS_MAX, transaction_by_id};
use super::client::Client;
use super::read::{Lies, Reference};
use super::{AT_MASS, Primitives, reading};
use crate::refused::Refused;
use crate::zone::{Zone, parse};

impl Zone {
    /// Ask ahead for records of a kind, as they lie here: at most as many as a page holds.
    pub(crate) fn ask_ahead<'r>(
        &self,
        kind: &str,
        rows: impl IntoIterator<Item = (&'r str, &'r [u8])>,
    ) -> Result<(), Refused> {
        let Primitives::Mass(client) = self.primitives() else { return Ok(()) };
        if !AT_MASS.contains(&kind) || !reading::is_under_way() {
            return Ok(());
        }
        let mut wanted = BTreeSet::new();
        for (id, body) in rows {
            let known: Reference = parse((kind, id), body)?;
            if known.lies == Lies::Transaction {
                wanted.insert(known.mass_id);
            }
        }
        Ok(client.ask_ahead(wanted)?)
    }

    /// The same by their identifiers; of one that is not there, whoever reads it says so.
    pub(crate) fn ask_ahead_for<'i>(
        &self,
        kind: &'static str,
        ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<(), Refused> {
        if !self.is_at_mass() {
            return Ok(());
        }
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(self.store.record(kind, id)?.map(|record| (id, record.body)));
        }
        self.ask_ahead(kind, rows.iter().map(|(id, body)| (*id, body.as_slice())))
    }
}

impl Client {
    /// Ask for payments, as many at a time as Mass tells in one answer, and remember them.
    pub(super) fn ask_ahead(&self, mut wanted: BTreeSet<String>) -> Result<(), AtMass> {
        wanted.retain(|id| !reading::remembers(&transaction_by_id(id)));
        // One is as well asked for by itself.
        while wanted.len() > 1 {
            let part: Vec<&str> =
                wanted.iter().take(TRANSACTIONS_MAX).map(String::as_str).collect();
            let found = match self.transactions(&part) {
                Ok(Some(found)) => found,
                // One of them is unknown, or Mass knows no such call.
                Ok(None) => return Ok(()),
                Err(why) if why.unwell == Unwell::Declined => return Ok(()),
                Err(why) => return Err(why),
            };
            let another = || AtMass::new(Unwell::OfAnother, "Mass told payments nobody asked for");
            let mut came = Vec::new();
            for row in found {
                let id = row.get("id").and_then(Value::as_str).unwrap_or_default();
                if !wanted.remove(id) {
                    return Err(another());
                }
                let reply = Reply { status: 200, body: row.to_string().into_bytes() };
                came.push((transaction_by_id(id), reply));
            }
            if came.is_empty() {
                return Err(another());
            }
            reading::remember(came);
        }
        Ok(())
    }
}
