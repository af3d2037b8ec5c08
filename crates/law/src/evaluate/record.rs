//! What was said, written down: the rows of a decision.

use canon::{Digest, JurisdictionId, Pieces, Refusal, sha256_each};

use super::walk::{Place, Said, Spoken, Word};
use super::zone::{Demand, Kept};
use super::{Case, NO_INPUTS, fault};
use crate::decision::{Cited, DisplacedBy, Fault, Reason, Row};
use crate::domain::Domain;
use crate::expr::ear::{Told, list};
use crate::expr::{Read, Reads};
use crate::facts::{Fact, exemption_name};
use crate::rule::{Citation, Effect, Mode};
use crate::rulebook::Rulebook;
use crate::state::State;

/// Stands in a row until [`Writer::commit`].
const UNWRITTEN: Digest = Digest::from_bytes([0; 32]);

/// Writes rows; what cannot be written is a fault.
pub(super) struct Writer<'r> {
    pub(super) book: &'r Rulebook,
    pub(super) case: &'r Case,
    pub(super) faults: Vec<Fault>,
    /// What each row was decided on, in order, until they are hashed together.
    pub(super) inputs: Vec<Vec<u8>>,
}

impl Writer<'_> {
    /// Gives each row written since the last time, in order, the digest of its inputs.
    pub(super) fn commit<'c>(&mut self, rows: impl Iterator<Item = &'c mut Row>) {
        let inputs = std::mem::take(&mut self.inputs);
        let lists: Vec<Pieces<'_>> = inputs.iter().map(|list| [list, &[][..], &[]]).collect();
        for (row, digest) in rows.zip(sha256_each(&lists)) {
            row.inputs_sha256 = digest;
        }
    }

    /// The row of one word in a domain.
    pub(super) fn row(
        &mut self,
        said: Said<'_, Told>,
        places: &[Place<'_>],
        domain: Domain,
    ) -> Row {
        let place = said.place.and_then(|at| places.get(at)).map(|place| place.jurisdiction);
        let of = place.map_or("", JurisdictionId::as_str);
        let kind = self.case.kind;
        let before = self.inputs.len();
        let mut row = match said.word {
            Word::Rule(spoken) => self.rule(spoken),
            Word::NoRuleFile(pack) => {
                let why = format!("pack `{}` has no rule file for `{domain}`", pack.id());
                pending(Reason::NoRuleFile, why)
            }
            Word::NotEnforced(rule) => {
                let why = format!("requirement `{}` is in force but not enforced", rule.id);
                pending(Reason::NotEnforced, why)
            }
            Word::NoRule => pending(
                Reason::NoRule,
                format!("no rule of `{of}` decides `{domain}` for `{kind}`"),
            ),
            Word::Exemption { fact, counted } => {
                self.exemption(fact, &exemption_name(of, domain), counted)
            }
            Word::Unsourced(duty) => {
                let why = format!("no source was found for: {}", duty.summary);
                let counted = self.book.realm == canon::Realm::Production;
                let row = pending(Reason::Unsourced, why);
                Row { rule: Some(duty.id.clone()), unsourced: true, counted, ..row }
            }
            Word::Zone(demand, kept) => self.zone(demand, kept),
        };
        row.jurisdiction = place.cloned();
        if self.inputs.len() == before {
            self.inputs.push(NO_INPUTS.to_vec());
        }
        row
    }

    /// What a row was decided on.
    fn decided_on(&mut self, inputs: Result<Vec<u8>, Refusal>) {
        let inputs = inputs.unwrap_or_else(|error| {
            self.faults.push(fault("canonical-form", format!("inputs of a rule: {error}")));
            NO_INPUTS.to_vec()
        });
        self.inputs.push(inputs);
    }

    fn rule(&mut self, spoken: Spoken<'_, Told>) -> Row {
        let Spoken { rule, pack, state, reason, counted, displaced_by, expires, told, .. } = spoken;
        self.decided_on(told.inputs);
        let refuses = displaced_by.is_none() && state < State::NotApplicable;
        let by = |(rule, displacement): (&crate::rule::Rule, &crate::rule::Displacement)| {
            DisplacedBy { rule: rule.id.clone(), citation: displacement.citation.clone() }
        };
        Row {
            jurisdiction: None,
            rule: Some(rule.id.clone()),
            effect: Some(rule.effect),
            mode: Some(rule.mode),
            cited: Some(Cited {
                citation: rule.citation.clone(),
                pack: Some(pack.id().clone()),
                pack_sha256: Some(pack.digest()),
            }),
            review: Some(rule.review),
            displaced_by: displaced_by.map(by),
            state,
            counted,
            reason,
            explanation: told.explanation,
            remedy: (refuses && !rule.remedy.is_empty()).then(|| rule.remedy.clone()),
            inputs_sha256: UNWRITTEN,
            missing: told.missing,
            expires,
            unsourced: self.book.sandbox().is_some_and(|sandbox| sandbox.id() == pack.id()),
        }
    }

    /// The row of an exemption credential, counted while it holds.
    fn exemption(&mut self, fact: &Fact, name: &str, counted: bool) -> Row {
        let (issuer, end) = (fact.provenance.issuer.as_ref(), fact.provenance.expires);
        let holds = end.is_some_and(|end| end > self.case.moment());
        let read = if holds { Read::Fresh(fact) } else { Read::Expired(fact) };
        let issuer = issuer.map(ToString::to_string).unwrap_or_default();
        let until = end.map(|end| end.to_string()).unwrap_or_default();
        let citation = Citation {
            instrument: format!("exemption credential of {issuer}"),
            section: fact.provenance.digest.prefixed(),
            heading: None,
            source: "credential".to_owned(),
            disagrees: None,
        };
        self.decided_on(list(&Reads::from([(name.to_owned(), read)])));
        let state = if holds { State::Exempt } else { State::NonCompliant };
        let reason = if holds { Reason::Exempt } else { Reason::Expired };
        Row {
            cited: Some(Cited { citation: citation.into(), pack: None, pack_sha256: None }),
            counted,
            remedy: None,
            expires: end.filter(|_| holds),
            ..bare(state, reason, format!("exempt until {until} by {issuer}"))
        }
    }

    fn zone(&mut self, demand: &Demand, kept: Kept<Told>) -> Row {
        let told = kept.told;
        self.decided_on(told.inputs);
        let (explanation, missing) = match (kept.shown, kept.future) {
            (true, true) => (format!("{FUTURE}; {SANDBOX_ONLY}"), Vec::new()),
            (true, false) => (format!("the list's age is unknown; {SANDBOX_ONLY}"), Vec::new()),
            (false, true) => (FUTURE.to_owned(), told.missing),
            (false, false) => (told.explanation, told.missing),
        };
        let refuses = kept.refuses && !kept.shown;
        Row {
            rule: demand.rule.clone(),
            effect: Some(Effect::Requirement),
            mode: Some(Mode::Enforce),
            cited: Some(Cited { citation: demand.citation.clone(), pack: None, pack_sha256: None }),
            remedy: refuses.then(|| demand.remedy(kept.truth)),
            missing,
            expires: kept.expires,
            ..bare(kept.state, kept.reason, explanation)
        }
    }
}

const FUTURE: &str = "a list is dated in the future, so its age is unknown";
const SANDBOX_ONLY: &str = "admitted in realm sandbox only";

/// A pending row no rule stands behind.
fn pending(reason: Reason, explanation: String) -> Row {
    let remedy = Some("load a pack whose rules decide this domain".to_owned());
    Row { remedy, ..bare(State::Pending, reason, explanation) }
}

fn bare(state: State, reason: Reason, explanation: String) -> Row {
    Row {
        jurisdiction: None,
        rule: None,
        effect: None,
        mode: None,
        cited: None,
        review: None,
        displaced_by: None,
        state,
        counted: true,
        reason,
        explanation,
        remedy: None,
        inputs_sha256: UNWRITTEN,
        missing: Vec::new(),
        expires: None,
        unsourced: false,
    }
}
