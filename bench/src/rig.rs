//! Real zones for the units that run the program itself: deployed by the release build beside this program, asked over HTTP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest wait for a deployment, for an answer, for a state.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(1);

/// The program, built beside this one.
pub(crate) fn mez() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let mez = std::env::var_os("MEZ").map_or_else(|| own.with_file_name("mez"), PathBuf::from);
    assert!(mez.exists(), "no `{}`: run `cargo build --release -p mez`", mez.display());
    mez
}

/// An empty folder beside this program, on the disk that is measured.
pub(crate) fn folder(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let folder = own.with_file_name(format!("bench-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Ports one after the other that are free now.
pub(crate) fn ports(count: u16) -> u16 {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = first.local_addr().expect("bound").port();
        let rest = (1..count).filter_map(|n| port.checked_add(n));
        let free = rest.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).count();
        if free + 1 == usize::from(count) {
            return port;
        }
    }
}

/// A connection kept open.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: String,
    port: u16,
}

impl Client {
    pub(crate) fn new(port: u16, token: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream: BufReader::new(stream), token: token.to_owned(), port }
    }

    /// The bytes of a request.
    fn request(&self, method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
        let (token, port, length) = (&self.token, self.port, body.len());
        format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("written");
    }

    /// The next answer: status and body.
    pub(crate) fn read(&mut self) -> (u16, Vec<u8>) {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).expect("read") > 0, "the connection ended");
            let lower = line.trim_end().to_ascii_lowercase();
            if lower.is_empty() {
                break;
            }
            if let Some(rest) = lower.strip_prefix("http/1.1 ") {
                status =
                    rest.split(' ').next().and_then(|code| code.parse().ok()).expect("a status");
            }
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("a body");
        (status, body)
    }

    /// Sends, and reads the answer as bytes.
    pub(crate) fn send(&mut self, path: &str, key: &str, body: &str) -> (u16, Vec<u8>) {
        let request = self.request("POST", path, key, body);
        self.write(&request);
        self.read()
    }

    pub(crate) fn post(&mut self, path: &str, key: &str, body: &str) -> (u16, Value) {
        let (status, body) = self.send(path, key, body);
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let request = self.request("GET", path, "none", "");
        self.write(&request);
        let (_, body) = self.read();
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    }

    /// The same as text.
    pub(crate) fn text(&mut self, path: &str) -> String {
        let request = self.request("GET", path, "none", "");
        self.write(&request);
        String::from_utf8(self.read().1).expect("text")
    }
}

/// Zones that run: those of a deployment, or one by itself.
pub(crate) struct Running {
    child: Child,
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
}

impl Running {
    /// `mez deploy` of a zone and its peers; returns when every corridor is ACTIVE.
    pub(crate) fn deploy(dir: &Path, zone: &str, peers: &[&str], database: Option<&str>) -> Self {
        let port = ports(u16::try_from(peers.len() + 1).expect("few"));
        let log = dir.with_extension("log");
        let output = fs::File::create(&log).expect("a log");
        let mut command = Command::new(mez());
        command.args(["deploy", "--jurisdiction", zone, "--corridors", &peers.join(",")]);
        command.args(["--port", &port.to_string(), "--dir"]).arg(dir);
        command.args(database.iter().flat_map(|url| ["--database", url]));
        command.stdin(Stdio::null()).stdout(output.try_clone().expect("a log")).stderr(output);
        let mut child = command.spawn().expect("started");
        let began = Instant::now();
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("zones run until") {
                break;
            }
            let runs = matches!(child.try_wait(), Ok(None)) && began.elapsed() < PATIENCE;
            assert!(runs, "the deployment does not stand: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, dir: dir.join(zone), port }
    }

    /// `mez serve` of one zone laid before.
    pub(crate) fn serve(dir: &Path) -> Self {
        Self::serve_with(dir, &[])
    }

    /// The same with more words.
    pub(crate) fn serve_with(dir: &Path, words: &[&str]) -> Self {
        let port = ports(1);
        let log = fs::File::create(dir.join("bench.log")).expect("a log");
        let mut command = Command::new(mez());
        command.arg("serve").arg("--dir").arg(dir).arg("--listen").arg(format!("127.0.0.1:{port}"));
        command
            .args(words)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        let child = command.spawn().expect("started");
        let running = Self { child, dir: dir.to_owned(), port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "the zone does not listen");
            std::thread::sleep(LOOK);
        }
        running
    }

    pub(crate) fn client(&self) -> Client {
        let token = fs::read_to_string(self.dir.join("operator.token")).expect("a token");
        Client::new(self.port, token.trim())
    }

    /// The process of a zone of this deployment, by its folder.
    pub(crate) fn process(&self, dir: &Path) -> u32 {
        let own = self.child.id();
        let is = |id: u32| {
            let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
            words.contains(&dir.as_os_str().as_encoded_bytes())
                && words.contains(&b"serve".as_slice())
        };
        if is(own) {
            return own;
        }
        let found = children(own).into_iter().find(|id| is(*id));
        found.expect("the zone runs")
    }

    /// Everything below a deployment but the first zone.
    pub(crate) fn peers(&self) -> Vec<u32> {
        let first = self.process(&self.dir);
        children(self.child.id()).into_iter().filter(|id| *id != first).collect()
    }

    /// Stop in good order.
    pub(crate) fn stop(mut self) {
        signal(self.child.id(), "-TERM");
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            children(self.child.id()).into_iter().for_each(|id| signal(id, "-CONT"));
            signal(self.child.id(), "-TERM");
            let _ = self.child.wait();
        }
    }
}

/// Send a signal to a process this program started.
pub(crate) fn signal(id: u32, which: &str) {
    let _ = Command::new("kill").args([which, &id.to_string()]).status();
}

fn children(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// A figure of `/proc/<id>/<file>`, by the name it begins with.
pub(crate) fn figure(id: u32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/{file}")).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel tells");
    line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
}

/// Wait until something holds.
pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "it does not come");
        std::thread::sleep(LOOK);
    }
}
