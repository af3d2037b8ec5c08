//! HTTP/1.1 as far as it is needed: one request per connection, bounded, a thread each.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Largest head and body of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Largest body of what its operator tells a simulator: all of its rows may be among it.
const CONTROL_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Longest wait for a request's bytes.
const READ_SECS: u64 = 10;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// An answer on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) media: &'static str,
    pub(crate) body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
}

impl Reply {
    /// An answer of a media type.
    pub(crate) fn new(status: u16, media: &'static str, body: Vec<u8>) -> Self {
        Self { status, media, body, headers: Vec::new() }
    }

    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string().into_bytes())
    }

    /// Add a header.
    pub(crate) fn header(&mut self, name: &'static str, value: String) {
        self.headers.push((name, value));
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mut head = format!(
            "HTTP/1.1 {} Simulated\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n",
            self.status,
            self.media,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        out.write_all(head.as_bytes())?;
        out.write_all(&self.body)?;
        out.flush()
    }
}

/// Whatever answers; `None` ends the connection without a word.
pub(crate) trait Answering: Send + Sync + 'static {
    /// Answer a request.
    fn answer(&self, request: &Request) -> Option<Reply>;
}

/// Answer until the process ends.
pub(crate) fn serve<A: Answering>(
    socket: &TcpListener,
    tls: Option<Arc<ServerConfig>>,
    to: &Arc<A>,
) {
    for stream in socket.incoming().flatten() {
        let (to, tls) = (Arc::clone(to), tls.clone());
        std::thread::spawn(move || {
            let patience = Some(Duration::from_secs(READ_SECS));
            let _ = stream.set_read_timeout(patience);
            // A peer that goes away in the middle is its own affair.
            let _ = match tls {
                None => talk(stream, to.as_ref()),
                Some(config) => talk_over_tls(stream, config, to.as_ref()),
            };
        });
    }
}

fn talk_over_tls(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    to: &impl Answering,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    talk(&mut stream, to)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn talk(mut stream: impl Read + Write, to: &impl Answering) -> std::io::Result<()> {
    let Some(request) = read(&mut stream)? else {
        return Reply::new(400, "text/plain", Vec::new()).write(&mut stream);
    };
    match to.answer(&request) {
        Some(reply) => reply.write(&mut stream),
        None => Ok(()),
    }
}

/// A request with `content-length`; `None` for what is none.
fn read(stream: &mut impl Read) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let mut part = [0; 4_096];
        let count = stream.read(&mut part)?;
        if count == 0 || bytes.len() > HEAD_BYTES_MAX {
            return Ok(None);
        }
        bytes.extend_from_slice(part.get(..count).unwrap_or_default());
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
    let mut body = bytes.split_off((end + 4).min(bytes.len()));
    let Some(mut request) = head_of(&head) else { return Ok(None) };
    let length = request.header("content-length").unwrap_or("0").parse().unwrap_or(usize::MAX);
    let most = match request.path.starts_with("/control/") {
        true => CONTROL_BYTES_MAX,
        false => BODY_BYTES_MAX,
    };
    if length > most {
        return Ok(None);
    }
    let missing = length.saturating_sub(body.len()) as u64;
    stream.take(missing).read_to_end(&mut body)?;
    if body.len() != length {
        return Ok(None);
    }
    request.body = body;
    Ok(Some(request))
}

fn head_of(head: &str) -> Option<Request> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers = lines.filter_map(header).collect();
    Some(Request { method, path, headers, body: Vec::new() })
}
