//! No one forms a message of their choosing for a signer.
fn main() {
    let _note = proof::Message::note("text\n");
    let _raw = proof::Message { kind: proof::keys::MessageKind::Note, bytes: vec![1] };
}
