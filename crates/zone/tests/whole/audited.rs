//! The audit log at the zone: an entry stands with what it tells of or neither does, whichever commit fails; two persons
//! with a clock in hand.

use canon::PrincipalId;
use serde_json::{Value, json};
use store::sim::Remains;
use zone::{
    Access, AuditChain, Caller, Heard, RatePolicy, Refused, Requested, Scope, TokenAsk, Turn,
    Unwritten,
};

use crate::rig::work::ask;
use crate::rig::{Net, Site};

fn heard(principal: &str) -> Heard {
    Heard {
        principal: Some(PrincipalId::parse(principal).unwrap()),
        scope: "operator",
        entity_id: None,
        method: "POST",
        route: "/v1/tokens",
        target: "/v1/tokens".to_owned(),
        body_sha256: None,
    }
}

/// Every entry, checked on the way.
fn entries(site: &Site) -> Vec<Value> {
    let (mut all, mut after, mut chain) = (Vec::new(), None, AuditChain::default());
    loop {
        let page = site.zone().audit(after, 7).unwrap();
        for item in &page.items {
            let root = canon::Digest::from_hex(item["root"].as_str().unwrap()).unwrap();
            chain.take(&item["entry"], Some(&root)).unwrap();
            all.push(item["entry"].clone());
        }
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => return all,
        }
    }
}

fn token(site: &Site, name: &str) -> Result<String, Refused> {
    let principal = PrincipalId::parse(name).unwrap();
    let wanted = TokenAsk::unbound(principal, vec![Scope::Reader], None);
    site.zone().attended(heard("operator"), None, || site.zone().make_token(None, wanted)).answer
}

#[test]
fn an_entry_stands_with_its_write_or_neither_does_whichever_commit_fails() {
    for remains in [Remains::Nothing, Remains::Everything] {
        let mut failed = 0;
        for n in 1..12 {
            let net = Net::new();
            let mut site = Site::opened("sg", &net);
            site.sim().fail_fsync(n);
            for name in ["ana", "ben", "cho"] {
                let refused = {
                    let mut wrong = heard("dan");
                    wrong.scope = "none";
                    site.zone().audit_unwritten(wrong, Unwritten::Refused("forbidden".to_owned()));
                    token(&site, name).is_err()
                };
                if refused || site.zone().stopped().is_some() {
                    failed += 1;
                    site.close();
                    site.sim().crash_leaving(remains);
                    site.open().unwrap();
                }
            }
            let made = site.zone().decisions(&zone::DecisionQuery::default(), 200).unwrap().items;
            let made: Vec<&Value> = made.iter().filter(|item| item["task"] == "token").collect();
            let told = entries(&site);
            let written: Vec<&Value> =
                told.iter().filter(|entry| entry["outcome"] == "duty").collect();
            assert_eq!(written.len(), made.len(), "{remains:?} {n}");
            for (entry, decision) in written.iter().zip(&made) {
                assert_eq!(entry["decision"]["sequence"], decision["sequence"]);
                assert_eq!(entry["decision"]["root"], decision["root"]);
            }
        }
        assert!(failed > 0, "no commit failed");
    }
}

#[test]
fn an_entry_that_was_changed_dropped_or_moved_is_where_the_chain_ends() {
    let net = Net::new();
    let site = Site::opened("sg", &net);
    for name in ["ana", "ben", "cho", "dan"] {
        token(&site, name).unwrap();
    }
    let items = site.zone().audit(None, 200).unwrap().items;
    let broken_at = |items: &[Value]| {
        let mut chain = AuditChain::default();
        items.iter().position(|item| {
            let root = canon::Digest::from_hex(item["root"].as_str().unwrap()).unwrap();
            chain.take(&item["entry"], Some(&root)).is_err()
        })
    };
    assert_eq!(broken_at(&items), None);
    for at in 0..items.len() {
        for name in items[at]["entry"].as_object().unwrap().keys() {
            let mut wrong = items.clone();
            wrong[at]["entry"][name] = json!("x");
            assert_eq!(broken_at(&wrong), Some(at), "{at} {name}");
        }
        let mut shorter = items.clone();
        shorter.remove(at);
        let expected = (at < items.len() - 1).then_some(at);
        assert_eq!(broken_at(&shorter), expected, "without {at}");
    }
    let mut moved = items.clone();
    moved.swap(1, 2);
    assert_eq!(broken_at(&moved), Some(1));
}

fn operator(site: &Site, name: &str) -> Caller {
    let principal = PrincipalId::parse(name).unwrap();
    let made = site.zone().create_token(None, principal, vec![Scope::Operator], None).unwrap();
    site.zone().authenticate(&made).unwrap()
}

#[test]
fn an_approval_ends_after_its_hour_and_is_for_one_exact_request_of_somebody_else() {
    let net = Net::new();
    let site = Site::opened("sg", &net);
    let (ana, ben) = (operator(&site, "ana"), operator(&site, "ben"));
    let wanted = |reason: &str| Requested {
        method: "POST",
        path: "/v1/corridors/x/halt".to_owned(),
        what: "Halt.",
        body: json!({ "reason": reason }),
    };
    let turn = |caller: &Caller, key: &str, reason: &str| {
        let asking = || site.zone().two_persons(&ask(caller, key, reason), &wanted(reason));
        site.zone().attended(heard(caller.principal().as_str()), None, asking).answer
    };
    let answered = |turn: Result<Turn, Refused>| match turn.unwrap() {
        Turn::Answered(told) => told,
        Turn::Run => panic!("it would be done"),
    };
    let first = answered(turn(&ana, "1", "fire"));
    assert_eq!((first.status, &first.body["state"]), (202, &json!("pending")));
    assert!(answered(turn(&ana, "1", "fire")).replayed);
    assert_eq!(turn(&ana, "2", "fire").unwrap_err().code(), "approval-same-person");
    assert_eq!(answered(turn(&ben, "3", "water")).status, 202, "another request");
    assert_eq!(turn(&ben, "4", "fire").unwrap(), Turn::Run);
    net.clock.forward(zone::limits::APPROVAL_SECS);
    let id = canon::Digest::from_hex(first.body["approval_id"].as_str().unwrap()).unwrap();
    assert_eq!(site.zone().approving(&ben, &id).unwrap_err().code(), "approval-ended");
    assert_eq!(site.zone().approval_shown(&id).unwrap()["state"], "expired");
    assert_eq!(answered(turn(&ben, "5", "fire")).status, 202, "asked anew, by ben");
    assert_eq!(turn(&ana, "6", "fire").unwrap(), Turn::Run);
}

#[test]
fn a_bucket_is_shared_by_leases_and_a_store_that_is_away_shuts_nobody_out() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let caller = site.caller();
    let rates = RatePolicy { per_minute: 60, burst: 10, lease: 4 };
    site.zone().govern(Access { rates, ..Access::default() });
    let syncs = site.sim().fsyncs();
    let through = (0..30).filter(|_| site.zone().counted(&caller).admitted).count();
    assert_eq!(through, 10);
    assert_eq!(site.sim().fsyncs() - syncs, 3, "a commit a lease, none a request");
    assert_eq!(site.zone().counted(&caller).secs, 1);
    net.clock.forward(5);
    assert_eq!((0..30).filter(|_| site.zone().counted(&caller).admitted).count(), 5);
    // Started again, it goes on with what is in the store: leases of before are lost, never doubled.
    net.clock.forward(60);
    assert!(site.zone().counted(&caller).admitted);
    site.close();
    site.open().unwrap();
    site.zone().govern(Access { rates, ..Access::default() });
    assert_eq!((0..30).filter(|_| site.zone().counted(&caller).admitted).count(), 6);
    net.clock.forward(60);
    site.sim().take_away(true);
    assert_eq!((0..4).filter(|_| site.zone().counted(&caller).admitted).count(), 4);
    site.sim().take_away(false);
}
