//! One host: a zone with its store, its signer's cell, its clock and its power.

use std::sync::Arc;

use canon::{Clock, Did, PrincipalId, Timestamp, ZoneId};
use proof::{KeyHistory, Purpose, Verified};
use serde_json::Value;
use store::Store;
use store::sim::{Power, Sim, SimCell};
use zone::{Caller, Config, Keys, Refused, Scope, Zone};

use crate::content::{self, Named};
use crate::dice::{Dice, DiceEntropy};
use crate::failure::{Failure, rig};
use crate::founding::{anchors, found, key};
use crate::net::{Link, Net};
use crate::time::{BEGIN, HostClock, Time};

/// Seconds a zone asks its peers after it was opened, as the server does.
const ASK_SECS: i64 = 5;

/// A zone that can be ended at any moment and opened again.
pub struct Host {
    /// Which zone of this checkout it is.
    pub named: Named,
    /// Folder of that zone.
    pub name: &'static str,
    /// Where it is reached.
    pub url: String,
    /// Who it is.
    pub did: Did,
    /// Its id.
    pub zone_id: ZoneId,
    /// Its jurisdiction.
    pub jurisdiction: &'static str,
    /// What it remembers on.
    pub store: Arc<Sim>,
    /// What keeps it from signing twice.
    pub cell: SimCell,
    /// What it runs on.
    pub power: Arc<Power>,
    /// What time it thinks it is.
    pub clock: Arc<HostClock>,
    net: Arc<Net>,
    inception: Value,
    history: Verified<KeyHistory>,
    zone: Option<Arc<Zone>>,
    token: Option<String>,
    openings: u64,
    seed: u64,
}

impl Host {
    /// A host that was never opened.
    pub fn new(named: Named, seed: u64, time: &Arc<Time>, net: &Arc<Net>) -> Result<Self, Failure> {
        let (name, zone_id, jurisdiction) = named;
        let inception = found(named)?;
        let did = key(name, "root")?.public().did();
        let power = Arc::new(Power::default());
        Ok(Self {
            named,
            name,
            url: format!("http://{name}"),
            zone_id: ZoneId::parse(zone_id).map_err(rig)?,
            jurisdiction,
            store: Arc::new(Sim::powered_by(&power)),
            cell: SimCell::powered_by(&power),
            power,
            clock: Arc::new(HostClock::new(time, Timestamp::from_unix(BEGIN).map_err(rig)?)),
            net: Arc::clone(net),
            history: KeyHistory::verify(&inception, &[], &did).map_err(rig)?,
            inception,
            did,
            zone: None,
            token: None,
            openings: 0,
            seed,
        })
    }

    /// What a zone on this host is started with.
    pub fn config(&mut self) -> Result<Config, Failure> {
        self.openings = self.openings.saturating_add(1);
        let secret = |purpose: Purpose| key(self.name, &purpose.to_string()).map(Box::new);
        let keys = Keys {
            assertion: secret(Purpose::Assertion)?,
            log: secret(Purpose::Log)?,
            http: secret(Purpose::Http)?,
            cell: Box::new(self.cell.clone()),
        };
        let link = Link {
            net: Arc::clone(&self.net),
            from: self.url.clone(),
            clock: Arc::clone(&self.clock),
            power: Arc::clone(&self.power),
        };
        Ok(Config {
            history: self.history.clone(),
            inception_document: self.inception.clone(),
            rotations: Vec::new(),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            keys,
            anchors: anchors()?,
            law: content::law(self.name)?,
            currency: None,
            witnesses: Some(crate::watch::cosign::policy()?),
            public_url: self.url.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::new(DiceEntropy::new(Dice::aside(self.seed, self.openings))),
            wire: Arc::new(link),
        })
    }

    /// Power is back: the zone is opened as the server opens it. False when it does not open.
    pub fn open(&mut self) -> Result<bool, Failure> {
        self.close();
        self.power.switch_on();
        self.cell.restart();
        let Ok(zone) = Zone::open(self.config()?) else { return Ok(false) };
        let zone = Arc::new(zone);
        self.net.join(&self.url, Arc::clone(&zone), &self.power);
        // Before anything is written: a peer may know that these data are old.
        if let Ok(until) = zone.now().plus_secs(ASK_SECS) {
            let _ = zone.ask_peers(until);
        }
        let _ = zone.state_rotations();
        let _ = zone.publish_log();
        self.zone = Some(zone);
        Ok(true)
    }

    /// Opened as nobody does who means to be honest: no peer is asked, and none can reach it.
    pub fn open_silently(&mut self) -> Result<(), Failure> {
        self.close();
        self.zone = Some(Arc::new(Zone::open(self.config()?).map_err(rig)?));
        Ok(())
    }

    /// Its keys over time.
    #[must_use]
    pub fn keys(&self) -> &Verified<KeyHistory> {
        &self.history
    }

    /// The process ends.
    pub fn close(&mut self) {
        self.net.leave(&self.url);
        self.zone = None;
    }

    /// The running zone.
    #[must_use]
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_deref().filter(|_| self.power.is_on())
    }

    /// The running zone, for whoever lets others reach it.
    pub fn shared(&self) -> Option<Arc<Zone>> {
        self.zone.clone().filter(|_| self.power.is_on())
    }

    /// The running zone, or why there is none.
    pub fn running(&self) -> Result<&Zone, Refused> {
        self.zone().ok_or_else(|| Refused::Unavailable("the zone is away".to_owned()))
    }

    /// A caller who may do everything; its token is made once.
    pub fn caller(&mut self) -> Result<Caller, Refused> {
        if let Some(token) = &self.token {
            return self.running()?.authenticate(token);
        }
        let principal = PrincipalId::parse("operator");
        let principal = principal.map_err(|e| Refused::Host(e.to_string()))?;
        let token = self.running()?.create_token(None, principal, Scope::ALL.to_vec(), None)?;
        let caller = self.running()?.authenticate(&token)?;
        self.token = Some(token);
        Ok(caller)
    }
}
