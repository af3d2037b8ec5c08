//! Rows that lie at Mass, where the zone keeps references: read there, and changed there and here alike.

use canon::{Canonical, Digest};
use proof::base64;
use serde_json::{Value, json};

use crate::server::{agent, told};

/// Before records in a text of Mass.
const CARRIED: &str = "mez.v1.";

/// A simulator, by where it answers.
pub struct AtMass(pub String);

/// Where a record lies: kind of row, identifier, member, and the text.
struct Lies {
    kind: &'static str,
    id: String,
    member: &'static str,
    texts: Vec<String>,
}

/// Whether what lies here of a record says where it is.
pub fn is_reference(kept: &Value) -> bool {
    kept["type"] == "MEZMassReference"
}

/// Whether it lies in a payment there.
pub fn is_payment(kept: &Value) -> bool {
    is_reference(kept) && kept["lies"] == "transaction"
}

impl AtMass {
    /// More payments like one, each with a record; gives back the references to them.
    pub fn sow(
        &self,
        kind: &str,
        like: &Value,
        records: Vec<(String, Value)>,
    ) -> Vec<(String, Value)> {
        let state = told(agent().get(format!("{}/control/state", self.0)).call().unwrap()).body;
        let row = &state["rows"]["transactions"][like["mass_id"].as_str().unwrap()];
        assert_eq!(row["status"], "COMPLETED", "{row}");
        let mut rows = serde_json::Map::new();
        let one = |(id, body): (String, Value)| {
            let record = Canonical::of_value(&body).unwrap();
            let mass_id = format!("sown-{kind}-{id}");
            let mut row = row.clone();
            row["id"] = json!(mass_id);
            row["reference"] = json!(format!("{CARRIED}{}", encoded(record.bytes())));
            rows.insert(mass_id.clone(), row);
            let mut reference = like.clone();
            reference["mass_id"] = json!(mass_id);
            reference["record_sha256"] = json!(record.digest());
            (id, reference)
        };
        let references = records.into_iter().map(one).collect();
        let order = json!({ "kind": "transactions", "rows": rows });
        let url = format!("{}/control/rows", self.0);
        let body = order.to_string();
        assert_eq!(agent().post(url).send(body.as_bytes()).unwrap().status(), 200);
        references
    }

    fn lies(&self, reference: &Value) -> Lies {
        let (kind, member) = match reference["lies"].as_str().unwrap() {
            "organization" => ("organizations", "tags"),
            "transaction" => ("transactions", "reference"),
            other => panic!("in `{other}`"),
        };
        let id = reference["mass_id"].as_str().unwrap().to_owned();
        let state = told(agent().get(format!("{}/control/state", self.0)).call().unwrap()).body;
        let texts = match &state["rows"][kind][&id][member] {
            Value::Array(all) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
            one => vec![one.as_str().unwrap().to_owned()],
        };
        Lies { kind, id, member, texts }
    }

    /// The record that a reference is to.
    pub fn read(&self, reference: &Value) -> Value {
        let texts = self.lies(reference).texts;
        let mut parts =
            texts.iter().filter_map(|text| text.split_once(CARRIED)).flat_map(|t| t.1.split('.'));
        let wanted = reference["record_sha256"].as_str().unwrap();
        let found = parts.find_map(|part| {
            let bytes = decoded(part);
            (Digest::of_blob(&bytes).to_string() == wanted).then_some(bytes)
        });
        serde_json::from_slice(&found.expect("Mass holds the record")).unwrap()
    }

    /// The reference to a record once it says this.
    pub fn change(&self, reference: &Value, body: &Value) -> Value {
        let Lies { kind, id, member, texts } = self.lies(reference);
        let before = self.read(reference);
        let [old, new] =
            [&before, body].map(|record| encoded(Canonical::of_value(record).unwrap().bytes()));
        let texts: Vec<String> = texts.iter().map(|text| text.replace(&old, &new)).collect();
        let value = match member {
            "tags" => json!(texts),
            _ => json!(texts[0]),
        };
        let order = json!({ "kind": kind, "id": id, "member": member, "value": value });
        let url = format!("{}/control/rows", self.0);
        assert_eq!(agent().post(url).send(order.to_string().as_bytes()).unwrap().status(), 200);
        let mut reference = reference.clone();
        reference["record_sha256"] = json!(Canonical::of_value(body).unwrap().digest());
        reference
    }
}

fn encoded(bytes: &[u8]) -> String {
    base64::encode(bytes).replace('+', "-").replace('/', "_").replace('=', "")
}

fn decoded(part: &str) -> Vec<u8> {
    let plain = part.replace('-', "+").replace('_', "/");
    let filled = format!("{plain}{}", "=".repeat((4 - plain.len() % 4) % 4));
    base64::decode(&filled).unwrap()
}
