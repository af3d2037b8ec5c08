//! No one forms a message of their choosing for a signer.
fn main() {
    let _raw = proof::Message { kind: proof::keys::MessageKind::Note, bytes: vec![1] };
}
