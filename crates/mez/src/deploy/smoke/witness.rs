//! The cut both sign, the bundle a stranger gets, and the offline verifier's word on it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use canon::CorridorId;
use serde_json::json;

use super::{Scene, Story, astray};
use crate::cli::Failure;
use crate::watch::Patience;

/// Longest wait until both sides hold the same and sign.
const CUT_WAIT: Duration = Duration::from_secs(10);

/// A verified bundle.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    /// The corridor.
    pub(crate) corridor: CorridorId,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: usize,
    /// The DIDs to trust.
    pub(crate) trust: String,
}

impl Scene<'_> {
    /// Cut, export, verify: with trust VALID, without UNKNOWN, with a byte flipped not VALID.
    pub(in crate::deploy) fn witness(
        &self,
        id: &CorridorId,
        there: usize,
        story: &mut Story,
    ) -> Result<(), Failure> {
        let (here, far) = (self.member(0)?, self.member(there)?);
        let patience = Patience::of(CUT_WAIT);
        let step = format!("cut of {id}");
        let mut tries = 0u32;
        loop {
            let key = self.key(&format!("cut-{}-{tries}", far.name));
            match here.client.post(&format!("/v1/corridors/{id}/cuts"), &json!({}), &key) {
                Ok(_) => break,
                Err(error) if patience.is_over() => return Err(astray(&step, &error)),
                // The peer may still be taking our last receipts.
                Err(_) => patience.pause(),
            }
            tries += 1;
        }
        let bytes = here.client.fetch_bytes(&format!("/v1/corridors/{id}/bundle"));
        let bytes = bytes.map_err(|e| astray("bundle", &e))?;
        let path = self.folder.join(format!("{}--{}.bundle.zip", here.name, far.name));
        write(&path, &bytes)?;
        let trust = format!("{},{}", here.did, far.did);
        expect(&path, Some(&trust), 0, "VALID under both DIDs")?;
        expect(&path, None, 7, "UNKNOWN without trust")?;
        let mut flipped = bytes.clone();
        let at = usize::try_from(self.seed).unwrap_or(0) % flipped.len().max(1);
        if let Some(byte) = flipped.get_mut(at) {
            *byte ^= 1;
        }
        let wrong = path.with_extension("flipped");
        write(&wrong, &flipped)?;
        expect(&wrong, Some(&trust), 6, "INVALID with a flipped byte")?;
        std::fs::remove_file(&wrong).map_err(|error| Failure::io("remove", &wrong, &error))?;
        story.bundles.push(Bundle { corridor: id.clone(), path, bytes: bytes.len(), trust });
        Ok(())
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::io("write", path, &error))
}

/// Run `mez verify` as a process of its own and demand its exit code.
pub(crate) fn expect(
    path: &Path,
    trust: Option<&str>,
    code: i32,
    what: &str,
) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::io("find", Path::new("the running program"), &error))?;
    let mut command = Command::new(program);
    command.arg("verify").arg(path);
    if let Some(trust) = trust {
        command.args(["--trust", trust]);
    }
    let output = command.output().map_err(|error| Failure::io("run", path, &error))?;
    if output.status.code() == Some(code) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    let detail = format!("`{}` is not {what}: {said}{error}", path.display());
    Err(astray("verify", &detail))
}
