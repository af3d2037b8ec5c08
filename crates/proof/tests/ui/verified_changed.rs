//! What was verified cannot be changed under the witness.
fn change(mut text: proof::Verified<String>) {
    text.push('!');
}

fn main() {}
