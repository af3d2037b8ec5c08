//! What the judges print: `vectors/reports.json`, one row for each kind of file and end.

use canon::{Canonical, CorridorId, Timestamp};
use corridor::Party;
use corridor::verify::{CutItem, History, LaneHistory, LaneItem, assemble};
use proof::sdjwt::{self, Unsigned};
use proof::{Inception, SecretKey};
use serde_json::{Value, json};

use crate::place::Place;
use crate::roots::chain;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/reports.json");
const AT: &str = "2026-11-20T12:00:00Z";

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn bytes(document: &Value) -> Vec<u8> {
    Canonical::of_value(document).unwrap().bytes().to_vec()
}

/// The golden corridor as its first zone packs it.
fn bundle(golden: &Value) -> Vec<u8> {
    let zones = golden["zones"].as_array().unwrap();
    let ids =
        |index: usize| canon::ZoneId::parse(&text(&zones[index]["inception"]["zone_id"])).unwrap();
    let item = |row: &Value| LaneItem {
        receipt: bytes(&row["receipt"]),
        payload: serde_json::from_value(row["payload"].clone()).unwrap(),
        checkpoint: text(&row["checkpoint"]).into_bytes(),
    };
    let lane = |index: usize| {
        let rows = golden["lanes"][index]["receipts"].as_array().unwrap();
        LaneHistory { zone_id: ids(index), items: rows.iter().map(item).collect() }
    };
    let cut = |row: &Value| CutItem { document: row["cut"].clone() };
    let history = History {
        inceptions: [0, 1].map(|at| (ids(at), zones[at]["inception"].clone())).to_vec(),
        rotations: Vec::new(),
        definition: golden["definition"].clone(),
        agreements: [0, 1].map(|at| (ids(at), zones[at]["agreement"].clone())).to_vec(),
        activation: golden["activation"].clone(),
        lanes: vec![lane(0), lane(1)],
        cuts: golden["cuts"].as_array().unwrap().iter().map(cut).collect(),
    };
    let did = canon::Did::parse(&text(&zones[0]["did"])).unwrap();
    let here = Party::of(&Inception::verify(&zones[0]["inception"], &did).unwrap());
    let corridor = CorridorId::parse(&text(&golden["terms"]["corridor_id"])).unwrap();
    let pen = SecretKey::from_seed([11; 32]).unwrap();
    let signing: (_, &dyn proof::Signer) =
        (Timestamp::parse("2026-12-01T00:00:00Z").unwrap(), &pen);
    assemble(&corridor, &history, false, &here, signing).unwrap()
}

/// A credential of selective disclosure whose salts are fixed.
fn disclosed() -> String {
    let key = SecretKey::from_seed([7; 32]).unwrap();
    let unsigned = Unsigned {
        issuer: key.public().did(),
        vct: "urn:x:identity".to_owned(),
        realm: canon::Realm::Sandbox,
        holder: None,
        valid_from: Timestamp::parse("2026-01-01T00:00:00Z").unwrap(),
        valid_until: Timestamp::parse("2027-01-01T00:00:00Z").unwrap(),
        claims: json!({ "name": "Asha" }).as_object().unwrap().clone(),
        hidden: vec![("name".to_owned(), [9; 16])],
    };
    let method = format!("{0}#{1}", key.public().did(), key.public());
    sdjwt::issue(&unsigned, &key, &method).unwrap()
}

/// Every file judged below; the DIDs of both zones and of the issuer.
fn files(place: &Place) -> String {
    let golden = read(include_str!("../../../../vectors/corridor.json"));
    let documents = read(include_str!("../../../../vectors/documents.json"));
    let messages = read(include_str!("../../../../vectors/messages.json"));
    let proof = read(include_str!("../../../../vectors/proof.json"));
    let rows = golden["lanes"][0]["receipts"].as_array().unwrap();
    for index in 0..2 {
        place.write(&format!("zone{index}.json"), bytes(&golden["zones"][index]["inception"]));
        place.write(&format!("receipt{index}.json"), bytes(&rows[index]["receipt"]));
        place.write(&format!("note{index}.txt"), text(&rows[index]["checkpoint"]));
    }
    let lane: Vec<Vec<u8>> = rows.iter().map(|row| bytes(&row["receipt"])).collect();
    place.write("lane.jsonl", [lane.join(&b'\n'), b"\n".to_vec()].concat());
    place.write("short.jsonl", [&lane[0][..], b"\n", &lane[2], b"\n"].concat());
    place.write("cut.json", bytes(&golden["cuts"][0]["cut"]));
    place.write("keys.json", bytes(&proof["rotations"]["document"]));
    let first = |rows: &Value, schema: &str| {
        let rows = rows["documents"].as_array().unwrap();
        bytes(&rows.iter().find(|row| row["schema"] == schema).unwrap()["document"])
    };
    place.write("evidence.json", first(&messages, "corridor-evidence"));
    for schema in ["presentation", "status-list"] {
        place.write(&format!("{schema}.json"), first(&documents, schema));
    }
    place.write("id.sd", disclosed());
    let next = |row: &Value| canon::Digest::from_hex(&text(&row["receipt"]["next_root"])).unwrap();
    let tree: proof::merkle::Tree = rows.iter().map(next).collect();
    let (size, last) = (tree.size(), text(&rows[rows.len() - 1]["checkpoint"]));
    let inclusion = tree.inclusion(1, size).unwrap();
    let inclusion = proof::tlog_proof::TlogProof::new(1, inclusion, last.as_bytes());
    place.write("receipt1.tlog-proof", inclusion.to_bytes());
    let consistency = tree.consistency(2, size).unwrap();
    let body = proof::witness::client::add_checkpoint(2, &consistency, last.as_bytes()).unwrap();
    place.write("consistency.txt", body);
    place.write("bundle.zip", bundle(&golden));
    chain(place);
    let pack = ["artifact", "graph", "bundle", "root.json", "--root", "cas", "--out", "cas.zip"];
    assert_eq!(place.mez(&pack).exit, 0);
    let rotated = text(&proof["rotations"]["document"]["inception"]["root_key"]);
    let key = SecretKey::from_seed([7; 32]).unwrap().public().did();
    let zones = [0, 1].map(|index| text(&golden["zones"][index]["did"]));
    format!("{},{},{key},did:key:{rotated}", zones[0], zones[1])
}

/// One row for each call, its exit beside.
fn golden() -> String {
    let place = Place::new("reports");
    let trust = files(&place);
    let zones = ["--inception", "zone0.json", "--inception", "zone1.json"];
    let trusting = [&["--trust", &trust][..], &zones].concat();
    let dids = ["--trust", &trust];
    let at = [&dids[..], &["--as-of", AT]].concat();
    let graph = ["artifact", "graph", "verify"];
    let edges = ["root.json", "--root", "cas", "--edges"];
    let no_root = ["root.json", "--root", "zone0.json.d"];
    place.write("zone0.json.d/kept", "");
    let of = |schema: &str, words: &[&[&str]]| {
        let said = place.mez(&[&words.concat()[..], &["--json"]].concat());
        assert_eq!(said.err, "", "{words:?}");
        json!({ "schema": schema, "exit": said.exit, "document": said.json() })
    };
    let verify = |words: &[&[&str]]| of("report-verify", &[&["verify"], &words.concat()[..]]);
    let lanes =
        |words: &[&[&str]]| of("report-chain", &[&["verify", "chain"], &words.concat()[..]]);
    let rows = [
        verify(&[&["bundle.zip"], &dids]),
        verify(&[&["bundle.zip"]]),
        verify(&[&["cas.zip"]]),
        verify(&[&["consistency.txt", "--older", "note1.txt"], &trusting]),
        verify(&[&["consistency.txt", "--older", "note1.txt"]]),
        verify(&[&["cut.json"], &trusting]),
        verify(&[&["cut.json"]]),
        verify(&[&["cut.json", "--proof-only"]]),
        verify(&[&["evidence.json"], &dids]),
        verify(&[&["id.sd"], &at]),
        verify(&[&["keys.json"], &dids]),
        verify(&[&["note0.txt"], &trusting]),
        verify(&[&["presentation.json"], &at]),
        verify(&[&["receipt0.json"], &trusting]),
        verify(&[&["receipt0.json"]]),
        verify(&[&["receipt1.tlog-proof", "--receipt", "receipt1.json"], &trusting]),
        verify(&[&["receipt1.tlog-proof", "--receipt", "receipt0.json"], &trusting]),
        verify(&[&["status-list.json"], &at]),
        verify(&[&["zone0.json"], &dids]),
        lanes(&[&["lane.jsonl"], &trusting]),
        lanes(&[&["lane.jsonl", "--history", "--checkpoint", "note1.txt"], &trusting]),
        lanes(&[&["lane.jsonl", "short.jsonl"]]),
        of("report-artifact-graph", &[&graph, &edges]),
        of("report-artifact-graph", &[&graph, &no_root]),
        of("report-artifact-bundle", &[&graph, &["--bundle", "cas.zip"]]),
    ];
    let document = json!({
        "about": "What the judges print with --json of golden documents, each with the exit of the \
            program and the name of its schema under schemas/.",
        "documents": rows,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_reports_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/reports.json differs; a new form needs a new version");
}

/// `cargo test -p mez --test cli -- --ignored write_the_golden_reports`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_reports() {
    std::fs::write(PATH, golden()).unwrap();
}
