//! A witness cannot be read from JSON.
fn main() {
    let _read: proof::Verified<u8> = serde_json::from_str("7").unwrap();
}
