//! Assets through whole zones: one holder wherever they are, refused ones come back, law at both ends, and both
//! sides' decisions in one view.

use canon::{CorridorId, Digest, EntityId, RecordId};
use serde_json::{Value, json};
use store::Store as _;
use zone::{AdoptAsk, Envelope, Refused, RegisterAsset, SendAsset};

use crate::rig::work::{ask, company, join, pump};
use crate::rig::{Net, Site, law_of};

/// Two zones, a company in each, and the corridor between them.
struct Scene {
    sites: [Site; 2],
    parties: [EntityId; 2],
    names: [&'static str; 2],
    id: CorridorId,
    asked: u64,
}

impl Scene {
    fn new() -> Self {
        let net = Net::new();
        let mut sites = ["pk-sifc", "sg"].map(|word| Site::opened(word, &net));
        let names = ["Indus Weave", "Straits Tailors"];
        let [a, b] = &mut sites;
        let parties = [company(a, names[0], "0").0, company(b, names[1], "0").0];
        let id = join(a, b);
        Self { sites, parties, names, id, asked: 0 }
    }

    fn ask(&mut self, at: usize) -> zone::Ask {
        self.asked += 1;
        let caller = self.sites[at].caller();
        ask(&caller, &format!("asset-{}", self.asked), &self.asked.to_string())
    }

    fn register(&mut self, at: usize, name: &str) -> Result<Envelope, Refused> {
        let ask = self.ask(at);
        let holder_id = self.parties[at].clone();
        let (asset_class, asset_name) = ("property".to_owned(), name.to_owned());
        let wanted = RegisterAsset { asset_class, asset_name, description: None, holder_id };
        self.sites[at].zone().register_asset(&ask, &wanted)
    }

    fn registered(&mut self, at: usize, name: &str) -> Digest {
        let told = self.register(at, name).unwrap();
        assert_eq!(told.body["compliance"]["outcome"], "allow");
        Digest::from_hex(told.body["result"]["asset_id"].as_str().unwrap()).unwrap()
    }

    fn send_to(
        &mut self,
        from: usize,
        id: &Digest,
        to: &str,
        name: &str,
    ) -> Result<Envelope, Refused> {
        let ask = self.ask(from);
        let recipient_id = RecordId::parse(to).unwrap();
        let corridor_id = self.id.clone();
        let to = SendAsset { corridor_id, recipient_id, recipient_name: name.to_owned() };
        self.sites[from].zone().send_asset(&ask, id, &to)
    }

    fn send(&mut self, from: usize, id: &Digest) -> Result<Envelope, Refused> {
        let (to, name) = (self.parties[1 - from].to_string(), self.names[1 - from]);
        self.send_to(from, id, &to, name)
    }

    fn pump(&self) {
        pump(&[&self.sites[0], &self.sites[1]]);
    }

    fn seen(&self, at: usize, id: &Digest) -> Value {
        self.sites[at].zone().asset(id).unwrap()
    }

    fn state(&self, at: usize, id: &Digest) -> String {
        self.seen(at, id)["state"].as_str().unwrap().to_owned()
    }

    fn compliance(&self, at: usize, lane: usize, sequence: u64) -> Value {
        let lane = self.sites[lane].zone().zone_id().clone();
        self.sites[at].zone().receipt_compliance(&self.id, Some(&lane), sequence).unwrap()
    }
}

/// Start a zone again with these names on its lists.
fn list(site: &mut Site, names: &[&str]) {
    site.close();
    site.listed_here = names.iter().map(|name| (*name).to_owned()).collect();
    site.open().unwrap();
}

fn sequence(told: &Envelope) -> u64 {
    told.body["result"]["lane_receipt"]["sequence"].as_u64().unwrap()
}

fn code(told: Result<Envelope, Refused>) -> &'static str {
    told.unwrap_err().code()
}

#[test]
fn an_asset_goes_over_and_comes_back_with_one_holder_all_the_way() {
    let mut scene = Scene::new();
    let id = scene.registered(0, "Plot 7, Harbour Road");
    assert_eq!(scene.seen(0, &id)["holder"], json!(scene.parties[0]));

    let sent = scene.send(0, &id).unwrap();
    assert_eq!(
        (scene.state(0, &id), scene.seen(0, &id)["holder"].clone()),
        ("sent".into(), Value::Null)
    );
    assert_eq!(code(scene.send(0, &id)), "asset-not-held", "nobody sends it twice");
    let waits = scene.compliance(0, 0, sequence(&sent));
    assert_eq!(
        (&waits["state"], &waits["writer"]["state"]),
        (&json!("pending"), &json!("admitted"))
    );
    assert_eq!(waits["reader"]["state"], "pending");
    scene.pump();
    assert_eq!((scene.state(0, &id), scene.state(1, &id)), ("gone".into(), "held".into()));
    let there = scene.seen(1, &id);
    assert_eq!((&there["holder"], &there["crossings"]), (&json!(scene.parties[1]), &json!(1)));
    assert_eq!(there["genesis"], scene.seen(0, &id)["genesis"], "the same asset");
    assert_eq!(there["compliance"]["outcome"], "allow");
    assert_eq!(code(scene.send(0, &id)), "asset-not-held");

    // Both zones see both decisions; each has the domains of its own.
    for at in [0, 1] {
        let both = scene.compliance(at, 0, sequence(&sent));
        assert_eq!(both["state"], "admitted", "{both:#}");
        let (mine, theirs) = if at == 0 { ("writer", "reader") } else { ("reader", "writer") };
        assert_eq!(both[mine]["decision"]["domains"].as_array().unwrap().len(), 20);
        assert_eq!(both[theirs]["decision"], Value::Null, "what the other decided it keeps");
        assert!(both[theirs]["decision_sha256"].is_string(), "{both:#}");
    }

    let awaited = |scene: &Scene, at: usize| {
        let queue = format!("awaited/{}", scene.id);
        scene.sites[at].sim().jobs(&queue, i64::MAX, 10).unwrap().len()
    };
    assert_eq!(awaited(&scene, 0), 0, "what was decided is awaited no more");
    let back = scene.send(1, &id).unwrap();
    assert_eq!(awaited(&scene, 1), 1);
    scene.pump();
    assert_eq!(awaited(&scene, 1), 0);
    assert_eq!((scene.state(0, &id), scene.state(1, &id)), ("held".into(), "gone".into()));
    assert_eq!(scene.seen(0, &id)["crossings"], 2);
    assert_eq!(scene.compliance(0, 1, sequence(&back))["state"], "admitted");
    let page = scene.sites[0].zone().assets(None, 10).unwrap();
    assert_eq!(page.items.len(), 1);
}

#[test]
fn a_refused_asset_comes_back_to_its_giver() {
    let mut scene = Scene::new();
    let id = scene.registered(0, "Plot 8, Harbour Road");
    let (to, nobody) = (scene.parties[1].to_string(), scene.parties[0].to_string());
    let wrong = [
        (nobody.as_str(), "Straits Tailors", "asset-recipient-unknown"),
        (to.as_str(), "Somebody Else", "asset-recipient-differs"),
    ];
    for (crossing, (to, name, reason)) in (1..).zip(wrong) {
        let sent = scene.send_to(0, &id, to, name).unwrap();
        assert_eq!(scene.state(0, &id), "sent");
        scene.pump();
        let here = scene.seen(0, &id);
        assert_eq!((&here["state"], &here["holder"]), (&json!("held"), &json!(scene.parties[0])));
        assert_eq!(here["refusal"]["reason_code"], reason);
        assert_eq!(here["crossings"], crossing);
        assert!(scene.sites[1].zone().asset(&id).is_err(), "it was never there");
        for at in [0, 1] {
            let both = scene.compliance(at, 0, sequence(&sent));
            assert_eq!(
                (&both["state"], &both["reader"]["reason_code"]),
                (&json!("refused"), &json!(reason))
            );
            // The return is a receipt of its own, decided by the giver's law and taken there.
            let back = scene.compliance(at, 0, sequence(&sent) + 1);
            assert_eq!(
                (&back["kind"], &back["writer"]["state"]),
                (&json!("transfer.return"), &json!("admitted"))
            );
            assert_eq!(back["state"], "accepted", "{back:#}");
        }
    }
    scene.send(0, &id).unwrap();
    scene.pump();
    assert_eq!((scene.state(0, &id), scene.state(1, &id)), ("gone".into(), "held".into()));
}

#[test]
fn law_is_asked_at_both_ends_and_of_the_asset_itself() {
    let mut scene = Scene::new();
    // A listed name is nobody's recipient, and no asset.
    assert_eq!(code(scene.register(0, law_of::LISTED)), "sanctions-hard-block");
    let id = scene.registered(0, "Plot 9, Harbour Road");
    let to = scene.parties[1].to_string();
    let listed = scene.send_to(0, &id, &to, law_of::LISTED);
    assert_eq!(code(listed), "sanctions-hard-block");
    assert_eq!(scene.state(0, &id), "held", "a refusal by law moves nothing");
    // The recipient's zone knows of the giver what ours does not: it refuses under its own law.
    list(&mut scene.sites[1], &["Indus Weave"]);
    let sent = scene.send(0, &id).unwrap();
    scene.pump();
    assert_eq!(scene.state(0, &id), "held");
    let both = scene.compliance(1, 0, sequence(&sent));
    assert_eq!((&both["state"], &both["writer"]["state"]), (&json!("refused"), &json!("admitted")));
    assert_eq!(both["reader"]["reason_code"], "refused-by-law");
    assert_eq!(both["reader"]["decision"]["outcome"], "deny");
}

#[test]
fn an_asset_whose_giver_was_listed_since_waits_for_law() {
    let mut scene = Scene::new();
    let id = scene.registered(0, "Plot 10, Harbour Road");
    scene.send_to(0, &id, "nobody", "Nobody").unwrap();
    list(&mut scene.sites[0], &["Indus Weave"]);
    scene.pump();
    let here = scene.seen(0, &id);
    assert_eq!((&here["state"], &here["holder"]), (&json!("refused"), &Value::Null));
    assert_eq!(here["refusal"]["reason_code"], "asset-recipient-unknown");
    assert_eq!(code(scene.send(0, &id)), "asset-not-held", "nobody has it");
    list(&mut scene.sites[0], &[]);
    scene.sites[0].net.clock.forward(3_601);
    scene.pump();
    assert_eq!(scene.seen(0, &id)["holder"], json!(scene.parties[0]));
    let outbox = scene.sites[0].zone().corridors_health().unwrap();
    assert_eq!(outbox["items"][0]["outbox"]["messages"], 0, "nothing is left over: {outbox:#}");
}

#[test]
fn a_zone_put_back_takes_up_its_assets_again() {
    let mut scene = Scene::new();
    let kept = scene.registered(0, "Plot 11, Harbour Road");
    let came = scene.registered(1, "Plot 12, Quay");
    let refused = scene.registered(0, "Plot 13, Harbour Road");
    scene.pump();
    scene.sites[0].caller();
    let copy = scene.sites[0].sim().snapshot();
    let cell = std::fs::read(scene.sites[0].cell_path()).unwrap();
    let late = scene.registered(0, "Plot 14, registered after the copy");
    scene.send(0, &kept).unwrap();
    scene.send(0, &late).unwrap();
    scene.send(1, &came).unwrap();
    scene.send_to(0, &refused, "nobody", "Nobody").unwrap();
    scene.pump();
    let before: Vec<Value> = [&kept, &late, &came, &refused]
        .map(|id| {
            [0, 1].map(|at| scene.sites[at].zone().asset(id).map(|a| a["state"].clone()).ok())
        })
        .map(|states| json!(states))
        .to_vec();
    let site = &mut scene.sites[0];
    site.close();
    site.sim().rollback_to(&copy);
    std::fs::write(site.cell_path(), &cell).unwrap();
    site.net.clock.forward(10);
    site.open().unwrap();
    let until = canon::Clock::now(&*site.net.clock).plus_secs(5).unwrap();
    let _ = site.zone().ask_peers(until);
    let ask = scene.ask(0);
    let why = AdoptAsk { reason: "the disk was replaced".to_owned() };
    scene.sites[0].zone().adopt(&ask, &why).unwrap();
    scene.pump();
    let after: Vec<Value> = [&kept, &late, &came, &refused]
        .map(|id| {
            [0, 1].map(|at| scene.sites[at].zone().asset(id).map(|a| a["state"].clone()).ok())
        })
        .map(|states| json!(states))
        .to_vec();
    assert_eq!(before, after);
}
