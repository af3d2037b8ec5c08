//! Figures of law as tax needs them: read from the packs in force on a day, never from the code.

use canon::{Date, Digest, JurisdictionId, PackId, Timestamp};
use law::{Fact, Facts, Parameter, Source, Value};
use registry::Slug;
use registry::tax::{Cited, FilerFact, FilerStatus, Known, Rate, Reach, TaxEventKind, Threshold};

use crate::zone::Zone;

/// The fact that says whether somebody files returns.
const FILER: &str = "evidence.tax_status.filer";
/// What the tax authority itself answered of the same.
const ANSWERED: &str = "subject.filer_status";

/// A figure, and the pack it stands in.
pub(super) struct Figure {
    pub(super) value: Value,
    pub(super) citation: Cited,
}

fn cited((pack, pack_sha256): (&PackId, Digest), parameter: &Parameter) -> Cited {
    let Parameter { name, citation, from, .. } = parameter;
    Cited {
        pack: pack.to_string(),
        pack_sha256,
        parameter: name.clone(),
        instrument: citation.instrument.clone(),
        section: citation.section.clone(),
        source: citation.source.clone(),
        from: *from,
        disagrees: citation.disagrees.clone(),
    }
}

impl Zone {
    /// The figure of a name in force on a day, of the nearest pack that has it.
    pub(super) fn figure(&self, place: &JurisdictionId, name: &str, on: Date) -> Option<Figure> {
        let law = self.law();
        let in_force = |p: &&Parameter| {
            p.name == name && p.from <= on && p.until.is_none_or(|until| on < until)
        };
        law.rulebook.chain(place).into_iter().find_map(|pack| {
            let found = pack.parameters().iter().find(in_force)?;
            let citation = cited((pack.id(), pack.digest()), found);
            Some(Figure { value: found.value.clone(), citation })
        })
    }

    /// Whether law withholds at an event there, and for whom.
    pub(super) fn reach(
        &self,
        place: &JurisdictionId,
        event: TaxEventKind,
        on: Date,
    ) -> Option<Reach> {
        let events = self.figure(place, Reach::EVENTS, on)?;
        let Value::Texts(names) = events.value else { return None };
        let authority = self.figure(place, Reach::AUTHORITY, on);
        let authority = authority.and_then(|figure| match figure.value {
            Value::Text(name) => Slug::parse(&name).ok(),
            _ => None,
        });
        let reached = names.iter().any(|name| name == event.name());
        Some(Reach { reached, authority, citation: events.citation })
    }

    /// All that is known of an event: what law says on its day, and what the payee's evidence says now.
    pub(super) fn known(
        &self,
        place: &JurisdictionId,
        (event, on): (TaxEventKind, Date),
        payee: Option<(&Facts, Option<&str>)>,
        now: Timestamp,
    ) -> Known {
        let reach = self.reach(place, event, on);
        let filer = payee.and_then(|(facts, _)| filer(facts, now));
        let form = payee.and_then(|(_, form)| form);
        let rate =
            filer.as_ref().and_then(|filer| self.rate(place, (event, on), form, filer.status));
        let threshold = self.figure(place, &Reach::threshold_name(event), on);
        let threshold = threshold.and_then(|figure| match figure.value {
            Value::Money(at_least) => Some(Threshold { at_least, citation: figure.citation }),
            _ => None,
        });
        Known { reach, filer, rate, threshold, year: None }
    }

    /// The rate of an event for a status; of the payee's legal form where law tells forms apart.
    pub(super) fn rate(
        &self,
        place: &JurisdictionId,
        (event, on): (TaxEventKind, Date),
        form: Option<&str>,
        status: FilerStatus,
    ) -> Option<Rate> {
        Reach::rate_names(event, form, status).iter().find_map(|name| {
            let figure = self.figure(place, name, on)?;
            let Value::Int(bp) = figure.value else { return None };
            let rate_bp = u32::try_from(bp).ok()?;
            Some(Rate { rate_bp, citation: figure.citation })
        })
    }

    /// The tax year of a day there.
    pub(super) fn tax_year(&self, place: &JurisdictionId, on: Date) -> Option<u16> {
        match self.figure(place, Reach::YEAR_BEGINS, on)?.value {
            Value::Int(month) => Reach::tax_year(on, u8::try_from(month).ok()?),
            _ => None,
        }
    }
}

/// The status in force, with whose word it is: the authority's own answer, else what evidence states.
fn filer(facts: &Facts, now: Timestamp) -> Option<FilerFact> {
    [ANSWERED, FILER].into_iter().find_map(|name| said(facts.get(name)?, now))
}

fn said(fact: &Fact, now: Timestamp) -> Option<FilerFact> {
    let by = &fact.provenance;
    if by.expires.is_some_and(|expires| expires <= now) {
        return None;
    }
    let Value::Text(status) = &fact.value else { return None };
    let source = match by.source {
        Source::Credential => "credential",
        Source::Adapter => "adapter",
        Source::Registry | Source::Screening => return None,
    };
    Some(FilerFact {
        status: FilerStatus::parse(status)?,
        source: source.to_owned(),
        digest: by.digest,
        issuer: by.issuer.clone(),
        expires: by.expires,
    })
}
