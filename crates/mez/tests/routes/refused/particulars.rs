//! What an entity of the register may be called and a message cannot carry: refused where it would be written, and
//! not by the zone that cannot read it.

use serde_json::json;

use super::pair::Pair;
use super::{is, made};

#[test]
fn a_name_longer_than_a_message_carries_is_refused_before_anything_leaves() {
    let pair = Pair::new();
    let long = "Harbour ".repeat(63);
    let (entity, from) = pair.account(0, long.trim(), "500.00");
    let (_, to) = pair.account(1, "Gulf Cafes", "500.00");
    is(&pair.pay(&from, (&to, "Gulf Cafes"), "60.00"), 422, "bad-payment");

    let genesis = json!({
        "asset_class": "property", "asset_name": "Plot 7", "holder_id": entity,
    });
    let asset = made(&pair.a.post("/v1/assets/genesis", &genesis), "asset_id");
    let send = json!({
        "corridor_id": pair.id(), "recipient_id": "gulf", "recipient_name": "Gulf Cafes",
    });
    is(&pair.a.post(&format!("/v1/assets/{asset}/transfers"), &send), 422, "bad-asset");

    let wanted = json!({
        "account_id": to, "amount": "10.00", "currency": "USD", "purpose": "goods",
    });
    let invoice = pair.b.post("/v1/bridge/invoices", &wanted);
    assert_eq!(invoice.status, 201, "{}", invoice.text);
    let lock = json!({
        "from_account_id": from, "invoice": invoice.body["result"]["invoice"],
        "route": [pair.id()],
    });
    is(&pair.a.post("/v1/bridge/transfers", &lock), 422, "bridge-refused");
    let other = json!({
        "account_id": to, "amount": "10.00", "currency": "SGD", "purpose": "goods",
    });
    is(&pair.b.post("/v1/bridge/invoices", &other), 422, "bad-account");
    let told = pair.a.get(&format!("/v1/fiscal/accounts/{from}"));
    assert_eq!(told.body["balance"], "500.00", "{}", told.text);
}
