//! Whether everything a document refers to is at hand, and is what it is called.
//!
//! An edge is any object with both `artifact_type` and `digest_sha256`. Missing makes a claim unknown;
//! a mismatch makes it false.

use canon::Digest;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::walk::{Limits, Looked, State, Walk};
use super::{ArtifactRef, ArtifactType, Blobs, BlobsGone};

/// An artifact by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Node {
    /// Its type.
    pub artifact_type: ArtifactType,
    /// Its digest.
    pub digest_sha256: Digest,
}

/// The same, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Named<'a> {
    /// Its type.
    pub artifact_type: &'a ArtifactType,
    /// Its digest.
    pub digest_sha256: Digest,
}

impl std::fmt::Display for Named<'_> {
    /// `TYPE/DIGEST`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.artifact_type, self.digest_sha256)
    }
}

impl Node {
    /// Itself, borrowed.
    #[must_use]
    pub fn named(&self) -> Named<'_> {
        Named { artifact_type: &self.artifact_type, digest_sha256: self.digest_sha256 }
    }
}

impl From<ArtifactRef> for Node {
    fn from(reference: ArtifactRef) -> Self {
        Self { artifact_type: reference.artifact_type, digest_sha256: reference.digest_sha256 }
    }
}

/// A reference found; `from` is absent for references of the root document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Edge<'a> {
    /// The artifact that refers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Named<'a>>,
    /// The artifact referred to.
    pub to: Named<'a>,
}

/// Something wrong with one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Finding {
    /// The node.
    pub node: Node,
    /// What is wrong, in words.
    pub detail: String,
}

/// What a walk found. Only a complete report says the closure holds.
///
/// About 50 bytes are held for a node, and 8 for a reference.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Referred to, not at hand: unknown.
    pub missing: Vec<Node>,
    /// At hand, but not what it is called: false.
    pub mismatch: Vec<Finding>,
    /// Beyond a limit, not looked at: unknown.
    pub beyond_limit: Vec<Finding>,
    /// Artifacts on a cycle of references, which honest content addressing cannot make.
    pub cycle: Vec<Node>,
    /// Depth of the deepest node reached.
    pub max_depth_seen: usize,
    /// The limits that the walk needed: the usual ones, or [`Limits::WIDE`].
    pub limits: Limits,
    kinds: Vec<ArtifactType>,
    /// In order of type and digest.
    nodes: Vec<(u16, Digest, State)>,
    /// From (0: the root) and to, in order, numbered from 1 as `nodes` are.
    edges: Vec<(u32, u32)>,
}

impl Report {
    /// Whether everything is at hand and matches.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.missing.is_empty()
            && self.mismatch.is_empty()
            && self.beyond_limit.is_empty()
            && self.cycle.is_empty()
    }

    /// Artifacts named by any reference, whether at hand or not.
    #[must_use]
    pub fn nodes_total(&self) -> usize {
        self.nodes.len()
    }

    /// References.
    #[must_use]
    pub fn edges_total(&self) -> usize {
        self.edges.len()
    }

    /// Artifacts found and matching.
    #[must_use]
    pub fn resolved_total(&self) -> usize {
        self.nodes.iter().filter(|node| matches!(node.2, State::Whole(_))).count()
    }

    /// Every artifact found and matching with its length in bytes, by type and digest.
    pub fn resolved(&self) -> impl Iterator<Item = (Named<'_>, u64)> {
        (1u32..).zip(&self.nodes).filter_map(|(rank, node)| match node.2 {
            State::Whole(length) => self.named(rank).map(|named| (named, length)),
            _ => None,
        })
    }

    /// The same in the order of `TYPE/DIGEST` as text.
    #[must_use]
    pub fn resolved_by_name(&self) -> Vec<(Named<'_>, u64)> {
        let mut all: Vec<_> = self.resolved().collect();
        // `a/` is after `a-b/`, though `a` is before `a-b`.
        all.sort_by(|(a, _), (b, _)| {
            let [kind, other] =
                [a, b].map(|named| named.artifact_type.as_str().bytes().chain([b'/']));
            kind.cmp(other).then(a.digest_sha256.cmp(&b.digest_sha256))
        });
        all
    }

    /// Every reference, those of the root first, then by type and digest.
    pub fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        self.edges.iter().filter_map(|(from, to)| {
            let from = if *from == 0 { None } else { Some(self.named(*from)?) };
            Some(Edge { from, to: self.named(*to)? })
        })
    }

    pub(super) fn filled(
        mut self,
        kinds: Vec<ArtifactType>,
        nodes: Vec<(u16, Digest, State)>,
        edges: Vec<(u32, u32)>,
        limits: Limits,
    ) -> Self {
        (self.kinds, self.nodes, self.edges, self.limits) = (kinds, nodes, edges, limits);
        let on_cycles = cycles(self.nodes.len(), &self.edges);
        let node = |rank: u32| {
            let Named { artifact_type, digest_sha256 } = self.named(rank)?;
            Some(Node { artifact_type: artifact_type.clone(), digest_sha256 })
        };
        self.cycle = on_cycles.into_iter().filter_map(node).collect();
        self
    }

    fn named(&self, rank: u32) -> Option<Named<'_>> {
        let (kind, digest, _) = self.nodes.get((rank as usize).checked_sub(1)?)?;
        let artifact_type = self.kinds.get(usize::from(*kind))?;
        Some(Named { artifact_type, digest_sha256: *digest })
    }
}

/// Walks everything `root` refers to, directly or not.
///
/// # Errors
/// [`BlobsGone`] when the place of artifacts cannot answer; a missing artifact is no error.
pub fn closure(root: &Value, blobs: &dyn Blobs, limits: Limits) -> Result<Report, BlobsGone> {
    let mut walk = Walk::begin(root, limits);
    while let Some(node) = walk.ahead(1).pop() {
        let (kind, digest) = (&node.artifact_type, node.digest_sha256);
        let found = blobs.fetch(kind, digest)?;
        walk.take(found.map_or(Looked::Missing, |bytes| Looked::at(kind, digest, &bytes)));
    }
    Ok(walk.report())
}

/// Nodes left after repeatedly taking away those nothing left refers to (Kahn 1962), in order.
fn cycles(nodes: usize, edges: &[(u32, u32)]) -> Vec<u32> {
    let inside = || edges.iter().filter(|edge| edge.0 != 0);
    let mut incoming = vec![0u32; nodes + 1];
    for (_, to) in inside() {
        if let Some(count) = incoming.get_mut(*to as usize) {
            *count += 1;
        }
    }
    let ranks = || 1u32..=u32::try_from(nodes).unwrap_or(u32::MAX);
    let count = |incoming: &[u32], rank: u32| incoming.get(rank as usize).copied().unwrap_or(0);
    let mut free: Vec<u32> = ranks().filter(|rank| count(&incoming, *rank) == 0).collect();
    while let Some(from) = free.pop() {
        let begin = edges.partition_point(|edge| edge.0 < from);
        for (_, to) in edges.iter().skip(begin).take_while(|edge| edge.0 == from) {
            if let Some(count) = incoming.get_mut(*to as usize) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    free.push(*to);
                }
            }
        }
    }
    ranks().filter(|rank| count(&incoming, *rank) > 0).collect()
}
