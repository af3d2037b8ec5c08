//! The calls of a zone to its signer: JSON in frames of a length and its bytes.
//!
//! Invariant: nothing longer than [`FRAME_BYTES_MAX`] is read or reserved for, and nothing is waited
//! for beyond the moment named when the wait began.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use canon::Digest;
use proof::keys::MessageKind;
use proof::rotation::Rotation;
use proof::{PublicKey, Purpose};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::cell::{Advance, Last};

use crate::watch::Stopwatch;

/// Longest frame in bytes: the state of a full cell.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

const BASE64: &str = "^[A-Za-z0-9+/]*={0,2}$";

/// What is asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Call {
    /// The public keys and the cell.
    State {},
    /// A signature over a typed message.
    Sign {
        /// By the key of this purpose.
        purpose: Purpose,
        /// What the message is.
        kind: MessageKind,
        /// Its bytes, base64.
        #[schemars(regex(pattern = BASE64))]
        message: String,
    },
    /// The cell moves; all steps or none.
    Advance {
        /// Lane, sequence, root.
        steps: Vec<(String, u64, Digest)>,
    },
    /// The key a purpose passes to, and the one after it, made when there is none.
    Next {
        /// Of which purpose.
        purpose: Purpose,
    },
    /// A rotation, to be signed by the new key and, in good order, by the present one.
    Rotate {
        /// The document without its proofs.
        rotation: Box<Rotation>,
    },
    /// The new key of a rotation is the running one from now on, with the cell of the old.
    Turn {
        /// The document as the new key signed it.
        #[schemars(extend("$ref" = "zone-key-rotation.schema.json"))]
        rotation: Value,
    },
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Answer {
    /// To [`Call::State`].
    State {
        /// The public halves by purpose.
        keys: BTreeMap<Purpose, PublicKey>,
        /// Whether the cell's file was there when the signer opened it.
        existed: bool,
        /// Lane, sequence, root.
        lanes: Vec<(String, u64, Digest)>,
        /// The keys to pass to, by purpose; none of a signer that does not make keys.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        next: BTreeMap<Purpose, PublicKey>,
    },
    /// To [`Call::Sign`]: base64.
    Signature(#[schemars(regex(pattern = BASE64))] String),
    /// To [`Call::Advance`]: durable.
    Advanced {},
    /// To [`Call::Next`].
    Next {
        /// The key to pass to.
        key: Box<PublicKey>,
        /// The one after it.
        after: Box<PublicKey>,
    },
    /// To [`Call::Rotate`]: the document with the signatures of this signer's keys.
    Rotated(#[schemars(extend("$ref" = "zone-key-rotation.schema.json"))] Value),
    /// To [`Call::Turn`]: durable.
    Turned {},
    /// The cell stands at or beyond the step already.
    Behind {
        /// The lane.
        lane: String,
        /// Its last signed sequence.
        last: u64,
        /// What was asked.
        asked: u64,
    },
    /// The cell is in doubt, and so is all that follows.
    Doubt(String),
    /// The keys cannot be reached now; the same call may be made again.
    Away(String),
    /// Not done, and not for being asked again.
    Refused(String),
}

/// The steps of a call as the cell takes them.
pub fn steps(rows: Vec<(String, u64, Digest)>) -> Vec<Advance> {
    let step = |(lane, sequence, next_root)| Advance { lane, sequence, next_root };
    rows.into_iter().map(step).collect()
}

/// The lanes of a state as the cell holds them.
pub fn lanes(rows: Vec<(String, u64, Digest)>) -> BTreeMap<String, Last> {
    rows.into_iter()
        .map(|(lane, sequence, next_root)| (lane, Last { sequence, next_root }))
        .collect()
}

/// Write one frame.
///
/// # Errors
/// The stream, or a frame that is too long.
pub fn write<T: Serialize>(out: &mut impl Write, said: &T) -> io::Result<()> {
    let bytes = serde_json::to_vec(said)?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= FRAME_BYTES_MAX);
    let length = length.ok_or_else(|| invalid("the frame is too long"))?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend_from_slice(&bytes);
    out.write_all(&frame)?;
    out.flush()
}

/// Read one frame.
///
/// # Errors
/// The stream, a frame that is too long, or one that is not what was expected.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length as usize > FRAME_BYTES_MAX {
        return Err(invalid("the frame is too long"));
    }
    let mut bytes = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&bytes).map_err(|_| invalid("the frame says nothing known"))
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// A socket whose every wait ends at one moment, however slowly the other side drips.
pub struct Timed {
    socket: TcpStream,
    began: Stopwatch,
    wait: Duration,
}

impl Timed {
    /// A socket to be waited for at most so long from now.
    pub fn new(socket: TcpStream, wait: Duration) -> Self {
        let _ = socket.set_nodelay(true);
        Self { socket, began: Stopwatch::start(), wait }
    }

    /// A new wait begins.
    pub fn begin(&mut self, wait: Duration) {
        (self.began, self.wait) = (Stopwatch::start(), wait);
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.wait.checked_sub(self.began.elapsed()).filter(|left| !left.is_zero());
        left.map(Some).ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

/// The kernel says "would block" for a time-out.
fn late(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(into).map_err(late)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes).map_err(late)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
