//! A witness cannot be made outside the crate.
fn main() {
    let _tuple = proof::Verified(7);
    let _sealed = proof::Verified::seal(7);
}
