//! What `mez verify --json` prints of one file: a verdict, and what the file says of itself.

use std::collections::BTreeSet;

use canon::{CorridorId, Did, Digest, JurisdictionId, Realm, Timestamp, ZoneId};
use corridor::anchor::Root;
use corridor::attachment::{About, Relation, Rests};
use corridor::binding::{Commitment, ProofRef};
use corridor::fork::Candidate;
use corridor::lane::TransitionKind;
use corridor::verify::{AttachmentSummary, LaneSummary};
use proof::PublicKey;
use proof::artifact::Node;
use proof::credential::{Reason, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::artifacts::pack::Stats;

/// The judgement of one file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Report {
    /// What the file says of itself.
    #[serde(flatten)]
    pub said: Said,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// The verdict.
    pub verdict: Verdict,
}

/// The file's own words, or nothing but what it was taken for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Said {
    /// It could be read.
    Whole(Box<Whole>),
    /// It could not.
    Nothing {
        /// What it was taken for.
        kind: Kind,
    },
}

impl From<Whole> for Said {
    fn from(whole: Whole) -> Self {
        Self::Whole(Box::new(whole))
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// An alarm about a fork.
    Alarm,
    /// A binding of a proof.
    Binding,
    /// A witness bundle, of a corridor or of a closure.
    Bundle,
    /// Evidence against a watcher.
    #[serde(rename = "evidence against a watcher")]
    Accusation,
    /// A certificate of finality.
    Certificate,
    /// A consistency proof of a log.
    #[serde(rename = "consistency proof")]
    Consistency,
    /// A cut of a corridor.
    Cut,
    /// A signed document whose proofs alone were judged.
    Document,
    /// Evidence of equivocation.
    Evidence,
    /// A zone's inception.
    Inception,
    /// An inclusion proof of a log.
    #[serde(rename = "inclusion proof")]
    Inclusion,
    /// A checkpoint.
    Note,
    /// A lane receipt.
    Receipt,
    /// A sample of a zone log.
    Sample,
    /// A zone's keys over time.
    #[serde(rename = "zone keys")]
    ZoneKeys,
}

impl Kind {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Binding => "binding",
            Self::Bundle => "bundle",
            Self::Accusation => "evidence against a watcher",
            Self::Certificate => "certificate",
            Self::Consistency => "consistency proof",
            Self::Cut => "cut",
            Self::Document => "document",
            Self::Evidence => "evidence",
            Self::Inception => "inception",
            Self::Inclusion => "inclusion proof",
            Self::Note => "note",
            Self::Receipt => "receipt",
            Self::Sample => "sample",
            Self::ZoneKeys => "zone keys",
        }
    }
}

/// What a file of each kind says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Whole {
    /// An alarm about a fork.
    Alarm {
        /// Every history signed.
        candidates: BTreeSet<Candidate>,
        /// The corridor.
        corridor: CorridorId,
        /// SHA-256 of each evidence file.
        evidence_sha256: BTreeSet<Digest>,
        /// The forked lane.
        lane: ZoneId,
        /// Its forked place.
        sequence: u64,
    },
    /// A binding of a proof.
    Binding {
        /// Its digest without its proof, which a proof takes from outside.
        binding_sha256: Digest,
        /// What VALID says of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        checked: Option<&'static str>,
        /// What the proof is about.
        commitments: Vec<Commitment>,
        /// When it was signed.
        issued_at: Timestamp,
        /// Who says so.
        issuer: Did,
        /// The proof.
        proof_ref: ProofRef,
        /// What for.
        purpose: String,
    },
    /// A witness bundle of a corridor.
    #[serde(rename = "bundle")]
    Corridor {
        /// Checkpoints of other chains in its lanes, each of which holds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attached>,
        /// The corridor, once it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        corridor_id: Option<CorridorId>,
        /// Cuts signed by both.
        cuts: u64,
        /// Both lanes, once verified.
        lanes: Vec<Lane>,
        /// The realm, once it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        realm: Option<Realm>,
    },
    /// A witness bundle of a closure.
    #[serde(rename = "bundle")]
    Closure {
        /// Who vouches for it, as it says.
        #[serde(skip_serializing_if = "Option::is_none")]
        attested_by: Option<String>,
        /// Length of the zip.
        byte_length: u64,
        /// What an attestation is over.
        manifest_digest_sha256: Digest,
        /// Referred to, not in it.
        missing: Vec<Node>,
        /// Counts.
        stats: Stats,
    },
    /// Evidence against a watcher.
    #[serde(rename = "evidence against a watcher")]
    Accusation {
        /// What was done.
        condition: corridor::watcher::Condition,
        /// Where.
        about: String,
        /// By whom.
        watchers: Vec<Did>,
    },
    /// A certificate of finality.
    Certificate(corridor::certificate::Told),
    /// A consistency proof.
    #[serde(rename = "consistency proof")]
    Consistency(Log),
    /// A credential.
    Credential {
        /// Its issuer.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
        /// The realm it states.
        #[serde(skip_serializing_if = "Option::is_none")]
        realm: Option<Realm>,
        /// How it was judged.
        #[serde(flatten)]
        judged: Judged,
    },
    /// A cut of a corridor.
    Cut {
        /// What VALID says of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        checked: Option<&'static str>,
        /// The corridor.
        corridor: CorridorId,
        /// Both lanes.
        lanes: Vec<Head>,
        /// When it was proposed.
        proposed_at: Timestamp,
    },
    /// A signed document whose proofs alone were judged.
    Document {
        /// What VALID says of it.
        checked: &'static str,
        /// The verification methods of its proofs.
        signed_by: Vec<String>,
    },
    /// Evidence of equivocation.
    Evidence {
        /// The key that signed both.
        key: PublicKey,
        /// What was signed twice.
        signed_twice: String,
        /// The DID of whoever signed both.
        who: Did,
    },
    /// A zone's inception.
    Inception {
        /// The zone's root key as a DID.
        did: Did,
        /// Where it is reached.
        host: String,
        /// Its jurisdiction.
        jurisdiction: JurisdictionId,
        /// Its realm.
        realm: Realm,
        /// Digest of the document.
        sha256: Digest,
        /// The zone.
        zone: ZoneId,
    },
    /// An inclusion proof.
    #[serde(rename = "inclusion proof")]
    Inclusion(Log),
    /// A checkpoint.
    Note(Log),
    /// A presentation.
    Presentation {
        /// The verdict on each credential shown.
        credentials: Vec<Verdict>,
        /// Who shows them.
        #[serde(skip_serializing_if = "Option::is_none")]
        holder: Option<Did>,
        /// How it was judged.
        #[serde(flatten)]
        judged: Judged,
    },
    /// A lane receipt.
    Receipt {
        /// What VALID says of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        checked: Option<&'static str>,
        /// The corridor.
        corridor: CorridorId,
        /// Whose lane.
        lane: ZoneId,
        /// Its digest.
        next_root: Digest,
        /// Its place.
        sequence: u64,
        /// When it was signed.
        signed_at: Timestamp,
        /// What it does.
        transition: TransitionKind,
    },
    /// A sample of a zone log.
    Sample {
        /// The log.
        #[serde(flatten)]
        log: Log,
        /// What decided which entries had to be shown.
        seed: Digest,
        /// Places in the log that had to be shown, in the order drawn; all are.
        places: Vec<u64>,
    },
    /// A credential of selective disclosure.
    SdJwt {
        /// What it claims, as far as it is shown.
        #[serde(skip_serializing_if = "Option::is_none")]
        claims: Option<Map<String, Value>>,
        /// Who shows it.
        #[serde(skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
        /// Its issuer.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer: Option<Did>,
        /// How it was judged.
        #[serde(flatten)]
        judged: Judged,
    },
    /// A zone's keys over time.
    #[serde(rename = "zone keys")]
    ZoneKeys {
        /// The zone's first root key as a DID.
        did: Did,
        /// Its realm.
        realm: Realm,
        /// How often a key was replaced.
        rotations: u64,
        /// When the latest of them was signed.
        since: Timestamp,
        /// The zone.
        zone: ZoneId,
    },
}

/// What a log states.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Log {
    /// Its origin.
    pub log: String,
    /// Its root at that size, once it is believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// How far a lane went.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Head {
    /// Receipts.
    pub size: u64,
    /// The writer.
    pub zone_id: ZoneId,
}

/// A lane of a bundle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Lane {
    /// Receipts of the other lane decided.
    pub acknowledges_of_other: u64,
    /// The writer's DID.
    pub did: Did,
    /// Receipts of the other lane refused.
    pub refuses_of_other: u64,
    /// Its root.
    pub root: Digest,
    /// Receipts verified.
    pub size: u64,
    /// Payloads withheld.
    pub withheld: u64,
    /// The writer.
    pub zone_id: ZoneId,
}

impl From<&LaneSummary> for Lane {
    fn from(lane: &LaneSummary) -> Self {
        Self {
            acknowledges_of_other: lane.acknowledged,
            did: lane.did.clone(),
            refuses_of_other: lane.refused,
            root: lane.root,
            size: lane.size,
            withheld: lane.withheld,
            zone_id: lane.zone_id.clone(),
        }
    }
}

/// A checkpoint of another chain in a lane; it holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Attached {
    /// The receipt of this corridor it belongs to; to none but its own, unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Whether the other zone accepted it; absent while it did not decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<bool>,
    /// Whose lane carries it.
    pub lane: ZoneId,
    /// What the other chain has to do with it.
    pub relation: Relation,
    /// What it rests on.
    pub rests: Rests,
    /// Where.
    pub sequence: u64,
    /// Whether the caller trusts what it rests on.
    pub trusted: bool,
}

impl Attached {
    /// Of what was found, for a caller who trusts these zones and roots.
    pub(crate) fn of(found: &AttachmentSummary, (trust, roots): (&[Did], &[Root])) -> Self {
        let trusted = match &found.rests {
            Rests::Corridor { dids, .. } => {
                dids.iter().all(|did| trust.iter().any(|known| known.base() == *did))
            }
            Rests::Held(held) => roots.iter().any(|root| root.carries(held)),
        };
        Self {
            about: found.about.clone(),
            accepted: found.accepted,
            lane: found.lane.clone(),
            relation: found.relation,
            rests: found.rests.clone(),
            sequence: found.sequence,
            trusted,
        }
    }

    /// What it rests on, in words.
    pub(crate) fn rests_on(&self) -> String {
        match &self.rests {
            Rests::Corridor { corridor_id, cut_sha256, .. } => {
                format!("cut {cut_sha256} of {corridor_id}")
            }
            Rests::Held(held) => held.needs(),
        }
    }
}

/// What a credential, or what shows credentials, was held against.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Judged {
    /// The moment it was judged at.
    pub as_of: Timestamp,
    /// Whether it is in our canonical form.
    pub mcf: bool,
    /// Authority registries that hold, from the anchor down.
    pub registries: Vec<String>,
    /// What was fetched.
    pub resolved: Vec<Fetched>,
}

/// Something that was fetched.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(deny_unknown_fields)]
pub(crate) enum Fetched {
    /// It came.
    Came {
        /// What came.
        sha256: Digest,
        /// From where.
        url: String,
    },
    /// It did not, or was not believed.
    Failed {
        /// Why.
        error: String,
        /// From where.
        url: String,
    },
}
