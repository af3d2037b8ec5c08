//! The judge of evidence files.

use canon::{Canonical, CorridorId, Did, Digest, ZoneId};
use proof::checkpoint::CheckpointError;
use proof::credential::{Reason, Verdict};
use proof::inception::Inception;
use proof::integrity;
use proof::note::{self, NoteError};
use proof::rotation::{Cause, Rotation, Standing};
use proof::{Checkpoint, KeyHistory, PublicKey, Verified};
use serde::Serialize;
use serde_json::Value;

use super::file::{By, Case, EVIDENCE_TYPE, Evidence};
use crate::lane::LaneReceipt;
use crate::party::Party;

/// The answer about an evidence file. VALID: equivocation is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// VALID, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// The DID that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// The DID of whoever signed both, once proven; trusted only if the verdict is VALID.
    pub who: Option<Did>,
    /// The key that signed both.
    pub key: Option<PublicKey>,
    /// What was signed twice, such as `lane … sequence 7`.
    pub about: Option<String>,
}

/// Why a file proves nothing: it is INVALID, unless the key is at fault.
struct Fault(&'static str, String);

/// The code of a key that the documents in the file do not reach; they may end too early.
const KEY_NOT_REACHED: &str = "key-not-reached";
/// The code of a key that may have been in other hands when it signed.
const KEY_COMPROMISED: &str = "compromised-key";
/// Codes under which a file proves nothing, yet is not refuted.
pub(super) const UNTOLD: [&str; 2] = [KEY_NOT_REACHED, KEY_COMPROMISED];

fn fault<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Fault {
    move |e| Fault(code, e.to_string())
}

/// Whoever is accused, its key known.
enum Accused {
    Zone(Box<Party>),
    Log(Box<(String, PublicKey)>),
}

impl Judgement {
    pub(super) fn malformed(detail: String) -> Self {
        Self::of(Verdict::Invalid, vec![Reason { code: "malformed", detail }])
    }

    fn of(verdict: Verdict, reasons: Vec<Reason>) -> Self {
        Self { verdict, reasons, needs: Vec::new(), who: None, key: None, about: None }
    }
}

/// Judge an evidence file with no network and no clock, under the DIDs in `trust`.
#[must_use]
pub fn judge(bytes: &[u8], trust: &[Did]) -> Judgement {
    judge_knowing(bytes, trust, &[])
}

/// The same, where more is known of a zone's keys than its file tells.
#[must_use]
pub fn judge_knowing(bytes: &[u8], trust: &[Did], zones: &[&Party]) -> Judgement {
    let (accused, about) = match examine(bytes, zones) {
        Ok(proven) => proven,
        Err(Fault(code, detail)) => {
            let unknown = UNTOLD.contains(&code);
            let verdict = if unknown { Verdict::Unknown } else { Verdict::Invalid };
            return Judgement::of(verdict, vec![Reason { code, detail }]);
        }
    };
    let (who, (about, key)) = (accused.did(), about);
    let mut judgement = Judgement::of(Verdict::Valid, Vec::new());
    if !trust.iter().any(|did| did.base() == who) {
        let detail = format!("the file proves it of `{who}`, which is not trusted here");
        judgement.verdict = Verdict::Unknown;
        judgement.reasons.push(Reason { code: "untrusted-did", detail });
        judgement.needs.push(who.clone());
    }
    Judgement { who: Some(who), key: Some(key), about: Some(about), ..judgement }
}

/// Whose key signed what twice, and which key it was.
fn examine(bytes: &[u8], zones: &[&Party]) -> Result<(Accused, (String, PublicKey)), Fault> {
    let canonical = Canonical::exact(bytes).map_err(fault("malformed"))?;
    let file: Evidence = canonical.read().map_err(fault("malformed"))?;
    if file.type_ != EVIDENCE_TYPE {
        let found: String = file.type_.chars().take(60).collect();
        return Err(Fault("other-type", format!("`{found}` is not `{EVIDENCE_TYPE}`")));
    }
    let accused = Accused::of(&file.by)?;
    if let Case::OtherRotation { rotation } = &file.case {
        return accused.rotated(rotation, zones);
    }
    let accused = accused.knowing(zones);
    let about = match &file.case {
        Case::TwoReceipts { first, second } => {
            let (first, second) = (accused.receipt(first)?, accused.receipt(second)?);
            let place = Place::of(&first);
            if place != Place::of(&second) {
                return Err(Fault("not-one-place", "the receipts are of two places".to_owned()));
            }
            differ(&first.next_root, &second.next_root, "receipts")?;
            (place.to_string(), accused.lane_key(&first)?.clone())
        }
        Case::TwoNotes { first, second } => {
            let (first, second) = (accused.note(first)?, accused.note(second)?);
            if first.origin() != second.origin() || first.size() != second.size() {
                let detail = "the notes are not of one log and size".to_owned();
                return Err(Fault("not-one-place", detail));
            }
            differ(&first.root(), &second.root(), "notes")?;
            let about = format!("log {} size {}", first.origin(), first.size());
            (about, accused.note_key(first.origin(), first.size()).clone())
        }
        Case::ReceiptAndNote { receipt, note, entry, inclusion } => {
            let (receipt, note) = (accused.receipt(receipt)?, accused.note(note)?);
            if note.origin() != accused.lane_origin(&receipt.corridor_id)? {
                let detail = "the note is not of the receipt's lane".to_owned();
                return Err(Fault("not-one-place", detail));
            }
            let included = note.includes(entry, receipt.sequence, inclusion);
            included.map_err(fault("inclusion"))?;
            differ(&receipt.next_root, entry, "receipt and note")?;
            (Place::of(&receipt).to_string(), accused.lane_key(&receipt)?.clone())
        }
        // Judged above, under the keys of the file alone: others may hold the other chain.
        Case::OtherRotation { .. } => return Err(no_zone()),
    };
    if let Accused::Zone(party) = &accused
        && party.is_compromised(&about.1)
    {
        let detail = format!("`{}` was compromised: others may have signed with it", about.1);
        return Err(Fault(KEY_COMPROMISED, detail));
    }
    Ok((accused, about))
}

fn differ(first: &Digest, second: &Digest, what: &str) -> Result<(), Fault> {
    if first == second {
        return Err(Fault("no-equivocation", format!("the {what} state one and the same root")));
    }
    Ok(())
}

/// Where a receipt stands: at one place, one lane key signs one `next_root`.
#[derive(PartialEq, Eq)]
struct Place {
    corridor_id: CorridorId,
    lane: ZoneId,
    sequence: u64,
}

impl Place {
    fn of(receipt: &LaneReceipt) -> Self {
        let LaneReceipt { corridor_id, lane, sequence, .. } = receipt;
        Self { corridor_id: corridor_id.clone(), lane: lane.clone(), sequence: *sequence }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "corridor {} lane {} sequence {}", self.corridor_id, self.lane, self.sequence)
    }
}

impl Accused {
    fn of(by: &By) -> Result<Self, Fault> {
        match by {
            By::Inception(document) => {
                let root = document.get("root_key").and_then(Value::as_str).unwrap_or_default();
                let root = PublicKey::from_multikey(root).map_err(fault("inception"))?;
                // The document is checked against its own root; whether that root is anybody is
                // for the trust to say.
                let verified = Inception::verify(document, &root.did());
                Ok(Self::Zone(Box::new(Party::of(&verified.map_err(fault("inception"))?))))
            }
            By::Keys(document) => {
                let root = document.pointer("/inception/root_key").and_then(Value::as_str);
                let root = PublicKey::from_multikey(root.unwrap_or_default());
                let root = root.map_err(fault("zone-keys"))?;
                let history = KeyHistory::read(document, &root.did());
                Ok(Self::Zone(Box::new(Party::with(history.map_err(fault("zone-keys"))?))))
            }
            By::VerifierKey(text) => {
                let parsed = note::parse_verifier_key(text).map_err(fault("verifier-key"))?;
                Ok(Self::Log(Box::new(parsed)))
            }
        }
    }

    /// The same zone, where a longer chain of its keys is known.
    fn knowing(self, zones: &[&Party]) -> Self {
        let Self::Zone(party) = self else { return self };
        let longer = zones.iter().find(|known| {
            known.participant == party.participant
                && known.keys().next_number() > party.keys().next_number()
        });
        Self::Zone(longer.map_or(party, |known| Box::new((*known).clone())))
    }

    /// Two rotations of one number: the one among the zone's keys, and this.
    fn rotated(
        self,
        document: &Value,
        zones: &[&Party],
    ) -> Result<(Self, (String, PublicKey)), Fault> {
        let Self::Zone(party) = &self else { return Err(no_zone()) };
        let two = party.keys().contradicts(document).map_err(fault("rotation"))?;
        let rotation =
            integrity::payload(document).and_then(|document| document.read::<Rotation>());
        let Rotation { purpose, new_key, .. } = rotation.map_err(fault("rotation"))?;
        let former = Standing::Former(Cause::Compromise);
        let known = zones.iter().filter(|known| known.participant == party.participant);
        let lost = |party: &Party| party.keys().standing(purpose, &new_key) == former;
        if lost(party) || known.copied().any(lost) {
            let detail = format!("`{new_key}` was compromised: others may have signed with it");
            return Err(Fault(KEY_COMPROMISED, detail));
        }
        let about = format!("rotation {} of zone {}", two.number, party.zone());
        Ok((self, (about, new_key)))
    }

    /// What is to be pinned: a zone's root, or the log key itself.
    fn did(&self) -> Did {
        match self {
            Self::Zone(party) => party.did().clone(),
            Self::Log(log) => log.1.did(),
        }
    }

    fn lane_key(&self, receipt: &LaneReceipt) -> Result<&PublicKey, Fault> {
        match self {
            Self::Zone(party) => Ok(party.lane_key(&receipt.corridor_id, receipt.sequence).0),
            Self::Log(_) => Err(no_zone()),
        }
    }

    fn note_key(&self, origin: &str, size: u64) -> &PublicKey {
        match self {
            Self::Zone(party) => party.note_key(origin, size),
            Self::Log(log) => &log.1,
        }
    }

    fn lane_origin(&self, corridor: &CorridorId) -> Result<String, Fault> {
        match self {
            Self::Zone(party) => Ok(party.lane_origin(corridor)),
            Self::Log(_) => Err(no_zone()),
        }
    }

    fn receipt(&self, document: &Value) -> Result<LaneReceipt, Fault> {
        let Self::Zone(party) = self else { return Err(no_zone()) };
        let canonical = Canonical::of_value(document).map_err(fault("receipt"))?;
        let receipt = LaneReceipt::read(canonical.bytes()).map_err(fault("receipt"))?;
        if let Err(refused) = receipt.verify_signature(self.lane_key(&receipt)?) {
            return Err(match not_reached(party, document) {
                Some(key) => Fault(KEY_NOT_REACHED, format!("`{key}` signed it: {MORE}")),
                None => Fault("receipt", refused.to_string()),
            });
        }
        if receipt.lane != *party.zone() {
            let detail = format!("the lane is of `{}`, not of the accused", receipt.lane);
            return Err(Fault("other-lane", detail));
        }
        Ok(receipt)
    }

    /// A note of any log this key may sign for: the verifier key's own, or one under the host name.
    fn note(&self, text: &str) -> Result<Verified<Checkpoint>, Fault> {
        let origin = text.split('\n').next().unwrap_or_default();
        let own = match self {
            Self::Zone(party) => {
                let rest = origin.strip_prefix(party.participant.zone_host.as_str());
                rest.is_some_and(|rest| rest.starts_with('/'))
            }
            Self::Log(log) => origin == log.0,
        };
        if !own {
            let short: String = origin.chars().take(160).collect();
            return Err(Fault("other-log", format!("`{short}` is no log of the accused")));
        }
        let size = Checkpoint::claimed_size(text.as_bytes()).unwrap_or(0);
        let verified = Checkpoint::verify(text.as_bytes(), origin, self.note_key(origin, size));
        verified.map_err(|refused| match (self, refused) {
            // Another key signed under this name; a note does not carry it.
            (Self::Zone(_), CheckpointError::Note(NoteError::NotSigned(_))) => {
                Fault(KEY_NOT_REACHED, format!("another key signed the note: {MORE}"))
            }
            (_, refused) => Fault("note", refused.to_string()),
        })
    }
}

const MORE: &str = "the zone's keys, as far as they are in the file, do not reach it";

/// The key that did sign a receipt, where it is none the zone is known to have had.
fn not_reached(party: &Party, document: &Value) -> Option<PublicKey> {
    let signers = integrity::verify_document(document, &integrity::resolve_did_key).ok()?;
    let [only] = signers.as_slice() else { return None };
    (!party.keys().knows(&only.key)).then(|| only.key.clone())
}

/// The zone that a file accuses, by the keys in the file itself.
pub(crate) fn accused(evidence: &Evidence) -> Option<Party> {
    match Accused::of(&evidence.by) {
        Ok(Accused::Zone(party)) => Some(*party),
        _ => None,
    }
}

fn no_zone() -> Fault {
    Fault("inception", "receipts are judged under the inception document of their zone".to_owned())
}
