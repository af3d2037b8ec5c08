//! The public contract of entities, accounts and payments, held in both modes by the same code.

use serde_json::{Value, json};

use crate::ground::{Ground, MODES, Mode, ORGANIZATION, found, partners, payment};

/// What the whole says of a mode: sovereign asked Mass nothing, proxy asked it everything.
fn both(held: impl Fn(&Ground)) {
    for mode in MODES {
        let ground = Ground::of(mode);
        held(&ground);
        let asked = ground.sandbox.requests().len();
        match mode {
            Mode::Sovereign => assert_eq!(asked, 0, "a sovereign zone asked Mass"),
            Mode::Mass => assert!(asked > 0, "a zone in proxy mode asked Mass nothing"),
        }
    }
}

#[test]
fn an_entity_is_formed_and_read_back() {
    both(|ground| {
        let formed = ground.server.post("/v1/entities", &ground.wanted("Harbour Tea"));
        assert_eq!(formed.status, 201, "{}", formed.text);
        let result = &formed.body["result"];
        assert_eq!(result["formation"]["legal_name"], "Harbour Tea");
        assert_eq!(result["status"]["state"], "ACTIVE");
        assert_eq!(formed.body["compliance"]["outcome"], "allow");
        assert!(formed.body["credential"].is_object() && formed.body["receipt"].is_object());
        let id = result["entity_id"].as_str().unwrap();
        let told = ground.server.get(&format!("/v1/entities/{id}"));
        assert_eq!((told.status, &told.body), (200, result), "{}", told.text);
        let all = ground.server.get("/v1/entities").body;
        assert_eq!(all["items"], json!([result]));
        let found = ground.server.get("/v1/entities?name=harbour").body;
        assert_eq!(found["items"], json!([result]));
        let told = ground.server.get(&format!("/v1/compliance/{id}"));
        assert_eq!(told.body["total_domains"], 20, "{}", told.text);
        let absent = ground.server.get("/v1/entities/0b9bd1f1-9d3e-4a55-8d80-000000000001");
        assert_eq!(absent.code(), (404, "not-found"));
    });
}

#[test]
fn one_key_has_one_effect_and_another_body_under_it_is_refused() {
    both(|ground| {
        let body = ground.wanted("Harbour Tea");
        let first = ground.keyed("/v1/entities", &body, "formation-1");
        assert_eq!((first.status, first.replayed), (201, false), "{}", first.text);
        let again = ground.keyed("/v1/entities", &body, "formation-1");
        assert_eq!((again.status, again.replayed), (201, true), "{}", again.text);
        assert_eq!(again.body, first.body);
        let told = ground.keyed("/v1/entities", &ground.wanted("Harbour Coffee"), "formation-1");
        assert_eq!(told.code(), (409, "idempotency-key-reused"));
        assert_eq!(ground.server.get("/v1/entities").body["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn what_law_refuses_is_refused_and_goes_nowhere() {
    for mode in MODES {
        let ground = Ground::of(mode);
        let told =
            ground.server.post("/v1/entities", &ground.home.company("Harbour Tea", "sg", &[]));
        assert_eq!(told.status, 403, "{}", told.text);
        assert!(!told.body["blocking"].as_array().unwrap().is_empty());
        let dry = ground.server.post("/v1/entities?dry_run=true", &ground.wanted("Harbour Tea"));
        assert_eq!(dry.status, 200, "{}", dry.text);
        assert_eq!(dry.body["compliance"]["outcome"], "allow");
        assert_eq!(ground.server.get("/v1/entities").body["items"], json!([]));
        assert!(ground.sandbox.requests().is_empty(), "Mass was asked before law said yes");
    }
}

#[test]
fn accounts_are_opened_funded_and_listed() {
    both(|ground| {
        let entity = ground.company("Harbour Tea");
        let account = ground.account(&entity);
        assert_eq!(ground.balance(&account), "0.00");
        let funded = ground.fund(&account, "1234.56");
        assert_eq!(funded.status, 200, "{}", funded.text);
        assert_eq!(funded.body["result"]["balance"], "1234.56");
        assert_eq!(funded.body["result"]["available"], "1234.56");
        assert_eq!(ground.balance(&account), "1234.56");
        let told = ground.server.get(&format!("/v1/fiscal/accounts?entity_id={entity}"));
        assert_eq!(told.body["items"], json!([funded.body["result"]]), "{}", told.text);
        let gone =
            json!({ "entity_id": "0b9bd1f1-9d3e-4a55-8d80-000000000001", "currency": "SGD" });
        assert_eq!(ground.server.post("/v1/fiscal/accounts", &gone).code(), (404, "not-found"));
        assert_eq!(ground.fund(&account, "-1").code(), (422, "bad-amount"));
    });
}

#[test]
fn a_write_is_about_the_record_as_it_was_read_wherever_that_lies() {
    both(|ground| {
        let account = ground.account(&ground.company("Harbour Tea"));
        let path = format!("/v1/fiscal/accounts/{account}");
        let fund = |tag: &str| {
            let body = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" });
            let bytes = body.to_string().into_bytes();
            ground.server.send(&format!("{path}/fund"), &bytes, &[("if-match", tag)])
        };
        let read = || ground.server.get(&path).etag.unwrap();
        let first = read();
        let told = ground.server.send_get(&path, &[("if-none-match", &first)]);
        assert_eq!((told.status, told.text.as_str()), (304, ""));
        assert_eq!(fund(&first).status, 200);
        assert_eq!(fund(&first).code(), (412, "precondition-failed"));
        assert_eq!((fund(&read()).status, ground.balance(&account).as_str()), (200, "2.00"));
    });
}

#[test]
fn a_payment_moves_its_amount_once() {
    both(|ground| {
        let (payer, payee) = partners(ground);
        let wanted = payment(&payer, &payee, "250.75");
        let first = ground.keyed("/v1/fiscal/payments", &wanted, "pay-1");
        assert_eq!(first.status, 201, "{}", first.text);
        let result = &first.body["result"];
        assert_eq!((&result["state"], &result["route"]), (&json!("settled"), &json!("internal")));
        let again = ground.keyed("/v1/fiscal/payments", &wanted, "pay-1");
        assert_eq!((again.status, again.replayed, &again.body), (201, true, &first.body));
        assert_eq!(
            (ground.balance(&payer), ground.balance(&payee)),
            ("749.25".into(), "250.75".into())
        );
        let id = result["payment_id"].as_str().unwrap();
        let told = ground.server.get(&format!("/v1/fiscal/payments/{id}"));
        assert_eq!((told.status, &told.body), (200, result), "{}", told.text);
        assert_eq!(ground.server.get("/v1/fiscal/payments").body["items"], json!([result]));
        let told = ground.server.post("/v1/fiscal/payments", &payment(&payer, &payee, "749.26"));
        assert_eq!(told.code(), (409, "insufficient-funds"), "{}", told.text);
        let told = ground.server.post("/v1/fiscal/payments", &payment(&payer, "none", "1.00"));
        assert_eq!(told.status, 404, "{}", told.text);
        assert_eq!(
            (ground.balance(&payer), ground.balance(&payee)),
            ("749.25".into(), "250.75".into())
        );
    });
}

#[test]
fn a_zone_in_proxy_mode_keeps_no_body_and_a_sovereign_one_does() {
    for mode in MODES {
        let mut ground = Ground::of(mode);
        let entity = ground.keyed("/v1/entities", &ground.wanted("Quillon Sextant"), "form-1");
        assert_eq!(entity.status, 201, "{}", entity.text);
        let entity = entity.body["result"]["entity_id"].as_str().unwrap().to_owned();
        let other = ground.account(&ground.company("Jade Lamps"));
        let account = ground.account(&entity);
        assert_eq!(ground.fund(&account, "98765.43").status, 200);
        let wanted = payment(&account, &other, "4321.09");
        let paid = ground.keyed("/v1/fiscal/payments", &wanted, "pay-1");
        assert_eq!(paid.status, 201, "{}", paid.text);
        let renamed = json!({ "legal_name": "Ravel Astrolabe" });
        let renamed = ground.server.post(&format!("/v1/entities/{entity}/names"), &renamed);
        assert_eq!(renamed.status, 200, "{}", renamed.text);
        ground.server.signal("-TERM");
        let disk = ground.disk();
        let new = ["Ravel Astrolabe", "ravel astrolabe"].map(|text| found(&disk, text));
        assert!(new.iter().all(|times| (*times > 0) == (mode == Mode::Sovereign)), "{new:?}");
        let texts = ["Quillon Sextant", "quillon sextant", "4321.09", "98765.43", "94444.34"];
        // What law said of an amount is the zone's own, and quotes it: `payment.amount [10.00 SGD] >= …`.
        let quoted = |text: &str| found(&disk, &format!("payment.amount [{text}"));
        let kept: Vec<usize> = texts.iter().map(|text| found(&disk, text) - quoted(text)).collect();
        // Neither as they are shown nor as a record has them.
        let records = [r#""type":"MEZEntity""#, r#""type":"MEZAccount""#, r#""type":"MEZPayment""#];
        let records: Vec<usize> = records.iter().map(|text| found(&disk, text)).collect();
        match mode {
            Mode::Sovereign => {
                // It is looked for by its new name alone.
                assert_eq!((kept[0] > 0, kept[1]), (true, 0), "{kept:?}");
                assert!(records.iter().all(|n| *n > 0), "{records:?}");
            }
            Mode::Mass => {
                assert_eq!(kept, [0; 5], "{texts:?}");
                assert_eq!(records, [0; 3]);
                assert!(found(&disk, "MEZMassReference") >= 5);
                let names = ground.sandbox.rows("organizations");
                assert!(names.iter().any(|row| row["name"] == "Ravel Astrolabe"));
            }
        }
    }
}

#[test]
fn a_register_of_members_lies_at_mass_beside_the_entity_and_changes_of_either_keep_the_other() {
    both(|ground| {
        let id = ground.company("Harbour Tea");
        let tables = "/v1/ownership/cap-tables";
        let common = json!({
            "class_id": "common", "name": "Common", "authorized": 1_000, "votes_per_share": 1,
            "par_value": { "currency": "SGD", "value": "0.0001" },
        });
        let open = json!({ "entity_id": id, "classes": [common] });
        let opened = ground.keyed(tables, &open, "open-1");
        assert_eq!(opened.status, 201, "{}", opened.text);
        let again = ground.keyed(tables, &open, "open-1");
        assert_eq!((again.replayed, &again.body), (true, &opened.body), "{}", again.text);
        let enter = |holder: &str| {
            let voter = crate::home::issuer().public().did();
            let holder = json!({
                "holder_id": holder, "name": format!("Corvus {holder}"), "kind": "person", "voter": voter,
            });
            let entry = json!({ "entry": { "event": "enter", "holder": holder } });
            ground.keyed(
                &format!("{tables}/{id}/events"),
                &entry,
                holder["holder_id"].as_str().unwrap(),
            )
        };
        let first = enter("ann");
        assert_eq!(first.status, 200, "{}", first.text);
        let suspend = json!({ "event": "suspend", "reason": "a test" });
        let path = format!("/v1/entities/{id}");
        assert_eq!(ground.server.post(&format!("{path}/events"), &suspend).status, 200);
        assert_eq!(enter("ben").code(), (409, "entity-not-active"));
        let back = json!({ "event": "reinstate" });
        assert_eq!(ground.server.post(&format!("{path}/events"), &back).status, 200);
        let second = enter("cyd");
        assert_eq!(second.status, 200, "{}", second.text);
        let told = ground.server.get(&format!("{tables}/{id}/events")).body;
        assert_eq!(told["items"].as_array().unwrap().len(), 3, "{told}");
        assert_eq!(ground.server.get(&path).body["status"]["state"], "ACTIVE");
        let disk = ground.disk();
        let texts = ["Corvus ann", r#""type":"MEZCapTable""#, r#""type":"MEZCapTableEntry""#];
        let kept = texts.map(|text| found(&disk, text) > 0);
        assert_eq!(kept, [ground.mode == Mode::Sovereign; 3], "{texts:?}");
    });
}

#[test]
fn an_entry_whose_answer_was_lost_is_made_once() {
    let ground = Ground::of(Mode::Mass);
    let id = ground.company("Harbour Tea");
    let common = json!({
        "class_id": "common", "name": "Common", "authorized": 1_000, "votes_per_share": 1,
        "par_value": { "currency": "SGD", "value": "0.0001" },
    });
    let open = json!({ "entity_id": id, "classes": [common] });
    let tables = "/v1/ownership/cap-tables";
    let before = ground.sandbox.requests().len();
    let probe = ground.server.post(&format!("{tables}?dry_run=true"), &open);
    assert_eq!(probe.status, 200, "{}", probe.text);
    // What was read, the organization once more before it is changed, and then the change.
    let reads = ground.sandbox.requests().len() - before + 1;
    ground.sandbox.order_after(ORGANIZATION, "drop", reads as u64, 2);
    let lost = ground.keyed(tables, &open, "open-1");
    assert_eq!(lost.code(), (503, "mass-unreachable"), "{}", lost.text);
    assert_eq!(ground.server.get(&format!("{tables}/{id}")).status, 404);
    let done = ground.keyed(tables, &open, "open-1");
    assert_eq!((done.status, done.replayed), (201, false), "{}", done.text);
    let tags = ground.sandbox.rows("organizations")[0]["tags"].clone();
    let of = |name: &str| {
        tags.as_array()
            .unwrap()
            .iter()
            .filter(|tag| tag.as_str().unwrap().starts_with(name))
            .count()
    };
    assert_eq!((of("mez.tag.cap-table/"), of("mez.tag.cap-table-entry/")), (1, 1), "{tags}");
    assert_eq!(ground.server.get(&format!("{tables}/{id}")).status, 200);
}

#[test]
fn an_entity_changes_and_is_read_as_it_changed() {
    both(|ground| {
        let id = ground.company("Harbour Tea");
        let events = format!("/v1/entities/{id}/events");
        let suspend = json!({ "event": "suspend", "reason": "a test" });
        let first = ground.keyed(&events, &suspend, "suspend-1");
        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!(first.body["result"]["status"]["state"], "SUSPENDED");
        let again = ground.keyed(&events, &suspend, "suspend-1");
        assert_eq!((again.replayed, &again.body), (true, &first.body), "{}", again.text);
        let told = ground.server.get(&format!("/v1/entities/{id}"));
        assert_eq!((told.status, &told.body), (200, &first.body["result"]), "{}", told.text);
        let open = json!({ "entity_id": id, "currency": "SGD" });
        assert_eq!(ground.server.post("/v1/fiscal/accounts", &open).status, 409);
        let twice = ground.server.post(&events, &suspend);
        assert_eq!(twice.code(), (409, "illegal-transition"), "{}", twice.text);
        let back = ground.server.post(&events, &json!({ "event": "reinstate" }));
        assert_eq!(back.body["result"]["status"]["state"], "ACTIVE", "{}", back.text);
        let names = format!("/v1/entities/{id}/names");
        let named = ground.server.post(&names, &json!({ "legal_name": "Quay Tea" }));
        assert_eq!(named.status, 200, "{}", named.text);
        let told = ground.server.get(&format!("/v1/entities/{id}")).body;
        assert_eq!(told["formation"]["legal_name"], "Quay Tea");
        assert_eq!(told, named.body["result"]);
    });
}

#[test]
fn a_change_whose_answer_was_lost_counts_for_nothing_until_it_is_asked_for_again() {
    let ground = Ground::of(Mode::Mass);
    let id = ground.company("Harbour Tea");
    let events = format!("/v1/entities/{id}/events");
    let suspend = json!({ "event": "suspend", "reason": "a test" });
    let before = ground.sandbox.requests().len();
    assert_eq!(ground.server.post(&events, &suspend).status, 200);
    let asked = ground.sandbox.requests().split_off(before);
    let put = asked.iter().position(|one| one["method"] == "PUT").unwrap();
    // Both tries of the next one are made there, and not heard of here.
    let put = u64::try_from(put).unwrap();
    ground.sandbox.order_after(ORGANIZATION, "drop", put, 2);
    let (path, reinstate) = (format!("/v1/entities/{id}"), json!({ "event": "reinstate" }));
    let lost = ground.keyed(&events, &reinstate, "reinstate-1");
    assert_eq!(lost.code(), (503, "mass-unreachable"), "{}", lost.text);
    assert_eq!(ground.sandbox.rows("organizations")[0]["status"], "ACTIVE");
    let told = ground.server.get(&path);
    assert_eq!((told.status, &told.body["status"]["state"]), (200, &json!("SUSPENDED")));
    let found = ground.keyed(&events, &reinstate, "reinstate-1");
    assert_eq!(found.status, 200, "{}", found.text);
    assert_eq!(ground.server.get(&path).body, found.body["result"]);
    assert_eq!(found.body["result"]["status"]["state"], "ACTIVE");
    // Changed there by somebody else, it is nobody's word.
    let organization = ground.sandbox.rows("organizations")[0]["id"].clone();
    let organization = organization.as_str().unwrap();
    ground.sandbox.overwrite("organizations", organization, "status", json!("DISSOLVED"));
    assert_eq!(ground.server.get(&path).code(), (503, "mass-differs"));
}

#[test]
fn money_has_the_decimals_of_its_currency_in_both_modes() {
    both(|ground| {
        let entity = ground.company("Harbour Tea");
        let open = json!({ "entity_id": entity, "currency": "JPY" });
        let opened = ground.server.post("/v1/fiscal/accounts", &open);
        let account = opened.body["result"]["account_id"].as_str().unwrap();
        let fund = json!({ "amount": "50000", "currency": "JPY", "purpose": "capital" });
        let funded = ground.server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
        assert_eq!(funded.body["result"]["balance"], "50000", "{}", funded.text);
    });
}

#[test]
fn what_the_zone_has_no_place_for_at_mass_is_refused_and_said_so() {
    let mut ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    ground.server.signal("-TERM");
    let mut file = crate::ground::way(&ground.sandbox, "sandbox");
    file["mass"].as_object_mut().unwrap().remove("house");
    crate::ground::lay(&ground.home, &file);
    ground.server = crate::server::Server::start(&ground.home);
    let until = crate::home::now().plus_secs(3_600).unwrap();
    let promise = json!({
        "transfers": [{
            "from_account_id": payer, "to_account_id": payee, "amount": "1.00", "currency": "SGD",
        }],
        "purpose": "settlement", "pending_until": until,
    });
    let told = ground.keyed("/v1/fiscal/transfers", &promise, "promise-1");
    assert_eq!(told.code(), (404, "not-at-mass"), "{}", told.text);
    assert_eq!(ground.balance(&payer), "1000.00");
    assert_eq!(ground.server.get("/v1/fiscal/transfers").body["items"], json!([]));
}

#[test]
fn the_books_are_the_same_in_both_modes() {
    both(|ground| {
        let (payer, payee) = partners(ground);
        let paid = ground.server.post("/v1/fiscal/payments", &payment(&payer, &payee, "250.75"));
        let id = paid.body["result"]["payment_id"].as_str().unwrap();
        let reverse = format!("/v1/fiscal/payments/{id}/reverse");
        let back = ground.keyed(&reverse, &json!({ "reason": "a test" }), "back-1");
        assert_eq!(back.status, 200, "{}", back.text);
        assert_eq!(back.body["result"]["state"], "reversed");
        let twice = ground.server.post(&reverse, &json!({ "reason": "a test" }));
        assert_eq!(twice.code(), (409, "payment-not-reversible"), "{}", twice.text);
        let told = ground.server.get("/v1/fiscal/totals").body;
        assert_eq!(told["totals"][0]["sum"], "0.00", "{told}");
        let told = ground.server.get(&format!("/v1/fiscal/accounts/{payer}/statement")).body;
        let changes: Vec<&Value> =
            told["items"].as_array().unwrap().iter().map(|item| &item["change"]).collect();
        assert_eq!(changes, ["1000.00", "-250.75", "250.75"]);
        assert_eq!((&told["opening"], &told["closing"]), (&json!("0.00"), &json!("1000.00")));
        let journal = ground.server.get("/v1/fiscal/journal?format=hledger");
        assert_eq!(journal.status, 200, "{}", journal.text);
        assert!(journal.text.contains("= 1000.00 SGD"), "{}", journal.text);
    });
}
