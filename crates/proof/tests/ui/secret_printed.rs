//! A secret key does not reach a log.
fn main() {
    let secret = proof::SecretKey::from_seed([7; 32]).unwrap();
    println!("{secret:?}");
}
