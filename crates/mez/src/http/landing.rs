//! Waiting for writes on their way to the disk: one thread for all requests.
//!
//! Whoever built a write goes on to the next, and its request waits without a thread. Writes that became durable together
//! move the signer's cell once, wake who listens once, and are answered then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;
use zone::{Flight, Leave, Refused, Zone};

use super::problem::Problem;
use crate::serve::Bell;

const STACK_BYTES: usize = 1024 * 1024;

/// Where writes on their way are left.
pub(crate) struct Landing(Sender<Going>);

/// One of them.
struct Going {
    flight: Flight,
    zone: Arc<Zone>,
    bell: Bell,
    told: oneshot::Sender<Result<(), Refused>>,
}

/// What becomes of a write that was left; nothing where none was.
pub(super) struct Landed(oneshot::Receiver<Result<(), Refused>>);

impl Landing {
    /// Starts the thread. It ends when nobody can leave anything any more.
    ///
    /// # Errors
    /// No thread can be had.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (left, going) = channel();
        let named = std::thread::Builder::new().name("landing".to_owned()).stack_size(STACK_BYTES);
        named.spawn(move || run(&going))?;
        Ok(Self(left))
    }

    /// For the write of one request, and what will be told of it.
    pub(super) fn for_one(&self, zone: &Arc<Zone>, bell: &Bell) -> (Leave, Landed) {
        let (left, zone, bell) = (self.0.clone(), Arc::clone(zone), bell.clone());
        let (told, landed) = oneshot::channel();
        let leave = move |flight| {
            // Where nobody takes it, it is waited for here and now, and nobody is told.
            let _ = left.send(Going { flight, zone, bell, told });
        };
        (Box::new(leave), Landed(landed))
    }
}

impl Landed {
    /// Once the write is durable, or known not to be.
    pub(super) async fn told(self) -> Result<(), Problem> {
        let gone = || Refused::Unavailable("nobody waited for the write".to_owned());
        self.0.await.unwrap_or_else(|_| Err(gone())).map_err(Problem::from)
    }
}

fn run(going: &Receiver<Going>) {
    let mut waiting = VecDeque::new();
    while let Some(first) = waiting.pop_front().or_else(|| going.recv().ok()) {
        waiting.extend(going.try_iter());
        land(first, &mut waiting);
    }
}

/// The first, and with it those that are known by then.
fn land(first: Going, waiting: &mut VecDeque<Going>) {
    let Going { mut flight, zone, bell, told } = first;
    flight.until_known();
    let (mut flights, mut tell) = (vec![flight], vec![told]);
    let known = |next: &mut Going| Arc::ptr_eq(&next.zone, &zone) && next.flight.is_known();
    while let Some(next) = waiting.pop_front_if(known) {
        flights.push(next.flight);
        tell.push(next.told);
    }
    let landed = zone.land(flights);
    for (told, landed) in tell.into_iter().zip(landed) {
        // Who went away is not told.
        let _ = told.send(landed);
    }
    bell.tell();
    if zone.outbox_stirred() {
        bell.ring();
    }
}
