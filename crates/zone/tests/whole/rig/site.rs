//! One zone with its keys, its store, its signer directory and its end of the network.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use canon::{Clock, Did, JurisdictionId, PrincipalId, Realm, Timestamp, ZoneId};
use proof::credential::{Anchor, Anchors};
use proof::inception::{Draft, KeyCommitment, PurposeKey, key_commitment};
use proof::rotation::{Cause, Rotation};
use proof::{KeyHistory, Purpose, SecretKey, Verified};
use serde_json::Value;
use store::Store;
use store::cell::Cell;
use store::sim::Sim;
use zone::{Caller, Config, Keys, Scope, StartError, Zone};

use super::net::Link;
use super::unsure::Unsure;
use super::{BEGIN, Net, TestEntropy, law_of, seed};

/// Where a zone remembers.
#[derive(Clone)]
pub enum Backend {
    Sim(Arc<Sim>),
    Sqlite(PathBuf),
    Unsure(Arc<Unsure>),
}

/// Removes its folder at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(word: &str) -> Folder {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let memory = std::path::Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let n = NEXT.fetch_add(1, Ordering::SeqCst);
    let path = base.join(format!("mez-zone-{}-{n}-{word}", std::process::id()));
    std::fs::create_dir_all(path.join("signer")).unwrap();
    Folder(path)
}

/// A zone that can be closed and opened again.
pub struct Site {
    /// Names keys and address.
    pub word: String,
    /// The zone of this checkout it is.
    pub name: String,
    pub url: String,
    pub realm: Realm,
    pub profile: String,
    pub listed_here: Vec<String>,
    pub backend: Backend,
    pub net: Arc<Net>,
    pub inception_document: Value,
    pub rotations: Vec<Value>,
    pub did: Did,
    zone: Option<Arc<Zone>>,
    token: Option<String>,
    openings: u64,
    folder: Folder,
}

pub fn key(word: &str, purpose: &str) -> SecretKey {
    SecretKey::from_seed(seed(&format!("{word}/{purpose}"))).unwrap()
}

/// The key of the one issuer every sandbox zone of a test believes.
pub fn issuer() -> SecretKey {
    key("issuer", "assertion")
}

pub fn found(word: &str, zone_id: &str, jurisdiction: &str, realm: Realm) -> Value {
    let root = key(word, "root");
    let public = |purpose: Purpose| key(word, &purpose.to_string()).public();
    let next = |purpose: Purpose| key(word, &format!("next {purpose}")).public();
    let draft = Draft {
        kind: proof::inception::TYPE.to_owned(),
        zone_id: ZoneId::parse(zone_id).unwrap(),
        zone_host: format!("{word}.example"),
        jurisdiction_id: JurisdictionId::parse(jurisdiction).unwrap(),
        realm,
        root_key: root.public(),
        keys: Purpose::RUNNING
            .into_iter()
            .map(|purpose| PurposeKey { purpose, key: public(purpose), from_sequence: 0 })
            .collect(),
        next_key_commitments: Purpose::RUNNING
            .into_iter()
            .map(|purpose| KeyCommitment {
                purpose,
                commitment_sha256: key_commitment(purpose, &next(purpose)),
            })
            .collect(),
        created: Timestamp::parse(BEGIN).unwrap(),
    };
    draft.found(&root).unwrap()
}

pub fn anchors(realm: Realm) -> Anchors {
    let anchor = Anchor {
        anchor_id: "test-issuer".to_owned(),
        kind: "did".to_owned(),
        identifier: issuer().public().did(),
        allowed_attestations: vec!["*".to_owned()],
        realm,
    };
    Anchors::of(realm, vec![anchor]).unwrap()
}

impl Site {
    /// A zone of this checkout by its name there.
    pub fn new(name: &str, net: &Arc<Net>, backend: Option<Backend>) -> Self {
        Self::called(name, name, Realm::Sandbox, net, backend)
    }

    /// The same zone founded by somebody else, or in another realm.
    pub fn called(
        word: &str,
        name: &str,
        realm: Realm,
        net: &Arc<Net>,
        backend: Option<Backend>,
    ) -> Self {
        let (zone_id, jurisdiction) = match name {
            "sg" => ("org.momentum.mez.zone.sg", "sg"),
            "pk-sifc" => ("org.momentum.mez.zone.pk-sifc", "pk-sifc"),
            "ae-abudhabi-adgm" => ("org.momentum.mez.zone.ae.abudhabi.adgm", "ae-abudhabi-adgm"),
            "ky" => ("org.momentum.mez.zone.ky", "ky"),
            other => panic!("no zone `{other}`"),
        };
        let inception_document = found(word, zone_id, jurisdiction, realm);
        Self {
            word: word.to_owned(),
            name: name.to_owned(),
            url: format!("http://{word}"),
            realm,
            profile: "digital-financial-center".to_owned(),
            listed_here: Vec::new(),
            backend: backend.unwrap_or_else(|| Backend::Sim(Arc::new(Sim::new()))),
            net: Arc::clone(net),
            did: key(word, "root").public().did(),
            inception_document,
            rotations: Vec::new(),
            zone: None,
            token: None,
            openings: 0,
            folder: folder(word),
        }
    }

    /// A zone that is open.
    pub fn opened(word: &str, net: &Arc<Net>) -> Self {
        let mut site = Self::new(word, net, None);
        site.open().unwrap();
        site
    }

    pub fn signer(&self) -> PathBuf {
        self.folder.0.join("signer")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.0.clone()
    }

    pub fn cell_path(&self) -> PathBuf {
        self.signer().join(format!("{}.cell", self.running(Purpose::Log).public().to_multikey()))
    }

    pub fn config(&mut self) -> Config {
        let history = self.history();
        let store: Arc<dyn Store> = match &self.backend {
            Backend::Sim(sim) => Arc::clone(sim) as Arc<dyn Store>,
            Backend::Unsure(unsure) => Arc::clone(unsure) as Arc<dyn Store>,
            Backend::Sqlite(path) => store::open(&format!("sqlite:{}", path.display())).unwrap(),
        };
        let secret = |purpose: Purpose| Box::new(self.running(purpose));
        let cell_key = self.running(Purpose::Log).public().to_multikey();
        let keys = Keys {
            assertion: secret(Purpose::Assertion),
            log: secret(Purpose::Log),
            http: secret(Purpose::Http),
            cell: Box::new(Cell::open(&self.signer(), &cell_key).unwrap()),
        };
        let more: Vec<&str> = self.listed_here.iter().map(String::as_str).collect();
        self.openings += 1;
        let salt = u64::from_be_bytes(seed(&self.word)[..8].try_into().unwrap());
        Config {
            history,
            inception_document: self.inception_document.clone(),
            rotations: self.rotations.clone(),
            store,
            keys,
            anchors: anchors(self.realm),
            law: law_of::loaded(&self.name, &self.profile, self.realm, &more),
            currency: None,
            witnesses: None,
            public_url: self.url.clone(),
            clock: Arc::clone(&self.net.clock) as Arc<dyn Clock>,
            entropy: Arc::new(TestEntropy::new(salt.wrapping_add(self.openings))),
            wire: Arc::new(Link { net: Arc::clone(&self.net), from: self.url.clone() }),
        }
    }

    pub fn history(&self) -> Verified<KeyHistory> {
        KeyHistory::verify(&self.inception_document, &self.rotations, &self.did).unwrap()
    }

    /// The key of a purpose after so many rotations of it.
    pub fn generation(&self, purpose: Purpose, generation: usize) -> SecretKey {
        match generation {
            0 => key(&self.word, &purpose.to_string()),
            1 => key(&self.word, &format!("next {purpose}")),
            n => key(&self.word, &format!("next {purpose} {n}")),
        }
    }

    fn generations(&self, purpose: Purpose) -> usize {
        self.history().rotations().filter(|rotation| rotation.purpose == purpose).count()
    }

    pub fn running(&self, purpose: Purpose) -> SecretKey {
        self.generation(purpose, self.generations(purpose))
    }

    /// The next rotation as `mez key rotate` writes it for the data as they stand.
    pub fn rotation(&mut self, purpose: Purpose, reason: Cause) -> Value {
        self.close();
        let (history, at) = (self.history(), self.generations(purpose));
        let [old, new, next] = [at, at + 1, at + 2].map(|n| self.generation(purpose, n));
        let cut_over = zone::cuts(&self.config()).unwrap();
        let inception = history.inception();
        let rotation = Rotation {
            kind: proof::rotation::TYPE.to_owned(),
            zone_id: inception.zone_id().clone(),
            zone_did: inception.did(),
            realm: inception.realm(),
            inception_sha256: inception.digest(),
            number: history.next_number(),
            previous_sha256: history.head(),
            purpose,
            reason,
            previous_key: old.public(),
            new_key: new.public(),
            cut_over,
            next_commitment_sha256: key_commitment(purpose, &next.public()),
            created: self.net.clock.now(),
        };
        let root = key(&self.word, "root");
        rotation.sign(if reason == Cause::Routine { &old } else { &root }, &new).unwrap()
    }

    /// Rotate a key of the zone and open it again.
    pub fn rotate(&mut self, purpose: Purpose, reason: Cause) -> Arc<Zone> {
        let document = self.rotation(purpose, reason);
        let old = self.running(purpose).public().to_multikey();
        self.rotations.push(document);
        if purpose == Purpose::Log {
            let new = self.running(purpose).public().to_multikey();
            Cell::open(&self.signer(), &old).unwrap().succeed(&new).unwrap();
            std::fs::remove_file(self.signer().join(format!("{old}.cell"))).unwrap();
        }
        let zone = self.open().unwrap();
        zone.state_rotations().unwrap();
        zone
    }

    /// Open, or open again; the wire finds it there from now on.
    pub fn open(&mut self) -> Result<Arc<Zone>, StartError> {
        self.close();
        let config = self.config();
        self.open_with(config)
    }

    /// Open with a configuration of the test's own.
    pub fn open_with(&mut self, config: Config) -> Result<Arc<Zone>, StartError> {
        let zone = Arc::new(Zone::open(config)?);
        self.net.join(&self.url, Arc::clone(&zone));
        self.zone = Some(Arc::clone(&zone));
        Ok(zone)
    }

    /// Take the zone off the network and end it.
    pub fn close(&mut self) {
        self.net.leave(&self.url);
        if let Some(zone) = self.zone.take() {
            drop(zone);
        }
    }

    pub fn zone(&self) -> &Zone {
        self.zone.as_ref().unwrap()
    }

    pub fn sim(&self) -> &Arc<Sim> {
        match &self.backend {
            Backend::Sim(sim) => sim,
            _ => panic!("{} is no sim", self.word),
        }
    }

    /// A caller who may do everything; the token is made once and survives.
    pub fn try_caller(&mut self) -> Result<Caller, zone::Refused> {
        if let Some(token) = &self.token {
            return self.zone().authenticate(token);
        }
        let principal = PrincipalId::parse("operator").unwrap();
        let token = self.zone().create_token(None, principal, Scope::ALL.to_vec(), None)?;
        let caller = self.zone().authenticate(&token)?;
        self.token = Some(token);
        Ok(caller)
    }

    pub fn caller(&mut self) -> Caller {
        self.try_caller().unwrap()
    }
}
