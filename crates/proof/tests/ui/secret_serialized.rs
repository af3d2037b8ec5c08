//! A secret key does not reach a document.
fn main() {
    let secret = proof::SecretKey::from_seed([7; 32]).unwrap();
    let _text = serde_json::to_string(&secret);
}
