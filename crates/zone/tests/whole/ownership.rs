//! Members vote and shares are issued, while every fsync fails once: the approval is used as often as shares are issued.

use canon::{EntityId, RecordId, Timestamp};
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};
use registry::consent::{Ballot, Choice};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::sim::Remains;
use zone::{EnterOwnership, Envelope, OpenCapTable, OpenConsent, Refused};

use crate::rig::work::{ask, entity_id, try_form};
use crate::rig::{BEGIN, Net, Site};

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

struct Office {
    site: Site,
    remains: Remains,
    recovered: usize,
}

impl Office {
    fn new(remains: Remains) -> Self {
        let site = Site::new("sg", &Net::new(), None);
        Self { site, remains, recovered: 0 }
    }

    fn recover(&mut self) {
        for _ in 0..3 {
            self.site.close();
            self.site.sim().crash_leaving(self.remains);
            self.recovered += 1;
            if self.site.open().is_ok() {
                return;
            }
        }
        panic!("the zone does not open again");
    }

    /// Ask until it is done; the answer under the same key is the same again.
    fn step(&mut self, act: impl Fn(&mut Site) -> Result<Envelope, Refused>) -> Envelope {
        for _ in 0..6 {
            match act(&mut self.site) {
                Ok(done) => {
                    let again = act(&mut self.site).unwrap();
                    assert_eq!((again.replayed, &again.body), (true, &done.body));
                    return done;
                }
                Err(Refused::NotSigning(_) | Refused::Unavailable(_) | Refused::Busy) => {
                    if self.site.zone().stopped().is_some() {
                        self.recover();
                    }
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("a step never ends");
    }

    fn enter(&mut self, id: &EntityId, name: &str, entry: &Value, consent: Option<&RecordId>) {
        let wanted: EnterOwnership = read(json!({ "entry": entry }));
        let wanted = EnterOwnership { consent_id: consent.cloned(), ..wanted };
        self.step(|site| {
            let caller = site.try_caller()?;
            site.zone().enter_ownership(&ask(&caller, name, name), id, &wanted)
        });
    }

    fn run(&mut self) {
        if self.site.open().is_err() {
            self.recover();
        }
        let formed =
            self.step(|site| try_form(site, "form", "Straits Tailors", &["Ada Brightwater"]));
        let id = entity_id(&formed);
        let open: OpenCapTable = read(json!({ "entity_id": id, "classes": [{ "class_id": "common",
            "name": "Common", "authorized": 100, "votes_per_share": 1 }] }));
        self.step(|site| {
            let caller = site.try_caller()?;
            site.zone().open_cap_table(&ask(&caller, "open", "o"), &open)
        });
        let holder = json!({ "event": "enter", "holder": { "holder_id": "ann", "name": "Ann Tan",
            "kind": "person", "voter": key(1).public().did() } });
        self.enter(&id, "enter", &holder, None);
        self.enter(&id, "issue-1", &issue("ann", 100), None);
        let until = Timestamp::parse(BEGIN).unwrap().plus_secs(86_400).unwrap();
        let ask_for: OpenConsent = read(
            json!({ "entity_id": id, "title": "More", "expires": until,
            "operation": { "operation": "issue_shares", "class_id": "common", "shares": 50 },
            "rule": { "quorum_bp": 5_000, "threshold": { "threshold": "majority", "of": "all" } } }),
        );
        let opened = self.step(|site| {
            let caller = site.try_caller()?;
            site.zone().open_consent(&ask(&caller, "propose", "p"), &ask_for)
        });
        let result = &opened.body["result"];
        let consent: RecordId = read(result["consent_id"].clone());
        let digest = read(result["proposal_sha256"].clone());
        let ballot = Ballot::of(consent.clone(), digest, key(1).public().did(), Choice::Approve);
        let options = ProofOptions::assertion(Timestamp::parse(BEGIN).unwrap(), &key(1));
        let ballot = serde_json::to_value(ballot).unwrap();
        let ballot = sign_document(ballot, &options, &key(1)).unwrap();
        self.step(|site| {
            let caller = site.try_caller()?;
            site.zone().vote(&ask(&caller, "vote", "v"), &consent, &ballot)
        });
        self.enter(&id, "issue-2", &issue("ann", 50), Some(&consent));
        let zone = self.site.zone();
        let table = zone.cap_table(&id, None).unwrap();
        assert_eq!((&table["classes"][0]["issued"], &table["entries"]), (&json!(150), &json!(4)));
        assert_eq!(zone.proposal(&consent).unwrap()["status"], "COMPLETED");
        let entries = zone.cap_table_entries(&id, None, 50).unwrap().items;
        assert_eq!(entries.len(), 4);
        let caller = self.site.caller();
        let wanted: EnterOwnership =
            read(json!({ "entry": issue("ann", 50), "consent_id": consent }));
        let again = self.site.zone().enter_ownership(&ask(&caller, "issue-3", "i"), &id, &wanted);
        assert!(
            matches!(again, Err(Refused::Conflict { code: "consent-required", .. })),
            "{again:?}"
        );
    }
}

#[test]
fn whichever_fsync_fails_an_approval_is_used_once() {
    let mut whole = Office::new(Remains::Nothing);
    whole.run();
    assert_eq!(whole.recovered, 0);
    let count = whole.site.sim().fsyncs();
    assert!(count > 5, "{count}");
    for remains in [Remains::Nothing, Remains::Everything] {
        for n in 1..=count {
            let mut office = Office::new(remains);
            office.site.sim().fail_fsync(n);
            office.run();
            assert!(office.recovered > 0, "fsync {n} of {count} did not fail");
        }
    }
}
