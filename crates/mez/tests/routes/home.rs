//! A zone's folder, founded and installed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use canon::{Canonical, Entropy, EntropyGone, Realm, Timestamp};
use law::manifest::{Catalog, Stack, Witnesses};
use proof::SecretKey;
use proof::credential::{Anchor, Anchors, CONTEXT, CONTEXT_TERMS};
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};

use crate::founding::{Founded, Founding, found};
use crate::layout::{Folder, RootKeys, ZoneDir, write_atomic};

#[path = "at_mass.rs"]
pub mod at_mass;

use at_mass::Simulator;

/// Kernel randomness; a test whose keys were fixed would not notice a key that is shared.
pub struct Random;

impl Entropy for Random {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyGone> {
        getrandom::fill(out).map_err(|_| EntropyGone)
    }
}

/// Evidence that lets a company be formed in most zones.
pub const EVIDENCE: &[&str] = &[
    "beneficial_ownership",
    "source_of_funds",
    "tax_residency",
    "license",
    "data_protection_registration",
    "office_lease",
];

/// A founded zone and its issuer of evidence.
pub struct Home {
    base: PathBuf,
    pub dir: ZoneDir,
    pub founded: Founded,
    /// Where its records are, in proxy mode.
    mass: Option<Simulator>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

/// An empty folder of its own.
pub fn folder(name: &str) -> PathBuf {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("{name}-{}-{count}", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

pub fn repository() -> Folder {
    Folder(concat!(env!("CARGO_MANIFEST_DIR"), "/../..").into())
}

pub fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix(now.as_secs().try_into().unwrap()).unwrap()
}

/// The issuer of evidence: no zone holds this key.
pub fn issuer() -> SecretKey {
    SecretKey::from_seed([42; 32]).unwrap()
}

pub fn anchors(realm: Realm) -> Vec<u8> {
    let anchor = Anchor {
        anchor_id: "issuer".to_owned(),
        kind: "did".to_owned(),
        identifier: issuer().public().did(),
        allowed_attestations: vec!["*".to_owned()],
        realm,
    };
    let document = Anchors::of(realm, vec![anchor]).unwrap().document().unwrap();
    Canonical::of_value(&document).unwrap().bytes().to_vec()
}

impl Home {
    /// Where Mass is asked, in proxy mode.
    pub fn mass_url(&self) -> Option<&str> {
        self.mass.as_ref().map(|mass| mass.url.as_str())
    }

    /// A sandbox zone of a name, under a profile or its own.
    pub fn of(zone: &str, profile: Option<&str>) -> Self {
        let base = folder(zone);
        Self::at(&base, zone, profile, Realm::Sandbox)
    }

    /// A sandbox zone that has its logs cosigned by one witness.
    pub fn watched(zone: &str, witness: &str) -> Self {
        Self::watched_by(zone, vec![witness.to_owned()], (1, 600))
    }

    /// Under a quorum of witnesses, none seen longer ago.
    pub fn watched_by(zone: &str, at: Vec<String>, (quorum, max_age_secs): (i64, i64)) -> Self {
        let witnesses = Some(Witnesses { at, quorum, max_age_secs });
        Self::with(&folder(zone), zone, None, (Realm::Sandbox, witnesses), Vec::new())
    }

    /// A sandbox zone that has some modules of its profile switched off.
    pub fn without(zone: &str, off: Vec<canon::ModuleId>) -> Self {
        Self::with(&folder(zone), zone, None, (Realm::Sandbox, None), off)
    }

    /// A sandbox zone, with content of its own over that of the repository.
    pub fn on(files: &dyn law::Files, zone: law::manifest::Zone) -> Self {
        let name = zone.jurisdiction.to_string();
        let stack = Stack::resolve(&Catalog::new(files), zone).unwrap();
        Self::laid(&folder(&name), &name, stack, Realm::Sandbox, files)
    }

    pub fn at(base: &Path, zone: &str, profile: Option<&str>, realm: Realm) -> Self {
        Self::with(base, zone, profile, (realm, None), Vec::new())
    }

    fn with(
        base: &Path,
        zone: &str,
        profile: Option<&str>,
        (realm, witnesses): (Realm, Option<Witnesses>),
        modules_off: Vec<canon::ModuleId>,
    ) -> Self {
        let files = repository();
        let mut stack = Stack::named(&Catalog::new(&files), zone, profile).unwrap();
        if realm == Realm::Production || witnesses.is_some() || !modules_off.is_empty() {
            stack.zone.sandbox_rulebook = realm == Realm::Sandbox;
            stack.zone.modules_off = modules_off;
            stack.zone.witnesses = witnesses;
            let yaml = stack.zone.to_yaml();
            let zone = law::manifest::Zone::parse("zone.yaml", yaml.as_bytes()).unwrap();
            stack = Stack::resolve(&Catalog::new(&files), zone).unwrap();
        }
        Self::laid(base, zone, stack, realm, &files)
    }

    fn laid(base: &Path, zone: &str, stack: Stack, realm: Realm, files: &dyn law::Files) -> Self {
        let dir = ZoneDir::at(base.join(zone));
        let roots = RootKeys::at(base.join("root-keys"));
        let founding = Founding {
            name: zone,
            zone_id: stack.zone.id.clone(),
            zone_host: format!("{zone}.zone.mez.example"),
            jurisdiction_id: stack.zone.jurisdiction.clone(),
            realm,
            created: now(),
            elsewhere: None,
        };
        let founded = found(&dir, &roots, &founding, &Random).unwrap();
        dir.install(&stack, files).unwrap();
        write_atomic(&dir.anchors(), &anchors(realm)).unwrap();
        let mass = (at_mass::wanted() && realm == Realm::Sandbox).then(|| {
            let simulator = Simulator::start(&base.join(format!("{zone}-at-mass")));
            let way = simulator.way("sandbox").to_string();
            write_atomic(&dir.root().join("primitives.json"), way.as_bytes()).unwrap();
            simulator
        });
        Self { base: base.to_owned(), dir, founded, mass }
    }

    /// A company that the zone's law lets be formed.
    pub fn company(&self, name: &str, jurisdiction: &str, kinds: &[&str]) -> Value {
        let owners = json!([{ "name": "Asha Verma Lindqvist", "ownership_bp": 10_000 }]);
        let evidence: Vec<Value> = kinds.iter().map(|kind| attest(kind, name, &owners)).collect();
        json!({
            "entity_type": "private-company",
            "legal_name": name,
            "jurisdiction_id": jurisdiction,
            "activity": "trade in tea",
            "registered_office": { "address": "1 Harbour Road", "jurisdiction_id": jurisdiction },
            "beneficial_owners": [{
                "name": "Asha Verma Lindqvist", "kind": "person", "ownership_bp": 10_000,
            }],
            "evidence": evidence,
        })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.mass.take());
        let _ = std::fs::remove_dir_all(&self.base);
    }
}

fn attest(kind: &str, name: &str, owners: &Value) -> Value {
    let stem: String = kind.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let subject = match kind {
        "beneficial_ownership" => json!({ "legal_name": name, "owners": owners }),
        _ => json!({ "legal_name": name }),
    };
    let (now, signer) = (now(), issuer());
    let unsigned = json!({
        "@context": [CONTEXT, CONTEXT_TERMS],
        "id": format!("urn:test:{kind}"),
        "type": ["VerifiableCredential", format!("MEZ{stem}Credential")],
        "issuer": signer.public().did(),
        "realm": Realm::Sandbox,
        "validFrom": now,
        "validUntil": now.plus_secs(86_400).unwrap(),
        "credentialSubject": subject,
    });
    sign_document(unsigned, &ProofOptions::assertion(now, &signer), &signer).unwrap()
}
