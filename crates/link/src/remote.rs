//! The zone's end of the link: signers and a cell that are elsewhere.
//!
//! One connection, made when it is needed and made anew when it breaks. Invariant: a signature is
//! handed on only after it verified under the key the zone knows; the copy of the cell kept here only
//! ever stands where the signer said it stands.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use proof::keys::SignerError;
use proof::rotation::Rotation;
use proof::{Message, PublicKey, Purpose, SecretKey, Signature, Signer, base64};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;
use store::cell::{Advance, CellError, Last, LastSigned};

use crate::frames::{self, Answer, Call, Timed};
use crate::tls;

/// The name asked for in the handshake; the key decides, not the name.
const NAME: &str = "signer.mez.invalid";

type Stream = StreamOwned<ClientConnection, Timed>;

/// All the zone's end needs.
pub struct Link {
    /// Host and port.
    pub address: String,
    /// The one key that may answer.
    pub pinned: PublicKey,
    /// The key this end proves.
    pub own: SecretKey,
    /// Longest wait for an answer.
    pub wait: Duration,
}

/// Why the signer gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The address leads nowhere.
    #[error("`{address}` cannot be reached: {detail}")]
    Unreachable {
        /// Where.
        address: String,
        /// What the system said.
        detail: String,
    },
    /// No whole answer in the time allowed.
    #[error("`{address}` did not answer in {millis} ms")]
    TimedOut {
        /// Where.
        address: String,
        /// How long it was waited for.
        millis: u64,
    },
    /// The signer answers, and what holds its keys does not.
    #[error("the signer at `{address}` has no keys at hand: {detail}")]
    Away {
        /// Where.
        address: String,
        /// What is missing.
        detail: String,
    },
    /// Somebody else answers there, or the signer knows another zone.
    #[error("the link to `{address}` is refused: {detail}")]
    OtherEnd {
        /// Where.
        address: String,
        /// What TLS said; names both keys where the key is at fault.
        detail: String,
    },
    /// The signer refuses, or says what was not asked.
    #[error("the signer at `{address}` refuses: {detail}")]
    Refused {
        /// Where.
        address: String,
        /// Why.
        detail: String,
    },
}

/// The zone's end.
struct Client {
    address: String,
    wait: Duration,
    config: Arc<ClientConfig>,
    stream: Mutex<Option<Stream>>,
}

impl Client {
    fn failed(&self, error: &io::Error) -> RemoteError {
        let address = self.address.clone();
        let detail = error.to_string();
        match error.kind() {
            io::ErrorKind::TimedOut => {
                let millis = u64::try_from(self.wait.as_millis()).unwrap_or(u64::MAX);
                RemoteError::TimedOut { address, millis }
            }
            io::ErrorKind::InvalidData => RemoteError::OtherEnd { address, detail },
            _ => RemoteError::Unreachable { address, detail },
        }
    }

    fn open(&self) -> io::Result<Stream> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.wait) {
                Ok(socket) => {
                    let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
                    let connection = ClientConnection::new(Arc::clone(&self.config), name);
                    let connection = connection.map_err(io::Error::other)?;
                    return Ok(StreamOwned::new(connection, Timed::new(socket, self.wait)));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn held(&self) -> MutexGuard<'_, Option<Stream>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ask; once more on a new connection when the one kept from before has broken.
    fn ask(&self, call: &Call) -> Result<Answer, RemoteError> {
        let mut held = self.held();
        if let Some(mut stream) = held.take() {
            match self.once(&mut stream, call) {
                Ok(answer) => {
                    *held = Some(stream);
                    return Ok(answer);
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(self.failed(&error));
                }
                Err(_) => {}
            }
        }
        let mut stream = self.open().map_err(|error| self.failed(&error))?;
        let answer = self.once(&mut stream, call).map_err(|error| self.failed(&error))?;
        *held = Some(stream);
        Ok(answer)
    }

    fn once(&self, stream: &mut Stream, call: &Call) -> io::Result<Answer> {
        stream.sock.begin(self.wait);
        frames::write(stream, call)?;
        frames::read(stream)
    }

    fn odd(&self, answer: &Answer) -> RemoteError {
        let detail = match answer {
            Answer::Refused(why) => why.clone(),
            Answer::Away(detail) => {
                let (address, detail) = (self.address.clone(), detail.clone());
                return RemoteError::Away { address, detail };
            }
            _ => "an answer to something else".to_owned(),
        };
        RemoteError::Refused { address: self.address.clone(), detail }
    }
}

/// The running keys and the cell of a zone, elsewhere.
pub struct RemoteKeys {
    /// The public halves of all running keys.
    pub public: BTreeMap<Purpose, PublicKey>,
    /// Signs documents.
    pub assertion: Box<dyn Signer>,
    /// Signs lanes and checkpoints.
    pub log: Box<dyn Signer>,
    /// Signs calls to peers.
    pub http: Box<dyn Signer>,
    /// The cell of the log key.
    pub cell: Box<dyn LastSigned>,
    /// The keys to pass to, by purpose; none of a signer that does not make keys.
    pub next: BTreeMap<Purpose, PublicKey>,
    /// The signer's part of a rotation.
    pub rotating: Rotating,
}

/// A signer that makes keys, and passes to them.
pub struct Rotating(Arc<Client>);

impl Rotating {
    /// The key a purpose passes to, and the one after it, which is made when there is none.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub fn next(&self, purpose: Purpose) -> Result<(PublicKey, PublicKey), RemoteError> {
        match self.0.ask(&Call::Next { purpose })? {
            Answer::Next { key, after } => Ok((*key, *after)),
            other => Err(self.0.odd(&other)),
        }
    }

    /// The document with the signatures of the signer's keys: the new one and, in good order, the old.
    ///
    /// # Errors
    /// See [`RemoteError`]; nothing is changed.
    pub fn rotate(&self, rotation: Rotation) -> Result<Value, RemoteError> {
        match self.0.ask(&Call::Rotate { rotation: Box::new(rotation) })? {
            Answer::Rotated(document) => Ok(document),
            other => Err(self.0.odd(&other)),
        }
    }

    /// The new key of a rotation is the running one from now on.
    ///
    /// # Errors
    /// See [`RemoteError`]; it may be asked again.
    pub fn turn(&self, rotation: &Value) -> Result<(), RemoteError> {
        match self.0.ask(&Call::Turn { rotation: rotation.clone() })? {
            Answer::Turned {} => Ok(()),
            other => Err(self.0.odd(&other)),
        }
    }
}

/// Reach the signer of a zone and learn its keys and its cell.
///
/// # Errors
/// See [`RemoteError`].
pub fn connect(link: &Link) -> Result<RemoteKeys, RemoteError> {
    let address = link.address.clone();
    let config = tls::calling(&link.own, link.pinned.clone()).map_err(|error| {
        RemoteError::OtherEnd { address: address.clone(), detail: error.to_string() }
    })?;
    let client = Arc::new(Client { address, wait: link.wait, config, stream: Mutex::default() });
    let answer = client.ask(&Call::State {})?;
    let Answer::State { keys, existed, lanes, next } = answer else {
        return Err(client.odd(&answer));
    };
    let signer = |purpose| {
        let public = keys.get(&purpose).cloned().ok_or_else(|| RemoteError::Refused {
            address: client.address.clone(),
            detail: format!("it holds no {purpose} key"),
        })?;
        let signer = RemoteSigner { client: Arc::clone(&client), purpose, public };
        Ok::<Box<dyn Signer>, RemoteError>(Box::new(signer))
    };
    let (assertion, log, http) =
        (signer(Purpose::Assertion)?, signer(Purpose::Log)?, signer(Purpose::Http)?);
    let lanes = Mutex::new(frames::lanes(lanes));
    let rotating = Rotating(Arc::clone(&client));
    let cell = Box::new(RemoteCell { client, existed, lanes });
    Ok(RemoteKeys { public: keys, assertion, log, http, cell, next, rotating })
}

struct RemoteSigner {
    client: Arc<Client>,
    purpose: Purpose,
    public: PublicKey,
}

impl Signer for RemoteSigner {
    fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &Message) -> Result<Signature, SignerError> {
        let call = Call::Sign {
            purpose: self.purpose,
            kind: message.kind(),
            message: base64::encode(message.as_bytes()),
        };
        let away = |error: RemoteError| SignerError::Unavailable(error.to_string());
        let answer = self.client.ask(&call).map_err(away)?;
        let Answer::Signature(text) = answer else {
            return Err(match self.client.odd(&answer) {
                away @ RemoteError::Away { .. } => SignerError::Unavailable(away.to_string()),
                other => SignerError::Refused(other.to_string()),
            });
        };
        let bytes = base64::decode(&text);
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature
            .filter(|signature| self.public.verify(message, signature).is_ok())
            .ok_or_else(|| SignerError::Refused(format!("its signature is not by {}", self.public)))
    }
}

struct RemoteCell {
    client: Arc<Client>,
    existed: bool,
    lanes: Mutex<BTreeMap<String, Last>>,
}

impl RemoteCell {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Last>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn away(error: &RemoteError) -> CellError {
    CellError::Unavailable { detail: error.to_string() }
}

impl LastSigned for RemoteCell {
    fn existed(&self) -> bool {
        self.existed
    }

    fn last(&self, lane: &str) -> Option<Last> {
        self.known().get(lane).copied()
    }

    fn lanes(&self) -> BTreeMap<String, Last> {
        self.known().clone()
    }

    fn advance_all(&self, steps: &[Advance]) -> Result<(), CellError> {
        let mut known = self.known();
        let rows = steps.iter().map(|s| (s.lane.clone(), s.sequence, s.next_root)).collect();
        match self.client.ask(&Call::Advance { steps: rows }).map_err(|error| away(&error))? {
            Answer::Advanced {} => {
                for step in steps {
                    let last = Last { sequence: step.sequence, next_root: step.next_root };
                    known.insert(step.lane.clone(), last);
                }
                Ok(())
            }
            Answer::Behind { lane, last, asked } => Err(CellError::NotAfter { lane, last, asked }),
            Answer::Doubt(detail) => Err(CellError::Doubt { detail }),
            other => Err(CellError::Doubt { detail: self.client.odd(&other).to_string() }),
        }
    }

    fn reachable(&self) -> Result<(), CellError> {
        match self.client.ask(&Call::State {}).map_err(|error| away(&error))? {
            Answer::State { .. } => Ok(()),
            other => Err(away(&self.client.odd(&other))),
        }
    }
}
