//! A flow as the fold of its steps: whoever holds the same steps stands at the same place.

use canon::{Amount, Digest, RecordId, Timestamp, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bill::BillOfLading;
use super::error::{Checked, Rule, TradeError, ensure};
use super::invoice::Invoice;
use super::letter::LetterOfCredit;
use super::message::{Opening, TradeTransition};
use super::order::{Side, State};
use super::steps::Act;

/// One passing of a bill of lading from hand to hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endorsement {
    /// Who held it.
    pub from_party_id: RecordId,
    /// Who holds it from then on.
    pub to_party_id: RecordId,
    /// When.
    pub at: Timestamp,
}

/// Where a flow stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    pub(super) opening: Opening,
    pub(super) state: State,
    pub(super) index: u64,
    pub(super) last: Digest,
    pub(super) at: Timestamp,
    pub(super) invoice: Option<Invoice>,
    pub(super) bill: Option<BillOfLading>,
    /// The letter as amended.
    pub(super) letter: Option<LetterOfCredit>,
    /// The letter as issued.
    pub(super) letter_sha256: Option<Digest>,
    pub(super) holder: Option<RecordId>,
    pub(super) endorsements: Vec<Endorsement>,
    pub(super) released: bool,
    pub(super) presented: Option<Timestamp>,
    pub(super) honored: Option<Amount>,
}

impl Flow {
    /// A flow with nothing done.
    ///
    /// # Errors
    /// Terms that do not hold together.
    pub fn open(opening: Opening) -> Result<Self, TradeError> {
        opening.check()?;
        let last = opening.digest()?;
        Ok(Self {
            state: State::Created,
            index: 0,
            last,
            at: opening.opened_at,
            opening,
            invoice: None,
            bill: None,
            letter: None,
            letter_sha256: None,
            holder: None,
            endorsements: Vec::new(),
            released: false,
            presented: None,
            honored: None,
        })
    }

    /// The next step that a zone takes here, with its place in the flow.
    #[must_use]
    pub fn next(&self, act: Act, now: Timestamp) -> TradeTransition {
        let opening = (self.index == 0).then(|| Box::new(self.opening.clone()));
        TradeTransition {
            type_: TradeTransition::TYPE.to_owned(),
            flow_id: self.opening.flow_id.clone(),
            index: self.index,
            previous: self.last,
            at: now.max(self.at),
            opening,
            transition: act,
        }
    }

    /// The flow after a step that the zone `writer` takes.
    ///
    /// # Errors
    /// The first rule it breaks, with the field. The flow is as before.
    pub fn apply(&self, writer: &ZoneId, message: &TradeTransition) -> Result<Self, TradeError> {
        self.follows(message)?;
        let step = message.step();
        let may = self.opening.flow_type.after(self.state);
        ensure(may.contains(&step), "kind", Rule::Order, || {
            let may: Vec<&str> = may.iter().map(|step| step.name()).collect();
            let next = if may.is_empty() { "nothing".to_owned() } else { may.join(" or ") };
            format!("`{step}` does not follow {}; {next} does", self.state)
        })?;
        ensure(self.opening.answers_for(writer, step.side()), "kind", Rule::Actor, || {
            format!("`{step}` is a step of the {}", step.side().name())
        })?;
        message.transition.texts()?;
        let mut next = self.clone();
        next.state = next.take(message.at, &message.transition)?;
        next.index = self.index.saturating_add(1);
        next.last = message.digest()?;
        next.at = message.at;
        Ok(next)
    }

    /// The message is of this flow, and the next after the last that stands.
    fn follows(&self, message: &TradeTransition) -> Checked {
        let opened = message.opening.as_ref().is_none_or(|opening| **opening == self.opening);
        let next = message.flow_id == self.opening.flow_id
            && message.index == self.index
            && message.previous == self.last
            && opened;
        ensure(next, "previous", Rule::Stale, || {
            format!("step {} does not follow the {} that stand", message.index, self.index)
        })?;
        ensure(message.at >= self.at, "at", Rule::Dates, || {
            format!("{} is before the step before, {}", message.at, self.at)
        })
    }

    /// The same flow again from its terms and steps, each with the zone that took it.
    ///
    /// # Errors
    /// The first step that does not follow.
    pub fn replay<'a>(
        opening: Opening,
        steps: impl IntoIterator<Item = (&'a ZoneId, &'a TradeTransition)>,
    ) -> Result<Self, TradeError> {
        let begun = Self::open(opening)?;
        steps.into_iter().try_fold(begun, |flow, (writer, message)| flow.apply(writer, message))
    }

    /// Its terms.
    #[must_use]
    pub const fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// How many steps stand.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Digest of the last step; of the terms before the first.
    #[must_use]
    pub const fn last(&self) -> Digest {
        self.last
    }

    /// When the last step was taken.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The invoice, once there is one.
    #[must_use]
    pub const fn invoice(&self) -> Option<&Invoice> {
        self.invoice.as_ref()
    }

    /// The bill of lading, once there is one.
    #[must_use]
    pub const fn bill(&self) -> Option<&BillOfLading> {
        self.bill.as_ref()
    }

    /// The letter of credit as amended, once there is one.
    #[must_use]
    pub const fn letter(&self) -> Option<&LetterOfCredit> {
        self.letter.as_ref()
    }

    /// Who holds the bill of lading; nobody before it is issued, and nobody after its release.
    #[must_use]
    pub fn holder(&self) -> Option<&RecordId> {
        self.holder.as_ref().filter(|_| !self.released)
    }

    /// How the bill came to its holder, first to last.
    #[must_use]
    pub fn endorsements(&self) -> &[Endorsement] {
        &self.endorsements
    }

    /// What the bank honoured.
    #[must_use]
    pub const fn honored(&self) -> Option<Amount> {
        self.honored
    }

    /// What the flow is about, as far as its documents say.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        let invoiced = self.invoice.as_ref().map(|invoice| invoice.total);
        invoiced.or_else(|| self.letter.as_ref().map(|letter| letter.amount))
    }

    /// The id of a side's party.
    pub(super) const fn id_of(&self, side: Side) -> &RecordId {
        &self.opening.end(side).party.party_id
    }
}
