//! Mass fails in every way it knows: a typed refusal, nothing doubled, nothing lost, found again under the same key.

use serde_json::{Value, json};

use crate::ground::{Ground, Mode, ORGANIZATION, TREASURY, found, partners, payment};

/// Fault and the code it is told with. The first four leave nobody knowing what became of it.
const FAULTS: [(&str, &str); 8] = [
    ("slow", "mass-slow"),
    ("drop", "mass-unreachable"),
    ("error", "mass-status"),
    ("garbage", "mass-answer-unreadable"),
    ("too-large", "mass-answer-unreadable"),
    ("drift", "mass-answer-unreadable"),
    ("wrong-subject", "mass-answer-of-another"),
    ("duplicate", "mass-answer-of-another"),
];

/// Calls of treasury-info before a payment's own.
const READS: u64 = 2;

#[test]
fn an_entity_is_formed_once_whatever_becomes_of_the_answer() {
    let ground = Ground::of(Mode::Mass);
    for (at, (fault, code)) in FAULTS.iter().enumerate() {
        let (name, key) = (format!("Harbour {fault}"), format!("form-{at}"));
        ground.sandbox.order(ORGANIZATION, Some(fault), 1);
        let wanted = ground.wanted(&name);
        let told = ground.keyed("/v1/entities", &wanted, &key);
        assert_eq!(told.code(), (503, *code), "{fault}: {}", told.text);
        assert!(told.retry_after, "{fault}");
        // Nothing is said to be there.
        let all = ground.server.get("/v1/entities").body;
        assert_eq!(all["items"].as_array().unwrap().len(), at, "{fault}");
        let told = ground.keyed("/v1/entities", &wanted, &key);
        assert_eq!((told.status, told.replayed), (201, false), "{fault}: {}", told.text);
        let id = told.body["result"]["entity_id"].clone();
        let again = ground.keyed("/v1/entities", &wanted, &key);
        assert_eq!((again.replayed, &again.body["result"]["entity_id"]), (true, &id), "{fault}");
        let made = ground.sandbox.rows("organizations");
        assert_eq!(made.iter().filter(|row| row["name"] == name.as_str()).count(), 1, "{fault}");
    }
}

#[test]
fn an_account_is_opened_once_whatever_becomes_of_the_answer() {
    let ground = Ground::of(Mode::Mass);
    let entity = ground.company("Harbour Tea");
    for (at, (fault, _)) in FAULTS.iter().enumerate() {
        let open = json!({ "entity_id": entity, "currency": "SGD" });
        // The treasury is asked after first, then made, then the account is: what fails is each of them in turn.
        for turn in 0..3 {
            let key = format!("open-{at}-{turn}");
            ground.sandbox.order(TREASURY, Some(fault), turn + 1);
            let mut tries = 0;
            let told = loop {
                let told = ground.keyed("/v1/fiscal/accounts", &open, &key);
                tries += 1;
                if told.status == 201 || tries > 6 {
                    break told;
                }
                assert_eq!(told.status, 503, "{fault}: {}", told.text);
                assert!(told.code().1.starts_with("mass-"), "{fault}: {}", told.text);
            };
            assert_eq!(told.status, 201, "{fault}: {}", told.text);
        }
    }
    assert_eq!(ground.sandbox.rows("accounts").len(), FAULTS.len() * 3);
    assert_eq!(ground.sandbox.rows("treasuries").len(), 1);
    let told = ground.server.get(&format!("/v1/fiscal/accounts?entity_id={entity}&limit=100"));
    assert_eq!(told.body["items"].as_array().unwrap().len(), FAULTS.len() * 3);
}

#[test]
fn a_payment_is_made_once_whatever_becomes_of_the_answer() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let mut left = 100_000;
    for (at, (fault, _)) in FAULTS.iter().enumerate() {
        let amount = 10_000 + at;
        let (decimal, key) = (format!("{}.{:02}", amount / 100, amount % 100), format!("pay-{at}"));
        let wanted = payment(&payer, &payee, &decimal);
        // Both accounts are read, then it is the payment's own call that fails, and the one put again for it.
        ground.sandbox.order_after(TREASURY, fault, READS, 2);
        let told = ground.keyed("/v1/fiscal/payments", &wanted, &key);
        assert_eq!(told.status, 503, "{fault}: {}", told.text);
        assert!(told.code().1.starts_with("mass-"), "{fault}: {}", told.text);
        ground.sandbox.order(TREASURY, None, 1);
        let told = ground.keyed("/v1/fiscal/payments", &wanted, &key);
        assert_eq!((told.status, told.replayed), (201, false), "{fault}: {}", told.text);
        left -= amount;
        let balance = format!("{}.{:02}", left / 100, left % 100);
        assert_eq!(ground.balance(&payer), balance, "{fault}");
    }
    let made = ground.sandbox.rows("transactions");
    assert_eq!(made.len(), FAULTS.len() + 1, "one more was the funding");
    let told = ground.server.get("/v1/fiscal/payments?limit=100").body;
    assert_eq!(told["items"].as_array().unwrap().len(), FAULTS.len());
}

#[test]
fn an_answer_that_was_lost_is_found_though_the_money_is_spent() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let wanted = payment(&payer, &payee, "1000.00");
    // Both accounts are read first; then the payment is made, and its answer comes too late.
    let before = ground.sandbox.requests().len();
    let probe = ground.server.post("/v1/fiscal/payments?dry_run=true", &wanted);
    assert_eq!(probe.status, 200, "{}", probe.text);
    let reads = ground.sandbox.requests()[before..]
        .iter()
        .filter(|request| request["service"] == TREASURY)
        .count();
    assert_eq!(reads as u64, READS);
    assert_eq!(ground.sandbox.rows("transactions").len(), 1, "a rehearsal paid");
    ground.sandbox.order_after(TREASURY, "slow", READS, 1);
    let lost = ground.keyed("/v1/fiscal/payments", &wanted, "all-of-it");
    assert_eq!(lost.code(), (503, "mass-slow"), "{}", lost.text);
    assert_eq!(ground.balance(&payer), "0.00", "it was made");
    assert_eq!(ground.server.get("/v1/fiscal/payments").body["items"], json!([]));
    let paid = ground.keyed("/v1/fiscal/payments", &wanted, "all-of-it");
    assert_eq!((paid.status, paid.replayed), (201, false), "{}", paid.text);
    let more = ground.keyed("/v1/fiscal/payments", &wanted, "again");
    assert_eq!(more.code(), (409, "insufficient-funds"));
    assert_eq!(ground.sandbox.rows("transactions").len(), 2);
}

#[test]
fn a_payment_that_mass_has_not_decided_waits_until_it_has() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let wanted = payment(&payer, &payee, "10.00");
    ground.sandbox.order_after(TREASURY, "slow", READS, 1);
    assert_eq!(ground.keyed("/v1/fiscal/payments", &wanted, "once").code(), (503, "mass-slow"));
    let rows = ground.sandbox.rows("transactions");
    let made = rows.iter().find(|row| row["amount"] == "10.00").unwrap();
    let id = made["id"].as_str().unwrap();
    ground.sandbox.overwrite("transactions", id, "status", json!("PENDING"));
    let told = ground.keyed("/v1/fiscal/payments", &wanted, "once");
    assert_eq!((told.code(), told.retry_after), ((503, "mass-pending"), true), "{}", told.text);
    assert_eq!(ground.server.get("/v1/fiscal/payments").body["items"], json!([]));
    ground.sandbox.overwrite("transactions", id, "status", json!("COMPLETED"));
    let told = ground.keyed("/v1/fiscal/payments", &wanted, "once");
    assert_eq!((told.status, told.replayed), (201, false), "{}", told.text);
}

#[test]
fn what_mass_declines_is_not_done_and_what_it_has_gone_on_from_is_not_told_as_it_was() {
    let mut ground = Ground::of(Mode::Mass);
    let (payer, _) = partners(&ground);
    let fund = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" });
    let path = format!("/v1/fiscal/accounts/{payer}/fund");
    for key in ["first", "second"] {
        assert_eq!(ground.keyed(&path, &fund, key).status, 200);
    }
    let told = ground.keyed(&path, &fund, "first");
    assert_eq!(told.code(), (409, "mass-moved-on"), "{}", told.text);
    assert_eq!(ground.balance(&payer), "1002.00", "and is not done again");

    ground.server.signal("-TERM");
    let mut file = crate::ground::way(&ground.sandbox, "sandbox");
    file["mass"]["funding"]["SGD"] = json!("nobody");
    crate::ground::lay(&ground.home, &file);
    ground.server = crate::server::Server::start(&ground.home);
    let told = ground.keyed(&path, &fund, "third");
    assert_eq!(told.code(), (409, "mass-declined"), "{}", told.text);
    assert_eq!(ground.balance(&payer), "1002.00");
}

#[test]
fn more_than_mass_is_asked_at_once_come_again() {
    const AT_ONCE_MAX: usize = 8;
    let ground = Ground::of(Mode::Mass);
    let path = format!("/v1/entities/{}", ground.company("Harbour Tea"));
    ground.sandbox.order(ORGANIZATION, Some("slow"), 1_000);
    let codes: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..AT_ONCE_MAX * 2)
            .map(|_| scope.spawn(|| ground.server.get(&path).code().1.to_owned()))
            .collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(codes.iter().any(|code| code == "mass-busy"), "{codes:?}");
    assert!(codes.iter().all(|code| code == "mass-busy" || code == "mass-slow"), "{codes:?}");
}

#[test]
fn what_mass_holds_is_compared_with_what_was_put_there() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let paid = ground.server.post("/v1/fiscal/payments", &payment(&payer, &payee, "10.00"));
    assert_eq!(paid.status, 201, "{}", paid.text);
    let payment_id = paid.body["result"]["payment_id"].as_str().unwrap();
    let entity = ground.server.get("/v1/entities").body["items"][0].clone();
    let path = format!("/v1/entities/{}", entity["entity_id"].as_str().unwrap());
    let name = entity["formation"]["legal_name"].clone();
    let rows = ground.sandbox.rows("organizations");
    let row = rows.iter().find(|row| row["name"] == name).unwrap();
    let id = row["id"].as_str().unwrap();
    for (member, value) in [
        ("name", json!("Harbour Tea and Sons")),
        ("jurisdiction", json!("pk-sifc")),
        ("status", json!("SUSPENDED")),
        ("tags", json!([])),
        ("tags", json!(["mez.v1.e30"])),
    ] {
        ground.sandbox.overwrite("organizations", id, member, value.clone());
        let told = ground.server.get(&path);
        assert_eq!(told.code(), (503, "mass-differs"), "{member} {value}: {}", told.text);
        ground.sandbox.overwrite("organizations", id, member, row[member].clone());
        assert_eq!(ground.server.get(&path).status, 200);
    }
    let row = ground.sandbox.rows("transactions").into_iter().find(|row| row["amount"] == "10.00");
    let row = row.unwrap();
    let id = row["id"].as_str().unwrap();
    for (member, value) in [("amount", json!("10.01")), ("status", json!("REVERSED"))] {
        ground.sandbox.overwrite("transactions", id, member, value);
        let told = ground.server.get(&format!("/v1/fiscal/payments/{payment_id}"));
        assert_eq!(told.code(), (503, "mass-differs"), "{member}: {}", told.text);
        ground.sandbox.overwrite("transactions", id, member, row[member].clone());
    }
}

#[test]
fn a_way_that_fails_again_and_again_is_left_alone_and_taken_again() {
    let mut ground = Ground::of(Mode::Mass);
    let entity = ground.company("Harbour Tea");
    ground.server.signal("-TERM");
    let mut file = crate::ground::way(&ground.sandbox, "sandbox");
    file["mass"]["failures_max"] = json!(2);
    crate::ground::lay(&ground.home, &file);
    let server = crate::server::Server::start(&ground.home);
    let path = format!("/v1/entities/{entity}");
    ground.sandbox.order(ORGANIZATION, Some("error"), 1_000);
    // The zone's own sweep reads as well, so it may be open sooner.
    let codes: Vec<String> = (0..3).map(|_| server.get(&path).code().1.to_owned()).collect();
    assert!(codes.iter().all(|code| code == "mass-status" || code == "mass-circuit-open"));
    assert_eq!(codes[2], "mass-circuit-open", "{codes:?}");
    let asked = ground.sandbox.requests().len();
    assert_eq!(server.get(&path).code(), (503, "mass-circuit-open"));
    assert_eq!(ground.sandbox.requests().len(), asked);
    ground.sandbox.order(ORGANIZATION, None, 1);
    let closed = (0..40).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        server.get(&path).status == 200
    });
    assert!(closed, "the circuit never closed");
}

#[test]
fn nobody_there_is_said_and_the_token_is_told_to_nobody() {
    let mut ground = Ground::of(Mode::Mass);
    let entity = ground.company("Harbour Tea");
    let token = std::fs::read_to_string(ground.sandbox.token()).unwrap();
    ground.sandbox.stop();
    let told = ground.server.get(&format!("/v1/entities/{entity}"));
    assert_eq!(told.code(), (503, "mass-unreachable"), "{}", told.text);
    assert!(!told.text.contains(token.trim()) && !told.text.contains(&ground.sandbox.url));
    let told = ground.keyed("/v1/entities", &ground.wanted("Jade Lamps"), "form-1");
    assert_eq!(told.code(), (503, "mass-unreachable"), "{}", told.text);
    ground.server.signal("-TERM");
    assert_eq!(found(&ground.disk(), token.trim()), 0);
}

#[test]
fn a_zone_that_is_killed_while_mass_is_asked_finds_what_was_done() {
    let mut ground = Ground::of(Mode::Mass);
    let wanted = ground.wanted("Harbour Tea");
    ground.sandbox.order(ORGANIZATION, Some("slow"), 1);
    let (url, token) = (format!("{}/v1/entities", ground.server.url), ground.server.token.clone());
    let body = wanted.to_string();
    let asking = std::thread::spawn(move || {
        let request = crate::server::agent().post(url).header("idempotency-key", "form-1");
        let request = request.header("authorization", format!("Bearer {token}"));
        let answered = request.header("content-type", "application/json").send(body.as_bytes());
        assert!(answered.is_err(), "it was answered");
    });
    let made = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        !ground.sandbox.rows("organizations").is_empty()
    });
    ground.server.signal("-KILL");
    asking.join().unwrap();
    assert!(made, "Mass made nothing");
    let server = crate::server::Server::start(&ground.home);
    assert_eq!(server.get("/v1/entities").body["items"], json!([]));
    let key = [("idempotency-key", "form-1")];
    let told = server.send("/v1/entities", wanted.to_string().as_bytes(), &key);
    assert_eq!((told.status, told.replayed), (201, false), "{}", told.text);
    assert_eq!(ground.sandbox.rows("organizations").len(), 1);
    assert_eq!(server.get("/v1/entities").body["items"], json!([told.body["result"]]));
}
