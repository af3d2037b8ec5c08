//! Founding a zone: keys, the commitments to the keys after them, the inception document.
//!
//! Written in an order that lets a founding that was cut short go on: root and next keys, running
//! keys, and last the inception document that names them. What is there is used, never replaced.

use std::collections::BTreeMap;
use std::path::Path;

use canon::{Canonical, Did, Entropy, JurisdictionId, Realm, Timestamp, ZoneId};
use data_encoding::HEXLOWER;
use proof::hpke::HpkeSecret;
use proof::inception::key_commitment;
use proof::inception::{Draft, Inception, InceptionError, KeyCommitment, PurposeKey, TYPE};
use proof::jwk::{JwkError, KeyFile};
use proof::personal::ZoneKey;
use proof::rotation::HistoryError;
use proof::{KeyHistory, PublicKey, Purpose, SecretKey, Verified};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::layout::{
    LayoutError, RootKeys, ZoneDir, read, read_secret, write_atomic, write_secret,
};

/// Keys to found a zone on.
pub(crate) struct Held {
    /// The running ones.
    pub(crate) running: BTreeMap<Purpose, PublicKey>,
    /// Those to commit to as next; none where the founder makes them.
    pub(crate) next: BTreeMap<Purpose, PublicKey>,
}

/// A zone to be founded.
pub(crate) struct Founding<'a> {
    /// Its folder name, which also names its root key.
    pub(crate) name: &'a str,
    /// The zone.
    pub(crate) zone_id: ZoneId,
    /// Its fixed host name in log origins, e.g. `sg.zone.mez`.
    pub(crate) zone_host: String,
    /// Where it stands.
    pub(crate) jurisdiction_id: JurisdictionId,
    /// Production or sandbox, for ever.
    pub(crate) realm: Realm,
    /// Now.
    pub(crate) created: Timestamp,
    /// The running keys, when somebody else holds them.
    pub(crate) elsewhere: Option<Held>,
}

/// A founded zone.
#[derive(Debug)]
#[allow(dead_code, reason = "told to whoever founds; not everybody asks for all of it")]
pub(crate) struct Founded {
    /// The verified inception.
    pub(crate) inception: Verified<Inception>,
    /// The document.
    pub(crate) document: Value,
    /// Whether it was founded before.
    pub(crate) resumed: bool,
}

/// A zone that is not founded, or whose founding cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoundingError {
    /// Files.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A key beside the signer that signs nothing.
    #[error("`{0}` does not hold a key of 32 bytes in hex")]
    SecretKey(std::path::PathBuf),
    /// A key file.
    #[error("the key file `{path}` is refused")]
    Key {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: JwkError,
    },
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] canon::EntropyGone),
    /// A seed that gives no admissible key.
    #[error("no key could be made")]
    Unlucky(#[source] proof::keys::KeyError),
    /// The inception document.
    #[error("the inception document is refused")]
    Inception(#[from] InceptionError),
    /// The rotations of the keys.
    #[error("the zone's keys are refused")]
    Keys(#[from] HistoryError),
    /// `keys.json` begins at another inception document.
    #[error("`keys.json` is not of the zone's inception document")]
    OtherInception,
    /// It has no canonical form, or is not admissible.
    #[error("the inception document is not admissible")]
    Form(#[from] canon::Refusal),
    /// The folder holds another zone.
    #[error("the folder holds zone `{found}`, not `{expected}`")]
    OtherZone {
        /// In the folder.
        found: String,
        /// Asked for.
        expected: String,
    },
    /// The folder holds a zone of another realm.
    #[error("the folder holds a zone of realm `{found}`, not `{expected}`")]
    OtherRealm {
        /// In the folder.
        found: Realm,
        /// Asked for.
        expected: Realm,
    },
    /// Whoever holds the running keys lacks one.
    #[error("the signer holds no {0} key")]
    NotHeld(Purpose),
    /// The inception names no usable root key.
    #[error("the inception document names no root key")]
    NoRoot,
}

/// Found a zone, or take up the one that was founded here.
///
/// # Errors
/// See [`FoundingError`]; a founding that failed can be repeated.
pub(crate) fn found(
    dir: &ZoneDir,
    roots: &RootKeys,
    asked: &Founding<'_>,
    entropy: &dyn Entropy,
) -> Result<Founded, FoundingError> {
    dir.create()?;
    match read_inception(dir) {
        Ok((inception, document)) => return resume(asked, inception, document),
        Err(FoundingError::Layout(error)) if error.is_absent() => {}
        Err(other) => return Err(other),
    }
    roots.create()?;
    let root = key_at(&roots.root(asked.name), entropy)?;
    let mut keys = Vec::new();
    let mut next_key_commitments = Vec::new();
    for purpose in Purpose::RUNNING {
        let held = asked.elsewhere.as_ref();
        let next = match held.and_then(|held| held.next.get(&purpose)) {
            Some(next) => next.clone(),
            None => key_at(&roots.next(asked.name, purpose), entropy)?.public(),
        };
        let commitment_sha256 = key_commitment(purpose, &next);
        next_key_commitments.push(KeyCommitment { purpose, commitment_sha256 });
        let key = match held {
            Some(held) => {
                held.running.get(&purpose).cloned().ok_or(FoundingError::NotHeld(purpose))?
            }
            None => key_at(&dir.key(purpose), entropy)?.public(),
        };
        keys.push(PurposeKey { purpose, key, from_sequence: 0 });
    }
    let draft = Draft {
        kind: TYPE.to_owned(),
        zone_id: asked.zone_id.clone(),
        zone_host: asked.zone_host.clone(),
        jurisdiction_id: asked.jurisdiction_id.clone(),
        realm: asked.realm,
        root_key: root.public(),
        keys,
        next_key_commitments,
        created: asked.created,
    };
    let document = draft.found(&root)?;
    let inception = Inception::verify(&document, &root.public().did())?;
    write_atomic(&dir.inception(), Canonical::of_value(&document)?.bytes())?;
    Ok(Founded { inception, document, resumed: false })
}

/// The zone's own inception, verified under the root key it names; whether that is the zone meant
/// is for whoever pinned its DID.
///
/// # Errors
/// See [`FoundingError`].
pub(crate) fn read_inception(dir: &ZoneDir) -> Result<(Verified<Inception>, Value), FoundingError> {
    let document = canon::parse_value(&read(&dir.inception())?)?;
    let root = document.get("root_key").and_then(Value::as_str).ok_or(FoundingError::NoRoot)?;
    let did = Did::parse(&format!("did:key:{root}")).map_err(|_| FoundingError::NoRoot)?;
    Ok((Inception::verify(&document, &did)?, document))
}

/// A zone's keys over time, and the documents that say so.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// From the inception to the present.
    pub(crate) history: Verified<KeyHistory>,
    /// The inception document.
    pub(crate) inception: Value,
    /// The rotations since.
    pub(crate) rotations: Vec<Value>,
}

/// The zone's own keys: its inception, and the rotations of `keys.json` where there is one; see
/// [`read_inception`].
///
/// # Errors
/// See [`FoundingError`].
pub(crate) fn read_keys(dir: &ZoneDir) -> Result<Known, FoundingError> {
    let (verified, inception) = read_inception(dir)?;
    let bytes = match read(&dir.keys()) {
        Err(error) if error.is_absent() => {
            let history = KeyHistory::of(verified);
            return Ok(Known { history, inception, rotations: Vec::new() });
        }
        other => other?,
    };
    let document = canon::parse_value(&bytes)?;
    if document.get("inception") != Some(&inception) {
        return Err(FoundingError::OtherInception);
    }
    let history = KeyHistory::read(&document, &verified.did())?;
    let rotations = document.get("rotations").and_then(Value::as_array).cloned();
    Ok(Known { history, inception, rotations: rotations.unwrap_or_default() })
}

/// A private key of mode 0600.
///
/// # Errors
/// Absent, readable by others, or not a key file.
pub(crate) fn read_key(path: &Path) -> Result<SecretKey, FoundingError> {
    let file = KeyFile::parse(&read_secret(path)?);
    let refuse = |source| FoundingError::Key { path: path.display().to_string(), source };
    Ok(file.map_err(refuse)?.secret)
}

fn resume(
    asked: &Founding<'_>,
    inception: Verified<Inception>,
    document: Value,
) -> Result<Founded, FoundingError> {
    if *inception.zone_id() != asked.zone_id {
        let (found, expected) = (inception.zone_id().to_string(), asked.zone_id.to_string());
        return Err(FoundingError::OtherZone { found, expected });
    }
    if inception.realm() != asked.realm {
        let (found, expected) = (inception.realm(), asked.realm);
        return Err(FoundingError::OtherRealm { found, expected });
    }
    Ok(Founded { inception, document, resumed: true })
}

/// The key payloads for a zone are opened with; made and written when there is none.
///
/// # Errors
/// See [`FoundingError`].
pub(crate) fn payload_secret_at(
    path: &Path,
    entropy: &dyn Entropy,
) -> Result<HpkeSecret, FoundingError> {
    Ok(HpkeSecret::from_seed(&mut *seed_at(path, entropy)?))
}

/// The key that those of persons are wrapped with; made and written when there is none.
///
/// # Errors
/// See [`FoundingError`].
pub(crate) fn personal_key_at(
    path: &Path,
    entropy: &dyn Entropy,
) -> Result<ZoneKey, FoundingError> {
    Ok(ZoneKey::from_seed(&mut *seed_at(path, entropy)?))
}

/// 32 bytes in hex, mode 0600; unpredictable ones where there is no file.
fn seed_at(path: &Path, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, FoundingError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    match read_secret(path) {
        Ok(text) => {
            let read = HEXLOWER.decode(&text).ok().map(Zeroizing::new);
            let read = read.filter(|read| read.len() == seed.len());
            let read = read.ok_or_else(|| FoundingError::SecretKey(path.to_owned()))?;
            seed.copy_from_slice(&read);
        }
        Err(error) if error.is_absent() => {
            entropy.fill(seed.as_mut_slice())?;
            let text = Zeroizing::new(HEXLOWER.encode(seed.as_slice()));
            write_secret(path, text.as_bytes())?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(seed)
}

/// The key in a file; made and written when there is none.
///
/// # Errors
/// See [`FoundingError`].
pub(crate) fn key_at(path: &Path, entropy: &dyn Entropy) -> Result<SecretKey, FoundingError> {
    match read_key(path) {
        Err(FoundingError::Layout(error)) if error.is_absent() => {}
        other => return other,
    }
    let mut seed = Zeroizing::new([0u8; 32]);
    entropy.fill(seed.as_mut_slice())?;
    let secret = SecretKey::of_seed(&seed).map_err(FoundingError::Unlucky)?;
    write_secret(path, KeyFile::print(&secret).as_bytes())?;
    Ok(secret)
}
