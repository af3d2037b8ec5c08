//! `mez witness`: cosigning the logs of others (C2SP tlog-witness).
//!
//! ```text
//! D/cosigner.priv.json   the key, 0600              D/witness.json    the witness's name
//! D/logs.json            origins and their keys     D/state           the last checkpoint of each
//! D/evidence/…           two roots of one size, as files anybody can judge
//! ```
//! [`desk`] decides and remembers, [`door`] speaks HTTP, [`state`] is the file, [`list`] the logs.
//!
//! Invariant: nothing is signed before what it says is durable; a state file that is missing or in
//! doubt signs nothing; the first write that fails is the last one tried.

mod desk;
mod door;
#[cfg(feature = "faults")]
mod faults;
mod folder;
mod list;
mod state;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::SystemClock;
use crate::serve::{ServeError, listen, stop::Stop, tls};

pub(crate) use folder::{Folder, FolderError, LogRow};

const WORKER_THREADS: usize = 2;
const BLOCKING_THREADS_MAX: usize = 2;
const STACK_BYTES: usize = 1024 * 1024;
/// Longest wait for threads when stopping.
const THREADS_MS: u64 = 200;

/// What `mez witness serve` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The witness's folder, made by `mez witness init`
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// The logs to witness: {"logs":[{"origin":…,"keys":[verifier key,…]},…]}; DIR/logs.json,
    /// unless given
    #[arg(long, value_name = "FILE")]
    pub(crate) logs: Option<PathBuf>,
    /// TLS certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// TLS private key, PEM, mode 0600
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy on this host carries TLS; without it or a certificate only loopback is listened on
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Stop when standard input ends
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
    /// Abort at the N-th moment of a kind from now on; for the kill test
    #[cfg(feature = "faults")]
    #[arg(long, value_name = "POINT:N", hide = true, value_parser = faults::parse)]
    kill_at: Option<faults::KillAt>,
}

/// Why a witness is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WitnessError {
    /// The door.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The folder: name, key, logs, state.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl WitnessError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Serve(error) => error.code(),
            Self::Folder(error) => error.code(),
        }
    }

    /// What to do next.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Serve(error) => error.remedy(),
            Self::Folder(error) => error.remedy(),
        }
    }
}

/// Serve until told to stop.
///
/// # Errors
/// See [`WitnessError`]; nothing was signed.
pub(crate) fn run(args: &Args) -> Result<(), WitnessError> {
    let socket = listen::bind(args.listen, args.tls_cert.is_some() || args.behind_proxy)?;
    let address = socket.local_addr().map_err(ServeError::Host)?;
    let tls = tls::acceptor(args.tls_cert.as_deref(), args.tls_key.as_deref())?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let clock = Arc::new(SystemClock::open().map_err(ServeError::Clock)?);
    let folder = Folder::at(&args.dir);
    let cosigner = folder.cosigner()?;
    let verifier_key = cosigner.key().verifier_key();
    let (state, lock) = folder.open_state(cosigner.key())?;
    let evidence = folder.evidence();
    let list = Arc::new(list::List::read(folder, args.logs.clone())?);
    let count = list.now().origins().count();
    #[cfg(feature = "faults")]
    if let Some(moment) = args.kill_at {
        moment.arm();
    }
    let desk = desk::Desk::open(state, Arc::clone(&list), evidence).map_err(ServeError::Host)?;
    let door =
        Arc::new(door::Door { list: Arc::clone(&list), cosigner, clock, desk: desk.handle() });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(ServeError::Host)?;
    let stop = {
        let _inside = runtime.enter();
        let told = signal(SignalKind::hangup()).map_err(ServeError::Host)?;
        runtime.spawn(read_again(told, list));
        Stop::listen(args.exit_with_parent).map_err(ServeError::Host)?
    };
    let line = json!({
        "url": format!("{scheme}://{address}"),
        "verifier_key": verifier_key,
        "logs": count,
        "pid": std::process::id(),
    });
    let mut out = std::io::stdout().lock();
    // A reader that went away is no reason to stop.
    let _ = writeln!(out, "ready {line}").and_then(|()| out.flush());
    drop(out);
    let closing = tokio::sync::watch::Sender::new(false);
    let doors = TowerToHyperService::new(door::router(door));
    let served = runtime.block_on(listen::serve(socket, tls, doors, stop, closing));
    runtime.shutdown_timeout(Duration::from_millis(THREADS_MS));
    desk.close();
    drop(lock);
    Ok(served?)
}

/// A state file as it is read at the start, under one fixed key.
#[cfg(test)]
pub(crate) fn replayed(bytes: &[u8]) {
    let secret = proof::SecretKey::from_seed([7; 32]).unwrap();
    let key = proof::witness::CosignerKey::new("w.example/1", secret.public()).unwrap();
    let framed = [state::header(&key).as_bytes(), bytes].concat();
    for bytes in [bytes, &framed] {
        if let Ok(replayed) = state::replay(bytes, &key) {
            assert!(replayed.good <= bytes.len(), "more is good than there is");
        }
    }
}

/// Reads the list of logs again at every SIGHUP, and says what came of it.
async fn read_again(mut told: Signal, list: Arc<list::List>) {
    while told.recv().await.is_some() {
        let list = Arc::clone(&list);
        let read = tokio::task::spawn_blocking(move || list.again()).await;
        let line = match read {
            Ok(Ok(count)) => json!({ "logs": count }),
            Ok(Err(error)) => json!({ "refused": error.to_string(), "code": error.code() }),
            Err(_) => continue,
        };
        let _ = writeln!(std::io::stdout().lock(), "reread {line}");
    }
}
