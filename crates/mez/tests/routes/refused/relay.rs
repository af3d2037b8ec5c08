//! A relay before a zone: what it answers is written down, and may be told otherwise than it was said.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::home::Home;
use crate::peers::{closing, listening_port, one};
use crate::server::Server;

/// What becomes of an answer, by the path that was asked.
type Change = dyn Fn(&str, &mut u16, &mut Value) + Send;

#[derive(Clone)]
pub struct Relay {
    pub url: String,
    to: Arc<Mutex<String>>,
    change: Arc<Mutex<Box<Change>>>,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Relay {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            to: Arc::default(),
            change: Arc::new(Mutex::new(Box::new(|_, _, _| ()))),
            told: Arc::default(),
        };
        let each = relay.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let relay = each.clone();
                std::thread::spawn(move || relay.pass(stream));
            }
        });
        relay
    }

    /// The zone of a folder, reached through this relay alone, on a port of its own or on one it had.
    pub fn serve(&self, home: &Home, listen: &str) -> Server {
        let mut server = Server::with(home, &["--listen", listen, "--public-url", &self.url]);
        let at = format!("127.0.0.1:{}", listening_port(server.pid()));
        // Whoever tests it asks it itself.
        server.url = format!("http://{at}");
        *self.to.lock().unwrap() = at;
        server
    }

    pub fn tells(&self, change: impl Fn(&str, &mut u16, &mut Value) + Send + 'static) {
        *self.change.lock().unwrap() = Box::new(change);
    }

    /// Whether a problem of this code was answered.
    pub fn heard(&self, code: &str) -> bool {
        self.told.lock().unwrap().iter().any(|told| told["code"] == code)
    }

    fn pass(&self, mut from: TcpStream) {
        let request = one(&mut from);
        let to = self.to.lock().unwrap().clone();
        let Ok(mut to) = TcpStream::connect(to) else { return };
        if request.is_empty() || to.write_all(&closing(&request)).is_err() {
            return;
        }
        let mut answer = Vec::new();
        let _ = to.read_to_end(&mut answer);
        let path = String::from_utf8_lossy(&request);
        let path = path.split(' ').nth(1).unwrap_or_default().to_owned();
        let _ = from.write_all(&self.changed(&path, &answer).unwrap_or(answer));
    }

    fn changed(&self, path: &str, answer: &[u8]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(answer).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut status: u16 = head.split(' ').nth(1)?.parse().ok()?;
        let mut body: Value = serde_json::from_str(body).ok()?;
        self.change.lock().unwrap()(path, &mut status, &mut body);
        let media = head.lines().find(|line| line.to_lowercase().starts_with("content-type:"))?;
        let text = body.to_string();
        self.told.lock().unwrap().push(body);
        let length = text.len();
        Some(
            format!(
                "HTTP/1.1 {status} -\r\n{media}\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{text}"
            )
            .into_bytes(),
        )
    }
}
