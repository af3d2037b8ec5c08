//! Two zones in one process: keys from fixed seeds, a handshake, and lanes driven step by step.

mod bundles;
mod rotated;
mod side;

use canon::{Digest, JurisdictionId, Realm, Timestamp, ZoneId};
use corridor::cut::{Cut, HeldLane};
use corridor::halt::Resume;
use corridor::handshake::{ActivationTerms, Compatibility, Drawing, PinnedPack, Rules};
use corridor::lane::{Draft, Payload, TransitionKind};
use corridor::verify::{CutItem, History, LaneHistory};
use corridor::{Activation, Agreement, AppendError, Definition, Party, Terms};
use proof::inception::{self, KeyCommitment, PurposeKey, key_commitment};
use proof::integrity::{ProofOptions, sign_document};
use proof::{Inception, PublicKey, Purpose, SecretKey};
use serde_json::{Value, json};

pub use bundles::{attested, entries, repacked};
pub use rotated::running;
pub use side::{Side, resealed};

/// `n` seconds after the fixed start of every test.
pub fn at(n: i64) -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap().plus_secs(n).unwrap()
}

/// A key of a fixed seed.
pub fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32]).unwrap()
}

/// A payload with a fixed salt.
pub fn payload(payload: Value, salt: u8) -> Payload {
    Payload { payload, salt: Digest::from_bytes([salt; 32]) }
}

/// A draft that says nothing but its kind.
pub fn draft(kind: TransitionKind, content: Value) -> Draft {
    let decision_commitment = kind.is_decided().then(|| Digest::of_blob(b"decided"));
    let payload = payload(content, 7);
    let endorsements = Vec::new();
    Draft { kind, payload, decision_commitment, seen: None, ack: None, endorsements }
}

/// A document changed and signed again by `keys`.
pub fn resigned(document: &Value, keys: &[&SecretKey], edit: impl FnOnce(&mut Value)) -> Value {
    let mut document = document.clone();
    document.as_object_mut().unwrap().remove("proof");
    edit(&mut document);
    keys.iter().fold(document, |document, key| {
        sign_document(document, &ProofOptions::assertion(at(1), *key), *key).unwrap()
    })
}

/// The inception document of a zone of one jurisdiction, with keys of five consecutive seeds.
pub fn inception(jurisdiction: &str, realm: Realm, seed: u8) -> Value {
    let public = |n: u8| -> PublicKey { key(seed + n).public() };
    let running = || Purpose::RUNNING.into_iter().zip(1u8..);
    inception::Draft {
        kind: inception::TYPE.to_owned(),
        zone_id: ZoneId::parse(&format!("org.momentum.mez.zone.{jurisdiction}")).unwrap(),
        zone_host: format!("{jurisdiction}.example"),
        jurisdiction_id: JurisdictionId::parse(jurisdiction).unwrap(),
        realm,
        root_key: public(0),
        keys: running()
            .map(|(purpose, n)| PurposeKey { purpose, key: public(n), from_sequence: 0 })
            .collect(),
        next_key_commitments: running()
            .map(|(purpose, n)| KeyCommitment {
                purpose,
                commitment_sha256: key_commitment(purpose, &public(n + 4)),
            })
            .collect(),
        created: at(0),
    }
    .found(&key(seed))
    .unwrap()
}

/// A zone known from its inception document.
pub fn party(document: &Value, seed: u8) -> Party {
    Party::of(&Inception::verify(document, &key(seed).public().did()).unwrap())
}

/// Two zones and the corridor between them.
pub struct World {
    /// `pk` and `sg`, in the order of their ids.
    pub sides: [Side; 2],
    /// The agreed terms.
    pub terms: Terms,
    /// Definition, signed by both.
    pub definition: Value,
    /// One agreement of each side.
    pub agreements: [Value; 2],
    /// Activation, signed by both.
    pub activation: Value,
    /// Cuts signed by both, oldest first.
    pub cuts: Vec<Value>,
}

impl World {
    /// An active corridor with empty lanes.
    pub fn new() -> Self {
        Self::of_seeds(10, 30)
    }

    /// The same two zones by name, under other keys.
    pub fn of_seeds(one: u8, other: u8) -> Self {
        Self::agreed(one, other, None)
    }

    /// The same where the agreement names who chooses between histories.
    pub fn agreed(one: u8, other: u8, fork_authority: Option<canon::Did>) -> Self {
        let dates =
            ActivationTerms { fork_authority, ..ActivationTerms::both_zones(at(0)).unwrap() };
        Self::under((one, other), dates, (None, None)).unwrap()
    }

    /// The same under any terms, demands on law, and place after an earlier corridor.
    pub fn under(
        (one, other): (u8, u8),
        dates: ActivationTerms,
        (compatibility, after): (Option<Compatibility>, Option<(u64, Digest)>),
    ) -> Result<Self, corridor::HandshakeError> {
        let documents = [("pk", one), ("sg", other)];
        let documents = documents.map(|(name, seed)| inception(name, Realm::Sandbox, seed));
        let [a, b] = [party(&documents[0], one), party(&documents[1], other)];
        let pens = [key(one + 1), key(other + 1)];
        let rules = Rules::of(&dates, [a.did(), b.did()])?;
        let drawing = Drawing { compatibility, rules, after };
        let definition = Definition::draw_up(&a, &b, drawing, (at(0), &pens[0]))?;
        let payload_sha256 = Definition::read(&definition, &a, &b).unwrap().payload_sha256;
        let definition = Definition::countersign(definition, at(1), &pens[1]).unwrap();
        let id = corridor::handshake::claimed(&definition).unwrap().corridor_id;
        let agree = |party: &Party, pen: &SecretKey| {
            let packs = vec![PinnedPack {
                jurisdiction_id: party.participant.jurisdiction_id.clone(),
                lawpack_digest_sha256: Digest::of_blob(party.zone().as_str().as_bytes()),
            }];
            let signing: (_, &dyn proof::Signer) = (at(1), pen);
            Agreement::consent(party, &id, payload_sha256, dates.clone(), packs, signing).unwrap()
        };
        let agreements = [agree(&a, &pens[0]), agree(&b, &pens[1])];
        let views = [(&a, &agreements[0]), (&b, &agreements[1])];
        let terms = Terms::derive(&definition, &views, [&a, &b])?;
        let activation = Activation::open(&a, &terms, at(2), &pens[0]).unwrap();
        Activation::read(&activation, &terms, [&a, &b]).unwrap();
        let activation = Activation::countersign(activation, at(3), &pens[1]).unwrap();
        Activation::read_complete(&activation, &terms, [&a, &b]).unwrap();
        let [pen_a, pen_b] = pens;
        let [inception_a, inception_b] = documents;
        let sides = [
            Side::new(a.clone(), b.clone(), inception_a, pen_a, key(one + 2), &terms),
            Side::new(b, a, inception_b, pen_b, key(other + 2), &terms),
        ];
        Ok(Self { sides, terms, definition, agreements, activation, cuts: Vec::new() })
    }

    /// Deliver up to `most` receipts that `from` has written and the other has not got.
    pub fn deliver(&mut self, from: usize, most: usize) -> Result<usize, AppendError> {
        let [a, b] = &mut self.sides;
        let (writer, reader) = if from == 0 { (a, b) } else { (b, a) };
        let held = reader.there.items.len();
        let sent: Vec<_> = writer.here.items.iter().skip(held).take(most).cloned().collect();
        sent.iter().try_for_each(|item| reader.receive(item).map(|_| ()))?;
        Ok(sent.len())
    }

    /// Deliver everything both ways.
    pub fn settle(&mut self) {
        self.deliver(0, usize::MAX).unwrap();
        self.deliver(1, usize::MAX).unwrap();
    }

    /// A resume signed by both.
    pub fn resume(&self, epoch: u64, lifts: &[&str]) -> Value {
        let resume = Resume {
            corridor_id: self.terms.corridor_id.clone(),
            epoch,
            lifts: lifts.iter().map(|id| canon::RecordId::parse(id).unwrap()).collect(),
            reason: "cleared".to_owned(),
        };
        let [a, b] = &self.sides;
        let document = resume.open(&a.party, at(50), &a.pen).unwrap();
        Resume::countersign(document, at(51), &b.pen).unwrap()
    }

    /// Both lanes as one side holds them, its own first.
    pub fn held<'a>(&'a self, side: usize) -> [HeldLane<'a>; 2] {
        [&self.sides[side].here, &self.sides[side].there].map(|kept| HeldLane {
            lane: kept.lane(),
            tree: &kept.tree,
            note: kept.items.last().map_or(&[][..], |item| &item.checkpoint),
        })
    }

    /// A cut proposed by one side over all it holds, before the other has signed.
    pub fn propose_cut(
        &self,
        by: usize,
        previous: Vec<Digest>,
    ) -> Result<Value, corridor::CutError> {
        let [here, there] = self.held(by);
        Cut::propose(&self.terms, [&here, &there], previous, at(60), &self.sides[by].pen)
    }

    /// Propose, deliver what it covers, check on the other side, sign, and keep.
    pub fn cut(&mut self, by: usize) -> Result<(), corridor::CutError> {
        let previous = self.cuts.last().map(|last| Cut::digest(last).unwrap());
        let document = self.propose_cut(by, previous.into_iter().collect())?;
        self.deliver(by, usize::MAX).unwrap();
        let cut = Cut::read(&document, &self.terms)?;
        let [a, b] = &self.sides;
        let (proposer, signer) = if by == 0 { (a, b) } else { (b, a) };
        Cut::verify_signers(&document, [&a.party, &b.party], &[&proposer.party])?;
        let size =
            |zone: &ZoneId| cut.lanes.iter().find(|lane| lane.zone_id == *zone).unwrap().size;
        let kept = [&signer.here, &signer.there];
        let parts = kept.map(|k| k.at(size(k.lane().owner())));
        let (lanes, notes) = (parts.map(|(lane, _)| lane), parts.map(|(_, note)| note));
        cut.check_against(lanes, notes, [&a.party, &b.party])?;
        let earlier = self.cuts.iter().map(|c| Cut::read(c, &self.terms).unwrap());
        let earlier: Vec<_> = earlier.collect();
        cut.check_after(&earlier)?;
        self.cuts.push(Cut::countersign(document, at(61), &signer.pen)?);
        Ok(())
    }

    /// What one side holds.
    pub fn history(&self, by: usize) -> History {
        let zones = self.sides.each_ref().map(|side| side.party.zone().clone());
        let by_zone = |values: [&Value; 2]| {
            zones.iter().cloned().zip(values.into_iter().cloned()).collect::<Vec<_>>()
        };
        let side = &self.sides[by];
        let lanes = [&side.here, &side.there].map(|kept| LaneHistory {
            zone_id: kept.lane().owner().clone(),
            items: kept.items.clone(),
        });
        History {
            inceptions: by_zone(self.sides.each_ref().map(|side| &side.inception)),
            rotations: zones
                .iter()
                .cloned()
                .zip(self.sides.iter().map(|side| side.rotations.clone()))
                .collect(),
            definition: self.definition.clone(),
            agreements: by_zone(self.agreements.each_ref()),
            activation: self.activation.clone(),
            lanes: lanes.to_vec(),
            cuts: self.cuts.iter().map(|c| CutItem { document: c.clone() }).collect(),
        }
    }

    /// The DIDs of both zones.
    pub fn dids(&self) -> Vec<canon::Did> {
        self.sides.iter().map(|side| side.party.did().clone()).collect()
    }

    /// Some of everything: business, an acknowledgement with a refusal, a return, a halt lifted by
    /// both, and two cuts.
    pub fn lived() -> Self {
        Self::lived_of_seeds(10, 30)
    }

    /// The same life under other keys.
    pub fn lived_of_seeds(one: u8, other: u8) -> Self {
        let mut world = Self::of_seeds(one, other);
        let note = |n: u64| json!({ "note": n });
        world.sides[0].write(draft(TransitionKind::Noop, note(1))).unwrap();
        world.sides[0].write(draft(TransitionKind::PaymentTransfer, note(2))).unwrap();
        world.settle();
        world.sides[1].ack(2, &[1]).unwrap();
        world.settle();
        world.cut(0).unwrap();
        world.sides[0].write(draft(TransitionKind::PaymentReturn, note(3))).unwrap();
        world.settle();
        world.sides[1].halt("sg:1").unwrap();
        world.settle();
        let resume = world.resume(1, &["sg:1"]);
        world.sides[1].write(draft(TransitionKind::Resume, resume.clone())).unwrap();
        world.sides[0].write(draft(TransitionKind::Resume, resume)).unwrap();
        world.settle();
        world.sides[0].write(draft(TransitionKind::Noop, note(4))).unwrap();
        world.settle();
        world.sides[1].ack(world.sides[1].there.size(), &[]).unwrap();
        world.settle();
        world.cut(1).unwrap();
        world
    }
}
