//! `/v1/identity/limits`: what a payer may pay in a day and in a month, whatever way it pays and however many ask at once.

use std::time::Duration;

use serde_json::{Value, json};

use super::pair::Pair;
use super::{account, company, is, made};
use crate::corridors::wait;
use crate::home::{Home, now};
use crate::server::{Server, Told};

const PAY: &str = "/v1/fiscal/payments";

/// What is paid on one day is held against that day: a test that would run over midnight waits for it.
fn early_in_the_day() {
    let left = 86_400 - now().unix().rem_euclid(86_400);
    if left < 60 {
        std::thread::sleep(Duration::from_secs(left.unsigned_abs()));
    }
}

/// Limits of every tier: of one payment, of a day, of a month.
fn limits(currency: &str, at_once: &str, day: Option<&str>, month: Option<&str>) -> Value {
    let mut body = json!({ "currency": currency, "per_payment": vec![at_once; 4] });
    for (name, most) in [("per_day", day), ("per_month", month)] {
        if let Some(most) = most {
            body[name] = json!(vec![most; 4]);
        }
    }
    body
}

fn set(server: &Server, wanted: &Value) -> Value {
    let told = server.post("/v1/identity/limits", wanted);
    assert_eq!(told.status, 200, "{}", told.text);
    told.body["result"].clone()
}

/// What counts from one second on comes back from the next on.
fn another_second() {
    std::thread::sleep(Duration::from_millis(1_100));
}

struct Payer {
    home: Home,
    server: Server,
    from: String,
    to: String,
}

impl Payer {
    fn new() -> Self {
        early_in_the_day();
        let home = Home::of("sg", Some("digital-financial-center"));
        let server = Server::start(&home);
        let from =
            account(&server, &company(&home, &server, "Harbour Tea", "sg"), "SGD", Some("1000.00"));
        let to = account(&server, &company(&home, &server, "Quay Cafes", "sg"), "SGD", None);
        Self { home, server, from, to }
    }

    fn body(&self, amount: &str) -> Value {
        json!({
            "from_account_id": self.from, "to": { "account_id": self.to },
            "amount": amount, "currency": "SGD", "purpose": "services",
        })
    }

    fn pay(&self, amount: &str) -> Told {
        self.server.post(PAY, &self.body(amount))
    }

    fn promise(&self, amount: &str) -> Told {
        let one = json!({
            "from_account_id": self.from, "to_account_id": self.to,
            "amount": amount, "currency": "SGD",
        });
        let until = now().plus_secs(3_600).unwrap();
        let body = json!({ "transfers": [one], "purpose": "settlement", "pending_until": until });
        self.server.post("/v1/fiscal/transfers", &body)
    }

    /// Nothing is left of a day or a month.
    fn spent(&self, code: &str) {
        is(&self.pay("0.01"), 409, code);
    }
}

#[test]
fn what_is_paid_in_a_day_is_held_against_the_days_limit_and_comes_back_with_a_reversal() {
    let Payer { home, server, from, to } = Payer::new();
    let kept = set(&server, &limits("SGD", "80.00", Some("100.00"), None));
    assert!(kept["counted_since"].is_string() && kept.get("per_month").is_none(), "{kept}");
    another_second();
    let payer = Payer { home, server, from, to };
    assert_eq!(payer.pay("60.00").status, 201);
    is(&payer.pay("80.01"), 409, "over-tier-limit");
    let today = now().date();
    let rehearsed = payer.server.post(&format!("{PAY}?dry_run=true"), &payer.body("40.01"));
    let told = payer.pay("40.01");
    for told in [&rehearsed, &told] {
        is(told, 409, "over-tier-day-limit");
        let said =
            format!("at most 100.00 SGD a day: 60.00 SGD of {today} are used, 40.00 SGD are left");
        assert!(told.body["detail"].as_str().unwrap().contains(&said), "{}", told.text);
    }
    let rehearsed = payer.server.post(&format!("{PAY}?dry_run=true"), &payer.body("40.00"));
    assert_eq!(rehearsed.status, 200, "{}", rehearsed.text);
    let second = made(&payer.pay("40.00"), "payment_id");
    payer.spent("over-tier-day-limit");
    let reverse = |id: &str| {
        payer.server.post(&format!("{PAY}/{id}/reverse"), &json!({ "reason": "paid twice" }))
    };
    assert_eq!(reverse(&second).status, 200);
    assert_eq!(reverse(&second).code(), (409, "payment-not-reversible"));
    is(&payer.pay("40.01"), 409, "over-tier-day-limit");
    assert_eq!(payer.pay("40.00").status, 201);
    // A restart forgets none of it.
    let Payer { home, server, from, to } = payer;
    drop(server);
    let payer = Payer { server: Server::start(&home), home, from, to };
    payer.spent("over-tier-day-limit");
    // The month has all of it, though its limit is set only now.
    set(&payer.server, &limits("SGD", "80.00", None, Some("120.00")));
    let told = payer.pay("20.01");
    is(&told, 409, "over-tier-month-limit");
    let month = &today.to_string()[..7];
    let said = format!("a month: 100.00 SGD of {month} are used, 20.00 SGD are left");
    assert!(told.body["detail"].as_str().unwrap().contains(&said), "{}", told.text);
    assert_eq!(payer.pay("20.00").status, 201);
    payer.spent("over-tier-month-limit");
    // A limit below what is used leaves nothing; without one everything goes.
    set(&payer.server, &limits("SGD", "80.00", Some("10.00"), None));
    let told = payer.pay("0.01");
    assert!(
        told.text.contains("120.00 SGD") && told.text.contains(" 0.00 SGD are left"),
        "{}",
        told.text
    );
    set(&payer.server, &limits("SGD", "80.00", None, None));
    assert_eq!(payer.pay("80.00").status, 201);
    let unordered = json!({
        "currency": "SGD", "per_payment": ["1", "1", "1", "1"], "per_month": ["2", "1", "2", "2"],
    });
    is(&payer.server.post("/v1/identity/limits", &unordered), 422, "bad-tier-limits");
}

#[test]
fn a_promise_counts_until_it_is_let_go_and_is_booked_whatever_the_limit_is_by_then() {
    let payer = Payer::new();
    set(&payer.server, &limits("SGD", "500.00", Some("100.00"), Some("100.00")));
    another_second();
    is(&payer.promise("100.01"), 409, "over-tier-day-limit");
    let first = made(&payer.promise("60.00"), "transfer_id");
    let second = made(&payer.promise("40.00"), "transfer_id");
    is(&payer.promise("0.01"), 409, "over-tier-day-limit");
    payer.spent("over-tier-day-limit");
    let end = |id: &str, how: &str| {
        let told = payer.server.post(&format!("/v1/fiscal/transfers/{id}/{how}"), &json!({}));
        assert_eq!(told.status, 200, "{}", told.text);
    };
    end(&second, "void");
    is(&payer.pay("40.01"), 409, "over-tier-day-limit");
    assert_eq!(payer.pay("40.00").status, 201);
    set(&payer.server, &limits("SGD", "1.00", Some("1.00"), Some("1.00")));
    end(&first, "post");
    payer.spent("over-tier-day-limit");
    set(&payer.server, &limits("SGD", "500.00", Some("100.00"), Some("100.00")));
    payer.spent("over-tier-day-limit");
}

#[test]
fn however_many_ask_at_once_no_more_is_paid_than_the_limit() {
    let payer = Payer::new();
    set(&payer.server, &limits("SGD", "100.00", Some("35.00"), None));
    let asked: Vec<u16> = std::thread::scope(|scope| {
        let one = || payer.pay("10.00").status;
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(asked.iter().filter(|status| **status == 201).count(), 3, "{asked:?}");
    assert_eq!(asked.iter().filter(|status| **status == 409).count(), 5, "{asked:?}");
    let balance = payer.server.get(&format!("/v1/fiscal/accounts/{}", payer.from)).body;
    assert_eq!(balance["balance"], "970.00");
}

#[test]
fn a_payment_across_a_corridor_counts_and_one_that_comes_back_does_not() {
    early_in_the_day();
    let pair = Pair::new();
    let (_, from) = pair.account(0, "Harbour Tea", "100.00");
    let (_, to) = pair.account(1, "Prairie Mills", "1.00");
    set(&pair.a, &limits("USD", "90.00", Some("50.00"), None));
    another_second();
    let pay = |to: &str, amount: &str| pair.pay(&from, (to, "Prairie Mills"), amount);
    is(&pay(&to, "50.01"), 409, "over-tier-day-limit");
    assert_eq!(pay(&to, "30.00").status, 201);
    let lost = made(&pay("00000000-0000-4000-8000-000000000000", "20.00"), "payment_id");
    is(&pay(&to, "20.01"), 409, "over-tier-day-limit");
    wait(&pair.a, &format!("{PAY}/{lost}"), |told| told["state"] == "returned");
    is(&pay(&to, "20.01"), 409, "over-tier-day-limit");
    assert_eq!(pay(&to, "20.00").status, 201);
    is(&pay(&to, "0.01"), 409, "over-tier-day-limit");
}
