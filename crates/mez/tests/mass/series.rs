//! A write that moves several amounts is several payments at Mass: all of them stand, or what was made is paid back.

use serde_json::{Value, json};

use crate::ground::{Ground, Mode, TREASURY, found, partners, payment};

/// Faults after which nobody knows what became of a payment.
const LOST: [&str; 4] = ["slow", "drop", "garbage", "wrong-subject"];

/// A transfer of two amounts between two accounts.
fn both(payer: &str, payee: &str, amounts: [&str; 2]) -> Value {
    let one = |amount: &str| {
        json!({
            "from_account_id": payer, "to_account_id": payee, "amount": amount, "currency": "SGD",
        })
    };
    json!({ "transfers": amounts.map(one), "purpose": "settlement" })
}

const TRANSFERS: &str = "/v1/fiscal/transfers";

/// Calls of treasury-info that a write makes before its first payment.
fn before_paying(ground: &Ground, path: &str, wanted: &Value) -> u64 {
    let before = ground.sandbox.requests().len();
    let probe = ground.server.post(&format!("{path}?dry_run=true"), wanted);
    assert_eq!(probe.status, 200, "{}", probe.text);
    let asked = &ground.sandbox.requests()[before..];
    asked.iter().filter(|request| request["service"] == TREASURY).count() as u64
}

fn balances(ground: &Ground, payer: &str, payee: &str) -> [String; 2] {
    [ground.balance(payer), ground.balance(payee)]
}

/// What moved at Mass since a number of payments, in order.
fn moved(ground: &Ground, since: usize) -> Vec<String> {
    let rows = ground.sandbox.rows("transactions");
    rows[since..].iter().map(|row| row["amount"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_part_is_made_once_whatever_becomes_of_its_answer() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let mut left = 1_000;
    for (at, fault) in LOST.iter().enumerate() {
        for part in 0..2 {
            let wanted = both(&payer, &payee, ["3.00", "4.00"]);
            let (key, since) =
                (format!("both-{at}-{part}"), ground.sandbox.rows("transactions").len());
            let reads = before_paying(&ground, TRANSFERS, &wanted);
            ground.sandbox.order_after(TREASURY, fault, reads + part, 2);
            let lost = ground.keyed(TRANSFERS, &wanted, &key);
            assert_eq!(lost.status, 503, "{fault} {part}: {}", lost.text);
            assert!(lost.code().1.starts_with("mass-") && lost.retry_after, "{}", lost.text);
            ground.sandbox.order(TREASURY, None, 1);
            let done = ground.keyed(TRANSFERS, &wanted, &key);
            assert_eq!((done.status, done.replayed), (201, false), "{fault}: {}", done.text);
            left -= 7;
            let told = balances(&ground, &payer, &payee);
            assert_eq!(told, [format!("{left}.00"), format!("{}.00", 1_000 - left)], "{fault}");
            assert_eq!(moved(&ground, since), ["3.00", "4.00"], "{fault} {part}");
            let again = ground.keyed(TRANSFERS, &wanted, &key);
            assert_eq!((again.replayed, &again.body), (true, &done.body), "{}", again.text);
        }
    }
    let all = ground.server.get(TRANSFERS).body;
    assert_eq!(all["items"].as_array().unwrap().len(), LOST.len() * 2);
}

#[test]
fn what_was_made_before_a_part_was_declined_is_paid_back_before_the_refusal_is_told() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let wanted = both(&payer, &payee, ["3.00", "4.00"]);
    let (reads, since) =
        (before_paying(&ground, TRANSFERS, &wanted), ground.sandbox.rows("transactions").len());
    ground.sandbox.order_after(TREASURY, "decline", reads + 1, 1);
    let told = ground.keyed(TRANSFERS, &wanted, "once");
    assert_eq!(told.code(), (409, "mass-declined"), "{}", told.text);
    assert_eq!(moved(&ground, since), ["3.00", "3.00"], "made, and paid back");
    assert_eq!(balances(&ground, &payer, &payee), ["1000.00", "0.00"]);
    assert_eq!(ground.server.get(TRANSFERS).body["items"], json!([]));
    // The same request again is another attempt, under keys of its own.
    let done = ground.keyed(TRANSFERS, &wanted, "once");
    assert_eq!((done.status, done.replayed), (201, false), "{}", done.text);
    assert_eq!(moved(&ground, since), ["3.00", "3.00", "3.00", "4.00"]);
    assert_eq!(balances(&ground, &payer, &payee), ["993.00", "7.00"]);
}

#[test]
fn what_cannot_be_paid_back_now_is_pending_and_is_paid_back_when_it_is_asked_for_again() {
    for fault in ["decline", "drop", "slow"] {
        let mut ground = Ground::of(Mode::Mass);
        let (payer, payee) = partners(&ground);
        let wanted = both(&payer, &payee, ["3.00", "4.00"]);
        let (reads, since) =
            (before_paying(&ground, TRANSFERS, &wanted), ground.sandbox.rows("transactions").len());
        // The second part is declined, and all that is asked after it fails.
        ground.sandbox.order_then(TREASURY, ("decline", reads + 1), fault);
        let told = ground.keyed(TRANSFERS, &wanted, "once");
        assert_eq!((told.code(), told.retry_after), ((503, "mass-pending"), true), "{}", told.text);
        ground.sandbox.order(TREASURY, None, 1);
        // It outlives the process.
        ground.server.signal("-KILL");
        ground.server = crate::server::Server::start(&ground.home);
        assert_eq!(ground.server.get(TRANSFERS).body["items"], json!([]));
        let done = ground.keyed(TRANSFERS, &wanted, "once");
        assert_eq!((done.status, done.replayed), (201, false), "{fault}: {}", done.text);
        assert_eq!(moved(&ground, since), ["3.00", "3.00", "3.00", "4.00"], "{fault}");
        assert_eq!(balances(&ground, &payer, &payee), ["993.00", "7.00"], "{fault}");
    }
}

#[test]
fn a_zone_that_is_killed_between_two_parts_makes_each_once() {
    let mut ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let wanted = both(&payer, &payee, ["300.00", "700.00"]);
    let (reads, since) =
        (before_paying(&ground, TRANSFERS, &wanted), ground.sandbox.rows("transactions").len());
    ground.sandbox.order_after(TREASURY, "slow", reads + 1, 1);
    let (url, token) = (format!("{}{TRANSFERS}", ground.server.url), ground.server.token.clone());
    let body = wanted.to_string();
    let asking = std::thread::spawn(move || {
        let request = crate::server::agent().post(url).header("idempotency-key", "once");
        let request = request.header("authorization", format!("Bearer {token}"));
        let answered = request.header("content-type", "application/json").send(body.as_bytes());
        assert!(answered.is_err(), "it was answered");
    });
    let made = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        moved(&ground, since).len() == 2
    });
    ground.server.signal("-KILL");
    asking.join().unwrap();
    assert!(made, "Mass made nothing");
    ground.server = crate::server::Server::start(&ground.home);
    // All the payer had is gone there, and the same request finds it.
    assert_eq!(balances(&ground, &payer, &payee), ["0.00", "1000.00"]);
    let done = ground.keyed(TRANSFERS, &wanted, "once");
    assert_eq!((done.status, done.replayed), (201, false), "{}", done.text);
    assert_eq!(moved(&ground, since), ["300.00", "700.00"]);
    assert_eq!(balances(&ground, &payer, &payee), ["0.00", "1000.00"]);
}

#[test]
fn what_is_promised_lies_on_an_account_of_the_zone_until_it_is_booked_or_let_go() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let until = crate::home::now().plus_secs(3_600).unwrap();
    let promise = |key: &str, amounts: [&str; 2]| {
        let mut wanted = both(&payer, &payee, amounts);
        wanted["pending_until"] = json!(until);
        let told = ground.keyed(TRANSFERS, &wanted, key);
        assert_eq!(told.status, 201, "{}", told.text);
        told.body["result"]["transfer_id"].as_str().unwrap().to_owned()
    };
    let at_mass = |id: &str| {
        let rows = ground.sandbox.rows("accounts");
        rows.iter().find(|row| row["name"] == id).map(|row| row["balance"].clone())
    };
    let shown = |account: &str| {
        let told = ground.server.get(&format!("/v1/fiscal/accounts/{account}")).body;
        ["balance", "available"].map(|name| told[name].as_str().unwrap().to_owned())
    };
    let (one, other) = (promise("one", ["100.00", "50.00"]), promise("other", ["20.00", "5.00"]));
    assert_eq!(at_mass("mez.promised.SGD"), Some(json!("175.00")));
    assert_eq!(shown(&payer), ["1000.00", "825.00"]);
    assert_eq!(shown(&payee), ["0.00", "0.00"]);
    let end = |id: &str, how: &str| {
        let told = ground.keyed(&format!("{TRANSFERS}/{id}/{how}"), &json!({}), how);
        assert_eq!(told.status, 200, "{}", told.text);
    };
    end(&one, "post");
    assert_eq!(at_mass("mez.promised.SGD"), Some(json!("25.00")));
    assert_eq!(
        (shown(&payer), shown(&payee)),
        (["850.00", "825.00"].map(String::from), ["150.00", "150.00"].map(String::from))
    );
    end(&other, "void");
    assert_eq!(at_mass("mez.promised.SGD"), Some(json!("0.00")));
    assert_eq!(shown(&payer), ["850.00", "850.00"]);
}

#[test]
fn what_is_half_done_keeps_nothing_here_but_identifiers_and_digests() {
    let mut ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let wanted = both(&payer, &payee, ["321.09", "43.21"]);
    let reads = before_paying(&ground, TRANSFERS, &wanted);
    ground.sandbox.order_then(TREASURY, ("decline", reads + 1), "decline");
    let told = ground.keyed(TRANSFERS, &wanted, "once");
    assert_eq!(told.code(), (503, "mass-pending"), "{}", told.text);
    ground.sandbox.order(TREASURY, None, 1);
    let paid = ground.keyed("/v1/fiscal/payments", &payment(&payer, &payee, "87.65"), "pay");
    assert_eq!(paid.status, 201, "{}", paid.text);
    assert_eq!(ground.keyed(TRANSFERS, &wanted, "once").status, 201);
    ground.server.signal("-TERM");
    let disk = ground.disk();
    let records =
        [r#""type":"MEZTransfer""#, r#""type":"MEZPosting""#, r#""type":"MEZLedgerEntry""#];
    assert_eq!(records.map(|text| found(&disk, text)), [0; 3]);
    for text in [r#""32109""#, r#""4321""#, r#""8765""#] {
        let quoted = found(&disk, &format!(r#""minor":{text}"#));
        assert_eq!(found(&disk, text), quoted, "{text}: an amount beside what law was told");
    }
}

#[test]
fn what_nobody_asks_for_again_is_paid_back_by_the_zone_itself() {
    let mut ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let wanted = both(&payer, &payee, ["3.00", "4.00"]);
    let (reads, since) =
        (before_paying(&ground, TRANSFERS, &wanted), ground.sandbox.rows("transactions").len());
    ground.sandbox.order_after(TREASURY, "drop", reads + 1, 2);
    let lost = ground.keyed(TRANSFERS, &wanted, "once");
    assert_eq!(lost.code(), (503, "mass-unreachable"), "{}", lost.text);
    assert_eq!(moved(&ground, since), ["3.00", "4.00"]);
    ground.server.signal("-TERM");
    ground.due_now("mass");
    ground.server = crate::server::Server::start(&ground.home);
    let back = (0..300).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        moved(&ground, since) == ["3.00", "4.00", "4.00", "3.00"]
    });
    assert!(back, "{:?}", moved(&ground, since));
    assert_eq!(balances(&ground, &payer, &payee), ["1000.00", "0.00"]);
    assert_eq!(ground.server.get(TRANSFERS).body["items"], json!([]));
    let done = ground.keyed(TRANSFERS, &wanted, "once");
    assert_eq!((done.status, done.replayed), (201, false), "{}", done.text);
    assert_eq!(moved(&ground, since)[4..], ["3.00", "4.00"]);
    assert_eq!(balances(&ground, &payer, &payee), ["993.00", "7.00"]);
}

#[test]
fn what_is_something_else_when_it_is_asked_for_again_is_paid_back_and_made_as_it_is_now() {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let (path, wanted) = ("/v1/fiscal/payments", payment(&payer, &payee, "100.00"));
    let (reads, since) =
        (before_paying(&ground, path, &wanted), ground.sandbox.rows("transactions").len());
    ground.sandbox.order_after(TREASURY, "drop", reads, 2);
    let lost = ground.keyed(path, &wanted, "once");
    assert_eq!(lost.code(), (503, "mass-unreachable"), "{}", lost.text);
    let fee = json!({
        "event": "payment.internal", "currency": "SGD", "fixed": "1.00", "rate_bp": 0,
        "from": crate::home::now().date(),
    });
    let set = ground.server.post("/v1/fiscal/fees", &fee);
    assert_eq!(set.status, 201, "{}", set.text);
    let done = ground.keyed(path, &wanted, "once");
    assert_eq!((done.status, done.replayed), (201, false), "{}", done.text);
    // What goes to the zone goes first: it can always be paid back.
    assert_eq!(moved(&ground, since), ["100.00", "100.00", "1.00", "100.00"]);
    assert_eq!(balances(&ground, &payer, &payee), ["899.00", "100.00"]);
}
