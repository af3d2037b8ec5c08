//! Keys that were admitted a moment ago: to admit one takes half as long as to verify a signature, and peers sign again
//! and again. Public keys alone stand here.

use std::cell::RefCell;

use super::public::{KeyError, PublicKey};

/// How many keys a thread keeps, one for each first byte modulo this.
const KEPT: usize = 64;

thread_local! {
    static ADMITTED: RefCell<[Option<PublicKey>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

/// The key of these bytes, admitted unless it was the last of its place to be.
pub(super) fn admitted(
    bytes: &[u8; 32],
    admit: impl FnOnce(&[u8; 32]) -> Result<PublicKey, KeyError>,
) -> Result<PublicKey, KeyError> {
    ADMITTED.with_borrow_mut(|kept| {
        let [first, ..] = *bytes;
        let Some(place) = kept.get_mut(usize::from(first) % KEPT) else { return admit(bytes) };
        match place {
            Some(key) if key.bytes() == bytes => Ok(key.clone()),
            _ => Ok(place.insert(admit(bytes)?).clone()),
        }
    })
}
