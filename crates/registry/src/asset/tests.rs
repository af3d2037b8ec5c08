//! The life of an asset against every event in every state, and over random lives in two registers.

use super::*;
use canon::Canonical;
use proptest::prelude::*;

fn digest(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

fn at(n: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + n).unwrap()
}

fn zone(name: &str) -> ZoneId {
    ZoneId::parse(name).unwrap()
}

fn entity(n: u8) -> EntityId {
    EntityId::parse(&format!("0b9bd1f1-9d3e-4a55-8d80-0000000000{n:02}")).unwrap()
}

fn genesis() -> Genesis {
    let named = AssetNamed {
        class: Slug::parse("property").unwrap(),
        name: Line::parse("Plot 7, Harbour Road").unwrap(),
        description: None,
    };
    let home = (zone("org.momentum.mez.zone.a"), JurisdictionId::parse("pk-sifc").unwrap());
    Genesis::of(named, home, at(0), digest(7))
}

fn lane(n: u64) -> LaneRef {
    LaneRef { lane: zone("org.momentum.mez.zone.a"), sequence: n, next_root: digest(1) }
}

fn crossing(n: u64) -> Crossing {
    Crossing {
        corridor_id: CorridorId::parse("org.momentum.mez.corridor.pk-sifc--sg").unwrap(),
        zone_id: zone("org.momentum.mez.zone.b"),
        recipient: RecordId::parse("0b9bd1f1-9d3e-4a55-8d80-000000000009").unwrap(),
        recipient_name: Line::parse("Straits Trading").unwrap(),
        receipt: lane(n),
        at: at(1),
    }
}

fn ack(n: u64) -> AckRef {
    AckRef { carried_by: lane(n), size: n + 1 }
}

fn refusal(n: u64) -> RefusalRef {
    let reason_code = Slug::parse("refused-by-law").unwrap();
    RefusalRef { ack: ack(n), sequence: n, reason_code, decision_sha256: digest(2) }
}

fn events(crossings: u64) -> [AssetEvent; 4] {
    let origin = lane(3);
    [
        AssetEvent::Send(crossing(1)),
        AssetEvent::Acknowledge(ack(1)),
        AssetEvent::Return { at: at(2), refused: refusal(1) },
        AssetEvent::Arrive { at: at(3), holder: entity(2), origin, crossings },
    ]
}

#[test]
fn every_event_in_every_state() {
    let held = Asset::registered(genesis(), entity(1), at(0)).unwrap();
    let sent = held.clone().apply(AssetEvent::Send(crossing(1))).unwrap();
    let gone = sent.clone().apply(AssetEvent::Acknowledge(ack(1))).unwrap();
    let open = |asset: &Asset| events(2).map(|event| asset.clone().apply(event).is_ok());
    assert_eq!(open(&held), [true, false, false, false]);
    assert_eq!(open(&sent), [false, true, true, false]);
    assert_eq!(open(&gone), [false, false, false, true]);
    let stale = gone.clone().apply(events(1)[3].clone()).unwrap_err();
    assert_eq!((stale.state, stale.event), ("gone", "arrive"), "a crossing that was there before");
    let back = gone.apply(events(2)[3].clone()).unwrap();
    assert_eq!((back.crossings(), back.holder(), back.is_held()), (2, &entity(2), true));
}

#[test]
fn the_name_is_the_digest_of_the_genesis_and_it_reads_back() {
    let document = Canonical::of(&genesis()).unwrap();
    assert_eq!(genesis().asset_id().unwrap(), document.digest());
    assert_eq!(Genesis::read(&document).unwrap(), genesis());
    let mut other = document.value();
    other["type"] = "MEZAsset".into();
    let other = Canonical::of_value(&other).unwrap();
    assert!(matches!(Genesis::read(&other), Err(BadGenesis::Type(_))));
    other.value()["colour"] = "red".into();
    let mut more = document.value();
    more["colour"] = "red".into();
    let more = Canonical::of_value(&more).unwrap();
    assert!(matches!(Genesis::read(&more), Err(BadGenesis::Shape(_))));
}

proptest! {
    /// Two registers that tell each other the truth: at most one holds the asset, whatever is tried and in
    /// whichever order, and a copy of an old message changes nothing.
    #[test]
    fn one_holder_whatever_happens(tried in proptest::collection::vec((0u8..2, 0u8..4, any::<bool>()), 0..60)) {
        let mut registers: [Option<Asset>; 2] =
            [Some(Asset::registered(genesis(), entity(1), at(0)).unwrap()), None];
        for (whose, what, accepts) in tried {
            let (here, there) = (usize::from(whose), usize::from(1 - whose));
            let Some(asset) = registers[here].clone() else { continue };
            match what {
                0 => if let Ok(sent) = asset.apply(AssetEvent::Send(crossing(1))) {
                    registers[here] = Some(sent);
                },
                1 if accepts && asset.state() == "sent" => {
                    let (origin, crossings) = (lane(3), asset.crossings());
                    let arrived = match registers[there].clone() {
                        None => Asset::arrived(genesis(), entity(2), (origin, crossings), at(4)).ok(),
                        Some(known) => known
                            .apply(AssetEvent::Arrive { at: at(4), holder: entity(2), origin, crossings })
                            .ok(),
                    };
                    let known = arrived.expect("a true message arrives");
                    registers[there] = Some(known);
                    registers[here] = Some(asset.apply(AssetEvent::Acknowledge(ack(1))).unwrap());
                }
                1 if asset.state() == "sent" => {
                    let back = AssetEvent::Return { at: at(5), refused: refusal(1) };
                    registers[here] = Some(asset.apply(back).unwrap());
                }
                2 => {
                    let again = AssetEvent::Arrive {
                        at: at(6), holder: entity(2), origin: lane(3), crossings: asset.crossings(),
                    };
                    prop_assert!(asset.apply(again).is_err(), "an arrival twice");
                }
                _ => {}
            }
            let holders = registers.iter().flatten().filter(|asset| asset.is_held()).count();
            let on_the_way = registers.iter().flatten().filter(|a| a.state() == "sent").count();
            prop_assert_eq!(holders + on_the_way, 1);
        }
    }
}
