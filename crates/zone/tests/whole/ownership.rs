//! Members vote and shares are issued, while every fsync fails once: the approval is used as often as shares are issued.

use canon::{EntityId, RecordId, Timestamp};
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};
use registry::consent::{Ballot, Choice};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zone::{EnterOwnership, OpenCapTable, OpenConsent, Refused};

use crate::rig::BEGIN;
use crate::rig::steady::{Steady, whichever_fsync_fails};
use crate::rig::work::{ask, entity_id, try_form};

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32]).unwrap()
}

fn read<T: DeserializeOwned>(document: Value) -> T {
    serde_json::from_value(document).unwrap()
}

fn issue(holder: &str, shares: u64) -> Value {
    json!({ "event": "issue", "class_id": "common",
        "allotments": [{ "holder_id": holder, "shares": shares }] })
}

fn enter(
    office: &mut Steady,
    id: &EntityId,
    (name, entry): (&str, &Value),
    consent: Option<&RecordId>,
) {
    let wanted: EnterOwnership = read(json!({ "entry": entry }));
    let wanted = EnterOwnership { consent_id: consent.cloned(), ..wanted };
    office.keyed(name, |zone, ask| zone.enter_ownership(ask, id, &wanted));
}

fn shares_by_vote(office: &mut Steady) {
    let formed =
        office.step(|site| try_form(site, "form", "Straits Tailors", &["Ada Brightwater"]));
    let id = entity_id(&formed);
    let open: OpenCapTable = read(json!({ "entity_id": id, "classes": [{ "class_id": "common",
            "name": "Common", "authorized": 100, "votes_per_share": 1 }] }));
    office.keyed("open", |zone, ask| zone.open_cap_table(ask, &open));
    let holder = json!({ "event": "enter", "holder": { "holder_id": "ann", "name": "Ann Tan",
            "kind": "person", "voter": key(1).public().did() } });
    enter(office, &id, ("enter", &holder), None);
    enter(office, &id, ("issue-1", &issue("ann", 100)), None);
    let until = Timestamp::parse(BEGIN).unwrap().plus_secs(86_400).unwrap();
    let ask_for: OpenConsent = read(json!({ "entity_id": id, "title": "More", "expires": until,
            "operation": { "operation": "issue_shares", "class_id": "common", "shares": 50 },
            "rule": { "quorum_bp": 5_000, "threshold": { "threshold": "majority", "of": "all" } } }));
    let opened = office.keyed("propose", |zone, ask| zone.open_consent(ask, &ask_for));
    let result = &opened.body["result"];
    let consent: RecordId = read(result["consent_id"].clone());
    let digest = read(result["proposal_sha256"].clone());
    let ballot = Ballot::of(consent.clone(), digest, key(1).public().did(), Choice::Approve);
    let options = ProofOptions::assertion(Timestamp::parse(BEGIN).unwrap(), &key(1));
    let ballot = serde_json::to_value(ballot).unwrap();
    let ballot = sign_document(ballot, &options, &key(1)).unwrap();
    office.keyed("vote", |zone, ask| zone.vote(ask, &consent, &ballot));
    enter(office, &id, ("issue-2", &issue("ann", 50)), Some(&consent));
    let zone = office.site.zone();
    let table = zone.cap_table(&id, None).unwrap();
    assert_eq!((&table["classes"][0]["issued"], &table["entries"]), (&json!(150), &json!(4)));
    assert_eq!(zone.proposal(&consent).unwrap()["status"], "COMPLETED");
    let entries = zone.cap_table_entries(&id, None, 50).unwrap().items;
    assert_eq!(entries.len(), 4);
    let caller = office.site.caller();
    let wanted: EnterOwnership = read(json!({ "entry": issue("ann", 50), "consent_id": consent }));
    let again = office.site.zone().enter_ownership(&ask(&caller, "issue-3", "i"), &id, &wanted);
    assert!(matches!(again, Err(Refused::Conflict { code: "consent-required", .. })), "{again:?}");
}

#[test]
fn whichever_fsync_fails_an_approval_is_used_once() {
    whichever_fsync_fails("sg", shares_by_vote);
}
