//! Credentials beside the sum of their primitives: the same canonical bytes, hashes and curve operations,
//! with nothing around them.

use canon::{Canonical, Did, Realm, Timestamp};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use proof::credential::{self, Anchors, TrustList, Unsigned, Verdict};
use proof::{PublicKey, SecretKey};
use serde_json::{Value, json};

use crate::harness::{Bench, Reach, Row};

const SEED: [u8; 32] = [7; 32];
/// Credentials of one issuer in one call.
const MANY: usize = 1_000;

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn unsigned(n: usize, issuer: &Did) -> Unsigned {
    Unsigned {
        id: format!("urn:mez:vc:bench:{n}"),
        types: vec!["LicenseCredential".to_owned()],
        issuer: issuer.clone(),
        realm: Realm::Sandbox,
        subject: json!({ "id": format!("did:mez:subject-{n}"), "name": "Example Ltd", "class": "A" }),
        valid_from: time("2026-11-01T00:00:00Z"),
        valid_until: time("2026-12-01T00:00:00Z"),
        evidence: Vec::new(),
        status: Vec::new(),
    }
}

/// A credential in the two parts that are hashed, and its signature.
fn parts(document: &Value) -> (Value, Value, [u8; 64]) {
    let mut bare = document.clone();
    let mut options = bare.as_object_mut().and_then(|all| all.remove("proof")).expect("a proof");
    let value = options.as_object_mut().and_then(|all| all.remove("proofValue")).expect("a value");
    let text = value.as_str().and_then(|text| text.strip_prefix('z')).expect("base58btc");
    let signature = bs58::decode(text).into_vec().expect("base58btc");
    (bare, options, signature.try_into().expect("64 bytes"))
}

/// What `eddsa-jcs-2022` signs.
fn message(bare: &Value, options: &Value) -> [u8; 64] {
    let mut message = [0; 64];
    for (half, value) in message.chunks_mut(32).zip([options, bare]) {
        half.copy_from_slice(Canonical::of_value(value).expect("canonical").digest().as_bytes());
    }
    message
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let key = SecretKey::from_seed(SEED).expect("a seed");
    let method = key.public().verification_method();
    let plain = SigningKey::from_bytes(&SEED);
    let issuer = key.public().did();
    let issue = |n: usize| credential::issue(unsigned(n, &issuer), &key, &method).expect("issued");
    let all: Vec<Value> = (0..MANY).map(issue).collect();
    let anchors = Anchors::pinned(&TrustList(vec![key.public().did()]), Realm::Sandbox);
    let noon = time("2026-11-20T12:00:00Z");
    let one = &all[0];
    let (bare, options, signature) = parts(one);
    // Signing and admitting a key are primitives too: D2 has every did:key checked for torsion.
    let verify = || {
        let key = PublicKey::from_did_key(&method).expect("admitted");
        let key = VerifyingKey::from_bytes(key.bytes()).expect("a key");
        key.verify_strict(&message(&bare, &options), &Signature::from_bytes(&signature)).is_ok()
    };
    let sign = || plain.sign(&message(&bare, &options)).to_bytes();
    assert_eq!(sign(), signature);
    assert!(verify());
    let single = |document: &Value| credential::verify(document, &anchors, noon).verdict();
    let history = || {
        let judged = credential::verify_history(&all, &anchors, noon);
        judged.iter().filter(|one| one.verdict() == Verdict::Valid).count()
    };
    let singles = || all.iter().filter(|one| single(one) == Verdict::Valid).count();
    assert_eq!((history(), singles()), (MANY, MANY));
    vec![
        bench.short("credential: issue", 1, Reach::Within(1.1), || issue(0), sign),
        bench.short("credential: verify one", 1, Reach::Within(1.15), || single(one), verify),
        bench.short(
            "credential: 1,000 of one issuer, history mode",
            MANY,
            Reach::Within(0.30),
            history,
            singles,
        ),
    ]
}
