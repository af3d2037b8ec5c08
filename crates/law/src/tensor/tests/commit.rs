//! Disclosures: what is shown is believed, what is hidden stays so, and nothing else passes.

use canon::Digest;
use proof::table::{Opened, Row, Table, verify_absence};
use serde_json::json;

use super::rig::{decision, moment, place};
use crate::domain::{DOMAINS, Domain};
use crate::state::State;
use crate::tensor::{BadDisclosure, Disclosure, Domains, Sealed, Tensor, key};

const SEED: [u8; 32] = [5; 32];

fn tensor() -> Tensor {
    let mut tensor = Tensor::new();
    for (at, subject) in ["entity:a", "entity:b", "entity:c"].into_iter().enumerate() {
        let cells = std::array::from_fn(|lane| {
            (State::ALL[(lane + at) % 5], (lane == 1).then(|| moment(500)))
        });
        let said = decision(moment(0).date(), moment(0), &[("ae", cells), ("sg", cells)]);
        tensor.enter(at as u64, subject, &said, Digest::of_blob(subject.as_bytes())).unwrap();
    }
    tensor
}

fn committed(tensor: &Tensor) -> (Table, Vec<Sealed>) {
    let mut sealed = Vec::new();
    for (subject, places) in tensor.subjects() {
        for place in places.keys() {
            sealed.push(tensor.seal(subject, place, &SEED).unwrap().unwrap());
        }
    }
    (sealed.iter().map(Sealed::row).collect(), sealed)
}

#[test]
fn chosen_domains_are_shown_and_believed_and_no_other_leaves() {
    let tensor = tensor();
    let (table, sealed) = committed(&tensor);
    let trusted = table.head().digest().unwrap();
    let chosen: Domains = [Domain::Kyc, Domain::Sanctions].into_iter().collect();
    let disclosure = sealed[0].disclose(&table, chosen).unwrap();
    let text = serde_json::to_string(&disclosure).unwrap();
    let disclosure: Disclosure = serde_json::from_str(&text).unwrap();
    let found = disclosure.verify(&trusted).unwrap();
    assert_eq!(
        (found.subject(), found.jurisdiction(), found.domains()),
        ("entity:a", &place("ae"), chosen)
    );
    assert_eq!(found.state(Domain::Kyc, moment(10)), Some(State::Pending));
    assert_eq!(found.state(Domain::Kyc, moment(500)), Some(State::NonCompliant), "it has ended");
    assert_eq!(found.state(Domain::Sanctions, moment(10)), Some(State::NotApplicable));
    assert_eq!(found.state(Domain::Tax, moment(10)), None, "not shown");
    assert_eq!(text.matches("\"domain\"").count(), 2);
    let hidden = &sealed[0].disclose(&table, Domains::ALL).unwrap().row.opened;
    for opened in hidden.iter().filter(|o| !chosen.has(Domain::ALL[o.column])) {
        assert!(!text.contains(&opened.salt.to_string()), "a salt of a hidden domain");
    }
}

#[test]
fn equal_states_do_not_look_alike_and_another_seed_is_another_row() {
    let tensor = tensor();
    let columns = |seed| {
        let sealed = tensor.seal("entity:a", &place("ae"), seed).unwrap().unwrap();
        let (table, _) = committed(&tensor);
        assert_eq!(sealed.disclose(&table, Domains::ALL).is_some(), *seed == SEED);
        sealed.row()
    };
    assert_ne!(columns(&SEED), columns(&[6; 32]));
    assert!(tensor.seal("entity:z", &place("ae"), &SEED).unwrap().is_none());
}

#[test]
fn a_disclosure_of_another_subject_place_type_state_or_domain_is_refused() {
    let tensor = tensor();
    let (table, sealed) = committed(&tensor);
    let trusted = table.head().digest().unwrap();
    let good = sealed[0].disclose(&table, Domains::NONE.with(Domain::Kyc)).unwrap();
    good.verify(&trusted).unwrap();
    let refused = |change: &dyn Fn(&mut Disclosure)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(bad.verify(&trusted).is_err(), "{bad:?}");
    };
    refused(&|bad| bad.type_ = "MEZDecision".into());
    refused(&|bad| bad.subject = "entity:b".into());
    refused(&|bad| bad.jurisdiction = place("sg"));
    refused(&|bad| bad.row.opened[0].payload["state"] = json!("compliant"));
    refused(&|bad| drop(bad.row.opened[0].payload.as_object_mut().unwrap().remove("expires")));
    refused(&|bad| bad.row.opened[0].column = 2);
    refused(&|bad| bad.row.columns.reverse());
    refused(&|bad| {
        let other = sealed[1].disclose(&table, Domains::ALL).unwrap();
        bad.row = other.row;
    });
    let alone = Table::new();
    assert!(good.verify(&alone.head().digest().unwrap()).is_err());
}

#[test]
fn a_row_whose_columns_are_not_the_domains_in_order_is_refused_even_when_committed() {
    let tensor = tensor();
    let sealed = tensor.seal("entity:a", &place("ae"), &SEED).unwrap().unwrap();
    let (honest, _) = committed(&tensor);
    let full = sealed.disclose(&honest, Domains::ALL).unwrap();
    for change in [0, 1] {
        let mut columns = full.row.columns.clone();
        if change == 0 {
            columns.swap(1, 4)
        } else {
            columns.truncate(DOMAINS - 1)
        }
        let key = sealed.row().key();
        let table: Table = std::iter::once(Row::of(key, &columns)).collect();
        let opened = full.row.opened.iter().find(|opened| opened.column == 1).unwrap().clone();
        let opened = Opened { column: if change == 0 { 4 } else { 1 }, ..opened };
        let row = table.show(&key, &columns, vec![opened]).unwrap();
        let lie = Disclosure { row, ..full.clone() };
        let refused = lie.verify(&table.head().digest().unwrap());
        assert!(matches!(refused, Err(BadDisclosure::Shape)), "{refused:?}");
    }
}

#[test]
fn that_nothing_was_decided_about_a_subject_is_shown() {
    let (table, _) = committed(&tensor());
    let trusted = table.head().digest().unwrap();
    for (subject, there) in [("entity:a", true), ("entity:z", false), ("entity:b", true)] {
        let key = key(subject, &place("ae")).unwrap();
        let absence = table.show_absence(&key);
        assert_eq!(absence.is_none(), there, "{subject}");
        if let Some(absence) = absence {
            assert_eq!(verify_absence(&absence, &trusted).unwrap().key, key);
        }
    }
}
