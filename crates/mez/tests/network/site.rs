//! One zone on the bad network: its process, and the proxy before it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::bad::Stand;
use crate::{PATIENCE, client, proxy};

const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// A zone, running or stopped.
pub(crate) struct Site {
    pub(crate) name: String,
    dir: PathBuf,
    database: Option<String>,
    stand: Stand,
    zone: Option<Child>,
    proxy: Proxy,
    pub(crate) token: String,
    pub(crate) zone_id: String,
    pub(crate) did: String,
}

struct Proxy {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// `program`, in a namespace if there is one. `ip` becomes the program, so that signals reach it.
fn inside(netns: Option<&str>, program: &Path) -> Command {
    let Some(netns) = netns else { return Command::new(program) };
    let mut command = Command::new("ip");
    command.args(["netns", "exec", netns]).arg(program);
    command
}

impl Proxy {
    fn start(stand: &Stand, seed: usize) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut command = inside(stand.netns.as_deref(), &this);
        command.args(["--exact", "proxy_process", "--ignored", "--nocapture"]);
        command.env(proxy::ROUTE, format!("{}>{}", stand.proxy, stand.zone));
        command.env(proxy::SEED, seed.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut proxy = Self { child, input, output: BufReader::new(output) };
        proxy.line("proxy listens");
        proxy
    }

    /// The next line that begins so, without its beginning.
    fn line(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the proxy ended");
            if let Some(rest) = line.trim_end().strip_prefix(beginning) {
                return rest.to_owned();
            }
        }
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.input, "{word}").unwrap();
    }
}

impl Site {
    pub(crate) fn start(
        dir: &Path,
        name: &str,
        database: Option<&str>,
        stand: Stand,
        seed: usize,
    ) -> Self {
        let mut site = Self {
            name: name.to_owned(),
            dir: dir.join(name),
            database: database.map(str::to_owned),
            proxy: Proxy::start(&stand, seed),
            stand,
            zone: None,
            token: String::new(),
            zone_id: String::new(),
            did: String::new(),
        };
        site.run(0);
        site.token =
            std::fs::read_to_string(site.dir.join("operator.token")).unwrap().trim().to_owned();
        let (_, about) = site.get("/health/readiness").unwrap();
        site.zone_id = about["zone_id"].as_str().unwrap().to_owned();
        site.did = about["did"].as_str().unwrap().to_owned();
        site
    }

    /// Start the zone, its clock so many seconds ahead, and wait until it is ready.
    pub(crate) fn run(&mut self, ahead: i64) {
        let log = self.dir.join("zone.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut command = inside(self.stand.netns.as_deref(), Path::new(env!("CARGO_BIN_EXE_mez")));
        command.arg("serve").arg("--dir").arg(&self.dir).args(["--listen", &self.stand.listen]);
        command.args(["--public-url", &self.public_url(), "--behind-proxy", "--exit-with-parent"]);
        command.args(["--clock-ahead", &ahead.to_string()]);
        command.args(self.database.iter().flat_map(|url| ["--database", url]));
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.zone = Some(command.spawn().unwrap());
        let began = Instant::now();
        loop {
            let answer = self.get("/health/readiness");
            if matches!(answer, Ok((200, _))) {
                return;
            }
            let ended = self.zone.as_mut().unwrap().try_wait().unwrap();
            let log = || std::fs::read_to_string(self.dir.join("zone.log")).unwrap_or_default();
            assert_eq!(ended, None, "{} ended: {}", self.name, log());
            assert!(began.elapsed() < PATIENCE, "{}: {answer:?} {}", self.name, log());
            std::thread::sleep(LOOK);
        }
    }

    /// Stop the zone in good order.
    pub(crate) fn stop(&mut self) {
        let mut zone = self.zone.take().unwrap();
        drop(zone.stdin.take());
        let began = Instant::now();
        while zone.try_wait().unwrap().is_none() {
            if began.elapsed() > PATIENCE {
                zone.kill().unwrap();
                panic!("{} does not stop when told", self.name);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Where peers reach it.
    pub(crate) fn public_url(&self) -> String {
        format!("http://{}", self.stand.proxy)
    }

    /// Where the client reaches it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.stand.client)
    }

    pub(crate) fn get(&self, path: &str) -> Result<(u16, Value), String> {
        client::get(&self.url(path), &self.token)
    }

    /// What is there, or the test ends.
    pub(crate) fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).unwrap_or_else(|e| panic!("{} {path}: {e}", self.name));
        assert_eq!(status, 200, "{} {path}: {body}", self.name);
        body
    }

    /// The key that signs what it sends to peers.
    pub(crate) fn http_key(&self) -> String {
        let document = self.read("/.well-known/mez/inception.json");
        let pinned = canon::Did::parse(&self.did).unwrap();
        let inception = proof::Inception::verify(&document, &pinned).unwrap();
        inception.key(proof::Purpose::Http).did().to_string()
    }

    /// Tell its proxy how to treat messages.
    pub(crate) fn proxy(&mut self, mode: &str) {
        self.proxy.tell(mode);
    }

    /// What its proxy counted.
    pub(crate) fn stats(&mut self) -> Value {
        self.proxy.tell("stats");
        serde_json::from_str(&self.proxy.line("stats ")).unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut zone) = self.zone.take() {
            let _ = zone.kill();
            let _ = zone.wait();
        }
        let _ = self.proxy.child.kill();
        let _ = self.proxy.child.wait();
    }
}
