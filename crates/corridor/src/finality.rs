//! How final a receipt is: six levels, each resting on evidence that is there or on what is missing.
//!
//! A level is reached only when every level below it is. Nothing here lowers one: a refusal keeps a
//! receipt from the second level, and is said.

use canon::{CorridorId, Digest, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::anchor::Held;
use crate::certificate::Grade;
use crate::watcher::Tally;

/// The object type of a finality status.
pub const FINALITY_TYPE: &str = "MEZCorridorFinalityStatus";

/// The six levels, least first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Its writer signed it.
    Proposed,
    /// The other side verified, decided and accepted it.
    ReceiptSigned,
    /// A cut signed by both covers it.
    CheckpointSigned,
    /// A quorum of witnesses or watchers confirms the root that covers it.
    WatcherQuorum,
    /// That root is anchored on another chain.
    L1Anchored,
    /// An award or a legal instrument recognises it.
    LegallyRecognized,
}

impl Level {
    /// All levels, least first.
    pub const ALL: [Self; 6] = [
        Self::Proposed,
        Self::ReceiptSigned,
        Self::CheckpointSigned,
        Self::WatcherQuorum,
        Self::L1Anchored,
        Self::LegallyRecognized,
    ];

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::ReceiptSigned => "receipt_signed",
            Self::CheckpointSigned => "checkpoint_signed",
            Self::WatcherQuorum => "watcher_quorum",
            Self::L1Anchored => "l1_anchored",
            Self::LegallyRecognized => "legally_recognized",
        }
    }
}

/// What a level rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// The receipt, by its `next_root`.
    Receipt {
        /// Of the receipt.
        next_root: Digest,
    },
    /// The receipt of the other lane whose ack accepts it.
    Ack {
        /// The lane of the acknowledging side.
        lane: ZoneId,
        /// Sequence of the receipt that carries the ack.
        sequence: u64,
        /// How much the ack covers.
        size: u64,
    },
    /// The first cut that covers it.
    Cut {
        /// Digest of the cut without its proofs.
        cut_sha256: Digest,
        /// How much of the lane it covers.
        size: u64,
    },
    /// A cut over it that a quorum of bonded watchers attested.
    Attestations {
        /// Digest of the cut without its proofs.
        cut_sha256: Digest,
        /// What they weigh.
        quorum: Tally,
        /// The watcher set.
        set_sha256: Digest,
    },
    /// That cut in another chain.
    Anchored {
        /// Digest of the cut without its proofs.
        cut_sha256: Digest,
        /// Under which root the operator brought it.
        held: Held,
    },
    /// A checkpoint of the lane that a quorum cosigned.
    Note {
        /// SHA-256 of the cosigned note.
        note_sha256: Digest,
        /// Its size.
        size: u64,
    },
}

/// One level: its evidence, or what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// The certificate to be had of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Grade>,
    /// The level.
    pub level: Level,
    /// Whether it and all below are reached.
    pub reached: bool,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// The status of one receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finality {
    /// Always [`FINALITY_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = FINALITY_TYPE))]
    pub type_: String,
    /// When it was looked at.
    pub as_of: Timestamp,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The lane.
    pub lane: ZoneId,
    /// The receipt.
    pub sequence: u64,
    /// The highest level reached.
    pub finality_level: Level,
    /// Every level, least first.
    pub levels: Vec<Rung>,
}

/// What is known of one receipt; each part is evidence its holder verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The receipt.
    pub receipt: Evidence,
    /// Who accepted it, or why nobody did.
    pub accepted: Result<Evidence, String>,
    /// The first cut over it, or none.
    pub cut: Option<Evidence>,
    /// A cosigned checkpoint over it, or what is missing for one.
    pub quorum: Result<Evidence, String>,
    /// Another chain that holds the attested cut, or what is missing for one.
    pub anchor: Result<Evidence, String>,
}

impl Finality {
    /// The status that what is known comes to.
    #[must_use]
    pub fn of(
        known: Known,
        (corridor_id, lane, sequence): (CorridorId, ZoneId, u64),
        as_of: Timestamp,
    ) -> Self {
        let nowhere = "this zone keeps no such evidence";
        let found = [
            Ok(known.receipt),
            known.accepted,
            known.cut.ok_or_else(|| "a cut, signed by both, that covers it".to_owned()),
            known.quorum,
            known.anchor,
            Err(format!("an award or legal instrument; {nowhere}")),
        ];
        let mut below = true;
        let mut finality_level = Level::Proposed;
        let mut levels = Vec::with_capacity(Level::ALL.len());
        for (level, found) in Level::ALL.into_iter().zip(found) {
            below &= found.is_ok();
            if below {
                finality_level = level;
            }
            let (evidence, missing) = match found {
                Ok(evidence) => (Some(evidence), None),
                Err(missing) => (None, Some(missing)),
            };
            let certificate = match &evidence {
                Some(Evidence::Ack { .. }) => Some(Grade::Local),
                Some(Evidence::Attestations { .. }) if below => Some(Grade::Economic),
                Some(Evidence::Anchored { .. }) if below => Some(Grade::Anchored),
                _ => None,
            };
            levels.push(Rung { certificate, level, reached: below, evidence, missing });
        }
        let type_ = FINALITY_TYPE.to_owned();
        Self { type_, as_of, corridor_id, lane, sequence, finality_level, levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(accepted: bool, cut: bool, quorum: bool) -> Known {
        let next_root = Digest::of_blob(b"receipt");
        let lane = ZoneId::parse("org.momentum.mez.zone.sg").unwrap();
        let missing = || "something".to_owned();
        let note = Evidence::Note { note_sha256: next_root, size: 3 };
        Known {
            receipt: Evidence::Receipt { next_root },
            accepted: accepted
                .then_some(Evidence::Ack { lane, sequence: 1, size: 2 })
                .ok_or_else(missing),
            cut: cut.then_some(Evidence::Cut { cut_sha256: next_root, size: 2 }),
            quorum: quorum.then_some(note).ok_or_else(missing),
            anchor: Err(missing()),
        }
    }

    #[test]
    fn a_level_is_reached_only_on_all_below_and_each_says_what_it_rests_on() {
        let place = || {
            let lane = ZoneId::parse("org.momentum.mez.zone.pk-sifc").unwrap();
            (CorridorId::parse("org.momentum.mez.corridor.pk-sg").unwrap(), lane, 1)
        };
        let now = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
        for case in 0..8u8 {
            let [accepted, cut, quorum] = [case & 1 != 0, case & 2 != 0, case & 4 != 0];
            let status = Finality::of(known(accepted, cut, quorum), place(), now);
            let expected = match (accepted, cut, quorum) {
                (false, ..) => Level::Proposed,
                (true, false, _) => Level::ReceiptSigned,
                (true, true, false) => Level::CheckpointSigned,
                (true, true, true) => Level::WatcherQuorum,
            };
            assert_eq!(status.finality_level, expected);
            assert_eq!(status.levels.iter().map(|rung| rung.level).collect::<Vec<_>>(), Level::ALL);
            for rung in &status.levels {
                assert_eq!(rung.reached, rung.level <= expected, "{rung:?}");
                assert_ne!(rung.evidence.is_some(), rung.missing.is_some(), "{rung:?}");
            }
        }
    }
}
