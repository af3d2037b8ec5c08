//! A secret key has no second copy.
fn main() {
    let secret = proof::SecretKey::from_seed([7; 32]).unwrap();
    let _copy = secret.clone();
}
