//! No one forms a note for a signer but the note itself.
fn main() {
    let _note = proof::Message::note("text\n");
}
