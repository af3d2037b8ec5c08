//! Client and simulator are held to the pinned documents: every request that went out, every answer that came back.

use serde_json::{Value, json};

use crate::ground::{Ground, Mode, partners, payment};

fn documents() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/mass");
    let read = |name: &str| {
        let text = std::fs::read_to_string(format!("{folder}/{name}.openapi.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    ["organization-info", "treasury-info"].map(read).to_vec()
}

/// The document and operation that a request meets, by the template with the fewest parameters.
fn operation<'d>(documents: &'d [Value], request: &Value) -> Option<(&'d Value, &'d Value)> {
    let path = request["path"].as_str().unwrap().split('?').next().unwrap();
    let method = request["method"].as_str().unwrap().to_lowercase();
    let is_of = |template: &str| {
        let (one, other): (Vec<&str>, Vec<&str>) =
            (path.split('/').collect(), template.split('/').collect());
        let same = |(part, name): (&&str, &&str)| name.starts_with('{') || part == name;
        one.len() == other.len() && one.iter().zip(&other).all(same)
    };
    let all = documents.iter().flat_map(|document| {
        let paths = document["paths"].as_object().unwrap().iter();
        paths.map(move |(template, methods)| (document, template, methods))
    });
    all.filter(|(_, template, methods)| is_of(template) && methods[&method].is_object())
        .min_by_key(|(_, template, _)| template.matches('{').count())
        .map(|(document, _, methods)| (document, &methods[&method]))
}

/// What does not fit of one exchange.
fn held(documents: &[Value], exchange: &Value) -> Result<(), String> {
    let (document, operation) = operation(documents, exchange).ok_or("no such operation")?;
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_object() {
        fits(document, &exchange["body"], schema).map_err(|wrong| format!("request: {wrong}"))?;
    } else if !(exchange["body"].is_null() || exchange["body"] == json!({})) {
        return Err("request: a body where there is none".to_owned());
    }
    let query = exchange["path"].as_str().unwrap().split_once('?').map_or("", |(_, query)| query);
    let sent: Vec<&str> =
        query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
    let known: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    let known: Vec<&&Value> = known.iter().filter(|one| one["in"] == "query").collect();
    for name in &sent {
        if !known.iter().any(|one| one["name"] == **name) {
            return Err(format!("request: `{name}` is no parameter"));
        }
    }
    for one in known.iter().filter(|one| one["required"] == true) {
        if !sent.contains(&one["name"].as_str().unwrap()) {
            return Err(format!("request: `{}` is missing", one["name"]));
        }
    }
    let promised = &operation["responses"][exchange["status"].to_string()];
    let schema = &promised["content"]["application/json"]["schema"];
    if !schema.is_object() {
        return Err(format!("answer: status {} is not promised", exchange["status"]));
    }
    fits(document, &exchange["answer"], schema).map_err(|wrong| format!("answer: {wrong}"))
}

fn fits(document: &Value, value: &Value, schema: &Value) -> Result<(), String> {
    if let Some(pointer) = schema["$ref"].as_str() {
        let named = document.pointer(pointer.trim_start_matches('#'));
        return fits(document, value, named.ok_or(format!("{pointer} is not there"))?);
    }
    let is_a = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("no type `{other}` is known here"),
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_a(kind)) {
        return Err(format!("{value} is not of type {kinds:?}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        value.get(name).ok_or(format!("`{name}` is missing"))?;
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => {
                fits(document, member, schema).map_err(|wrong| format!("/{name} {wrong}"))?;
            }
            None if schema["additionalProperties"] == false => {
                return Err(format!("`{name}` is not known"));
            }
            None => {}
        }
    }
    for member in value.as_array().into_iter().flatten() {
        fits(document, member, &schema["items"])?;
    }
    Ok(())
}

/// A journey that makes every call there is, and some that are declined.
fn journey() -> Vec<Value> {
    let ground = Ground::of(Mode::Mass);
    let (payer, payee) = partners(&ground);
    let paid = ground.server.post("/v1/fiscal/payments", &payment(&payer, &payee, "250.75"));
    assert_eq!(paid.status, 201, "{}", paid.text);
    assert_eq!(ground.server.get("/v1/fiscal/payments").status, 200);
    // Promised, which opens an account of the zone's own; let go; taken back; written about an entity.
    let until = crate::home::now().plus_secs(3_600).unwrap();
    let promise = json!({
        "transfers": [{
            "from_account_id": payer, "to_account_id": payee, "amount": "1.00", "currency": "SGD",
        }],
        "purpose": "settlement", "pending_until": until,
    });
    let promised = ground.server.post("/v1/fiscal/transfers", &promise);
    assert_eq!(promised.status, 201, "{}", promised.text);
    let id = promised.body["result"]["transfer_id"].as_str().unwrap();
    let void = ground.server.post(&format!("/v1/fiscal/transfers/{id}/void"), &json!({}));
    assert_eq!(void.status, 200, "{}", void.text);
    let id = paid.body["result"]["payment_id"].as_str().unwrap();
    let reverse = format!("/v1/fiscal/payments/{id}/reverse");
    let back = ground.server.post(&reverse, &json!({ "reason": "a test" }));
    assert_eq!(back.status, 200, "{}", back.text);
    assert_eq!(ground.server.get("/v1/fiscal/totals").status, 200);
    // Several postings, which are asked for together.
    for by in ["booked", "effective"] {
        let told = ground.server.get(&format!("/v1/fiscal/accounts/{payer}/statement?by={by}"));
        assert_eq!(told.status, 200, "{}", told.text);
        assert!(told.body["items"].as_array().unwrap().len() > 2, "{}", told.text);
    }
    let all = ground.server.get("/v1/entities").body;
    let entity = all["items"][0]["entity_id"].as_str().unwrap();
    let suspend = json!({ "event": "suspend", "reason": "a test" });
    let changed = ground.server.post(&format!("/v1/entities/{entity}/events"), &suspend);
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert!(ground.sandbox.requests().iter().any(|asked| asked["method"] == "PUT"));
    // One that has to be looked for.
    ground.sandbox.order(crate::ground::ORGANIZATION, Some("drop"), 1);
    let wanted = ground.wanted("Third Company");
    assert_eq!(ground.keyed("/v1/entities", &wanted, "form-3").status, 503);
    assert_eq!(ground.keyed("/v1/entities", &wanted, "form-3").status, 201);
    ground.sandbox.requests()
}

#[test]
fn every_request_and_every_answer_is_as_the_pinned_documents_say() {
    let (documents, exchanges) = (documents(), journey());
    for exchange in &exchanges {
        if let Err(wrong) = held(&documents, exchange) {
            panic!("{} {}: {wrong}\n{exchange}", exchange["method"], exchange["path"]);
        }
    }
    // Each operation that a zone makes use of was among them.
    let met = |name: &str| exchanges.iter().any(|e| e["path"].as_str().unwrap().contains(name));
    for name in [
        "/organization/create",
        "/organization/search",
        "/organization/0",
        "/treasury/create",
        "/treasury/entity/",
        "/account/create",
        "/account/0",
        "/account/house-sgd",
        "/create/payment",
        "/transaction/search",
        "/transaction/0",
    ] {
        assert!(met(name), "{name} was never asked");
    }

    // A document that drifts is noticed: in each of these ways something of the journey does not fit any more.
    let organization = "/components/schemas/Organization";
    let account = "/components/schemas/BankAccount";
    for (at, pointer, value) in [
        (0, format!("{organization}/required/1"), json!("legalName")),
        (0, format!("{organization}/properties/status/enum"), json!(["active"])),
        (0, format!("{organization}/properties/tags/items/type"), json!("object")),
        (0, "/components/schemas/OrganizationCreate/properties/entityType".to_owned(), Value::Null),
        (1, format!("{account}/properties/balance/type"), json!("integer")),
        (1, format!("{account}/required/3"), json!("accountName")),
        (1, "/components/schemas/PaymentCreate/required/2".to_owned(), json!("idempotency_key")),
        (1, "/components/schemas/FinancialTransactionList/required/0".to_owned(), json!("items")),
        (
            1,
            "/components/schemas/FinancialTransactionObject/properties/status/enum".to_owned(),
            json!(["PENDING"]),
        ),
    ] {
        let mut drifted = documents.clone();
        let place = drifted[at].pointer_mut(&pointer).unwrap_or_else(|| panic!("{pointer}"));
        *place = value;
        if pointer.ends_with("entityType") {
            let properties = "/components/schemas/OrganizationCreate/properties";
            drifted[at]
                .pointer_mut(properties)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove("entityType");
        }
        let noticed = exchanges.iter().any(|exchange| held(&drifted, exchange).is_err());
        assert!(noticed, "{pointer} drifted, and nothing was noticed");
    }
}

#[test]
fn what_the_client_reads_is_promised() {
    let documents = documents();
    for (at, schema, read) in [
        (0, "Organization", &["id", "name", "jurisdiction", "entityType", "status", "tags"][..]),
        (0, "OrganizationPage", &["content", "totalElements"]),
        (1, "Treasury", &["id", "entityId", "context"]),
        (1, "FinancialTransactionList", &["content"]),
        (
            1,
            "BankAccount",
            &["id", "entityId", "treasuryId", "name", "currency", "balance", "available"],
        ),
        (
            1,
            "FinancialTransactionObject",
            &["id", "accountId", "status", "currency", "amount", "reference"],
        ),
    ] {
        let required = &documents[at]["components"]["schemas"][schema]["required"];
        let required = required.as_array().unwrap();
        for member in read {
            assert!(required.contains(&json!(member)), "{schema}.{member} is not promised");
        }
    }
}
