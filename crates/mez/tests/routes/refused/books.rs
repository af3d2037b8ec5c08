//! `/v1/fiscal`: transfers, statements and the chart.

use serde_json::{Value, json};

use super::rows::Rows;
use super::{account, company, fund, is, made, payment};
use crate::home::{Home, now};
use crate::server::{Server, Told};

fn harbour() -> Home {
    Home::of("sg", Some("digital-financial-center"))
}

fn transfer(server: &Server, moves: &[(&str, &str, &str, &str)], more: &Value) -> Told {
    let one = |(from, to, amount, currency): &(&str, &str, &str, &str)| {
        json!({
            "from_account_id": from, "to_account_id": to,
            "amount": amount, "currency": currency,
        })
    };
    let transfers: Vec<Value> = moves.iter().map(one).collect();
    let mut body = json!({ "transfers": transfers, "purpose": "settlement" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.post("/v1/fiscal/transfers", &body)
}

#[test]
fn what_does_not_fit_accounts_periods_and_links_is_refused_and_moves_nothing() {
    let home = harbour();
    let server = Server::start(&home);
    let one = company(&home, &server, "Harbour Tea", "sg");
    let other = company(&home, &server, "Quay Cafes", "sg");
    let from = account(&server, &one, "SGD", Some("100.00"));
    let to = account(&server, &other, "SGD", None);
    let yen = account(&server, &other, "JPY", None);

    is(&fund(&server, &from, "100", "JPY"), 422, "bad-account");
    let pay = |to: &str| {
        server.post("/v1/fiscal/payments", &payment((&from, to), ("1.00", "SGD"), "gift"))
    };
    is(&pay(&yen), 422, "bad-account");
    is(&pay(&from), 422, "bad-account");
    // Giver and taker are one account; the currency is of neither.
    is(&transfer(&server, &[(&from, &from, "1.00", "SGD")], &json!({})), 422, "bad-posting");
    is(&transfer(&server, &[(&from, &to, "1", "JPY")], &json!({})), 422, "bad-posting");
    is(&transfer(&server, &[], &json!({})), 422, "bad-transfer");
    let many = vec![(from.as_str(), to.as_str(), "0.01", "SGD"); 17];
    is(&transfer(&server, &many, &json!({})), 422, "bad-transfer");
    assert_eq!(transfer(&server, &many[..16], &json!({})).status, 201);
    let backwards = "from_day=2026-02-02&to_day=2026-02-01";
    let statement = format!("/v1/fiscal/accounts/{from}/statement?{backwards}");
    is(&server.get(&statement), 422, "bad-period");
    // More than any amount holds, more decimals than the currency has, and none.
    for wrong in ["9".repeat(60).as_str(), "1.001", "-1.00", "0.00", "1e3", ""] {
        is(&fund(&server, &from, wrong, "SGD"), 422, "bad-amount");
    }
    let told = server.get(&format!("/v1/fiscal/accounts/{from}"));
    assert_eq!(told.body["balance"], "99.84", "{}", told.text);
}

#[test]
fn a_promise_whose_time_is_over_is_not_booked_and_can_be_let_go() {
    let home = harbour();
    let server = Server::start(&home);
    let one = company(&home, &server, "Harbour Tea", "sg");
    let other = company(&home, &server, "Quay Cafes", "sg");
    let from = account(&server, &one, "SGD", Some("100.00"));
    let to = account(&server, &other, "SGD", None);
    let until = now().plus_secs(3_600).unwrap();
    let promise =
        transfer(&server, &[(&from, &to, "40.00", "SGD")], &json!({ "pending_until": until }));
    let id = made(&promise, "transfer_id");
    drop(server);
    // The clockwork looks when the hour is over; until then only whoever asks finds that it is.
    let rows = Rows::of(&home);
    let mut kept = rows.read("transfer", &id);
    kept["status"]["expires"] = json!(now().plus_secs(-1).unwrap());
    rows.change("transfer", &id, &kept);
    drop(rows);
    let server = Server::start(&home);
    let end = |how: &str| server.post(&format!("/v1/fiscal/transfers/{id}/{how}"), &json!({}));
    is(&end("post"), 409, "transfer-expired");
    let let_go = end("void");
    assert_eq!(let_go.body["result"]["state"], "voided", "{}", let_go.text);
    let told = server.get(&format!("/v1/fiscal/accounts/{from}"));
    assert_eq!(told.body["available"], "100.00", "{}", told.text);
}

#[test]
fn a_chart_and_a_schedule_are_full_at_their_bound() {
    let home = harbour();
    let server = Server::start(&home);
    let code = |code: u32| json!({ "code": code.to_string(), "name": "X", "class": "expense" });
    let add = |server: &Server, wanted: u32| server.post("/v1/fiscal/chart", &code(wanted));
    assert_eq!(add(&server, 5_001).status, 201);
    let fee = |from: &str| {
        json!({
            "event": "payment.internal", "currency": "SGD", "fixed": "0.50",
            "from": from, "until": from,
        })
    };
    let charge = |server: &Server, day: canon::Date| {
        let next = day.plus_days(1).unwrap();
        let mut row = fee(&day.to_string());
        row["until"] = json!(next);
        server.post("/v1/fiscal/fees", &row)
    };
    let today = now().date();
    let told = charge(&server, today);
    assert_eq!(told.status, 201, "{}", told.text);
    drop(server);

    let rows = Rows::of(&home);
    let (_, kept) = rows.first("chart", None);
    let more = (5_002..=5_499).map(|number: u32| {
        let mut row = kept.clone();
        row["code"] = json!(number.to_string());
        (number.to_string(), row)
    });
    rows.sow("chart", more);
    let (id, mut schedule) = rows.first("fee-schedule", None);
    let row = schedule["rows"][0].clone();
    for number in 1..255 {
        let mut row = row.clone();
        row["fee_id"] = json!(format!("fee-{number}"));
        schedule["rows"].as_array_mut().unwrap().push(row);
    }
    rows.change("fee-schedule", &id, &schedule);
    drop(rows);

    let server = Server::start(&home);
    let told = add(&server, 5_500);
    assert_eq!(told.status, 201, "{}", told.text);
    is(&add(&server, 5_501), 409, "chart-full");
    let told = charge(&server, today.plus_days(2).unwrap());
    assert_eq!(told.status, 201, "{}", told.text);
    is(&charge(&server, today.plus_days(4).unwrap()), 409, "schedule-full");
}

#[test]
fn what_is_too_long_to_be_read_at_once_is_refused_and_not_cut_short() {
    let home = harbour();
    let server = Server::start(&home);
    let entity = company(&home, &server, "Harbour Tea", "sg");
    let id = account(&server, &entity, "SGD", Some("1.00"));
    drop(server);
    let rows = Rows::of(&home);
    let (name, entry) = rows.first("ledger-entry", Some(&format!("{id}/")));
    assert!(name.starts_with(&id), "{name}");
    // Each of a posting of its own.
    rows.sow(
        "ledger-entry",
        (0..20_000u64).map(|n| {
            let mut entry = entry.clone();
            entry["posting_id"] = json!(format!("posting-{n:06}"));
            (format!("{id}/{:016}", 1_000_000 + n), entry)
        }),
    );
    let (first, posting) = rows.first("posting", None);
    rows.sow(
        "posting",
        (0..50_000u64).map(|n| {
            let mut posting = posting.clone();
            posting["posting_id"] = json!(format!("posting-{n:06}"));
            (format!("posting-{n:06}"), posting)
        }),
    );
    drop(rows);
    let server = Server::start(&home);
    let statement = |by: &str| server.get(&format!("/v1/fiscal/accounts/{id}/statement?by={by}"));
    is(&statement("effective"), 409, "statement-too-long");
    let told = statement("booked");
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.body["items"].as_array().unwrap().len(), 50, "{}", told.text);
    assert_eq!(told.body["items"][0]["posting_id"], first.as_str(), "{}", told.text);
    is(&server.get("/v1/fiscal/journal?format=hledger"), 409, "journal-too-long");
}
