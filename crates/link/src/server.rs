//! The signer's end of the link: answers the one zone it is pinned to, until told to stop.
//!
//! Invariant: a key signs only messages of the kinds its purpose has; a step of the cell is durable
//! before it is answered; one process holds the cell.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use proof::keys::SignerError;
use proof::{Message, PublicKey, Purpose, SecretKey, Signature, Signer, base64};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Map, Value, json};
use store::cell::{Cell, CellError};

use crate::frames::{self, Answer, Call, Timed};
use crate::tls;

/// Most connections at once; a zone needs one.
const CONNECTIONS_MAX: usize = 16;
/// Longest wait for a handshake, and for the rest of a frame begun.
const FRAME_WAIT: Duration = Duration::from_secs(10);
/// Longest silence of a connection that is kept.
const IDLE_WAIT: Duration = Duration::from_secs(600);

/// Where the running keys of one zone are.
pub trait Vault: Send + Sync {
    /// The public halves; what they are does not change while it is open.
    fn keys(&self) -> BTreeMap<Purpose, PublicKey>;

    /// Whether its keys can be asked now.
    ///
    /// # Errors
    /// [`SignerError::Unavailable`].
    fn ready(&self) -> Result<(), SignerError> {
        Ok(())
    }

    /// Signs by the key of a purpose.
    ///
    /// # Errors
    /// See [`SignerError`].
    fn sign(&self, purpose: Purpose, message: &Message) -> Result<Signature, SignerError>;

    /// The keys to pass to, by purpose; none of a vault that does not make keys.
    fn next(&self) -> BTreeMap<Purpose, PublicKey> {
        BTreeMap::new()
    }

    /// The key after the next one of a purpose, made when there is none.
    ///
    /// # Errors
    /// See [`SignerError`].
    fn after(&self, purpose: Purpose) -> Result<PublicKey, SignerError> {
        Err(unmade(purpose))
    }

    /// Signs by the next key of a purpose.
    ///
    /// # Errors
    /// See [`SignerError`].
    fn sign_next(&self, purpose: Purpose, _message: &Message) -> Result<Signature, SignerError> {
        Err(unmade(purpose))
    }

    /// The next key of a purpose is the running one, durably.
    ///
    /// # Errors
    /// See [`SignerError`]; the old one is.
    fn turn(&self, purpose: Purpose) -> Result<(), SignerError> {
        Err(unmade(purpose))
    }
}

fn unmade(purpose: Purpose) -> SignerError {
    SignerError::Refused(format!("no next {purpose} key is made here"))
}

impl Vault for BTreeMap<Purpose, SecretKey> {
    fn keys(&self) -> BTreeMap<Purpose, PublicKey> {
        self.iter().map(|(purpose, key)| (*purpose, key.public())).collect()
    }

    fn sign(&self, purpose: Purpose, message: &Message) -> Result<Signature, SignerError> {
        let none = || SignerError::Refused(format!("no {purpose} key is held here"));
        self.get(&purpose).ok_or_else(none)?.sign(message)
    }
}

/// What is served, to whom and where.
pub struct Serving {
    /// The running keys.
    pub vault: Box<dyn Vault>,
    /// The cell of the log key.
    pub cell: Cell,
    /// The key this end proves.
    pub own: SecretKey,
    /// The one key that may call.
    pub zone_key: PublicKey,
    /// Where; port 0 is any free one.
    pub listen: SocketAddr,
    /// Stop when standard input ends.
    pub exit_with_parent: bool,
    /// What the line that tells of readiness says besides address, key and process.
    pub about: Map<String, Value>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
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

pub(crate) struct Signing {
    pub(crate) vault: Box<dyn Vault>,
    /// Replaced where the log key is.
    cell: Mutex<Cell>,
    config: Arc<ServerConfig>,
    open: AtomicUsize,
}

/// Serve until told to stop; `ready {…}` on standard output once calls are answered.
///
/// # Errors
/// See [`ServeError`]; nothing was signed.
pub fn serve(serving: Serving) -> Result<(), ServeError> {
    let Serving { vault, cell, own, zone_key, listen, exit_with_parent, about } = serving;
    let refuse = |source| ServeError::Listen { address: listen, source };
    let config = tls::answering(&own, zone_key)?;
    let socket = TcpListener::bind(listen).map_err(refuse)?;
    let address = socket.local_addr().map_err(refuse)?;
    tell(about, address, &own.public());
    drop(own);
    if exit_with_parent {
        thread::spawn(|| {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            // The cell is whole on disk after every answer: there is nothing to finish.
            std::process::exit(0);
        });
    }
    let signing =
        Arc::new(Signing { vault, cell: Mutex::new(cell), config, open: AtomicUsize::new(0) });
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

fn tell(mut about: Map<String, Value>, address: SocketAddr, key: &PublicKey) {
    about.insert("address".to_owned(), json!(address.to_string()));
    about.insert("link_key".to_owned(), json!(key));
    about.insert("pid".to_owned(), json!(std::process::id()));
    let mut out = io::stdout().lock();
    // A reader that went away is no reason to stop.
    let _ = writeln!(out, "ready {}", Value::Object(about)).and_then(|()| out.flush());
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
            Call::State {} => match self.vault.ready() {
                Ok(()) => self.state(),
                Err(error) => unsigned(error),
            },
            Call::Sign { purpose, kind, message } => {
                let message = base64::decode(&message);
                let message = message.and_then(|bytes| Message::received(kind, bytes));
                let Some(message) = message.filter(|_| kind.is_of(purpose)) else {
                    return Answer::Refused(format!("a {purpose} key does not sign this"));
                };
                match self.vault.sign(purpose, &message) {
                    Ok(signature) => Answer::Signature(base64::encode(signature.bytes())),
                    Err(error) => unsigned(error),
                }
            }
            Call::Next { purpose } => match self.next(purpose) {
                Ok((key, after)) => Answer::Next { key: Box::new(key), after: Box::new(after) },
                Err(error) => unsigned(error),
            },
            Call::Rotate { rotation } => {
                self.rotate(&rotation).map_or_else(unsigned, Answer::Rotated)
            }
            Call::Turn { rotation } => {
                self.turn(&rotation).map_or_else(unsigned, |()| Answer::Turned {})
            }
            Call::Advance { steps } => match self.cell().advance_all(&frames::steps(steps)) {
                Ok(()) => Answer::Advanced {},
                Err(CellError::NotAfter { lane, last, asked }) => {
                    Answer::Behind { lane, last, asked }
                }
                Err(CellError::Doubt { detail }) => Answer::Doubt(detail),
                Err(error) => Answer::Refused(error.to_string()),
            },
        }
    }

    pub(crate) fn cell(&self) -> MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> Answer {
        let cell = self.cell();
        let lanes = cell.lanes().into_iter();
        Answer::State {
            keys: self.vault.keys(),
            next: self.vault.next(),
            existed: cell.existed(),
            lanes: lanes.map(|(lane, l)| (lane, l.sequence, l.next_root)).collect(),
        }
    }
}

fn unsigned(error: SignerError) -> Answer {
    match error {
        SignerError::Unavailable(why) => Answer::Away(why),
        other => Answer::Refused(other.to_string()),
    }
}

/// A caller that hung up between two calls, or said nothing for long.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | TimedOut)
}
