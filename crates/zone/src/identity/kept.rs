//! A person at rest: what may be told, and the rest sealed.

use canon::{Canonical, Did, Digest, EntityId, RecordId, Timestamp};
use proof::base64;
use proof::personal::{KEY_BYTES, NONCE_BYTES, SubjectKey, ZoneKey, commitment};
use registry::{Particulars, SubjectKind, Tier};
use serde::{Deserialize, Serialize};
use store::CommitError;

use super::{KIND, subject};
use crate::evidence::Held;
use crate::idempotency::Ask;
use crate::refused::Refused;
use crate::writes::{Admitted, Writes};
use crate::zone::{Loaded, Zone};

/// Where somebody stands in the register of persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Standing {
    /// Known.
    Known {
        /// Since when.
        since: Timestamp,
    },
    /// Forgotten: the key is destroyed.
    Erased {
        /// When.
        at: Timestamp,
    },
}

/// How long a type of evidence lasts; which credential it was lies sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lasting {
    /// Its type.
    pub(super) kind: String,
    /// Until when.
    pub(super) until: Timestamp,
}

/// The record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    #[serde(rename = "type")]
    type_: String,
    pub(super) identity_id: RecordId,
    pub(super) kind: SubjectKind,
    pub(super) standing: Standing,
    /// The entity it is, or stands behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) entity_id: Option<EntityId>,
    pub(super) evidence: Vec<Lasting>,
    /// What earlier versions kept of checks that nobody ever made; read, and written no more.
    #[serde(default, skip_serializing, rename = "checks")]
    _checks: Vec<serde_json::Value>,
    /// What the journal says of the sealed part.
    pub(super) commitment_sha256: Digest,
    /// The subject's key, wrapped; gone once it is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) wrapped_key: Option<String>,
    /// The sealed part; gone once it is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed: Option<String>,
}

/// A DID whose holder showed that it controls it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bound {
    pub(super) did: Did,
    pub(super) since: Timestamp,
}

/// The sealed part. It is never `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    #[serde(rename = "type")]
    type_: String,
    /// 32 unpredictable bytes; gone with the key.
    salt: Digest,
    pub(super) particulars: Particulars,
    pub(super) evidence: Vec<Held>,
    pub(super) dids: Vec<Bound>,
}

/// A person that was opened, with its key in hand.
pub(super) struct Opened {
    pub(super) rev: Option<u64>,
    pub(super) kept: Kept,
    pub(super) secret: Secret,
    pub(super) key: SubjectKey,
}

impl Kept {
    /// The tier the evidence carries at a moment, and until when.
    pub(super) fn tier(&self, now: Timestamp) -> (Tier, Option<Timestamp>) {
        Tier::of(&self.lasting(), now)
    }

    pub(super) fn lasting(&self) -> Vec<(&str, Timestamp)> {
        self.evidence.iter().map(|held| (held.kind.as_str(), held.until)).collect()
    }

    /// The same record with nothing in it that could be opened.
    pub(super) fn erased(self, at: Timestamp) -> Self {
        let standing = Standing::Erased { at };
        let evidence = Vec::new();
        let (wrapped_key, sealed, entity_id) = (None, None, None);
        Self { standing, evidence, wrapped_key, sealed, entity_id, ..self }
    }
}

impl Secret {
    /// What the journal is told: nobody without the salt can try what it may be.
    pub(super) fn commitment(&self) -> Result<Digest, Refused> {
        Ok(commitment(Canonical::of(self).map_err(Refused::host)?.digest(), &self.salt))
    }

    /// A digest of something else of the subject, under the same salt.
    pub(super) fn salted(&self, digest: Digest) -> Digest {
        commitment(digest, &self.salt)
    }
}

impl Opened {
    /// Somebody new, under a key of its own.
    pub(super) fn new(
        zone: &Zone,
        id: &RecordId,
        (particulars, entity_id): (Particulars, Option<EntityId>),
        evidence: Vec<Held>,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let mut seed = [0; KEY_BYTES];
        zone.entropy.fill(&mut seed)?;
        let key = SubjectKey::from_seed(&mut seed);
        let (kind, salt) = (particulars.kind(), zone.salt()?);
        let type_ = "MEZPerson".to_owned();
        let secret = Secret { type_, salt, particulars, evidence, dids: Vec::new() };
        let nonce = zone.nonce()?;
        let wrapped = zone.personal_key()?.wrap(&key, &subject(id), nonce);
        let wrapped = wrapped.map_err(Refused::host)?;
        let kept = Kept {
            type_: "MEZIdentity".to_owned(),
            identity_id: id.clone(),
            kind,
            standing: Standing::Known { since: now },
            entity_id,
            evidence: Vec::new(),
            _checks: Vec::new(),
            commitment_sha256: secret.commitment()?,
            wrapped_key: Some(base64::encode(&wrapped)),
            sealed: None,
        };
        Ok(Self { rev: None, kept, secret, key })
    }

    /// Seal what is known now, under a nonce of its own, and say what may be said of it.
    pub(super) fn seal(&mut self, zone: &Zone) -> Result<(), Refused> {
        let document = Canonical::of(&self.secret).map_err(Refused::host)?;
        let about = subject(&self.kept.identity_id);
        let sealed = self.key.seal(&about, zone.nonce()?, document.bytes());
        self.kept.sealed = Some(base64::encode(&sealed.map_err(Refused::host)?));
        self.kept.commitment_sha256 = self.secret.commitment()?;
        let lasting = |held: &Held| Lasting { kind: held.kind.clone(), until: held.expires };
        self.kept.evidence = self.secret.evidence.iter().map(lasting).collect();
        Ok(())
    }
}

impl Zone {
    /// What the keys of persons are wrapped with; given once, after a start. The data are bound to the first one: under
    /// another nobody could be read, and nobody is registered.
    ///
    /// # Errors
    /// `personal-key-other`, or the store.
    pub fn keep_persons_with(&self, key: ZoneKey) -> Result<(), Refused> {
        let name = key.blinded(b"name").map_err(Refused::host)?.to_string();
        match self.store.set_meta_once("personal-key", &name) {
            Ok(()) => {
                drop(self.personal_key.set(key));
                Ok(())
            }
            Err(CommitError::MetaBound { .. }) => {
                let detail =
                    "signer/personal.priv is not the key that persons of this zone are kept under";
                Err(Refused::conflict("personal-key-other", detail))
            }
            Err(other) => Err(self.commit_refused(other)),
        }
    }

    pub(crate) fn personal_key(&self) -> Result<&ZoneKey, Refused> {
        self.personal_key.get().ok_or_else(|| {
            let detail = "this zone has no key for personal data, and takes none";
            Refused::conflict("personal-key-absent", detail)
        })
    }

    pub(crate) fn nonce(&self) -> Result<[u8; NONCE_BYTES], Refused> {
        let mut nonce = [0; NONCE_BYTES];
        self.entropy.fill(&mut nonce)?;
        Ok(nonce)
    }

    /// The same request, remembered under a digest nobody can try requests against.
    pub(crate) fn veiled(&self, ask: &Ask) -> Result<Ask, Refused> {
        let Some((key, request)) = &ask.key else { return Ok(ask.clone()) };
        let veiled = self.personal_key()?.blinded(request.as_bytes()).map_err(Refused::host)?;
        Ok(Ask { caller: ask.caller.clone(), key: Some((key.clone(), veiled)) })
    }

    /// The record of somebody, sealed.
    pub(super) fn person(&self, id: &RecordId) -> Result<Loaded<Kept>, Refused> {
        self.need(KIND, id.as_str())
    }

    /// Somebody opened.
    pub(super) fn person_opened(&self, id: &RecordId) -> Result<Opened, Refused> {
        let Loaded { rev, value: kept } = self.person(id)?;
        let erased = || Refused::conflict("identity-erased", format!("`{id}` was erased"));
        let (Some(wrapped), Some(sealed)) = (&kept.wrapped_key, &kept.sealed) else {
            return Err(erased());
        };
        let about = subject(id);
        let bytes = |text: &str| base64::decode(text).ok_or_else(|| Refused::host("base64"));
        let key = self.personal_key()?.unwrap(&bytes(wrapped)?, &about);
        let key = key.map_err(Refused::host)?;
        let document = key.open(&about, &bytes(sealed)?).map_err(Refused::host)?;
        let secret = Canonical::exact(&document).and_then(|canonical| canonical.read());
        let secret = secret.map_err(|_| Refused::host(format!("{KIND} {id} does not parse")))?;
        Ok(Opened { rev, kept, secret, key })
    }
}

impl Writes<'_, Admitted> {
    /// Write somebody, and under which identifiers they are found; each is blinded.
    pub(super) fn person(&mut self, zone: &Zone, opened: &Opened) -> Result<(), Refused> {
        let id = opened.kept.identity_id.as_str();
        self.record(KIND, id, opened.rev, &opened.kept)?;
        for blind in zone.blinds(&opened.secret.particulars)? {
            self.index(KIND, "identifier", &blind, id);
        }
        if let Some(entity) = &opened.kept.entity_id {
            self.index(KIND, "entity", entity.as_str(), id);
        }
        Ok(())
    }
}

impl Zone {
    /// The digest of a body about persons as a log may keep it for ever: keyed, so that nobody can try what it was.
    pub fn veiled_digest(&self, body: &[u8]) -> Option<Digest> {
        let digest = Digest::of_blob(body);
        self.personal_key().ok()?.blinded(digest.as_bytes()).ok()
    }

    /// Whether somebody is known here, and stands behind this entity.
    pub(crate) fn stands_behind(&self, id: &str, entity: &EntityId) -> Result<bool, Refused> {
        let kept: Option<Loaded<Kept>> = self.load(KIND, id)?;
        Ok(kept.is_some_and(|kept| kept.value.entity_id.as_ref() == Some(entity)))
    }

    /// What the identifiers of somebody are found under.
    pub(super) fn blinds(&self, particulars: &Particulars) -> Result<Vec<String>, Refused> {
        let key = self.personal_key()?;
        let blind = |known: &registry::Identifier| {
            let text = format!("{}\n{}", known.scheme, known.value);
            Ok(key.blinded(text.as_bytes()).map_err(Refused::host)?.to_string())
        };
        particulars.identifiers().iter().map(blind).collect()
    }
}
