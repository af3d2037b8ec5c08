//! What officers decide about hits: two of them, for a time, about one record as it stood.
//!
//! **Invariants.** Nobody confirms a proposal of their own. A decision lapses on its day, and as soon
//! as the listed record or what is known of the subject changes. Only *not this subject* silences a
//! hit; a subject with one hit left is not clear.

use canon::{Date, Digest};
use serde::{Deserialize, Serialize};

use super::screening::{Hit, Outcome, Screening, Silenced};

/// Longest time a decision stands, in days.
pub const DISPOSITION_DAYS_MAX: i64 = 366;
/// Longest note, in bytes.
pub const NOTE_BYTES_MAX: usize = 2_000;

/// What two officers decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The listed subject is somebody else.
    NotThisSubject,
    /// The listed subject is this one.
    ThisSubject,
}

/// Why; kept beside the note so that decisions can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Dates of birth exclude each other.
    BirthDiffers,
    /// Identifiers exclude each other.
    IdentifierDiffers,
    /// The subject is another kind of thing.
    KindDiffers,
    /// Place or nationality excludes it.
    PlaceDiffers,
    /// Only ordinary words agree.
    CommonName,
    /// Documents prove it.
    Documents,
}

/// What a decision is about: a subject and a listed record, both as they stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Who was screened.
    pub subject: String,
    /// Digest of what was known of the subject.
    pub subject_sha256: Digest,
    /// Id of the list.
    pub list: String,
    /// Record number on it.
    pub entry: String,
    /// Digest of the record.
    pub entry_sha256: Digest,
}

/// One officer's view, awaiting a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// About what.
    pub about: About,
    /// The view.
    pub verdict: Verdict,
    /// Why.
    pub ground: Ground,
    /// In words.
    pub note: String,
    /// Who.
    pub maker: String,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
}

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DispositionError {
    /// The maker confirmed.
    #[error("`{0}` proposed this; somebody else must confirm it")]
    SameEyes(String),
    /// It ends before it begins, or stands too long.
    #[error("a decision from {from} until {until} must stand 1 to {DISPOSITION_DAYS_MAX} days")]
    Span {
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// Nothing said, or too much.
    #[error("a decision needs a note of at most {NOTE_BYTES_MAX} bytes")]
    Note,
}

/// A decision of two officers. Made by [`Proposal::confirm`] alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disposition {
    #[serde(flatten)]
    proposal: Proposal,
    checker: String,
}

impl Proposal {
    /// Whether somebody else could confirm it: it has a span and a note.
    ///
    /// # Errors
    /// [`DispositionError`].
    pub fn check(&self) -> Result<(), DispositionError> {
        if !(0..DISPOSITION_DAYS_MAX).contains(&self.from.days_until(self.until)) {
            return Err(DispositionError::Span { from: self.from, until: self.until });
        }
        if self.note.trim().is_empty() || self.note.len() > NOTE_BYTES_MAX {
            return Err(DispositionError::Note);
        }
        Ok(())
    }

    /// The second pair of eyes.
    ///
    /// # Errors
    /// [`DispositionError`].
    pub fn confirm(self, checker: &str) -> Result<Disposition, DispositionError> {
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        if checker.trim().is_empty() || same(&self.maker, checker) {
            return Err(DispositionError::SameEyes(self.maker));
        }
        self.check()?;
        Ok(Disposition { proposal: self, checker: checker.to_owned() })
    }
}

impl Disposition {
    /// The view that was confirmed.
    #[must_use]
    pub const fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// Who confirmed it.
    #[must_use]
    pub fn checker(&self) -> &str {
        &self.checker
    }

    /// Whether it stands on a day about this very subject and record.
    #[must_use]
    pub fn stands(&self, about: &About, on: Date) -> bool {
        let (from, until) = (self.proposal.from, self.proposal.until);
        self.proposal.about == *about && from.days_until(on) >= 0 && on.days_until(until) >= 0
    }
}

/// A screening with the hits that decisions silence taken out of the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// What remains to be said.
    pub outcome: Outcome,
    /// Hits nobody decided about, or that are this subject.
    pub open: Vec<Hit>,
    /// Hits that are somebody else.
    pub silenced: Vec<Hit>,
}

impl Settled {
    /// The screening with only what remains: its outcome, its open hits, and who was silenced.
    #[must_use]
    pub fn applied(self, screening: Screening) -> Screening {
        let silenced = self.silenced.into_iter();
        let silenced = silenced.map(|hit| Silenced { list: hit.list, entry: hit.entry });
        let silenced: Vec<Silenced> = silenced.collect();
        Screening {
            outcome: self.outcome,
            hits_found: screening.hits_found.saturating_sub(silenced.len()),
            hits: self.open,
            silenced,
            ..screening
        }
    }
}

/// Apply the decisions that stand on a day. `record` gives the digest of a hit's record as it stands.
///
/// Hits beyond those reported keep the outcome: what was not looked at is not decided.
#[must_use]
pub fn settle(
    screening: &Screening,
    subject: &str,
    subject_sha256: Digest,
    record: impl Fn(&Hit) -> Option<Digest>,
    decisions: &[Disposition],
    on: Date,
) -> Settled {
    let silenced = |hit: &&Hit| {
        let Some(entry_sha256) = record(hit) else { return false };
        let about = About {
            subject: subject.to_owned(),
            subject_sha256,
            list: hit.list.clone(),
            entry: hit.entry.clone(),
            entry_sha256,
        };
        // The later decision counts: a subject may turn out to be the listed one after all.
        let last = decisions.iter().rev().find(|decision| decision.stands(&about, on));
        last.is_some_and(|decision| decision.proposal.verdict == Verdict::NotThisSubject)
    };
    let (silenced, open): (Vec<&Hit>, Vec<&Hit>) = screening.hits.iter().partition(silenced);
    let seen = screening.hits_found <= screening.hits.len();
    let outcome = match screening.outcome {
        // A subject whose name could not be read has not been cleared by what was decided of others.
        Outcome::Hit if open.is_empty() && seen => match screening.unscreened {
            None => Outcome::Clear,
            Some(_) => Outcome::Unknown,
        },
        other => other,
    };
    let own = |hits: Vec<&Hit>| hits.into_iter().cloned().collect();
    Settled { outcome, open: own(open), silenced: own(silenced) }
}

#[cfg(test)]
mod tests {
    use super::super::score::Channel;
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn digest(text: &str) -> Digest {
        Digest::of_blob(text.as_bytes())
    }

    fn proposal(verdict: Verdict) -> Proposal {
        Proposal {
            about: About {
                subject: "s".into(),
                subject_sha256: digest("s1"),
                list: "l".into(),
                entry: "1".into(),
                entry_sha256: digest("e1"),
            },
            verdict,
            ground: Ground::BirthDiffers,
            note: "born twenty years apart".into(),
            maker: "ann".into(),
            from: date("2026-11-01"),
            until: date("2026-12-31"),
        }
    }

    fn screening(found: usize) -> Screening {
        let hit = Hit {
            list: "l".into(),
            entry: "1".into(),
            reference: None,
            score_bp: 9_000,
            told: 100,
            channel: Channel::Fuzzy,
            why: Vec::new(),
        };
        Screening {
            outcome: Outcome::Hit,
            unscreened: None,
            hits: vec![hit],
            hits_found: found,
            lists: Vec::new(),
            age_days: None,
            threshold_bp: 8_500,
            subject_sha256: None,
            silenced: Vec::new(),
        }
    }

    #[test]
    fn four_eyes_a_span_and_a_note_are_needed() {
        let own = proposal(Verdict::NotThisSubject).confirm(" Ann ");
        assert_eq!(own.unwrap_err(), DispositionError::SameEyes("ann".into()));
        let endless = Proposal { until: date("2028-01-01"), ..proposal(Verdict::ThisSubject) };
        assert!(matches!(endless.confirm("bob"), Err(DispositionError::Span { .. })));
        let silent = Proposal { note: " ".into(), ..proposal(Verdict::ThisSubject) };
        assert_eq!(silent.confirm("bob").unwrap_err(), DispositionError::Note);
    }

    #[test]
    fn only_a_standing_decision_about_the_same_record_and_subject_silences_a_hit() {
        let other = proposal(Verdict::NotThisSubject).confirm("bob").unwrap();
        let same = proposal(Verdict::ThisSubject).confirm("bob").unwrap();
        let settled = |found, subject: &str, record: &str, decisions: &[Disposition], on| {
            let record = digest(record);
            let of = |_: &Hit| Some(record);
            settle(&screening(found), "s", digest(subject), of, decisions, date(on)).outcome
        };
        let decided = [other.clone()];
        assert_eq!(settled(1, "s1", "e1", &decided, "2026-11-20"), Outcome::Clear);
        assert_eq!(settled(1, "s1", "e1", &decided, "2026-12-31"), Outcome::Clear);
        assert_eq!(settled(1, "s1", "e1", &decided, "2027-01-01"), Outcome::Hit);
        assert_eq!(settled(1, "s1", "e2", &decided, "2026-11-20"), Outcome::Hit);
        assert_eq!(settled(1, "s2", "e1", &decided, "2026-11-20"), Outcome::Hit);
        assert_eq!(settled(51, "s1", "e1", &decided, "2026-11-20"), Outcome::Hit);
        assert_eq!(settled(1, "s1", "e1", &[other, same], "2026-11-20"), Outcome::Hit);
        assert_eq!(settled(1, "s1", "e1", &[], "2026-11-20"), Outcome::Hit);
    }
}
