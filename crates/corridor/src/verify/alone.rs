//! One document without the corridor around it: a receipt, a cut.
//!
//! What VALID says is less than of a bundle: that the zone signed exactly this, not that it is in
//! its lane, nor what stands before and after it.

use canon::{Canonical, Did, ZoneId};
use proof::credential::{Reason, Verdict};

use crate::cut::Cut;
use crate::lane::LaneReceipt;
use crate::party::Party;

/// A zone whose inception document verified, and whether its DID is pinned here.
#[derive(Clone, Debug)]
pub struct Known {
    /// The zone's keys.
    pub party: Party,
    /// Whether the caller trusts its DID.
    pub trusted: bool,
}

/// The answer about one document.
#[derive(Clone, Debug)]
pub struct Alone<T> {
    /// VALID, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// What was read, also when it is not believed.
    pub document: Option<T>,
}

impl<T> Alone<T> {
    pub(crate) fn new(verdict: Verdict, document: Option<T>) -> Self {
        Self { verdict, reasons: Vec::new(), needs: Vec::new(), document }
    }

    pub(crate) fn because(mut self, code: &'static str, detail: impl ToString) -> Self {
        self.reasons.push(Reason { code, detail: detail.to_string() });
        self
    }

    pub(crate) fn invalid(code: &'static str, detail: impl ToString) -> Self {
        Self::new(Verdict::Invalid, None).because(code, detail)
    }

    /// VALID if every signer is trusted, else UNKNOWN naming those that are not.
    pub(crate) fn signed(document: T, signers: &[&Known]) -> Self {
        let mut answer = Self::new(Verdict::Valid, Some(document));
        for known in signers.iter().filter(|known| !known.trusted) {
            let did = known.party.did().clone();
            let detail = format!(
                "signed by zone `{}`, whose `{did}` is not trusted here",
                known.party.zone()
            );
            answer.verdict = Verdict::Unknown;
            answer.needs.push(did);
            answer = answer.because("untrusted-did", detail);
        }
        answer
    }

    pub(crate) fn unknown(document: T, who: Did, (code, detail): (&'static str, String)) -> Self {
        let mut answer = Self::new(Verdict::Unknown, Some(document)).because(code, detail);
        answer.needs.push(who);
        answer
    }

    fn unknown_zone(document: T, zone: &ZoneId) -> Self {
        let detail = format!("the inception document of zone `{zone}` was not given");
        Self::new(Verdict::Unknown, Some(document)).because("inception-missing", detail)
    }
}

/// Judges one lane receipt: normal form, `next_root`, and that exactly the lane key signed it.
#[must_use]
pub fn judge_receipt(bytes: &[u8], zones: &[Known]) -> Alone<LaneReceipt> {
    let receipt = match LaneReceipt::read(bytes) {
        Ok(receipt) => receipt,
        Err(error) => return Alone::invalid("receipt", error),
    };
    let Some(known) = zones.iter().find(|known| *known.party.zone() == receipt.lane) else {
        let zone = receipt.lane.clone();
        return Alone::unknown_zone(receipt, &zone);
    };
    let (key, _) = known.party.lane_key(&receipt.corridor_id, receipt.sequence);
    match receipt.verify_signature(key) {
        Ok(()) if known.party.is_compromised(key) => {
            let detail =
                "its key was compromised since; the lane beyond the rotation vouches for it";
            Alone::new(Verdict::Unknown, Some(receipt)).because("compromised-key", detail)
        }
        Ok(()) => Alone::signed(receipt, &[known]),
        Err(error) => Alone::invalid("signature", error),
    }
}

/// Judges one cut: its shape, that the last receipt of each lane is in the root stated, and that
/// both writers signed.
#[must_use]
pub fn judge_cut(bytes: &[u8], zones: &[Known]) -> Alone<Cut> {
    let read = Canonical::parse(bytes)
        .and_then(|canonical| canonical.read::<Cut>().map(|cut| (cut, canonical)));
    let (cut, canonical) = match read {
        Ok(read) => read,
        Err(error) => return Alone::invalid("cut", error),
    };
    if let Err(error) = cut.check_form() {
        return Alone::invalid("cut", error);
    }
    let known = |zone: &ZoneId| zones.iter().find(|known| known.party.zone() == zone);
    let mut signers = Vec::new();
    for lane in &cut.lanes {
        match known(&lane.zone_id) {
            Some(known) => signers.push(known),
            None => {
                let zone = lane.zone_id.clone();
                return Alone::unknown_zone(cut, &zone);
            }
        }
    }
    let &[one, other] = signers.as_slice() else {
        return Alone::invalid("cut", "a cut is of exactly two lanes");
    };
    let parties = [&one.party, &other.party];
    match Cut::verify_signers(&canonical.value(), parties, &parties) {
        Ok(()) => Alone::signed(cut, &[one, other]),
        Err(error) => Alone::invalid("signature", error),
    }
}
