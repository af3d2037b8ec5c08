//! `mez signer serve`: answers the one zone it is pinned to, until told to stop.
//!
//! Invariant: a key signs only messages of the kinds its purpose has; a step of the cell is durable
//! before it is answered; one process holds the cell.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use data_encoding::BASE64;
use proof::{Message, Purpose, SecretKey, Signer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use store::cell::{Cell, CellError};

use super::folder::{FolderError, SignerFolder};
use super::frames::{self, Answer, Call, Timed};
use super::link;

/// Most connections at once; a zone needs one.
const CONNECTIONS_MAX: usize = 16;
/// Longest wait for a handshake, and for the rest of a frame begun.
const FRAME_WAIT: Duration = Duration::from_secs(10);
/// Longest silence of a connection that is kept.
const IDLE_WAIT: Duration = Duration::from_secs(600);

/// What `mez signer serve` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The signer's folder, laid by `mez signer move`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8095")]
    listen: SocketAddr,
    /// Stop when standard input ends
    #[arg(long)]
    exit_with_parent: bool,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The folder, a key in it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The cell.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// TLS.
    #[error("the link key is refused: {0}")]
    Link(#[from] rustls::Error),
    /// The socket.
    #[error("`{address}` cannot be listened on: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

struct Signing {
    keys: BTreeMap<Purpose, SecretKey>,
    cell: Cell,
    config: Arc<ServerConfig>,
    open: AtomicUsize,
}

/// Serve until told to stop.
///
/// # Errors
/// See [`ServeError`]; nothing was signed.
pub(crate) fn run(args: &Args) -> Result<(), ServeError> {
    let refuse = |source| ServeError::Listen { address: args.listen, source };
    let folder = SignerFolder::at(&args.dir);
    let about = folder.about()?;
    let keys = folder.keys()?;
    let log = keys.get(&Purpose::Log).map(SecretKey::public).ok_or(FolderError::NoLogKey)?;
    let cell = Cell::open(folder.root(), &log.to_multikey())?;
    let own = folder.link()?;
    let config = link::answering(&own, about.zone_key.clone())?;
    let socket = TcpListener::bind(args.listen).map_err(refuse)?;
    let address = socket.local_addr().map_err(refuse)?;
    let line = json!({
        "address": address.to_string(),
        "link_key": own.public(),
        "zone": about.zone,
        "pid": std::process::id(),
    });
    drop(own);
    let mut out = io::stdout().lock();
    // A reader that went away is no reason to stop.
    let _ = writeln!(out, "ready {line}").and_then(|()| out.flush());
    drop(out);
    if args.exit_with_parent {
        thread::spawn(|| {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            // The cell is whole on disk after every answer: there is nothing to finish.
            std::process::exit(0);
        });
    }
    let signing = Arc::new(Signing { keys, cell, config, open: AtomicUsize::new(0) });
    for caller in socket.incoming() {
        let Ok(caller) = caller else { continue };
        if signing.open.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS_MAX {
            signing.open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let signing = Arc::clone(&signing);
        thread::spawn(move || {
            if let Err(error) = signing.answer_all(caller) {
                let _ = writeln!(io::stderr(), "a caller was let go: {error}");
            }
            signing.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
    Ok(())
}

impl Signing {
    fn answer_all(&self, caller: TcpStream) -> io::Result<()> {
        let connection =
            ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, Timed::new(caller, FRAME_WAIT));
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        loop {
            stream.sock.begin(IDLE_WAIT);
            let call = match frames::read(&mut stream) {
                Ok(call) => call,
                Err(error) if is_end(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.sock.begin(FRAME_WAIT);
            frames::write(&mut stream, &self.answer(call))?;
        }
    }

    fn answer(&self, call: Call) -> Answer {
        match call {
            Call::State {} => {
                let keys = self.keys.iter().map(|(purpose, key)| (*purpose, key.public()));
                let lanes = self.cell.lanes().into_iter();
                Answer::State {
                    keys: keys.collect(),
                    existed: self.cell.existed(),
                    lanes: lanes.map(|(lane, l)| (lane, l.sequence, l.next_root)).collect(),
                }
            }
            Call::Sign { purpose, kind, message } => {
                let message = BASE64.decode(message.as_bytes()).ok();
                let message = message.and_then(|bytes| Message::received(kind, bytes));
                let Some(message) = message.filter(|_| kind.is_of(purpose)) else {
                    return Answer::Refused(format!("a {purpose} key does not sign this"));
                };
                let Some(key) = self.keys.get(&purpose) else {
                    return Answer::Refused(format!("no {purpose} key is held here"));
                };
                match key.sign(&message) {
                    Ok(signature) => Answer::Signature(BASE64.encode(signature.bytes())),
                    Err(error) => Answer::Refused(error.to_string()),
                }
            }
            Call::Advance { steps } => match self.cell.advance_all(&frames::steps(steps)) {
                Ok(()) => Answer::Advanced {},
                Err(CellError::NotAfter { lane, last, asked }) => {
                    Answer::Behind { lane, last, asked }
                }
                Err(CellError::Doubt { detail }) => Answer::Doubt(detail),
                Err(error) => Answer::Refused(error.to_string()),
            },
        }
    }
}

/// A caller that hung up between two calls, or said nothing for long.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | TimedOut)
}
