//! Entries and how each follows from the one before.

use canon::{Canonical, Digest, EntityId, Timestamp, sha256_parts};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Batch, Entry, Head, HeadSwap, Store};

use super::Heard;
use crate::refused::Refused;

/// The stream of the audit log.
pub(crate) const AUDIT: &str = "audit";

/// The decision that a write stands beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Its place in the decision journal.
    pub sequence: u64,
    /// Root of the journal with it, which commits to the decision whole.
    pub root: Digest,
    /// A transition kind, or `duty`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Always `MEZAuditEntry`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Its place, from 0.
    pub sequence: u64,
    /// Root of the entry before; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// When.
    pub at: Timestamp,
    /// Who; `unknown` where nobody was recognised.
    pub principal: String,
    /// The scope by which it was let in; `peer`, `host`, or `none`.
    pub scope: String,
    /// The entity the caller is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// Method of the request.
    pub method: String,
    /// Template of the route.
    pub route: String,
    /// The path asked, without its query.
    pub target: String,
    /// `allow`, `deny` or `error` as law said; `duty`; `refused` at the door; `unchanged`.
    pub outcome: String,
    /// Code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Digest of the body's bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<Digest>,
    /// The decision it stands beside, in the same commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decided>,
    /// The request that a second person let through with this write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Digest>,
    /// How many refusals of this principal before it have no entry of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<u64>,
}

/// What came of a request.
pub(crate) struct Outcome {
    pub(crate) by: String,
    pub(crate) outcome: String,
    pub(crate) code: Option<String>,
    pub(crate) decision: Option<Decided>,
    pub(crate) approval: Option<Digest>,
    pub(crate) uncounted: Option<u64>,
}

impl AuditEntry {
    fn after(head: Option<Head>, at: Timestamp, heard: Heard, came: Outcome) -> Self {
        let Heard { principal, scope, entity_id, method, route, target, body_sha256 } = heard;
        let Outcome { by, outcome, code, decision, approval, uncounted } = came;
        Self {
            type_: "MEZAuditEntry".to_owned(),
            sequence: head.map_or(0, |head| head.seq.saturating_add(1)),
            previous: head.map(|head| head.root),
            at,
            principal: principal.map_or(by, |principal| principal.to_string()),
            scope: scope.to_owned(),
            entity_id,
            method: method.to_owned(),
            route: route.to_owned(),
            target,
            outcome,
            code,
            body_sha256,
            decision,
            approval,
            uncounted,
        }
    }
}

/// SHA-256(tag ‖ previous root ‖ entry digest); 32 zero bytes before the first.
pub(crate) fn chained(previous: Option<Digest>, entry: Digest) -> Digest {
    let previous = previous.map_or([0; 32], |root| *root.as_bytes());
    sha256_parts(&[b"mez.audit.v1\n", &previous, entry.as_bytes()])
}

/// Put the next entry into a commit. Who calls holds the lock of building.
pub(crate) fn extend(
    store: &dyn Store,
    batch: &mut Batch,
    at: Timestamp,
    heard: Heard,
    came: Outcome,
) -> Result<(), Refused> {
    let head = store.head(AUDIT)?;
    let entry = AuditEntry::after(head, at, heard, came);
    let canonical = Canonical::of(&entry).map_err(Refused::host)?;
    let root = chained(head.map(|head| head.root), canonical.digest());
    let (stream, seq) = (AUDIT.to_owned(), entry.sequence);
    let body = canonical.bytes().to_vec();
    batch.journal.push(Entry { stream: stream.clone(), seq, body, root });
    batch.heads.push(HeadSwap { stream, old: head, new: Head { seq, root } });
    Ok(())
}

/// What is wrong with an entry of an export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// It is no entry.
    #[error("it is no entry of an audit log: {0}")]
    Malformed(String),
    /// One is missing, doubled or out of order.
    #[error("it says it is entry {found}, and entry {expected} is next")]
    Sequence {
        /// What is next.
        expected: u64,
        /// What it says.
        found: u64,
    },
    /// It follows another entry than the one before it.
    #[error("it follows an entry whose root is not that of the one before")]
    Previous,
    /// The root stated beside it is another.
    #[error("its content does not lead to the root beside it")]
    Root,
}

/// An audit log as far as it was checked, from its first entry on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditChain {
    next: u64,
    root: Option<Digest>,
}

impl AuditChain {
    /// Entries taken.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.next
    }

    /// Root of the last one.
    #[must_use]
    pub const fn root(&self) -> Option<Digest> {
        self.root
    }

    /// Take the next entry, with the root stated beside it.
    ///
    /// # Errors
    /// [`AuditFault`]; nothing after it can be believed.
    pub fn take(&mut self, entry: &Value, stated: Option<&Digest>) -> Result<(), AuditFault> {
        let malformed = |error: &dyn std::fmt::Display| AuditFault::Malformed(error.to_string());
        let canonical = Canonical::of_value(entry).map_err(|error| malformed(&error))?;
        let read: AuditEntry = canonical.read().map_err(|error| malformed(&error))?;
        if read.type_ != "MEZAuditEntry" {
            return Err(AuditFault::Malformed(format!("its type is `{}`", read.type_)));
        }
        if read.sequence != self.next {
            return Err(AuditFault::Sequence { expected: self.next, found: read.sequence });
        }
        if read.previous != self.root {
            return Err(AuditFault::Previous);
        }
        let root = chained(self.root, canonical.digest());
        if stated.is_some_and(|stated| *stated != root) {
            return Err(AuditFault::Root);
        }
        self.next = self.next.saturating_add(1);
        self.root = Some(root);
        Ok(())
    }
}
