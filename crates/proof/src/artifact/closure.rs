//! Whether everything a document refers to is at hand, and is what it is called.
//!
//! Breadth first from the root; an edge is any object with both `artifact_type` and
//! `digest_sha256`. Missing makes a claim unknown; a mismatch makes it false.
//!
//! Invariant: the walk is bounded in depth, nodes and bytes, and reaching a bound is reported.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use canon::Digest;
use serde::Serialize;
use serde_json::Value;

use super::{ArtifactRef, ArtifactType, Blobs, BlobsGone, DigestRule, digest_of};

/// How far a walk goes. The root's own references have depth 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Deepest node fetched.
    pub depth_max: usize,
    /// Most nodes fetched.
    pub nodes_max: usize,
    /// Most bytes fetched in all.
    pub bytes_max: usize,
}

impl Default for Limits {
    /// 32 levels, 100,000 nodes, 256 MiB.
    fn default() -> Self {
        Self { depth_max: 32, nodes_max: 100_000, bytes_max: 256 * 1024 * 1024 }
    }
}

/// An artifact by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Node {
    /// Its type.
    pub artifact_type: ArtifactType,
    /// Its digest.
    pub digest_sha256: Digest,
}

/// A reference found; `from` is absent for references of the root document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// The artifact that refers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Node>,
    /// The artifact referred to.
    pub to: Node,
}

/// Something wrong with one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The node.
    pub node: Node,
    /// What is wrong, in words.
    pub detail: String,
}

/// What a walk found. Only a complete report says the closure holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every artifact found and matching, with its length in bytes.
    pub resolved: BTreeMap<String, u64>,
    /// Every reference.
    pub edges: BTreeSet<Edge>,
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
}

/// Walks everything `root` refers to, directly or not.
///
/// # Errors
/// [`BlobsGone`] when the place of artifacts cannot answer; a missing artifact is no error.
pub fn closure(root: &Value, blobs: &dyn Blobs, limits: Limits) -> Result<Report, BlobsGone> {
    let mut report = Report::default();
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::new();
    let mut bytes_total = 0usize;
    note_edges(None, root, 1, &mut report, &mut queue);
    while let Some((node, depth)) = queue.pop_front() {
        if !seen.insert(node.clone()) {
            continue;
        }
        if depth > limits.depth_max || seen.len() > limits.nodes_max {
            let limit = if depth > limits.depth_max { "depth" } else { "nodes" };
            report.beyond_limit.push(Finding { node, detail: format!("limit of {limit} reached") });
            continue;
        }
        report.max_depth_seen = report.max_depth_seen.max(depth);
        let Some(bytes) = blobs.fetch(&node.artifact_type, node.digest_sha256)? else {
            report.missing.push(node);
            continue;
        };
        bytes_total = bytes_total.saturating_add(bytes.len());
        if bytes_total > limits.bytes_max {
            let detail = "limit of bytes reached".to_owned();
            report.beyond_limit.push(Finding { node, detail });
            continue;
        }
        if let Some(tree) = check(&node, &bytes, &mut report) {
            note_edges(Some(&node), &tree, depth + 1, &mut report, &mut queue);
        }
    }
    report.cycle = cycles(&report.edges);
    Ok(report)
}

/// Every reference inside a document, in document order: objects with `artifact_type` and
/// `digest_sha256`. A malformed one is returned as its text.
#[must_use]
pub fn references(document: &Value) -> Vec<Result<Node, String>> {
    let mut found = Vec::new();
    let mut stack = vec![document];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items.iter().rev()),
            Value::Object(members) => {
                if members.contains_key("artifact_type") && members.contains_key("digest_sha256") {
                    let reference = serde_json::from_value::<ArtifactRef>(value.clone());
                    found.push(reference.map(Node::from).map_err(|fault| fault.to_string()));
                }
                stack.extend(members.values().rev());
            }
            _ => {}
        }
    }
    found
}

impl From<ArtifactRef> for Node {
    fn from(reference: ArtifactRef) -> Self {
        Self { artifact_type: reference.artifact_type, digest_sha256: reference.digest_sha256 }
    }
}

fn note_edges(
    from: Option<&Node>,
    document: &Value,
    depth: usize,
    report: &mut Report,
    queue: &mut VecDeque<(Node, usize)>,
) {
    for reference in references(document) {
        match reference {
            Ok(to) => {
                report.edges.insert(Edge { from: from.cloned(), to: to.clone() });
                queue.push_back((to, depth));
            }
            Err(detail) => {
                // A malformed reference in a matching document commits to nothing checkable.
                let node = from.cloned().unwrap_or_else(root_node);
                let detail = format!("malformed reference: {detail}");
                report.mismatch.push(Finding { node, detail });
            }
        }
    }
}

/// Stands for the root document in findings, which has no reference of its own.
fn root_node() -> Node {
    Node { artifact_type: ArtifactType("root".to_owned()), digest_sha256: Digest::of_blob(&[]) }
}

/// Checks one artifact; gives its tree when it is a document whose references go on.
fn check(node: &Node, bytes: &[u8], report: &mut Report) -> Option<Value> {
    let detail = match digest_of(&node.artifact_type, bytes) {
        Ok(found) if found == node.digest_sha256 => {
            let name = format!("{}/{}", node.artifact_type, node.digest_sha256);
            report.resolved.insert(name, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            let document = DigestRule::of(&node.artifact_type).is_some_and(DigestRule::is_document);
            return document.then(|| canon::parse_value(bytes).ok()).flatten();
        }
        Ok(found) => format!("the bytes have digest {found}"),
        Err(fault) => fault.to_string(),
    };
    report.mismatch.push(Finding { node: node.clone(), detail });
    None
}

/// Nodes left after repeatedly taking away those nothing left refers to (Kahn 1962).
fn cycles(edges: &BTreeSet<Edge>) -> Vec<Node> {
    let mut incoming: BTreeMap<&Node, usize> = BTreeMap::new();
    let mut outgoing: BTreeMap<&Node, Vec<&Node>> = BTreeMap::new();
    for edge in edges {
        incoming.entry(&edge.to).or_default();
        if let Some(from) = &edge.from {
            incoming.entry(from).or_default();
            *incoming.entry(&edge.to).or_default() += 1;
            outgoing.entry(from).or_default().push(&edge.to);
        }
    }
    let mut free: Vec<&Node> =
        incoming.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    while let Some(node) = free.pop() {
        incoming.remove(node);
        for next in outgoing.remove(node).unwrap_or_default() {
            if let Some(count) = incoming.get_mut(next) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    free.push(next);
                }
            }
        }
    }
    incoming.into_keys().cloned().collect()
}
