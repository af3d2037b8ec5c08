//! The alarm: whoever found a fork says so, over its own signature, with the proof beside it.

use std::collections::BTreeSet;

use canon::{Canonical, CorridorId, Digest, Refusal, Timestamp, ZoneId};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::point::{Candidate, Fork, evidence_set, found};
use crate::documents::{self, DocumentError, Signed, Since, Subject};
use crate::evidence::{self, Evidence};
use crate::limits::ALARM_EVIDENCE_MAX;
use crate::party::Party;

/// Subject of `MEZForkAlarmCredential`: a fork, everything that was signed there, and the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The forked lane, by its writer.
    pub lane: ZoneId,
    /// Sequence of the receipts that differ.
    pub sequence: u64,
    /// Every history known to be signed, ascending.
    pub candidates: BTreeSet<Candidate>,
    /// SHA-256 of each evidence file, ascending.
    pub evidence_sha256: BTreeSet<Digest>,
    /// Digest over that set.
    pub evidence_set_sha256: Digest,
}

impl Subject for Alarm {
    const TYPE: &'static str = "MEZForkAlarmCredential";
    const KIND: &'static str = "corridor-fork-alarm";
}

/// The object type of an alarm with its evidence.
pub const ALARM_TYPE: &str = "MEZForkAlarm";

/// An alarm and the evidence files it names, as a halt carries them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// Always [`ALARM_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = ALARM_TYPE))]
    pub type_: String,
    /// The credential.
    #[schemars(extend("$ref" = "corridor-fork-alarm.schema.json"))]
    pub credential: Value,
    /// The files, in the order of their digests.
    #[schemars(length(min = 1, max = ALARM_EVIDENCE_MAX))]
    pub evidence: Vec<Evidence>,
}

/// An alarm that was refused.
#[derive(Debug, thiserror::Error)]
pub enum AlarmError {
    /// The credential.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No canonical form.
    #[error("the alarm has no canonical form: {0}")]
    Shape(#[from] Refusal),
    /// Another corridor, or a lane that is not the accused's.
    #[error("the alarm is of another corridor or lane")]
    Place,
    /// Sets out of order.
    #[error("the alarm's sets are not ascending and unique")]
    Form,
    /// Not signed by the zone that raises it, alone.
    #[error("the alarm is not signed by the zone that raises it")]
    Signer,
    /// No evidence, too much of it, or other files than are named.
    #[error("the evidence is not the set the alarm names")]
    EvidenceSet,
    /// A file that proves nothing of this lane.
    #[error("evidence {0} proves no fork of this lane here: {1}")]
    Evidence(Digest, String),
    /// Other candidates than the evidence names.
    #[error("the candidates are not exactly those of the evidence")]
    Candidates,
}

impl Alarm {
    /// The fork it is about.
    #[must_use]
    pub fn fork(&self) -> Fork {
        Fork { lane: self.lane.clone(), sequence: self.sequence }
    }

    /// Say what these files prove of one place of a lane of `accused`.
    ///
    /// # Errors
    /// Files that do not prove it.
    pub fn of(
        fork: &Fork,
        corridor_id: &CorridorId,
        accused: &Party,
        files: &[Evidence],
    ) -> Result<Self, AlarmError> {
        let mut candidates = BTreeSet::new();
        let mut digests = BTreeSet::new();
        for file in files {
            let bytes = Canonical::of(file)?;
            let digest = bytes.digest();
            // The file alone, under its own keys: the same answer for ever, whoever asks.
            let judged = evidence::judge(bytes.bytes(), std::slice::from_ref(accused.did()));
            let nothing = |why: &str| AlarmError::Evidence(digest, why.to_owned());
            if judged.who.as_ref() != Some(accused.did()) {
                let why = judged.reasons.first().map_or("of another", |reason| reason.code);
                return Err(nothing(why));
            }
            let (at, named) =
                found(file, corridor_id, accused).ok_or_else(|| nothing("no fork"))?;
            if at != *fork {
                return Err(nothing("of another place"));
            }
            candidates.extend(named);
            digests.insert(digest);
        }
        if digests.len() != files.len() || !(1..=ALARM_EVIDENCE_MAX).contains(&files.len()) {
            return Err(AlarmError::EvidenceSet);
        }
        Ok(Self {
            corridor_id: corridor_id.clone(),
            lane: fork.lane.clone(),
            sequence: fork.sequence,
            candidates,
            evidence_set_sha256: evidence_set(&digests)?,
            evidence_sha256: digests,
        })
    }

    /// Sign it, with its evidence beside it.
    ///
    /// # Errors
    /// A signer that does not sign, or what [`Alarm::of`] refuses.
    pub fn raise(
        fork: &Fork,
        corridor_id: &CorridorId,
        (here, accused): (&Party, &Party),
        mut files: Vec<Evidence>,
        (now, assertion_here): (Timestamp, &dyn Signer),
    ) -> Result<Raised, AlarmError> {
        let alarm = Self::of(fork, corridor_id, accused, &files)?;
        files.sort_by_cached_key(|file| Canonical::of(file).map(|bytes| bytes.digest()).ok());
        let name = format!("{corridor_id}:{fork}:{}", alarm.evidence_set_sha256);
        let draft = documents::draft(&name, here.did(), now, alarm)?;
        let credential = documents::sign(draft, now, assertion_here)?;
        Ok(Raised { type_: ALARM_TYPE.to_owned(), credential, evidence: files })
    }

    /// Read the credential: its shape, its corridor, and that exactly the other party of the lane
    /// signed it. What it says of the evidence is for [`Raised::read`].
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        document: &Value,
        corridor_id: &CorridorId,
        raiser: Since<'_>,
    ) -> Result<Signed<Self>, AlarmError> {
        let signed: Signed<Self> = documents::read(document, corridor_id, &[raiser])?;
        let alarm = &signed.credential.subject;
        let did = raiser.0.did();
        if signed.signers != [did.clone()] || signed.credential.issuer != *did {
            return Err(AlarmError::Signer);
        }
        if alarm.corridor_id != *corridor_id || alarm.lane == *raiser.0.zone() {
            return Err(AlarmError::Place);
        }
        // A set has one spelling.
        if Canonical::of(&signed.credential)?.value() != *document {
            return Err(AlarmError::Form);
        }
        if alarm.evidence_set_sha256 != evidence_set(&alarm.evidence_sha256)? {
            return Err(AlarmError::EvidenceSet);
        }
        Ok(signed)
    }
}

impl Raised {
    /// Read the alarm and judge every file: it says exactly what they prove of `accused`.
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        &self,
        corridor_id: &CorridorId,
        raiser: Since<'_>,
        accused: &Party,
    ) -> Result<Alarm, AlarmError> {
        if self.type_ != ALARM_TYPE {
            return Err(AlarmError::Place);
        }
        let stated = Alarm::read(&self.credential, corridor_id, raiser)?.credential.subject;
        let proven = Alarm::of(&stated.fork(), corridor_id, accused, &self.evidence)?;
        match () {
            () if stated.evidence_sha256 != proven.evidence_sha256 => Err(AlarmError::EvidenceSet),
            () if stated.candidates != proven.candidates => Err(AlarmError::Candidates),
            () if stated != proven => Err(AlarmError::Place),
            () => Ok(stated),
        }
    }
}
