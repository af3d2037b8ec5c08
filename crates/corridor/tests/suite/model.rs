//! Ways through the model of lanes, lived through by the room: `vectors/model.json`.

use corridor::cut::Cut;
use corridor::lane::{Draft, TransitionKind};
use serde_json::{Value, json};

use crate::zones::{World, at, draft};

const GOLDEN: &str = include_str!("../../../../vectors/model.json");

/// A world, and what is between its zones.
struct Lived {
    world: World,
    resume: Value,
    /// A cut on its way, who proposed it, and whether the other signed.
    offer: Option<(Value, usize, bool)>,
    /// Cuts each zone knows to be signed by both.
    cuts: [Vec<Value>; 2],
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// A stop as the model names it: whose, and where in the lane.
fn stop(zone: usize, sequence: usize) -> String {
    format!("{}:{sequence}", ["pk", "sg"][zone])
}

impl Lived {
    fn step(&mut self, step: &Value) {
        let zone = step.get("zone").map_or(0, number);
        let side = &mut self.world.sides[zone];
        match step["do"].as_str().unwrap() {
            "noop" => drop(side.write(draft(TransitionKind::Noop, json!({}))).unwrap()),
            "halt" => {
                let id = stop(zone, usize::try_from(side.here.size()).unwrap());
                side.halt(&id).unwrap();
            }
            "take" => {
                assert_eq!(self.world.deliver(1 - zone, 1).unwrap(), 1);
                if let Some(ack) = step.get("ack") {
                    self.answer(zone, ack);
                }
            }
            "resume" => {
                let lifts = step["lifts"].as_array().unwrap().iter();
                let lifts: Vec<String> =
                    lifts.map(|lifted| stop(number(&lifted[0]), number(&lifted[1]))).collect();
                let lifts: Vec<&str> = lifts.iter().map(String::as_str).collect();
                self.resume = self.world.resume(step["epoch"].as_u64().unwrap(), &lifts);
                let said = draft(TransitionKind::Resume, self.resume.clone());
                self.world.sides[zone].write(said).unwrap();
            }
            "propose" => {
                let previous = self.cuts[zone].last().map(|last| Cut::digest(last).unwrap());
                let cut = self.world.propose_cut(zone, previous.into_iter().collect()).unwrap();
                self.offer = Some((cut, zone, false));
            }
            "sign" => self.sign(),
            "keep" => {
                let (cut, by, signed) = self.offer.take().unwrap();
                assert!(signed);
                self.cuts[by].push(cut);
            }
            "lose" => self.offer = None,
            other => panic!("`{other}` is no step"),
        }
    }

    /// What a zone writes when it has taken a receipt that is owed an answer.
    fn answer(&mut self, zone: usize, ack: &Value) {
        let side = &mut self.world.sides[zone];
        let refused: Vec<u64> =
            ack["refused"].as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect();
        let said = Some(side.ack_of(ack["size"].as_u64().unwrap(), &refused));
        let (kind, payload) = match ack["resumes"].as_bool().unwrap() {
            true => (TransitionKind::Resume, self.resume.clone()),
            false => (TransitionKind::Ack, json!({})),
        };
        side.write(Draft { ack: said, ..draft(kind, payload) }).unwrap();
    }

    /// The other zone signs the cut on its way, after every check it makes.
    fn sign(&mut self) {
        let (cut, by, _) = self.offer.take().unwrap();
        let read = Cut::read(&cut, &self.world.terms).unwrap();
        let signer = &self.world.sides[1 - by];
        let parties = [&signer.party, &signer.peer];
        Cut::verify_signers(&cut, parties, &[&signer.peer]).unwrap();
        let kept = [&signer.here, &signer.there].map(|kept| kept.at(kept.size()));
        let (lanes, notes) = (kept.map(|(lane, _)| lane), kept.map(|(_, note)| note));
        read.check_against(lanes, notes, parties).unwrap();
        let earlier = self.cuts[1 - by].iter().map(|cut| Cut::read(cut, &self.world.terms));
        read.check_after(&earlier.collect::<Result<Vec<_>, _>>().unwrap()).unwrap();
        let signed = Cut::countersign(cut, at(61), &signer.pen).unwrap();
        self.cuts[1 - by].push(signed.clone());
        self.offer = Some((signed, by, true));
    }

    fn stopped(&self, zone: usize) -> bool {
        let side = &self.world.sides[zone];
        [&side.here, &side.there].iter().any(|kept| !kept.lane().halts().is_empty())
    }
}

#[test]
fn every_way_of_the_model_is_lived_through_as_it_says() {
    let document: Value = serde_json::from_str(GOLDEN).unwrap();
    let traces = document["traces"].as_array().unwrap();
    assert!(traces.len() > 20, "{}", traces.len());
    let (mut acks, mut resumes, mut cuts) = (0, 0, 0);
    for (at, trace) in traces.iter().enumerate() {
        let offer = None;
        let mut lived =
            Lived { world: World::new(), resume: Value::Null, offer, cuts: [vec![], vec![]] };
        for step in trace["steps"].as_array().unwrap() {
            let stopped = [lived.stopped(0), lived.stopped(1)];
            assert_eq!(json!(stopped), step["stopped"], "trace {at}: {step}");
            lived.step(step);
            acks += usize::from(step.get("ack").is_some());
            resumes += usize::from(step["do"] == "resume");
            cuts += usize::from(step["do"] == "keep");
        }
        for (zone, told) in trace["zones"].as_array().unwrap().iter().enumerate() {
            let side = &lived.world.sides[zone];
            let lane = side.here.lane();
            let found = json!({
                "size": lane.size(),
                "held": side.there.size(),
                "epoch": lane.epoch(),
                "acknowledged": lane.acked(),
                "stopped": lived.stopped(zone),
            });
            assert_eq!(&found, told, "trace {at}, zone {zone}");
        }
    }
    assert!(acks > 0 && resumes > 0 && cuts > 0, "{acks} acks, {resumes} resumes, {cuts} cuts");
    // A way that is not the model's is not lived through.
    let mut wrong =
        Lived { world: World::new(), resume: Value::Null, offer: None, cuts: [vec![], vec![]] };
    wrong.world.sides[0].halt("pk:0").unwrap();
    let waits = wrong.world.sides[0].write(draft(TransitionKind::Noop, json!({})));
    assert!(waits.is_err());
}
