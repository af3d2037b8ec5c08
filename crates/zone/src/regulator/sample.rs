//! Entries of the zone log that a seed draws, opened and proven (`proof::sample`).

use canon::{Canonical, Digest};
use proof::sample::{Drawn, Opened, SAMPLE_MAX, draw};
use serde_json::{Value, json};

use super::views::is_of;
use crate::caller::{Caller, Scope};
use crate::journal::{DECISIONS, VIEWS};
use crate::log::{LOG, Row};
use crate::refused::Refused;
use crate::zone::Zone;

/// How streams of receipts begin.
const LANES: &str = "lane/";

impl Zone {
    /// What a seed draws from the first entries of the zone log: each with its proof under the checkpoint of that
    /// size, which the regulator holds already. Decisions and receipts are shown whole, of views the caller's own;
    /// payloads of receipts are not.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, `bad-sample` for a size that is not signed yet or a
    /// count out of bounds, or the store.
    pub fn sample(
        &self,
        caller: &Caller,
        (seed, count): (&Digest, u64),
        size: u64,
    ) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        if !(1..=SAMPLE_MAX as u64).contains(&count) {
            let detail = format!("a sample has 1 to {SAMPLE_MAX} entries");
            return Err(Refused::invalid("bad-sample", detail));
        }
        if size == 0 || size > self.shown_size(LOG)? {
            let detail = "the zone log is not signed at that size; take its checkpoint first";
            return Err(Refused::invalid("bad-sample", detail));
        }
        let places = draw(seed, size, count);
        let proofs = self.proofs_of(LOG, size, &places)?;
        let mut drawn = Vec::with_capacity(places.len());
        for (place, proof) in places.into_iter().zip(proofs) {
            let found = self.entry_at(LOG, place)?;
            let row: Row =
                Canonical::exact(&found.body).and_then(|c| c.read()).map_err(Refused::host)?;
            let opened = self.sampled(caller, &row.entry)?;
            drawn.push(Drawn { entry: row.entry, proof, opened });
        }
        Ok(json!({
            "type": proof::sample::SAMPLE_TYPE,
            "seed": seed,
            "count": count,
            "keys": self.keys_document()?,
            "drawn": drawn,
        }))
    }

    /// The record that an entry of the zone log names.
    fn sampled(&self, caller: &Caller, entry: &Value) -> Result<Option<Opened>, Refused> {
        let stream = entry.get("stream").and_then(Value::as_str).unwrap_or_default();
        let at = entry.get("sequence").and_then(Value::as_u64).unwrap_or_default();
        let chained = stream == DECISIONS || stream == VIEWS;
        if !chained && !stream.starts_with(LANES) {
            return Ok(None);
        }
        let body = Canonical::exact(&self.entry_at(stream, at)?.body).map_err(Refused::host)?;
        if !chained {
            let mut item = body.value();
            let receipt = item.get_mut("receipt").map(Value::take);
            let record = Some(receipt.ok_or_else(|| Refused::host("a lane holds no receipt"))?);
            return Ok(Some(Opened { previous_root: None, record, record_sha256: None }));
        }
        let previous_root = match at.checked_sub(1) {
            Some(before) => Some(self.entry_at(stream, before)?.root),
            None => None,
        };
        let open = stream == DECISIONS || is_of(&body.value(), caller);
        let record_sha256 = (!open).then(|| body.digest());
        Ok(Some(Opened { previous_root, record: open.then(|| body.value()), record_sha256 }))
    }

    fn entry_at(&self, stream: &str, at: u64) -> Result<store::Entry, Refused> {
        let found = self.store.journal(stream, at, 1)?;
        let entry = found.into_iter().next().filter(|entry| entry.seq == at);
        entry.ok_or_else(|| Refused::host(format!("`{stream}` has no entry {at}")))
    }
}
