//! The published vector, and everything that must not open.

use data_encoding::HEXLOWER;

use super::{HpkeError, HpkePublic, HpkeSecret, Sealed, seal};

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn key(text: &str) -> [u8; 32] {
    hex(text).try_into().unwrap()
}

// RFC 9180, appendix A.2.1, sequence number 0.
const SECRET: &str = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
const PUBLIC: &str = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
const ONCE: &str = "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600";
const ENC: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
const INFO: &[u8] = b"Ode on a Grecian Urn";
const AAD: &[u8] = b"Count-0";
const MESSAGE: &[u8] = b"Beauty is truth, truth beauty";
const CIPHERTEXT: &str =
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28";

fn recipient() -> HpkeSecret {
    HpkeSecret::from_seed(&mut key(SECRET))
}

#[test]
fn the_published_vector_comes_out_byte_for_byte() {
    let recipient = recipient();
    assert_eq!(recipient.public(), HpkePublic::from_bytes(key(PUBLIC)));
    let mut once = key(ONCE);
    let sealed = seal(&recipient.public(), &mut once, (INFO, AAD), MESSAGE).unwrap();
    assert_eq!(once, [0; 32], "the seed of one message is wiped");
    assert_eq!(sealed, Sealed { enc: key(ENC), ciphertext: hex(CIPHERTEXT) });
    assert_eq!(recipient.open(&sealed, INFO, AAD).unwrap(), MESSAGE);
}

#[test]
fn nothing_opens_that_is_not_exactly_what_was_sealed() {
    let recipient = recipient();
    let good = Sealed { enc: key(ENC), ciphertext: hex(CIPHERTEXT) };
    for at in 0..good.ciphertext.len() {
        let mut changed = good.clone();
        changed.ciphertext[at] ^= 1;
        assert_eq!(recipient.open(&changed, INFO, AAD), Err(HpkeError::Open), "{at}");
    }
    let other = HpkeSecret::from_seed(&mut [5; 32]);
    assert_eq!(other.open(&good, INFO, AAD), Err(HpkeError::Open));
    assert_eq!(recipient.open(&good, b"else", AAD), Err(HpkeError::Open));
    assert_eq!(recipient.open(&good, INFO, b"Count-1"), Err(HpkeError::Open));
    let short = Sealed { enc: key(ENC), ciphertext: vec![1, 2, 3] };
    assert_eq!(recipient.open(&short, INFO, AAD), Err(HpkeError::Open));
    let weak = HpkePublic::from_bytes([0; 32]);
    assert_eq!(seal(&weak, &mut [3; 32], (INFO, AAD), MESSAGE), Err(HpkeError::WeakKey));
    assert_eq!(
        recipient.open(&Sealed { enc: [0; 32], ..good }, INFO, AAD),
        Err(HpkeError::WeakKey)
    );
}
