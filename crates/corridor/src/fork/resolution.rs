//! The resolution: which of the histories signed stands, on what ground, and who says so.

use std::collections::BTreeSet;

use canon::{Canonical, CorridorId, Did, Digest, Refusal, Timestamp, ZoneId};
use proof::Signer;
use proof::merkle::{Tree, verify_inclusion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::point::{Candidate, Fork};
use crate::cut::{Cut, CutError};
use crate::documents::{self, DocumentError, Signed, Since, Subject};
use crate::limits::REASON_BYTES_MAX;
use crate::party::Party;

/// On what ground one history stands, strongest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Basis {
    /// The other party acknowledged a prefix that holds it.
    Acknowledged {
        /// Receipts acknowledged.
        size: u64,
        /// Their root.
        root: Digest,
    },
    /// A cut that both signed holds it; the whole document.
    Cut(#[schemars(extend("$ref" = "corridor-checkpoint.schema.json"))] Value),
    /// Neither: whoever may choose has chosen.
    Choice,
}

/// Subject of `MEZForkResolutionCredential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The forked lane, by its writer.
    pub lane: ZoneId,
    /// Sequence of the receipts that differ.
    pub sequence: u64,
    /// Every history the alarm names, ascending.
    pub candidates: BTreeSet<Candidate>,
    /// Digest over the set of evidence files of the alarm.
    pub evidence_set_sha256: Digest,
    /// The receipt at the forked place that stands.
    pub chosen_next_root: Digest,
    /// On what ground.
    pub basis: Basis,
    /// Why, in the resolver's words.
    pub reason: String,
}

impl Subject for Resolution {
    const TYPE: &'static str = "MEZForkResolutionCredential";
    const KIND: &'static str = "corridor-fork-resolution";
}

/// A resolution that was refused.
#[derive(Debug, thiserror::Error)]
pub enum ResolutionError {
    /// The credential.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No canonical form, or sets out of order.
    #[error("the resolution is not in canonical form: {0}")]
    Shape(#[from] Refusal),
    /// Sets out of order.
    #[error("the resolution's sets are not ascending and unique")]
    Form,
    /// Another corridor.
    #[error("the resolution belongs to another corridor")]
    Corridor,
    /// Too long a reason.
    #[error("`reason` is too long")]
    TooLong,
    /// The chosen receipt is no candidate.
    #[error("{0} is none of the candidates")]
    NoCandidate(Digest),
    /// Signed by somebody who may not decide this.
    #[error("the resolution is signed by {found}, and only {may} may decide this")]
    Authority {
        /// Who signed.
        found: String,
        /// Who may.
        may: String,
    },
    /// Nobody may choose: both signed two histories, and the agreement names no authority.
    #[error("both zones signed two histories, and their agreement names no authority to choose")]
    NoAuthority,
    /// A stronger ground there is.
    #[error("the ground is `{found}`, and there is the stronger `{stronger}`")]
    Order {
        /// The ground stated.
        found: &'static str,
        /// The ground there is.
        stronger: &'static str,
    },
    /// The ground stated is not there.
    #[error("the ground `{0}` does not hold")]
    Ground(&'static str),
    /// The cut it rests on.
    #[error("the cut it rests on is refused: {0}")]
    Cut(#[from] CutError),
}

/// What is known of a forked lane when it is decided what stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The forked place.
    pub fork: &'a Fork,
    /// Receipts of the lane the other party acknowledged.
    pub acked: u64,
    /// The newest cut that both signed, with how much of the lane it covers.
    pub cut: Option<(&'a Value, u64)>,
}

impl Standing<'_> {
    /// The strongest ground there is: an acknowledged prefix, else a cut, else a choice.
    #[must_use]
    pub fn ground(&self) -> &'static str {
        let covers = self.cut.filter(|(_, size)| *size > self.fork.sequence);
        match (self.acked > self.fork.sequence, covers) {
            (true, _) => Basis::ACKNOWLEDGED,
            (false, Some(_)) => Basis::CUT,
            (false, None) => Basis::CHOICE,
        }
    }
}

/// What a resolution that was read says, to be held against the lane it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The fork.
    pub fork: Fork,
    /// The receipt that stands at the forked place.
    pub next_root: Digest,
    /// Payload digest of the credential.
    pub sha256: Digest,
    /// Whether nothing but a choice speaks for it; whoever holds a cut over the forked place refuses it.
    pub by_choice: bool,
    /// Roots of the lane that the ground states, by size: all of them.
    pub roots: Vec<(u64, Digest)>,
    /// Roots that the candidates state, where no candidate is the receipt: one of them.
    pub one_of: Vec<(u64, Digest)>,
}

impl Basis {
    /// The name of [`Basis::Acknowledged`].
    pub const ACKNOWLEDGED: &'static str = "acknowledged";
    /// The name of [`Basis::Cut`].
    pub const CUT: &'static str = "cut";
    /// The name of [`Basis::Choice`].
    pub const CHOICE: &'static str = "choice";

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Acknowledged { .. } => Self::ACKNOWLEDGED,
            Self::Cut(_) => Self::CUT,
            Self::Choice => Self::CHOICE,
        }
    }
}

impl Resolution {
    /// The fork it ends.
    #[must_use]
    pub fn fork(&self) -> Fork {
        Fork { lane: self.lane.clone(), sequence: self.sequence }
    }

    /// Draw it up and sign it.
    ///
    /// # Errors
    /// What a reader would refuse of its form, or a signer that does not sign.
    pub fn sign(
        self,
        resolver: &Did,
        now: Timestamp,
        assertion: &dyn Signer,
    ) -> Result<Value, ResolutionError> {
        self.check()?;
        let name = format!("{}:{}:{}", self.corridor_id, self.lane, self.sequence);
        let draft = documents::draft(&name, resolver, now, self)?;
        Ok(documents::sign(draft, now, assertion)?)
    }

    fn check(&self) -> Result<(), ResolutionError> {
        if self.reason.len() > REASON_BYTES_MAX {
            return Err(ResolutionError::TooLong);
        }
        // Where only roots are known, the root of the history chosen is among them: `roots` says so.
        let named = |candidate: &Candidate| {
            candidate.next_root.is_none_or(|next_root| next_root == self.chosen_next_root)
        };
        match self.candidates.iter().any(named) {
            true => Ok(()),
            false => Err(ResolutionError::NoCandidate(self.chosen_next_root)),
        }
    }

    /// Read it: shape, corridor, and who signed: `party` or, where it may, the authority.
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        document: &Value,
        corridor_id: &CorridorId,
        parties: [Since<'_>; 2],
        authority: Option<&Did>,
    ) -> Result<Signed<Self>, ResolutionError> {
        let signed: Signed<Self> =
            documents::read_beside(document, corridor_id, &parties, authority)?;
        let subject = &signed.credential.subject;
        if subject.corridor_id != *corridor_id {
            return Err(ResolutionError::Corridor);
        }
        if Canonical::of(&signed.credential)?.value() != *document {
            return Err(ResolutionError::Form);
        }
        subject.check()?;
        Ok(signed)
    }

    /// What it says of the lane, once its ground is shown to hold for both parties' signatures.
    pub(super) fn chosen(
        &self,
        sha256: Digest,
        parties: [&Party; 2],
    ) -> Result<Chosen, ResolutionError> {
        let mut roots = Vec::new();
        match &self.basis {
            Basis::Acknowledged { size, root } if *size > self.sequence => {
                roots.push((*size, *root));
            }
            Basis::Cut(document) => {
                let cut: Cut = Canonical::of_value(document)?.read()?;
                cut.check_form()?;
                Cut::verify_signers(document, parties, &parties)?;
                let lane = cut.lanes.iter().find(|lane| lane.zone_id == self.lane);
                let covered = lane.filter(|lane| {
                    cut.corridor_id == self.corridor_id && lane.size > self.sequence
                });
                let lane = covered.ok_or(ResolutionError::Ground(Basis::CUT))?;
                roots.push((lane.size, lane.root));
            }
            Basis::Choice => {}
            Basis::Acknowledged { .. } => {
                return Err(ResolutionError::Ground(Basis::ACKNOWLEDGED));
            }
        }
        let named = self.candidates.iter().any(|c| c.next_root == Some(self.chosen_next_root));
        let noted = self.candidates.iter().filter_map(|c| c.root.map(|root| (c.size, root)));
        let one_of = if named { Vec::new() } else { noted.collect() };
        Ok(Chosen {
            fork: self.fork(),
            next_root: self.chosen_next_root,
            sha256,
            by_choice: self.basis == Basis::Choice,
            roots,
            one_of,
        })
    }
}

impl Chosen {
    /// Whether a lane, by the tree of its receipts, is the history that was chosen.
    #[must_use]
    pub fn is_of(&self, lane: &Tree) -> bool {
        let holds = |(size, root): &(u64, Digest)| lane.root_at(*size).ok() == Some(*root);
        let stands = || {
            let (at, size) = (self.fork.sequence, lane.size());
            let proof = lane.inclusion(at, size)?;
            verify_inclusion(&self.next_root, at, size, &proof, &lane.root())
        };
        self.roots.iter().all(holds)
            && (self.one_of.is_empty() || self.one_of.iter().any(holds))
            && stands().is_ok()
    }
}
