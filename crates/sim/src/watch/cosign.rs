//! The honest watchers as witnesses: they cosign the logs of every zone, and never two roots of one size.

use std::collections::BTreeMap;

use proof::note;
use proof::witness::client::{Answer, read_answer};
use proof::witness::{CosignerKey, Held, Logs, Policy};
use zone::{Submission, Zone};

use super::{HONEST, pen};
use crate::failure::{Failure, broken, rig};
use crate::founding::key;
use crate::host::Host;
use crate::world::World;

/// Witnesses a checkpoint needs.
const QUORUM: usize = 2;
/// How long a cosignature counts, in seconds: longer than any run.
const STALE_SECS: u64 = 400 * 86_400;
/// Requests for one checkpoint, where a zone forgot what a witness holds.
const ASKED_MAX: usize = 3;

/// What a witness knows and must not forget.
#[derive(Default)]
pub(crate) struct Witness {
    logs: Logs,
    held: BTreeMap<String, Held>,
}

fn cosigner(n: usize) -> Result<CosignerKey, Failure> {
    CosignerKey::new(&format!("witness-{n}.example"), pen(n)?.public()).map_err(rig)
}

/// Whom the zones of a run ask.
pub(crate) fn policy() -> Result<Policy, Failure> {
    let all = (0..HONEST).map(cosigner).collect::<Result<Vec<_>, _>>()?;
    Policy::new(all, QUORUM, STALE_SECS).map_err(rig)
}

impl World {
    /// Every witness is asked for what a zone wants cosigned.
    pub(crate) fn cosign(&mut self, at: usize) -> Result<(), Failure> {
        for n in 0..HONEST {
            let name = cosigner(n)?.name().to_owned();
            let Some(host) = self.hosts.get(at) else { return Ok(()) };
            let Some(zone) = host.zone() else { return Ok(()) };
            // A store that is away is asked another time.
            let Ok(due) = zone.to_cosign(&name) else { return Ok(()) };
            for asked in due {
                let Some(witness) = self.watch.witnesses.get_mut(n) else { continue };
                let kept = witness.asked(n, (host, zone), asked)?;
                self.counts.one("witness", if kept { "cosigned" } else { "not now" });
            }
        }
        Ok(())
    }

    /// When all is mended, a quorum has cosigned the newest log of every zone.
    pub(crate) fn cosigned(&mut self) -> Result<(), Failure> {
        for at in 0..self.hosts.len() {
            let published = self.hosts.get(at).and_then(Host::zone).map(Zone::publish_log);
            if let Some(Err(refused)) = published {
                return Err(broken("a mended zone publishes its log", refused.to_string()));
            }
            self.cosign(at)?;
            let Some(zone) = self.hosts.get(at).and_then(Host::zone) else { continue };
            let counting = zone.witnesses().iter().filter(|one| one.counts).count();
            if counting < QUORUM {
                let detail = format!("{at}: {:?}", zone.witnesses());
                return Err(broken("a quorum cosigns the log of an honest zone", detail));
            }
        }
        Ok(())
    }
}

impl Witness {
    /// One checkpoint, asked again where the zone did not know what is held here. Whether it is cosigned.
    fn asked(
        &mut self,
        n: usize,
        (host, zone): (&Host, &Zone),
        asked: Submission,
    ) -> Result<bool, Failure> {
        let witness = cosigner(n)?;
        let mut asked = asked;
        for _ in 0..ASKED_MAX {
            let (status, body) = self.answer(n, host, &asked)?;
            let answer = read_answer(&witness, &asked.note, status, &body).map_err(rig)?;
            match answer {
                Answer::Cosigned { note, time, .. } => {
                    let kept = zone.cosigned(witness.name(), &asked, (&note, time));
                    return kept.map(|()| true).map_err(rig);
                }
                Answer::Holds { size } => match zone.witness_holds(witness.name(), &asked, size) {
                    Ok(again) => asked = again,
                    Err(refused) if refused.code() == "witness-disputes" => {
                        let told = format!("{}: {refused}", host.name);
                        return Err(broken("an honest log goes on from what was cosigned", told));
                    }
                    Err(_) => return Ok(false),
                },
            }
        }
        Ok(false)
    }

    /// The answer of C2SP `tlog-witness`.
    fn answer(
        &mut self,
        n: usize,
        host: &Host,
        asked: &Submission,
    ) -> Result<(u16, Vec<u8>), Failure> {
        if self.logs.keys(&asked.origin).is_none() {
            let log = key(host.name, "log")?.public();
            let verifier = note::verifier_key(&asked.origin, &log);
            self.logs.add(&asked.origin, &[&verifier]).map_err(rig)?;
        }
        let read = self.logs.read(&asked.body);
        let cosign = read.and_then(|read| read.against(self.held.get(&asked.origin)));
        match cosign {
            Ok(cosign) => {
                // Durable before it is signed.
                self.held.insert(asked.origin.clone(), cosign.held().clone());
                let line = cosign.sign(cosigner(n)?.name(), zone_time(host)?, pen(n)?);
                Ok((200, line.map_err(rig)?.into_bytes()))
            }
            Err(refusal) => match refusal.held_size() {
                Some(size) => Ok((409, format!("{size}\n").into_bytes())),
                None => {
                    let told = format!("{}: {refusal}", host.name);
                    Err(broken("an honest log goes on from what was cosigned", told))
                }
            },
        }
    }
}

fn zone_time(host: &Host) -> Result<canon::Timestamp, Failure> {
    Ok(host.zone().ok_or_else(|| rig("a host is away"))?.now())
}
