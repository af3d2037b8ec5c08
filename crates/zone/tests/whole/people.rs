//! The register of entities over time, licenses as law knows them, and persons who can be forgotten.

use canon::{Date, EntityId, RecordId};
use law::sanctions::{Screener, Thresholds};
use proof::KeyHistory;
use proof::integrity::{ProofOptions, sign_document};
use proof::personal::ZoneKey;
use registry::entity::declared;
use registry::{Change, Line, Officer, Particulars};
use serde_json::{Value, json};
use store::Store as _;
use zone::{
    AddEvidence, BindDid, ChangeAsk, DecisionQuery, EntityQuery, Envelope, LicenseEventAsk,
    Refused, RegisterPerson, RegisterQuery, TierLimitsAsk, fsck,
};

use crate::rig::work::{account_id, ask, company, credential, try_account, try_fund};
use crate::rig::{Net, Site, law_of};

struct Scene {
    site: Site,
    entity: EntityId,
    asked: u64,
}

const NAME: &str = "Asha Verma Lindqvist";
const CNIC: &str = "6110112345671";

impl Scene {
    fn new() -> Self {
        let net = Net::new();
        let mut site = Site::opened("pk-sifc", &net);
        let entity = company(&mut site, "Indus Weave", "100.00").0;
        let scene = Self { site, entity, asked: 0 };
        scene.site.zone().keep_persons_with(ZoneKey::from_seed(&mut [7; 32])).unwrap();
        scene
    }

    fn ask(&mut self) -> zone::Ask {
        self.asked += 1;
        let caller = self.site.caller();
        ask(&caller, &format!("people-{}", self.asked), &self.asked.to_string())
    }

    fn today(&self) -> Date {
        self.site.zone().now().date()
    }

    fn change(&mut self, change: Change, evidence: Vec<Value>) -> Result<Envelope, Refused> {
        let (ask, id) = (self.ask(), self.entity.clone());
        let asked = ChangeAsk { change, from: None, evidence };
        self.site.zone().change_register(&ask, &id, asked)
    }

    fn owners(&mut self, names: &[&str], attested: &[&str]) -> Result<Envelope, Refused> {
        let share = |names: &[&str]| 10_000 / names.len();
        let owner =
            |name: &&str| json!({ "name": name, "kind": "person", "ownership_bp": share(names) });
        let named: Vec<Value> = attested
            .iter()
            .map(|name| json!({ "name": name, "ownership_bp": share(attested) }))
            .collect();
        self.declare(names.iter().map(owner).collect(), named)
    }

    fn declare(&mut self, owners: Vec<Value>, named: Vec<Value>) -> Result<Envelope, Refused> {
        let sent = owners.into_iter().map(|one| serde_json::from_value(one).unwrap());
        let owners = declared(sent.collect()).unwrap();
        // Lasts longer than what was handed in before.
        let subject =
            json!({ "id": "urn:test:owners", "legal_name": "Indus Weave", "owners": named });
        let evidence = credential("BeneficialOwnershipCredential", subject, self.site.zone());
        self.change(Change::Declare { owners }, vec![evidence])
    }

    fn person(&mut self, name: &str, cnic: &str) -> Result<Envelope, Refused> {
        let sent = json!({ "kind": "person", "full_name": name, "birth_date": "1980-02-29",
            "nationality": "pk", "identifiers": [{ "scheme": "cnic", "value": cnic }] });
        let particulars: Particulars = serde_json::from_value(sent).unwrap();
        let (ask, entity_id) = (self.ask(), Some(self.entity.clone()));
        let wanted = RegisterPerson { particulars, entity_id, evidence: Vec::new() };
        self.site.zone().register_person(&ask, wanted)
    }

    fn evidence(&mut self, id: &RecordId, kinds: &[&str]) -> Result<Envelope, Refused> {
        let one = |kind: &&str| {
            let subject = json!({ "id": "urn:test:asha", "legal_name": NAME });
            credential(&format!("{kind}Credential"), subject, self.site.zone())
        };
        let add = AddEvidence { evidence: kinds.iter().map(one).collect() };
        let ask = self.ask();
        self.site.zone().add_evidence(&ask, id, &add)
    }

    /// Every byte of the journal and of all records.
    fn bytes(&self) -> Vec<u8> {
        let store = self.site.sim();
        let mut all = Vec::new();
        for (stream, _) in store.heads("").unwrap() {
            let mut from = 0;
            loop {
                let page = store.journal(&stream, from, 500).unwrap();
                let Some(last) = page.last() else { break };
                from = last.seq + 1;
                page.iter().for_each(|entry| all.extend_from_slice(&entry.body));
            }
        }
        for kind in [
            "identity",
            "evidence",
            "credential",
            "compliance",
            "screening",
            "person-screening",
            "sweep",
        ] {
            let rows = store.records(kind, None, 1_000).unwrap();
            rows.iter().for_each(|(_, row)| all.extend_from_slice(&row.body));
        }
        all
    }

    fn holds(&self, text: &str) -> bool {
        self.bytes().windows(text.len()).any(|part| part == text.as_bytes())
    }
}

fn record_id(told: &Envelope, member: &str) -> RecordId {
    RecordId::parse(told.body["result"][member].as_str().unwrap()).unwrap()
}

fn code<T: std::fmt::Debug>(told: Result<T, Refused>) -> &'static str {
    told.unwrap_err().code()
}

#[test]
fn owners_change_upon_evidence_of_all_of_them_and_the_days_before_stay_readable() {
    let mut scene = Scene::new();
    let told = scene.owners(&["Chen Brook", "Dara Field"], &["Chen Brook"]);
    assert_eq!(code(told), "owners-not-evidenced", "it names others");
    let told = scene.owners(&["Chen Brook", "Dara Field"], &["Chen Brook", "Dara Field"]).unwrap();
    assert_eq!(told.body["compliance"]["kind"], "entity.lifecycle");
    let id = scene.entity.clone();
    let read = |scene: &Scene, query| scene.site.zone().register_of(&id, query).unwrap();
    let now = read(&scene, RegisterQuery::default());
    let names: Vec<&str> = now["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["owner"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Chen Brook", "Dara Field"]);
    assert_eq!(now["threshold"]["share_bp"], 2_500, "{now}");
    assert_eq!(now["owners"][0]["reaches_threshold"], true);
    let bods = scene.site.zone().beneficial_ownership(&id).unwrap();
    let of =
        |kind: &str| bods.as_array().unwrap().iter().filter(|s| s["recordType"] == kind).count();
    assert_eq!((of("entity"), of("person"), of("relationship")), (1, 4, 6), "two began and closed");
}

/// As `libcovebods` 0.16 asks for it, beside the published schema.
#[test]
fn identifiers_of_owners_are_told_in_the_schemes_of_the_standard() {
    let mut scene = Scene::new();
    let owners = json!([
        { "name": "Ann Quay", "kind": "person", "ownership_bp": 3_350, "identifiers": [
            { "scheme": "passport", "value": "X1", "jurisdiction_id": "gb" },
            { "scheme": "cnic", "value": "35202-1234567-1" },
            { "scheme": "passport", "value": "X2" }] },
        { "name": "Harbour Holdings", "kind": "entity", "ownership_bp": 6_600, "nationality": "us-wy",
            "identifiers": [{ "scheme": "lei", "value": "529900T8BM49AURSDO55" }] },
    ]);
    let owners = owners.as_array().unwrap().clone();
    let named = |one: &Value| json!({ "name": one["name"], "ownership_bp": one["ownership_bp"] });
    let named = owners.iter().map(named).collect();
    scene.declare(owners, named).unwrap();
    let bods = scene.site.zone().beneficial_ownership(&scene.entity).unwrap();
    let told = |member: &str, name: &str| {
        let of = |said: &&Value| said.pointer(member).is_some_and(|told| told == name);
        bods.as_array().unwrap().iter().find(of).unwrap()["recordDetails"].clone()
    };
    let of = |details: &Value| -> Vec<Value> {
        details["identifiers"].as_array().unwrap().iter().map(|one| one["scheme"].clone()).collect()
    };
    let person = told("/recordDetails/names/0/fullName", "Ann Quay");
    assert_eq!(of(&person), [json!("PAK-IDCARD"), json!("GBR-PASSPORT"), Value::Null]);
    assert_eq!(of(&told("/recordDetails/name", "Harbour Holdings")), [json!("XI-LEI")]);
    let shares: Vec<&Value> = bods
        .as_array()
        .unwrap()
        .iter()
        .filter(|said| said["recordStatus"] == "new")
        .filter_map(|said| said.pointer("/recordDetails/interests/0/share"))
        .collect();
    assert!(shares.contains(&&json!({ "exact": 66 })), "an exact share has no bounds: {shares:?}");
    assert!(shares.contains(&&json!({ "exclusiveMinimum": 33, "exclusiveMaximum": 34 })));
}

#[test]
fn a_listed_officer_stops_what_the_entity_does() {
    let mut scene = Scene::new();
    scene.site.close();
    scene.site.listed_here = vec!["Viktor Darkwater".to_owned()];
    scene.site.open().unwrap();
    let appoint = |name: &str| {
        let sent = json!({ "name": name, "kind": "person", "office": "director" });
        Change::Appoint { officer: serde_json::from_value::<Officer>(sent).unwrap() }
    };
    assert_eq!(code(scene.change(appoint("Viktor Darkwater"), Vec::new())), "sanctions-hard-block");
    scene.change(appoint("Elin Meadow"), Vec::new()).unwrap();
    scene.site.close();
    scene.site.listed_here = vec!["Elin Meadow".to_owned()];
    scene.site.open().unwrap();
    let name = Line::parse("Indus Weave and Sons").unwrap();
    let told = scene.change(Change::Rename { name }, Vec::new());
    assert_eq!(code(told), "sanctions-hard-block");
    let told = scene.change(Change::Leave { number: 0 }, Vec::new()).unwrap();
    assert_eq!(told.body["compliance"]["outcome"], "allow", "without her it acts again");
    assert_eq!(code(scene.change(Change::Leave { number: 0 }, Vec::new())), "not-in-office");
}

#[test]
fn an_entity_is_found_by_words_of_the_name_it_has_now() {
    let mut scene = Scene::new();
    company(&mut scene.site, "Harbour Tea", "0");
    let name = Line::parse("Kabul River Mills").unwrap();
    scene.change(Change::Rename { name }, Vec::new()).unwrap();
    let found = |name: &str, status: Option<&str>| {
        let query = EntityQuery {
            name: Some(name.to_owned()),
            status: status.map(str::to_owned),
            identifier: None,
        };
        scene.site.zone().search_entities(&query, None, 10).unwrap().items.len()
    };
    assert_eq!((found("riv", None), found("MILLS kab", None), found("indus", None)), (1, 1, 0));
    assert_eq!((found("h", Some("ACTIVE")), found("h", Some("DISSOLVED"))), (1, 0));
}

#[test]
fn law_is_told_of_a_license_while_it_is_in_force() {
    let mut scene = Scene::new();
    let ask = scene.ask();
    let apply = |of: &str, entity: &EntityId| {
        serde_json::from_value(json!({ "entity_id": entity, "license_type_id": of,
            "activities": ["leasing"] }))
        .unwrap()
    };
    let entity = scene.entity.clone();
    let zone = scene.site.zone();
    let strange = zone.apply_for_license(&ask, apply("pk-secp.dreams", &entity));
    assert_eq!(code(strange), "license-type-unknown");
    let told = zone.apply_for_license(&ask, apply("pk-secp.nbfc", &entity)).unwrap();
    assert_eq!(told.body["compliance"]["kind"], "license.transition");
    let id = record_id(&told, "license_id");
    let issue = LicenseEventAsk::Issue {
        number: "NBFC-7".to_owned(),
        from: scene.today(),
        until: Some(scene.today().plus_days(30).unwrap()),
        obligations: Vec::new(),
    };
    let go = |scene: &mut Scene, event| {
        let ask = scene.ask();
        scene.site.zone().change_license(&ask, &id, event)
    };
    assert_eq!(code(go(&mut scene, issue.clone())), "illegal-transition", "not reviewed");
    go(&mut scene, LicenseEventAsk::Review {}).unwrap();
    go(&mut scene, issue).unwrap();
    let licensed = |scene: &mut Scene| -> Value {
        let name = Line::parse(&format!("Indus Weave {}", scene.asked)).unwrap();
        scene.change(Change::Rename { name }, Vec::new()).unwrap();
        let head = scene.site.sim().head("decisions").unwrap().unwrap();
        let entry = scene.site.sim().journal("decisions", head.seq, 1).unwrap().remove(0);
        let entry: Value = serde_json::from_slice(&entry.body).unwrap();
        entry["facts"]["entity.licenses"].clone()
    };
    let fact = licensed(&mut scene);
    assert_eq!(fact["value"]["texts"], json!(["pk-secp.nbfc"]), "{fact}");
    assert_eq!(fact["provenance"]["source"], "registry", "{fact}");
    assert!(fact["provenance"]["expires"].is_string(), "{fact}");
    go(&mut scene, LicenseEventAsk::Suspend { reason: "late".to_owned() }).unwrap();
    assert_eq!(licensed(&mut scene)["value"]["texts"], json!([]));
    go(&mut scene, LicenseEventAsk::Revoke { reason: "late".to_owned() }).unwrap();
    assert_eq!(code(go(&mut scene, LicenseEventAsk::Reinstate {})), "illegal-transition");
    assert_eq!(code(go(&mut scene, LicenseEventAsk::Expire {})), "illegal-transition");
}

#[test]
fn somebody_is_forgotten_and_the_journal_still_verifies() {
    let mut scene = Scene::new();
    let told = scene.person(NAME, "61101-1234567-1").unwrap();
    assert!(!told.body.to_string().contains("Asha"), "no answer to a write says anything personal");
    let id = record_id(&told, "identity_id");
    assert_eq!(code(scene.person("Somebody Else", CNIC)), "identity-known");
    let told = scene.evidence(&id, &["Identity", "Address", "SourceOfFunds"]).unwrap();
    assert_eq!(told.body["result"]["tier"], 2, "{}", told.body);
    for text in [NAME, "Asha", CNIC, "1234567", "1980-02-29"] {
        assert!(!scene.holds(text), "`{text}` lies in the clear");
    }
    let caller = scene.site.caller();
    let seen = scene.site.zone().identity(&caller, &id).unwrap();
    assert_eq!(seen["particulars"]["full_name"], NAME);
    let before = scene.bytes().len();
    let ask = scene.ask();
    scene.site.zone().erase_person(&ask, &id).unwrap();
    let seen = scene.site.zone().identity(&caller, &id).unwrap();
    assert_eq!((&seen["standing"]["state"], seen.get("particulars")), (&json!("erased"), None));
    let row = scene.site.sim().record("identity", id.as_str()).unwrap().unwrap();
    let row: Value = serde_json::from_slice(&row.body).unwrap();
    assert!(row.get("wrapped_key").is_none() && row.get("sealed").is_none(), "{row}");
    assert!(scene.bytes().len() > before / 2);
    let again = scene.ask();
    assert_eq!(code(scene.site.zone().erase_person(&again, &id)), "identity-erased");
    scene.person(NAME, CNIC).unwrap();
    let keys = KeyHistory::verify(&scene.site.inception_document, &[], &scene.site.did).unwrap();
    let store = std::sync::Arc::clone(scene.site.sim());
    assert_eq!(fsck(store.as_ref(), &keys, None).unwrap().faults, []);
}

#[test]
fn whoever_is_listed_after_being_registered_is_found_and_not_told_of() {
    let mut scene = Scene::new();
    let mut id =
        |name: &str, cnic: &str| record_id(&scene.person(name, cnic).unwrap(), "identity_id");
    let (listed, other) = (id(NAME, CNIC), id("Somebody Else", "6110112345672"));
    let forgotten = id("Third Person", "6110112345673");
    let ask = scene.ask();
    scene.site.zone().erase_person(&ask, &forgotten).unwrap();
    let coverage = |scene: &Scene| {
        let told = scene.site.zone().screening().unwrap()["persons"]["coverage"].clone();
        (told["screened"].as_u64().unwrap(), told["should"].as_u64().unwrap())
    };
    assert_eq!(coverage(&scene), (2, 2), "screened when registered; who is erased is nobody");
    let entity = scene.entity.clone();
    let opened = try_account(&mut scene.site, "people-account", &entity).unwrap();
    let account = account_id(&opened);
    let fund = |scene: &mut Scene, key: &str| try_fund(&mut scene.site, key, &account, "1.00");
    fund(&mut scene, "people-fund").unwrap();
    let lists = vec![law_of::list(&[NAME])];
    let screener = Screener::build(lists, Thresholds::default());
    assert!(scene.site.zone().take_lists(screener).unwrap());
    assert_eq!(coverage(&scene), (0, 2));
    // Nobody is let through before the sweep has come round.
    assert_eq!(code(fund(&mut scene, "people-early")), "sanctions-hard-block");
    let (mut changed, mut whole) = (0, false);
    while !whole {
        let done = scene.site.zone().rescreen(1).unwrap();
        (changed, whole) = (changed + done.changed, done.whole);
    }
    assert_eq!((changed, coverage(&scene)), (1, (2, 2)));
    assert_eq!(code(fund(&mut scene, "people-late")), "sanctions-hard-block");
    let caller = scene.site.caller();
    let screening = |id| scene.site.zone().identity(&caller, id).unwrap()["screening"].clone();
    let found = screening(&listed);
    assert_eq!(
        (&found["outcome"], &found["hits"]),
        (&json!("hit"), &json!([["test-list", "test-more-0"]]))
    );
    assert_eq!(screening(&other)["outcome"], "clear");
    let told = scene.site.zone().decisions(&about(&listed), 50).unwrap().items;
    let said = &told.last().unwrap()["said"];
    assert_eq!((&said["before"], &said["after"]), (&json!("clear"), &json!("hit")), "{told:?}");
    // Neither who it is nor which record of a list names them lies in the clear.
    for text in [NAME, "Asha", CNIC, "test-more-0"] {
        assert!(!scene.holds(text), "`{text}` lies in the clear");
    }
}

fn about(id: &RecordId) -> DecisionQuery {
    let subject = Some(format!("identity:{id}"));
    DecisionQuery { subject, ..DecisionQuery::default() }
}

#[test]
fn nobody_pays_more_at_once_than_their_tier_may() {
    let mut scene = Scene::new();
    let net = Net::new();
    let mut site = Site::opened("pk-sifc", &net);
    site.zone().keep_persons_with(ZoneKey::from_seed(&mut [7; 32])).unwrap();
    let (payer, account) = company(&mut site, "Indus Weave", "100.00");
    let (_, payee) = company(&mut site, "Harbour Tea", "0");
    scene.site = site;
    scene.entity = payer;
    let pay = |scene: &mut Scene, amount: &str| {
        let ask = scene.ask();
        let instruction = json!({ "from_account_id": account, "to": { "account_id": payee, "name": "Harbour Tea" },
            "amount": amount, "currency": "USD", "purpose": "allowance" });
        let instruction: registry::InstructionInput = serde_json::from_value(instruction).unwrap();
        scene.site.zone().pay(&ask, instruction)
    };
    pay(&mut scene, "20.00").unwrap();
    let limits = |amounts: [&str; 4]| TierLimitsAsk {
        currency: canon::Currency::parse("USD").unwrap(),
        per_payment: amounts.map(str::to_owned),
        per_day: None,
        per_month: None,
    };
    let [a, b] = [scene.ask(), scene.ask()];
    let zone = scene.site.zone();
    assert_eq!(code(zone.set_tier_limits(&a, &limits(["5", "4", "9", "9"]))), "bad-tier-limits");
    zone.set_tier_limits(&b, &limits(["5.00", "10.00", "50.00", "50.00"])).unwrap();
    assert_eq!(code(pay(&mut scene, "5.01")), "over-tier-limit");
    pay(&mut scene, "5.00").unwrap();
    let sent = json!({ "kind": "organisation", "full_name": NAME });
    let (ask, entity_id) = (scene.ask(), Some(scene.entity.clone()));
    let particulars: Particulars = serde_json::from_value(sent).unwrap();
    let wanted = RegisterPerson { particulars, entity_id, evidence: Vec::new() };
    let told = scene.site.zone().register_person(&ask, wanted).unwrap();
    scene.evidence(&record_id(&told, "identity_id"), &["Identity"]).unwrap();
    pay(&mut scene, "10.00").unwrap();
    assert_eq!(code(pay(&mut scene, "10.01")), "over-tier-limit");
}

#[test]
fn a_did_is_bound_by_whoever_holds_its_key_and_nobody_else() {
    let mut scene = Scene::new();
    let id = record_id(&scene.person(NAME, CNIC).unwrap(), "identity_id");
    let holder = proof::SecretKey::from_seed([9; 32]).unwrap();
    let other = proof::SecretKey::from_seed([10; 32]).unwrap();
    let zone_id = scene.site.zone().zone_id().clone();
    let now = scene.site.zone().now();
    let signed = |of: &str, by: &proof::SecretKey| {
        let document = json!({ "type": "MEZDidBinding", "did": holder.public().did(),
            "identity_id": of, "zone_id": zone_id });
        BindDid {
            document: sign_document(document, &ProofOptions::assertion(now, by), by).unwrap(),
        }
    };
    let mut bind = |bind: &BindDid| {
        let ask = scene.ask();
        scene.site.zone().bind_did(&ask, &id, bind)
    };
    assert_eq!(code(bind(&signed(id.as_str(), &other))), "did-not-bound");
    assert_eq!(code(bind(&signed("somebody", &holder))), "did-not-bound");
    bind(&signed(id.as_str(), &holder)).unwrap();
    assert_eq!(code(bind(&signed(id.as_str(), &holder))), "did-bound");
    let caller = scene.site.caller();
    let seen = scene.site.zone().identity(&caller, &id).unwrap();
    assert_eq!(seen["dids"][0]["did"], json!(holder.public().did()));
}

#[test]
fn under_another_key_nobody_is_read_and_nobody_registered() {
    let mut scene = Scene::new();
    scene.person(NAME, CNIC).unwrap();
    scene.site.close();
    scene.site.open().unwrap();
    assert_eq!(code(scene.person("Somebody Else", "6110112345672")), "personal-key-absent");
    let other = scene.site.zone().keep_persons_with(ZoneKey::from_seed(&mut [8; 32]));
    assert_eq!(code(other), "personal-key-other");
    assert_eq!(code(scene.person("Somebody Else", "6110112345672")), "personal-key-absent");
    scene.site.zone().keep_persons_with(ZoneKey::from_seed(&mut [7; 32])).unwrap();
    scene.person("Somebody Else", "6110112345672").unwrap();
}
