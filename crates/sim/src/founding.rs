//! Zones and issuers that are founded for a run; their keys follow from their names.

use canon::{Digest, JurisdictionId, Realm, Timestamp, ZoneId};
use proof::credential::{Anchor, Anchors, Unsigned, issue};
use proof::inception::{Draft, KeyCommitment, PurposeKey, key_commitment};
use proof::{Purpose, SecretKey};
use serde_json::{Value, json};

use crate::content::Named;
use crate::failure::{Failure, rig};
use crate::time::BEGIN;

const DAY: i64 = 86_400;

/// The key of a name and a purpose.
pub(crate) fn key(word: &str, purpose: &str) -> Result<SecretKey, Failure> {
    let seed = Digest::of_blob(format!("{word}/{purpose}").as_bytes());
    SecretKey::from_seed(*seed.as_bytes()).map_err(rig)
}

/// The issuer every zone of a run believes.
fn issuer() -> Result<SecretKey, Failure> {
    key("issuer", "assertion")
}

/// Days before the beginning: no clock of a run goes back further.
fn long_ago() -> Result<Timestamp, Failure> {
    Timestamp::from_unix(BEGIN - 30 * DAY).map_err(rig)
}

/// The inception document of a zone.
pub(crate) fn found(named: Named) -> Result<Value, Failure> {
    let (word, zone_id, jurisdiction) = named;
    let root = key(word, "root")?;
    let mut keys = Vec::new();
    let mut next_key_commitments = Vec::new();
    for purpose in Purpose::RUNNING {
        let next = key(word, &format!("next {purpose}"))?.public();
        let commitment_sha256 = key_commitment(purpose, &next);
        next_key_commitments.push(KeyCommitment { purpose, commitment_sha256 });
        let key = key(word, &purpose.to_string())?.public();
        keys.push(PurposeKey { purpose, key, from_sequence: 0 });
    }
    let draft = Draft {
        kind: proof::inception::TYPE.to_owned(),
        zone_id: ZoneId::parse(zone_id).map_err(rig)?,
        zone_host: format!("{word}.example"),
        jurisdiction_id: JurisdictionId::parse(jurisdiction).map_err(rig)?,
        realm: Realm::Sandbox,
        root_key: root.public(),
        keys,
        next_key_commitments,
        created: long_ago()?,
    };
    draft.found(&root).map_err(rig)
}

/// Whom the zones of a run believe.
pub(crate) fn anchors() -> Result<Anchors, Failure> {
    let anchor = Anchor {
        anchor_id: "sim-issuer".to_owned(),
        kind: "did".to_owned(),
        identifier: issuer()?.public().did(),
        allowed_attestations: vec!["*".to_owned()],
        realm: Realm::Sandbox,
    };
    Anchors::of(Realm::Sandbox, vec![anchor]).map_err(rig)
}

fn credential(kind: &str, subject: Value) -> Result<Value, Failure> {
    let key = issuer()?;
    let from = long_ago()?;
    let unsigned = Unsigned {
        id: format!("urn:sim:{}", Digest::of_blob(subject.to_string().as_bytes())),
        types: vec![kind.to_owned()],
        issuer: key.public().did(),
        realm: Realm::Sandbox,
        subject,
        valid_from: from,
        valid_until: from.plus_secs(720 * DAY).map_err(rig)?,
        evidence: Vec::new(),
        status: Vec::new(),
    };
    issue(unsigned, &key, &key.public().verification_method()).map_err(rig)
}

/// What a company brings along to be formed.
pub(crate) fn evidence(name: &str, owners: &Value) -> Result<Vec<Value>, Failure> {
    let id = format!("urn:sim:company:{}", Digest::of_blob(name.as_bytes()));
    let owned = json!({ "id": id, "legal_name": name, "owners": owners });
    let funds = json!({ "id": id, "legal_name": name });
    Ok(vec![
        credential("BeneficialOwnershipCredential", owned)?,
        credential("SourceOfFundsCredential", funds)?,
    ])
}
