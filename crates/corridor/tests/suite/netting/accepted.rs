//! Obligations from cuts: what was accepted, once, and nothing that was not.

use canon::Canonical;
use corridor::bridge::Commit;
use corridor::cut::Cut;
use corridor::lane::TransitionKind;
use corridor::netting::{AcceptedError, Obligation, Owing, Source, accepted_over};
use corridor::payment::{End, Transfer};
use corridor::verify::LaneHistory;
use serde_json::Value;

use super::amount;
use crate::zones::{World, draft};

fn transfer(n: u64, minor: i128) -> Value {
    let end = |name: &str, jurisdiction: &str| End {
        account_id: canon::AccountId::parse(name).unwrap(),
        name: name.to_owned(),
        jurisdiction_id: canon::JurisdictionId::parse(jurisdiction).unwrap(),
        identified: None,
    };
    let transfer = Transfer {
        type_: Transfer::TYPE.to_owned(),
        payment_id: canon::PaymentId::parse(&format!("p{n}")).unwrap(),
        amount: amount(minor, "USD"),
        payer: end("one", "pk"),
        payer_particulars: None,
        payee: end("other", "sg"),
        purpose: "goods".to_owned(),
        reference: String::new(),
    };
    Canonical::of(&transfer).unwrap().value()
}

/// Three payments one way, the second refused, and one back; then a cut; then two more; then a cut.
fn world() -> World {
    let mut world = World::new();
    let pay = |world: &mut World, side: usize, n, minor| {
        world.sides[side]
            .write(draft(TransitionKind::PaymentTransfer, transfer(n, minor)))
            .unwrap();
        world.settle();
    };
    pay(&mut world, 0, 0, 100);
    pay(&mut world, 0, 1, 5_000);
    pay(&mut world, 0, 2, 30);
    pay(&mut world, 1, 3, 40);
    world.sides[1].ack(3, &[1]).unwrap();
    world.settle();
    world.sides[0].ack(1, &[]).unwrap();
    world.settle();
    // Written before the first cut, accepted after it.
    pay(&mut world, 0, 4, 7);
    world.cut(0).unwrap();
    pay(&mut world, 1, 5, 9);
    let size = world.sides[1].there.size();
    world.sides[1].ack(size, &[]).unwrap();
    world.settle();
    world.cut(1).unwrap();
    world
}

fn cuts(world: &World) -> [Cut; 2] {
    [0, 1].map(|n| Cut::read(&world.cuts[n], &world.terms).unwrap())
}

fn over(
    world: &World,
    cut: &Cut,
    before: Option<&Cut>,
    edit: impl Fn(&mut [LaneHistory]),
) -> Result<Vec<(bool, u64, i128)>, AcceptedError> {
    let mut lanes = world.history(0).lanes;
    edit(&mut lanes);
    let owed = accepted_over(cut, before, [&lanes[0], &lanes[1]], |_| 0)?;
    let told = |one: &Obligation| {
        let Source::Receipt(sequence) = one.source else { panic!("{:?}", one.source) };
        let forth = one.debtor == *world.sides[0].party.zone();
        (forth, sequence, one.amount.minor())
    };
    Ok(owed.iter().map(told).collect())
}

#[test]
fn what_is_accepted_is_owed_once() {
    let world = world();
    let [first, second] = cuts(&world);
    let one = over(&world, &first, None, |_| ()).unwrap();
    assert_eq!(one, [(true, 0, 100), (true, 2, 30), (false, 0, 40)]);
    // The receipt of 9 is not acknowledged: it is not owed yet.
    let two = over(&world, &second, Some(&first), |_| ()).unwrap();
    assert_eq!(two, [(true, 4, 7)]);
    let all = over(&world, &second, None, |_| ()).unwrap();
    assert_eq!(all.len(), one.len() + two.len());
    assert_eq!(over(&world, &first, Some(&first), |_| ()).unwrap(), []);
}

#[test]
fn what_the_cut_does_not_vouch_for_is_refused() {
    let world = world();
    let [first, second] = cuts(&world);
    let backwards = over(&world, &first, Some(&second), |_| ());
    assert!(matches!(backwards, Err(AcceptedError::NotBefore)));
    let refused =
        |edit: &dyn Fn(&mut [LaneHistory])| over(&world, &second, None, edit).unwrap_err();
    let short = refused(&|lanes| drop(lanes[0].items.pop()));
    assert!(matches!(short, AcceptedError::Missing(_)), "{short}");
    let swapped = refused(&|lanes| lanes[0].items.swap(0, 2));
    assert!(matches!(swapped, AcceptedError::Root(_)), "{swapped}");
    let torn = refused(&|lanes| lanes[0].items[1].receipt.truncate(40));
    assert!(matches!(torn, AcceptedError::Receipt(_, 1, _)), "{torn}");
    let hidden = refused(&|lanes| lanes[0].items[2].payload = None);
    assert!(matches!(hidden, AcceptedError::Withheld(_, 2)), "{hidden}");
    let other = refused(&|lanes| {
        lanes[0].items[2].payload.as_mut().unwrap().payload = transfer(2, 31);
    });
    assert!(matches!(other, AcceptedError::Payload(_, 2)), "{other}");
    // What was refused may stay hidden: it is owed by nobody.
    assert!(over(&world, &second, None, |lanes| lanes[0].items[1].payload = None).is_ok());
}

/// A claim is in the creditor's lane, and its reader owes from when it accepts it.
#[test]
fn who_claims_a_bridged_payment_is_owed_it() {
    let mut world = World::new();
    let claim = |n: u64, minor| {
        let id = canon::PaymentId::parse(&format!("b{n}")).unwrap();
        let commit = Commit::of(id, amount(minor, "USD"), canon::Digest::of_blob(b"preimage"));
        Canonical::of(&commit).unwrap().value()
    };
    // 500 and 60 are claimed, the second is refused; a payment of 7 goes the other way beside them.
    for (side, kind, payload) in [
        (1, TransitionKind::BridgeCommit, claim(0, 500)),
        (1, TransitionKind::BridgeCommit, claim(1, 60)),
        (0, TransitionKind::PaymentTransfer, transfer(2, 7)),
    ] {
        world.sides[side].write(draft(kind, payload)).unwrap();
        world.settle();
    }
    world.sides[0].ack(2, &[1]).unwrap();
    world.settle();
    world.sides[1].ack(1, &[]).unwrap();
    world.settle();
    world.cut(0).unwrap();
    let cut = Cut::read(&world.cuts[0], &world.terms).unwrap();
    let lanes = world.history(0).lanes;
    let of = |owing: &Owing| u8::from(matches!(owing, Owing::Commit(_)));
    let owed = accepted_over(&cut, None, [&lanes[0], &lanes[1]], of).unwrap();
    let (one, other) = (world.sides[0].party.zone(), world.sides[1].party.zone());
    let told: Vec<_> = owed
        .iter()
        .map(|o| (&o.debtor, &o.creditor, o.amount.minor(), o.priority, o.source.clone()))
        .collect();
    let wanted = [(one, other, 7, 0, Source::Receipt(0)), (one, other, 500, 1, Source::Commit(0))];
    assert_eq!(told, wanted);
    // One corridor, one debtor, one number: told apart by whose lane it is.
    let channels = [corridor::netting::Channel {
        corridor_id: cut.corridor_id.clone(),
        zones: [one.clone(), other.clone()],
    }];
    assert!(corridor::netting::Book::of(owed, &channels).is_ok());
    let refused = |edit: &dyn Fn(&mut [LaneHistory])| {
        let mut lanes = world.history(0).lanes;
        edit(&mut lanes);
        accepted_over(&cut, None, [&lanes[0], &lanes[1]], |_| 0).unwrap_err()
    };
    let hidden = refused(&|lanes| {
        let lane = lanes.iter_mut().find(|lane| lane.zone_id == *other).unwrap();
        lane.items[0].payload = None;
    });
    assert!(matches!(hidden, AcceptedError::Withheld(_, 0)), "{hidden}");
}
