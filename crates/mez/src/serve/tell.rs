//! The thread that tells what happened: it says where the journal ends to whoever listens, and has what is due brought
//! to receivers, each by a thread of its own, so that a slow one slows nobody else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{RecordId, Timestamp};
use tokio::sync::watch;
use zone::Zone;

use super::bell::{Bell, Ear};
use crate::http::problem::tell;
use crate::out::Courier;

/// Longest time between two looks at the journal.
const LOOK_MS: u64 = 100;
/// Shortest: what happens in between is told together.
const TOGETHER_MS: u64 = 5;
/// Pause after the store refused.
const REFUSED_MS: u64 = 1_000;
const STACK_BYTES: usize = 512 * 1024;

/// Who is at which receiver: none, once it came back, and when that was.
#[derive(Clone, Default)]
struct Under(Arc<Mutex<BTreeMap<RecordId, Option<Timestamp>>>>);

impl Under {
    fn held(&self) -> MutexGuard<'_, BTreeMap<RecordId, Option<Timestamp>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins, unless somebody is there, or was in this very second: how far it got is written once in a run.
    fn begins(&self, id: &RecordId, now: Timestamp) -> bool {
        let mut under = self.held();
        let may = under.get(id).is_none_or(|back| back.is_some_and(|back| back < now));
        if may {
            under.insert(id.clone(), None);
        }
        may
    }

    fn back(&self, id: &RecordId, now: Timestamp) {
        self.held().insert(id.clone(), Some(now));
    }
}

/// Starts it, and says where the journal ends from then on; it ends with the bell, and nothing waits for it: what it
/// writes is whole or not at all.
///
/// # Errors
/// No thread can be had.
pub(super) fn start(zone: Arc<Zone>, bell: Bell) -> std::io::Result<watch::Receiver<Option<u64>>> {
    let head = watch::Sender::new(None);
    let told = head.subscribe();
    let named = std::thread::Builder::new().name("events".to_owned()).stack_size(STACK_BYTES);
    named.spawn(move || look(&zone, &bell, &head))?;
    Ok(told)
}

fn look(zone: &Arc<Zone>, bell: &Bell, head: &watch::Sender<Option<u64>>) {
    let (courier, under) = (Arc::new(Courier::new()), Under::default());
    let (mut pause, mut heard) = (LOOK_MS, 0);
    while bell.wait(Ear::News, &mut heard, pause) && bell.pause(TOGETHER_MS) {
        let end = zone.events_head();
        head.send_if_modified(|known| std::mem::replace(known, end) != end);
        pause = match zone.webhooks_due() {
            Ok(due) => {
                due.into_iter().for_each(|id| bring(zone, id, &courier, &under));
                LOOK_MS
            }
            Err(_) => REFUSED_MS,
        };
    }
}

/// Has one receiver brought what is due to it.
fn bring(zone: &Arc<Zone>, id: RecordId, courier: &Arc<Courier>, under: &Under) {
    let zone_now = zone.now();
    if !under.begins(&id, zone_now) {
        return;
    }
    let (zone, courier, back, at) =
        (Arc::clone(zone), Arc::clone(courier), under.clone(), id.clone());
    let named = std::thread::Builder::new().name("webhook".to_owned()).stack_size(STACK_BYTES);
    let started = named.spawn(move || {
        // Of what fails here the journal still knows, so it is done again.
        if let Err(error) = zone.deliver_events(&at, |parcel| courier.bring(parcel)) {
            tell(&format!("webhook {at}: {error}"));
        }
        back.back(&at, zone.now());
    });
    if started.is_err() {
        under.back(&id, zone_now);
    }
}
