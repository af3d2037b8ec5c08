//! Rows put into the data of a zone that stands still; of records that lie at Mass, there and here alike.

use std::sync::Arc;

use serde_json::Value;
use store::{Batch, KeyPut, RecordPut, Store};

use super::rows_at_mass::{AtMass, is_payment, is_reference};
use crate::home::Home;

/// Rows of one commit.
const AT_ONCE: usize = 4_000;

/// The data of a zone whose server has ended.
pub struct Rows(Arc<dyn Store>, Option<AtMass>);

impl Rows {
    pub fn of(home: &Home) -> Self {
        let at_mass = home.mass_url().map(|url| AtMass(url.to_owned()));
        Self(store::open(&home.dir.database()).unwrap(), at_mass)
    }

    /// A record as it is kept, here or at Mass.
    pub fn read(&self, kind: &str, id: &str) -> Value {
        self.whole(self.kept(kind, id))
    }

    /// What lies here of it.
    pub fn kept(&self, kind: &str, id: &str) -> Value {
        let record = self.0.record(kind, id).unwrap();
        let record = record.unwrap_or_else(|| panic!("no {kind} `{id}`"));
        serde_json::from_slice(&record.body).unwrap()
    }

    /// The first record of a kind after an id.
    pub fn first(&self, kind: &str, after: Option<&str>) -> (String, Value) {
        let rows = self.0.records(kind, after, 1).unwrap();
        let (id, record) = rows.into_iter().next().unwrap_or_else(|| panic!("no {kind}"));
        let kept = serde_json::from_slice(&record.body).unwrap();
        (id, self.whole(kept))
    }

    fn whole(&self, kept: Value) -> Value {
        match &self.1 {
            Some(at_mass) if is_reference(&kept) => at_mass.read(&kept),
            _ => kept,
        }
    }

    /// The record as it is said to be from now on.
    pub fn change(&self, kind: &str, id: &str, body: &Value) {
        let old_rev = self.0.record(kind, id).unwrap().map(|record| record.rev);
        let kept = self.0.record(kind, id).unwrap();
        let kept = kept.map(|record| serde_json::from_slice::<Value>(&record.body).unwrap());
        let changed = match (&self.1, kept.filter(is_reference)) {
            (Some(at_mass), Some(kept)) => at_mass.change(&kept, body),
            _ => body.clone(),
        };
        let record = put((kind, id), old_rev, &changed);
        self.0.commit(Batch { records: vec![record], ..Batch::default() }).unwrap();
    }

    /// More records of a kind; where those of it lie at Mass in payments, each in one of its own there.
    pub fn sow(&self, kind: &str, rows: impl IntoIterator<Item = (String, Value)>) {
        let rows: Vec<(String, Value)> = rows.into_iter().collect();
        let like = self.0.records(kind, None, 1).unwrap().into_iter().next();
        let like = like.map(|(_, record)| serde_json::from_slice::<Value>(&record.body).unwrap());
        let rows = match (&self.1, like.filter(is_payment)) {
            (Some(at_mass), Some(like)) if !rows.iter().any(|(_, body)| is_reference(body)) => {
                at_mass.sow(kind, &like, rows)
            }
            _ => rows,
        };
        let records = rows.into_iter().map(|(id, body)| put((kind, &id), None, &body));
        let records: Vec<RecordPut> = records.collect();
        for part in records.chunks(AT_ONCE) {
            self.0.commit(Batch { records: part.to_vec(), ..Batch::default() }).unwrap();
        }
    }

    /// Whether an entry of its own journals says this.
    pub fn says(&self, text: &str) -> bool {
        let streams = self.0.heads("").unwrap();
        streams.iter().any(|(stream, head)| {
            let from = head.seq.saturating_sub(200);
            let entries = self.0.journal(stream, from, 201).unwrap();
            entries.iter().any(|entry| String::from_utf8_lossy(&entry.body).contains(text))
        })
    }

    /// Ids found under a value of an index.
    pub fn index(&self, (kind, key): (&str, &str), value: &str, ids: &[String]) {
        let name = str::to_owned;
        let row = |id: &String| KeyPut {
            kind: name(kind),
            key: name(key),
            value: name(value),
            id: id.clone(),
        };
        let keys = ids.iter().map(row).collect();
        self.0.commit(Batch { keys, ..Batch::default() }).unwrap();
    }
}

fn put((kind, id): (&str, &str), old_rev: Option<u64>, body: &Value) -> RecordPut {
    let body = canon::Canonical::of_value(body).unwrap().bytes().to_vec();
    RecordPut { kind: kind.to_owned(), id: id.to_owned(), old_rev, body }
}
