//! A walk over references, breadth first, without the artifacts: whoever has them is asked for a few
//! at a time, may look at those at once, and says in order what was found.
//!
//! Invariant: what a walk holds is bounded by its [`Limits`], and reaching a bound is reported.

use std::collections::BTreeMap;

use canon::Digest;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::closure::{Finding, Named, Node, Report};
use super::{ArtifactRef, ArtifactType, DigestRule, digest_of};

/// How far a walk goes. The root's own references have depth 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Limits {
    /// Deepest node fetched.
    pub depth_max: usize,
    /// Most nodes fetched; references may be four times as many.
    pub nodes_max: usize,
    /// Most bytes fetched in all.
    pub bytes_max: usize,
}

impl Limits {
    /// As far as a bundle can hold: 32 levels, 1,048,576 nodes, 1 TiB.
    pub const WIDE: Self = Self { depth_max: 32, nodes_max: 1 << 20, bytes_max: 1 << 40 };

    fn references_max(self) -> usize {
        self.nodes_max.saturating_mul(4)
    }
}

impl Default for Limits {
    /// 32 levels, 100,000 nodes, 256 MiB.
    fn default() -> Self {
        Self { depth_max: 32, nodes_max: 100_000, bytes_max: 256 * 1024 * 1024 }
    }
}

/// What was found where an artifact should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// The artifact itself.
    Whole {
        /// Its bytes.
        length: u64,
        /// What it refers to, in document order; a malformed reference as its text.
        references: Vec<Result<Node, String>>,
    },
    /// Something else.
    Wrong {
        /// Its bytes.
        length: u64,
        /// What is wrong.
        detail: String,
    },
    /// Nothing.
    Missing,
}

impl Looked {
    /// Judges bytes that go by a name, by the rule of its type.
    #[must_use]
    pub fn at(kind: &ArtifactType, digest: Digest, bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        let detail = match digest_of(kind, bytes) {
            Ok(found) if found == digest => {
                return Self::Whole { length, references: references_in(kind, bytes) };
            }
            Ok(found) => format!("the bytes have digest {found}"),
            Err(fault) => fault.to_string(),
        };
        Self::Wrong { length, detail }
    }
}

/// A type by its place in the walk's list, and the digest.
type Key = (u16, Digest);

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Whole(u64),
    /// Missing, wrong or beyond a limit: told elsewhere.
    Other,
}

/// A walk under way.
///
/// Nodes are numbered in the order they were met, which is also the order they are looked at.
#[derive(Debug)]
pub struct Walk {
    limits: Limits,
    kinds: Vec<ArtifactType>,
    nodes: Vec<(Key, u16, State)>,
    numbers: BTreeMap<Key, u32>,
    /// From (0: the root, n: node n-1) and to, in the order they were met.
    edges: Vec<(u32, u32)>,
    next: usize,
    bytes: u64,
    report: Report,
}

impl Walk {
    /// A walk from everything a document refers to.
    #[must_use]
    pub fn begin(root: &Value, limits: Limits) -> Self {
        let mut walk = Self::empty(limits);
        walk.note(0, 1, references(root));
        walk
    }

    fn empty(limits: Limits) -> Self {
        Self {
            limits,
            kinds: Vec::new(),
            nodes: Vec::new(),
            numbers: BTreeMap::new(),
            edges: Vec::new(),
            next: 0,
            bytes: 0,
            report: Report::default(),
        }
    }

    /// The artifacts to look at next, at most `most`; when there is none, the walk is over.
    pub fn ahead(&mut self, most: usize) -> Vec<Node> {
        let limits = self.limits;
        let within = |depth: u16, number: usize| {
            usize::from(depth) <= limits.depth_max && number < limits.nodes_max
        };
        while let Some((key, depth, _)) = self.nodes.get(self.next).copied() {
            if within(depth, self.next) {
                break;
            }
            let limit = if usize::from(depth) > self.limits.depth_max { "depth" } else { "nodes" };
            self.beyond(key, limit);
            self.next += 1;
        }
        let waiting = self.nodes.iter().enumerate().skip(self.next).take(most);
        let waiting = waiting.take_while(|(number, (_, depth, _))| within(*depth, *number));
        waiting.map(|(_, (key, _, _))| self.node(*key)).collect()
    }

    /// Says what was found for the first artifact that waits.
    pub fn take(&mut self, looked: Looked) {
        let number = self.next;
        let Some((key, depth, _)) = self.nodes.get(number).copied() else { return };
        self.next += 1;
        self.report.max_depth_seen = self.report.max_depth_seen.max(usize::from(depth));
        let (state, references) = match looked {
            Looked::Missing => {
                let node = self.node(key);
                self.report.missing.push(node);
                return self.stands(number, State::Other);
            }
            Looked::Wrong { length, .. } | Looked::Whole { length, .. } if !self.fits(length) => {
                self.beyond(key, "bytes");
                return self.stands(number, State::Other);
            }
            Looked::Wrong { detail, .. } => {
                let node = self.node(key);
                self.report.mismatch.push(Finding { node, detail });
                (State::Other, Vec::new())
            }
            Looked::Whole { length, references } => (State::Whole(length), references),
        };
        self.stands(number, state);
        let from = u32::try_from(number + 1).unwrap_or(u32::MAX);
        self.note(from, depth.saturating_add(1), references);
    }

    /// Whether a node was met, and its number: how many were looked at before it.
    #[must_use]
    pub fn number(&self, kind: &ArtifactType, digest: Digest) -> Option<usize> {
        let kind = self.kinds.iter().position(|own| own == kind)?;
        let number = self.numbers.get(&(u16::try_from(kind).ok()?, digest))?;
        usize::try_from(*number).ok()
    }

    /// The same walk without some of the artifacts.
    #[must_use]
    pub fn without(&self, limits: Limits, left_out: &dyn Fn(Named<'_>) -> bool) -> Self {
        let mut walk = Self::empty(limits);
        walk.note(0, 1, self.references_of(0));
        while let Some(node) = walk.ahead(1).pop() {
            let number = self.number(&node.artifact_type, node.digest_sha256);
            let state = number.and_then(|number| self.nodes.get(number)).map(|node| node.2);
            walk.take(match (number, state) {
                (Some(number), Some(State::Whole(length))) if !left_out(node.named()) => {
                    let from = u32::try_from(number + 1).unwrap_or(u32::MAX);
                    Looked::Whole { length, references: self.references_of(from) }
                }
                _ => Looked::Missing,
            });
        }
        walk
    }

    /// What was found.
    #[must_use]
    pub fn report(&self) -> Report {
        let names = |key: &Key| self.kinds.get(usize::from(key.0)).map(ArtifactType::as_str);
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        let key = |number: &usize| self.nodes.get(*number).map(|(key, ..)| (names(key), key.1));
        order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let mut ranks = vec![0u32; self.nodes.len()];
        for (rank, number) in (1u32..).zip(&order) {
            if let Some(own) = ranks.get_mut(*number) {
                *own = rank;
            }
        }
        let rank = |number: u32| ranks.get(number as usize).copied().unwrap_or_default();
        let ranked = |(from, to): &(u32, u32)| (from.checked_sub(1).map_or(0, rank), rank(*to));
        let mut edges: Vec<(u32, u32)> = self.edges.iter().map(ranked).collect();
        edges.sort_unstable();
        edges.dedup();
        let node = |number: &usize| {
            self.nodes.get(*number).map(|((kind, digest), _, state)| (*kind, *digest, *state))
        };
        let nodes = order.iter().filter_map(node).collect();
        let within = self.nodes.len() <= Limits::default().nodes_max
            && self.edges.len() <= Limits::default().references_max()
            && self.bytes <= Limits::default().bytes_max as u64;
        let limits = if within { Limits::default() } else { Limits::WIDE };
        self.report.clone().filled(self.kinds.clone(), nodes, edges, limits)
    }

    fn node(&self, (kind, digest): Key) -> Node {
        let kind = self.kinds.get(usize::from(kind)).cloned();
        Node {
            artifact_type: kind.unwrap_or_else(|| ArtifactType(String::new())),
            digest_sha256: digest,
        }
    }

    fn fits(&mut self, length: u64) -> bool {
        self.bytes = self.bytes.saturating_add(length);
        self.bytes <= self.limits.bytes_max as u64
    }

    fn beyond(&mut self, key: Key, limit: &str) {
        let (node, detail) = (self.node(key), format!("limit of {limit} reached"));
        self.report.beyond_limit.push(Finding { node, detail });
    }

    fn stands(&mut self, number: usize, state: State) {
        if let Some(node) = self.nodes.get_mut(number) {
            node.2 = state;
        }
    }

    /// What a node (or the root) was found to refer to, in document order.
    fn references_of(&self, from: u32) -> Vec<Result<Node, String>> {
        let begin = self.edges.partition_point(|edge| edge.0 < from);
        let own = self.edges.iter().skip(begin).take_while(|edge| edge.0 == from);
        own.filter_map(|edge| self.nodes.get(edge.1 as usize))
            .map(|node| Ok(self.node(node.0)))
            .collect()
    }

    /// Notes what `from` refers to.
    fn note(&mut self, from: u32, depth: u16, references: Vec<Result<Node, String>>) {
        let owner = |walk: &Self| {
            let number = from.checked_sub(1).and_then(|number| walk.nodes.get(number as usize));
            number.map_or_else(root_node, |node| walk.node(node.0))
        };
        let mut left_out = 0u64;
        for reference in references {
            match reference.map(|to| self.number_of(&to, depth)) {
                Ok(Some(to)) if self.edges.len() < self.limits.references_max() => {
                    self.edges.push((from, to));
                }
                Ok(_) => left_out += 1,
                Err(detail) => {
                    // A malformed reference in a matching document commits to nothing checkable.
                    let detail = format!("malformed reference: {detail}");
                    let node = owner(self);
                    self.report.mismatch.push(Finding { node, detail });
                }
            }
        }
        if left_out > 0 {
            let detail = format!("limit of nodes reached: {left_out} references not followed");
            let node = owner(self);
            self.report.beyond_limit.push(Finding { node, detail });
        }
    }

    /// The number of a node, which may be a new one; nothing when there are too many.
    fn number_of(&mut self, node: &Node, depth: u16) -> Option<u32> {
        let kind = self.kinds.iter().position(|own| *own == node.artifact_type);
        let kind = kind.unwrap_or_else(|| {
            self.kinds.push(node.artifact_type.clone());
            self.kinds.len() - 1
        });
        let key = (u16::try_from(kind).ok()?, node.digest_sha256);
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        // One more than is looked at, so that the limit is seen to be reached.
        if self.nodes.len() > self.limits.nodes_max {
            return None;
        }
        let number = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push((key, depth, State::Waiting));
        self.numbers.insert(key, number);
        Some(number)
    }
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
                if members.contains_key(TYPE) && members.contains_key("digest_sha256") {
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

const TYPE: &str = "artifact_type";

/// The references of a document in its bytes; most documents have none, and are not read.
fn references_in(kind: &ArtifactType, bytes: &[u8]) -> Vec<Result<Node, String>> {
    let document = DigestRule::of(kind).is_some_and(DigestRule::is_document);
    // A name may also be spelled with escapes.
    let may = |bytes: &[u8]| {
        bytes.contains(&b'\\') || bytes.windows(TYPE.len()).any(|part| part == TYPE.as_bytes())
    };
    if !document || !may(bytes) {
        return Vec::new();
    }
    canon::parse_value(bytes).map(|tree| references(&tree)).unwrap_or_default()
}

/// Stands for the root document in findings, which has no reference of its own.
fn root_node() -> Node {
    Node { artifact_type: ArtifactType("root".to_owned()), digest_sha256: Digest::of_blob(&[]) }
}
