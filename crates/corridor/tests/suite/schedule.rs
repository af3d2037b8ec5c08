//! Random schedules: both sides write, acknowledge, halt and resume while delivery lags behind.

use corridor::AppendError;
use corridor::lane::TransitionKind;
use corridor::verify::judge;
use proof::credential::Verdict;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::zones::{World, draft};

#[derive(Clone, Copy, Debug)]
enum Step {
    Business(usize),
    Return(usize),
    Ack(usize, u64),
    Halt(usize),
    Resume(usize),
    Deliver(usize, usize),
    Cut(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let side = 0..2usize;
    prop_oneof![
        4 => side.clone().prop_map(Step::Business),
        1 => side.clone().prop_map(Step::Return),
        3 => (side.clone(), 0..4u64).prop_map(|(side, back)| Step::Ack(side, back)),
        1 => side.clone().prop_map(Step::Halt),
        2 => side.clone().prop_map(Step::Resume),
        5 => (side.clone(), 1..4usize).prop_map(|(side, n)| Step::Deliver(side, n)),
        1 => side.prop_map(Step::Cut),
    ]
}

struct Run {
    world: World,
    /// A resume signed by both that this side has not written yet.
    resumes: [Option<Value>; 2],
    halts: u32,
}

impl Run {
    fn business(&mut self, side: usize) {
        let here = &self.world.sides[side];
        let open = here.here.lane().halts().len() + here.there.lane().halts().len();
        let kind = TransitionKind::PaymentTransfer;
        match self.world.sides[side].write(draft(kind, json!({ "to": side }))) {
            Ok(_) => assert_eq!(open, 0, "business although a halt is known"),
            Err(AppendError::State(_)) => assert_ne!(open, 0, "refused although nothing is known"),
            Err(other) => panic!("{other}"),
        }
    }

    fn ack(&mut self, side: usize, back: u64) {
        let here = &self.world.sides[side];
        let (acked, held) = (here.here.lane().acked(), here.there.size());
        let size = held.saturating_sub(back).max(acked);
        if size == 0 {
            return;
        }
        // Refuse every second one of what is newly decided.
        let refused: Vec<u64> = (acked..size).filter(|n| n % 2 == 1).collect();
        self.world.sides[side].ack(size, &refused).unwrap();
    }

    fn halt(&mut self, side: usize) {
        self.halts += 1;
        self.world.sides[side].halt(&format!("halt:{}", self.halts)).unwrap();
    }

    /// Write the resume that is agreed, or agree on one over every halt of both lanes.
    fn resume(&mut self, side: usize) {
        if let Some(document) = self.resumes[side].take() {
            let resume = draft(TransitionKind::Resume, document);
            self.world.sides[side].write(resume).unwrap();
        } else if self.resumes[1 - side].is_none() {
            let lanes = self.world.sides.each_ref().map(|s| s.here.lane());
            let halts: Vec<_> =
                lanes.iter().flat_map(|l| l.halts()).map(|h| h.halt_id.as_str()).collect();
            assert_eq!(lanes[0].epoch(), lanes[1].epoch());
            let document = self.world.resume(lanes[0].epoch() + 1, &halts);
            self.resumes = [Some(document.clone()), Some(document)];
        }
    }

    fn cut(&mut self, side: usize) {
        let here = &self.world.sides[side];
        if here.here.size().min(here.there.size()) == 0 {
            return;
        }
        self.world.cut(side).unwrap();
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Business(side) => self.business(side),
            Step::Return(side) => {
                let kind = TransitionKind::PaymentReturn;
                self.world.sides[side].write(draft(kind, json!({}))).map(|_| ()).unwrap();
            }
            Step::Ack(side, back) => self.ack(side, back),
            Step::Halt(side) => self.halt(side),
            Step::Resume(side) => self.resume(side),
            Step::Deliver(side, most) => self.world.deliver(side, most).map(|_| ()).unwrap(),
            Step::Cut(side) => self.cut(side),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_here_is_appended_there_and_believed_by_all(
        steps in proptest::collection::vec(step(), 1..40)
    ) {
        let mut run = Run { world: World::new(), resumes: [None, None], halts: 0 };
        for step in steps {
            run.take(step);
        }
        let dids = run.world.dids();
        // Each side's view is VALID even before everything has arrived.
        for by in [0, 1] {
            let report = judge(&run.world.bundle(by), &dids);
            prop_assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
        }
        run.world.settle();
        let [a, b] = &run.world.sides;
        prop_assert_eq!(a.here.lane(), b.there.lane());
        prop_assert_eq!(b.here.lane(), a.there.lane());
        for by in [0, 1] {
            let report = judge(&run.world.bundle(by), &dids);
            prop_assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
        }
    }
}
