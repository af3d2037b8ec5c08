//! What law is told of an asset that is registered or handed over: what it is, who gives, who takes.

use canon::{Canonical, Timestamp};
use corridor::asset::AssetParty;
use law::{Admission, Kind, Provenance, Refusal, Source};
use registry::{Entity, Genesis};

use super::subject;
use crate::corridor::Open;
use crate::facts::{Gathered, named, subjects_of};
use crate::pipeline::{Judged, Question};
use crate::refused::Refused;
use crate::zone::Zone;

/// What happens to the asset here.
#[derive(Clone, Copy)]
pub(super) enum Happens {
    Register,
    Send,
    Receive,
    Return,
}

impl Happens {
    const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Return => "return",
        }
    }

    /// Rules of payments and of assets name both ends alike: who gives is the payer.
    const fn roles(self) -> [&'static str; 2] {
        match self {
            Self::Register | Self::Receive => ["payee", "payer"],
            Self::Send | Self::Return => ["payer", "payee"],
        }
    }
}

/// A write about an asset, as law is asked about it.
pub(super) struct Asked<'a> {
    pub(super) genesis: &'a Genesis,
    pub(super) happens: Happens,
    /// Ours: who holds it, gives it, or takes it.
    pub(super) entity: &'a Entity,
    /// The other side, with the corridor to it.
    pub(super) there: Option<(&'a AssetParty, &'a Open)>,
}

impl Asked<'_> {
    /// `asset.*`.
    fn state(&self, gathered: &mut Gathered) -> Result<(), Refused> {
        let digest = Canonical::of(self.genesis).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        gathered.state("asset.class", self.genesis.class(), by.clone())?;
        gathered.state("asset.event", self.happens.name(), by.clone())?;
        gathered.state("asset.cross_border", self.there.is_some(), by)
    }
}

impl Zone {
    /// Facts and screening: ours with its owners, the other side by name, and the asset itself, which may be a
    /// vessel that is listed.
    fn gather_asset(&self, asked: &Asked<'_>, now: Timestamp) -> Result<Gathered, Refused> {
        let mut gathered = self.gather(asked.entity, now)?;
        asked.state(&mut gathered)?;
        let [here, there] = asked.happens.roles();
        gathered.end(here, asked.entity)?;
        let mut all = subjects_of(asked.entity, now);
        all.push(named(asked.genesis.name(), now));
        if let Some((party, _)) = asked.there {
            let jurisdiction = party.jurisdiction_id.as_str();
            gathered.far_end(there, Some(&party.name), jurisdiction, true)?;
            all.push(named(&party.name, now));
        }
        gathered.screen(self, &all)?;
        if let Some((_, open)) = asked.there {
            self.ask_there(&mut gathered, open, Kind::AssetTransition)?;
        }
        Ok(gathered)
    }

    /// Ask law: ours, and that of the other end as far as it is held here.
    pub(super) fn judge_asset(
        &self,
        asked: &Asked<'_>,
        (now, by): (Timestamp, &str),
    ) -> Result<Result<Judged<Admission>, Judged<Refusal>>, Refused> {
        let gathered = self.gather_asset(asked, now)?;
        let subject = subject(&asked.genesis.asset_id().map_err(Refused::host)?);
        let jurisdiction = asked.entity.formation().jurisdiction_id();
        let kind = Kind::AssetTransition;
        let question = Question { kind, jurisdiction, by, subject: &subject, now };
        Ok(self.decide(&question, gathered))
    }

    /// The same for a write of this zone: a refusal is recorded and told.
    pub(super) fn admit_asset(
        &self,
        asked: &Asked<'_>,
        (now, by): (Timestamp, &str),
    ) -> Result<Judged<Admission>, Refused> {
        match self.judge_asset(asked, (now, by))? {
            Ok(admission) => Ok(admission),
            Err(refusal) => {
                let subject = subject(&asked.genesis.asset_id().map_err(Refused::host)?);
                self.denied(&refusal, (now, by, &subject))?.commit()?;
                Err(crate::pipeline::told(&refusal))
            }
        }
    }
}
