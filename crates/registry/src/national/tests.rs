//! Identifiers read, refused, hidden.

use proptest::prelude::*;

use super::*;

#[test]
fn a_cnic_is_read_with_and_without_hyphens_and_hides_itself() {
    let cnic = Cnic::parse("42101-1234567-1").unwrap();
    assert_eq!(cnic, Cnic::parse("4210112345671").unwrap());
    assert_eq!(cnic.as_str(), "4210112345671");
    assert_eq!(cnic.masked(), "*****-*******-1");
    assert!(!format!("{cnic:?}").contains("42101"));
    for bad in [
        "",
        "421011234567",
        "42101123456711",
        "42101-1234567-x",
        "0210112345671",
        "42101 1234567 1",
        "4-2101-1234567-1",
    ] {
        let told = Cnic::parse(bad).unwrap_err().to_string();
        assert!(bad.is_empty() || !told.contains(bad), "{told}");
    }
}

#[test]
fn leading_zeros_are_kept_and_lengths_are_exact() {
    assert_eq!(Ntn::parse("0123456").unwrap().as_str(), "0123456");
    assert_eq!(Ntn::parse("0123456-7").unwrap().as_str(), "0123456");
    assert!(Ntn::parse("123456").is_err() && Ntn::parse("12345678").is_err());
    assert_eq!(SecpNumber::parse("0000001").unwrap().as_str(), "0000001");
    assert!(SecpNumber::parse("").is_err() && SecpNumber::parse("12345678901").is_err());
    assert!(Mobile::parse("0300-1234567").is_ok() && Mobile::parse("13001234567").is_err());
}

#[test]
fn an_emirates_id_begins_with_the_country_and_ends_in_its_check_digit() {
    let good = |last: u8| EmiratesId::parse(&format!("784-1985-1234567-{last}")).ok();
    let found: Vec<EmiratesId> = (0..10).filter_map(good).collect();
    assert_eq!(found.len(), 1, "exactly one last digit fits");
    let id = &found[0];
    assert_eq!(EmiratesId::parse(id.as_str()).as_ref(), Ok(id));
    assert!(id.masked().starts_with("784-****-*******-") && !format!("{id:?}").contains("1985"));
    // The four digits need not be a year of anybody's birth.
    let other = |last: u8| EmiratesId::parse(&format!("784-0000-1234567-{last}")).is_ok();
    assert_eq!((0..10).filter(|last| other(*last)).count(), 1);
    for bad in ["785-1985-1234567-1", "784-1985-123456-1", "784", "784 1985 1234567 1"] {
        assert!(EmiratesId::parse(bad).is_err(), "{bad}");
    }
}

/// Numbers that the register itself prints, and one with another letter.
#[test]
fn check_letters_of_uens_agree() {
    for good in ["00192200M", "197401143C", "199901152M", "S16FC0121D", "T01FC6132D"] {
        assert!(Uen::parse(good).is_ok(), "{good}");
    }
    for bad in ["00192201M", "197401143D", "S16FC0122D", "T08GA00289", "t01fc6132d", "", "é", "A"]
    {
        assert!(Uen::parse(bad).is_err(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_reads_again(text in "\\PC{0,20}") {
        let _ = EmiratesId::parse(&text);
        if let Ok(id) = Uen::parse(&text) {
            prop_assert_eq!(Uen::parse(id.as_str()).unwrap(), id);
        }
        if let Ok(id) = Cnic::parse(&text) {
            prop_assert_eq!(Cnic::parse(id.as_str()).unwrap(), id);
        }
    }

    #[test]
    fn one_wrong_digit_of_a_uen_is_found(at in 0usize..9, by in 1u8..10) {
        let mut bytes = b"197401143C".to_vec();
        bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
        prop_assert!(Uen::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }
}
