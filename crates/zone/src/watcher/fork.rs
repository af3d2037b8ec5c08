//! Evidence that the peer of a corridor signed two histories, brought by whoever saw both.
//!
//! Invariant: what halts a corridor is the proof, judged under the keys this zone knows of its peer;
//! who brings it does not matter.

use canon::{Canonical, CorridorId};
use corridor::evidence::judge_knowing;
use proof::credential::Verdict;
use serde_json::{Value, json};

use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

impl Zone {
    /// Take an evidence file against the peer of a corridor: it is kept, and the corridor halts.
    ///
    /// # Errors
    /// `evidence-refused` for a file that proves nothing of this peer on this corridor.
    pub fn take_evidence(
        &self,
        ask: &Ask,
        id: &CorridorId,
        evidence: &Value,
    ) -> Result<Envelope, Refused> {
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let file = Canonical::of_value(evidence)?;
        let open = self.open_corridor(id)?;
        let peer = open.there.did().clone();
        let judged = judge_knowing(file.bytes(), std::slice::from_ref(&peer), &[&open.there]);
        let about = judged.about.unwrap_or_default();
        let here = about.contains(id.as_str()) || about.starts_with("rotation ");
        if judged.verdict != Verdict::Valid || judged.who != Some(peer) || !here {
            let why = judged.reasons.first().map(|reason| reason.detail.clone());
            let why = why.unwrap_or_else(|| format!("it is about {about}"));
            return Err(Refused::invalid("evidence-refused", why));
        }
        // What the finder of a fork is told elsewhere is no refusal here: it was believed.
        self.equivocated(None, open, &file, &about)?;
        let state = self.corridor(id)?.get("state").cloned();
        let body = json!({ "result": { "evidence_sha256": file.digest(), "state": state } });
        Ok(Envelope { body, status: 200, replayed: false })
    }
}
