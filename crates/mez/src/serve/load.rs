//! From a zone's folder to an open zone.
//!
//! What is wrong with the folder refuses the start. Law that is not the locked one does not: the
//! process then answers health with the reason, and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use canon::{Clock, Entropy};
use proof::credential::Anchors;
use proof::{Purpose, Verified};
use store::Store;
use store::cell::{Cell, CellError};
use zone::{Check, Config, Keys, Readiness, StartError, Zone};

use super::law::{self, LawError};
use crate::access::{self, AccessError};
use crate::adapters::{Adapters, AdaptersError};
use crate::artifacts::shelf::{self, ArchiveRefused};
use crate::founding::{
    FoundingError, Known, payload_secret_at, personal_key_at, read_key, read_keys,
};
use crate::layout::{LayoutError, ZoneDir, read};
use crate::mass::{self, MassError};
use crate::out::{HttpWire, Witnesses};
use crate::rotating::{InstallError, Place, unhindered};
use crate::signers;

/// What to load, and from where.
pub(crate) struct Loading<'a> {
    /// The zone's folder.
    pub(crate) dir: &'a ZoneDir,
    /// Another store than the embedded one.
    pub(crate) database: Option<String>,
    /// That store, where it is open already.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Another folder of published lists.
    pub(crate) sanctions: Option<PathBuf>,
    /// The base URL peers use.
    pub(crate) url: String,
}

/// All a zone needs, and whom it has cosign its logs.
pub(crate) type Configured = (Box<Config>, Option<Witnesses>);

/// What stands behind the doors.
pub(crate) enum Door {
    /// A zone, and whom it has cosign its logs.
    Open(Arc<Zone>, Option<Witnesses>),
    /// Nothing that may write: the law loaded is not the law locked.
    Shut(Readiness),
    /// Another replica of the zone writes; requests are asked of it.
    Follows {
        /// Its address; empty while nobody writes.
        leader: String,
        /// What this one says of itself.
        told: Readiness,
    },
}

impl Door {
    /// The zone, if any.
    pub(crate) fn zone(&self) -> Option<&Arc<Zone>> {
        match self {
            Self::Open(zone, _) => Some(zone),
            Self::Shut(_) | Self::Follows { .. } => None,
        }
    }

    /// Whom the zone has cosign its logs.
    pub(crate) fn witnesses(&self) -> Option<&Witnesses> {
        match self {
            Self::Open(_, witnesses) => witnesses.as_ref(),
            Self::Shut(_) | Self::Follows { .. } => None,
        }
    }

    /// How everything behind it is.
    pub(crate) fn readiness(&self) -> Readiness {
        match self {
            Self::Open(zone, _) => zone.readiness(),
            Self::Shut(told) | Self::Follows { told, .. } => told.clone(),
        }
    }

    /// Why there is none.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Open(..) => "",
            Self::Shut(told) | Self::Follows { told, .. } => {
                let wrong = told.checks.iter().find(|check| !check.ok);
                wrong.map_or("", |check| &check.detail)
            }
        }
    }
}

/// A zone that is not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// A file of the folder.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The inception or a key.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// A rotation of the keys that was cut short.
    #[error(transparent)]
    Rotation(#[from] InstallError),
    /// The anchors.
    #[error("the trust anchors are refused")]
    Anchors(#[from] proof::credential::AnchorError),
    /// The lists.
    #[error(transparent)]
    Lists(#[from] law::ListsError),
    /// The definition is of another zone than the inception.
    #[error("`zone.yaml` is of zone `{yaml}`, the inception of `{inception}`")]
    OtherZone {
        /// In the definition.
        yaml: String,
        /// In the inception.
        inception: String,
    },
    /// The way to Mass.
    #[error(transparent)]
    Mass(#[from] MassError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::OpenError),
    /// The signer's cell.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The files of the link to a signer elsewhere.
    #[error(transparent)]
    Link(#[from] signers::FolderError),
    /// The signer elsewhere.
    #[error("the zone's signer gives no answer to use")]
    Signer(#[from] link::RemoteError),
    /// The national systems it is to ask.
    #[error(transparent)]
    Adapters(#[from] AdaptersError),
    /// Who may ask it, and how often.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Where its journal is put away.
    #[error(transparent)]
    Archive(#[from] ArchiveRefused),
    /// The zone.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl LoadError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Layout(LayoutError::NotPrivate(_))
            | Self::Founding(FoundingError::Layout(LayoutError::NotPrivate(_))) => {
                "key-not-private"
            }
            Self::Layout(_) | Self::Founding(FoundingError::Layout(_)) => "zone-folder",
            Self::Founding(_) | Self::Rotation(_) => "founding",
            Self::Anchors(_) | Self::Start(StartError::AnchorRealm { .. }) => "anchors",
            Self::Lists(_) => "sanctions-lists",
            Self::Adapters(AdaptersError::Realm { .. }) => "adapter-realm",
            Self::Adapters(AdaptersError::Insecure(..)) => "adapter-insecure",
            Self::Adapters(_) => "adapters",
            Self::Mass(MassError::Realm { .. } | MassError::SimulatorsKey) => "mass-realm",
            Self::Mass(MassError::Insecure(_)) => "mass-insecure",
            Self::Mass(_) => "primitives",
            Self::Start(StartError::OtherPrimitives { .. }) => "other-primitives",
            Self::Access(_) => "access",
            Self::Archive(_) => "archive",
            Self::OtherZone { .. } | Self::Start(StartError::OtherZone { .. }) => "other-zone",
            Self::Start(StartError::OtherRealm { .. } | StartError::LawRealm) => "other-realm",
            Self::Start(StartError::OtherFormat(_)) => "other-format",
            Self::Start(StartError::OtherKeys | StartError::OtherRotations) => "other-keys",
            Self::Store(store::OpenError::InUse { .. }) | Self::Cell(CellError::InUse { .. }) => {
                "zone-in-use"
            }
            Self::Store(_) | Self::Start(StartError::Store(_)) => "store",
            Self::Cell(_) => "signer-cell",
            Self::Link(_) => "signer-folder",
            Self::Signer(link::RemoteError::OtherEnd { .. }) => "signer-other-key",
            Self::Signer(_) => "signer-unavailable",
        }
    }

    /// What to do next.
    pub(crate) fn remedy(&self) -> &'static str {
        match self.code() {
            "zone-folder" => "check --dir: it is the folder of one zone, as `mez deploy` lays it",
            "key-not-private" => "run `chmod 600` on the file",
            "adapter-realm" => "give adapters of the zone's own realm, or take adapters.json away",
            "adapter-insecure" => {
                "give an https URL, and in production `client` with a certificate and its key"
            }
            "mass-realm" => "give the token and `realm` of the zone's own realm in primitives.json",
            "mass-insecure" => "give an https URL of another machine",
            "primitives" => "check primitives.json and the files it names; see docs/mass.md",
            "other-primitives" => "a zone keeps its records where it began to: found another zone",
            "access" => "check access.json; see docs/operating.md",
            "archive" => "check archive.json; see docs/operating.md",
            "adapters" => "check adapters.json and the files it names; see docs/adapters.md",
            "anchors" => "give anchors of the zone's own realm",
            "other-zone" | "other-realm" | "other-keys" => {
                "give each zone its own folder and database"
            }
            "signer-unavailable" => {
                "start the signer (`mez signer serve`, `mez-hsm serve`), and check the address in signer.json"
            }
            "signer-other-key" => {
                "the process that answers is not the pinned signer: find out who is"
            }
            "signer-folder" => "check signer.json and signer/link.priv.json in the zone's folder",
            "zone-in-use" => "stop the process that runs this zone; one zone has one signer",
            "sanctions-lists" => "download the lists again from their publishers",
            "store" => "check --database and the space on the disk",
            _ => "run `mez doctor --dir DIR` on the folder",
        }
    }
}

/// Open a zone to serve it.
///
/// # Errors
/// See [`LoadError`].
pub(super) fn open(
    loading: &Loading<'_>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Door, LoadError> {
    match configure(loading, clock, entropy)? {
        Ok((config, witnesses)) => {
            let entropy = Arc::clone(&config.entropy);
            let realm = config.inception().realm();
            let adapters = Adapters::open(loading.dir, realm, Arc::clone(&config.clock))?;
            let (access, provider) = access::access(loading.dir, realm)?;
            let personal = Arc::clone(&entropy);
            let primitives = mass::primitives(loading.dir, realm, Arc::clone(&config.clock))?;
            let zone = Zone::open(*config)?;
            zone.keep_primitives(primitives)?;
            zone.govern(access);
            if let Some(provider) = provider {
                zone.believe(Arc::new(provider));
            }
            if let Some(adapters) = adapters {
                zone.ask_nationally(Arc::new(adapters));
            }
            // Where keys and cell are elsewhere, so is nothing that could open a payload.
            if signers::link_of(loading.dir)?.is_none() {
                let path = loading.dir.payload_key();
                zone.open_payloads_with(payload_secret_at(&path, entropy.as_ref())?);
            }
            // Persons are known to the zone, not to its signer: the key that wraps theirs is here either way.
            let key = personal_key_at(&loading.dir.personal_key(), personal.as_ref())?;
            if let Err(other) = zone.keep_persons_with(key) {
                crate::http::problem::tell(&other.to_string());
            }
            Ok(Door::Open(Arc::new(zone), witnesses))
        }
        Err(told) => Ok(Door::Shut(told)),
    }
}

/// All a zone needs, its signer locked; or why it is not ready.
///
/// # Errors
/// See [`LoadError`].
pub(crate) fn configure(
    loading: &Loading<'_>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Result<Configured, Readiness>, LoadError> {
    configure_with(loading, clock, entropy, |known| keys(loading.dir, known))
}

/// The same, with keys from elsewhere than the zone's own folder says.
///
/// # Errors
/// See [`LoadError`].
pub(crate) fn configure_with(
    loading: &Loading<'_>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    keys: impl FnOnce(&Known) -> Result<Keys, LoadError>,
) -> Result<Result<Configured, Readiness>, LoadError> {
    let dir = loading.dir;
    let known = read_keys(dir)?;
    let anchors = Anchors::parse(&read(&dir.anchors())?)?;
    let inception = known.history.inception().clone();
    let realm = inception.realm();
    let loaded = match law::load(dir, realm, loading.sanctions.as_deref()) {
        Ok(loaded) => loaded,
        Err(LawError::Lists(error)) => return Err(error.into()),
        Err(LawError::Layout(error)) => return Err(error.into()),
        Err(other) => return Ok(Err(shut(&inception, &other))),
    };
    if loaded.zone_id != *inception.zone_id() {
        let (yaml, inception) = (loaded.zone_id.to_string(), inception.zone_id().to_string());
        return Err(LoadError::OtherZone { yaml, inception });
    }
    let keys = keys(&known)?;
    let store = match &loading.store {
        Some(store) => Arc::clone(store),
        None => store::open(&loading.database.clone().unwrap_or_else(|| dir.database()))?,
    };
    let store = shelf::connected(dir, store, &clock)?;
    let config = Config {
        history: known.history,
        inception_document: known.inception,
        rotations: known.rotations,
        store,
        keys,
        anchors,
        law: loaded.law,
        currency: loaded.currency,
        witnesses: loaded.witnesses.as_ref().map(|witnesses| witnesses.policy.clone()),
        public_url: loading.url.clone(),
        wire: Arc::new(HttpWire::new(Arc::clone(&clock), Arc::clone(&entropy))),
        clock,
        entropy,
    };
    Ok(Ok((Box::new(config), loaded.witnesses)))
}

/// The running keys: in the zone's own folder, or in the process its `signer.json` points at.
fn keys(dir: &ZoneDir, known: &Known) -> Result<Keys, LoadError> {
    if let Some(link) = signers::link_of(dir)? {
        let (remote, _) = signers::turned(&link, known)?;
        let (assertion, log, http) = (remote.assertion, remote.log, remote.http);
        return Ok(Keys { assertion, log, http, cell: remote.cell });
    }
    let signer = dir.signer();
    let place = Place::own(dir, &signer);
    place.finish(&known.history, &mut unhindered)?;
    keys_at(place)
}

/// The running keys and the cell that lie in a folder.
///
/// # Errors
/// See [`LoadError`]; a zone or a signer that runs holds the cell.
pub(crate) fn keys_at(place: Place<'_>) -> Result<Keys, LoadError> {
    let log = read_key(&place.key(Purpose::Log))?;
    let cell = Box::new(Cell::open(place.signer, &log.public().to_multikey())?);
    Ok(Keys {
        assertion: Box::new(read_key(&place.key(Purpose::Assertion))?),
        log: Box::new(log),
        http: Box::new(read_key(&place.key(Purpose::Http))?),
        cell,
    })
}

/// Open a zone for one command on its host, no door open.
///
/// # Errors
/// See [`LoadError`]; a server that runs the zone holds its signer.
pub(crate) fn open_offline(
    loading: &Loading<'_>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Door, LoadError> {
    open(loading, clock, entropy)
}

fn shut(inception: &Verified<proof::Inception>, error: &LawError) -> Readiness {
    Readiness {
        ready: false,
        zone_id: inception.zone_id().to_string(),
        did: inception.did().to_string(),
        realm: inception.realm().to_string(),
        checks: vec![Check { name: "packs", ok: false, detail: error.to_string() }],
    }
}
