//! A running `mez serve`, and asking it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;

use crate::home::Home;
use crate::layout::ZoneDir;

#[path = "contract.rs"]
pub mod contract;

pub struct Server {
    child: Child,
    pub url: String,
    pub token: String,
    pub ready: Value,
}

/// Status, headers the tests look at, body.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub media: String,
    pub challenge: bool,
    pub retry_after: bool,
    pub replayed: bool,
    pub etag: Option<String>,
    pub text: String,
    pub body: Value,
}

impl Told {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

pub fn agent() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .new_agent()
}

pub fn command(dir: &Path, extra: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.args(["--json", "serve", "--exit-with-parent", "--dir"]).arg(dir).args(extra);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Start where it must not: exit code and problem code.
pub fn refused(dir: &Path, extra: &[&str]) -> (i32, String) {
    let child = command(dir, extra).spawn().unwrap();
    let out = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    (out.status.code().unwrap(), told["error"]["code"].as_str().unwrap().to_owned())
}

impl Server {
    pub fn start(home: &Home) -> Self {
        Self::with(home, &["--listen", "127.0.0.1:0"])
    }

    pub fn with(home: &Home, extra: &[&str]) -> Self {
        Self::at(&home.dir, extra)
    }

    /// Of a folder that was laid by something else than a home.
    pub fn at(dir: &ZoneDir, extra: &[&str]) -> Self {
        let mut child = command(dir.root(), extra).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let Some(json) = line.strip_prefix("ready ") else {
            let mut text = String::new();
            child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
            panic!("not ready: {line}{text}");
        };
        // A zone that writes into a full pipe waits for ever.
        let mut said = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let ready: Value = serde_json::from_str(json).unwrap();
        let token = std::fs::read_to_string(dir.operator_token()).unwrap_or_default();
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { child, url, token: token.trim().to_owned(), ready }
    }

    pub fn get(&self, path: &str) -> Told {
        self.ask_as(path, Some(&self.token))
    }

    pub fn ask_as(&self, path: &str, token: Option<&str>) -> Told {
        let mut request = agent().get(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        contract::held("get", path, told(request.call().unwrap()))
    }

    /// As the operator, with headers.
    pub fn send_get(&self, path: &str, headers: &[(&str, &str)]) -> Told {
        let mut request = agent().get(format!("{}{path}", self.url));
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        contract::held("get", path, told(request.call().unwrap()))
    }

    pub fn post(&self, path: &str, body: &Value) -> Told {
        self.send(path, body.to_string().as_bytes(), &[])
    }

    /// Bytes as they are, with headers; the operator's token unless one is given.
    pub fn send(&self, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Told {
        let mut request = agent().post(format!("{}{path}", self.url));
        let given = |name: &str| headers.iter().any(|(known, _)| *known == name);
        if !given("authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if !given("content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        contract::held("post", path, told(request.send(body).unwrap()))
    }

    pub fn delete(&self, path: &str, headers: &[(&str, &str)]) -> Told {
        let mut request = agent().delete(format!("{}{path}", self.url));
        if !headers.iter().any(|(known, _)| *known == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        contract::held("delete", path, told(request.call().unwrap()))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Close standard input, as a parent that goes away does; how long it lived on.
    pub fn orphan(&mut self) -> Duration {
        drop(self.child.stdin.take());
        self.ended()
    }

    pub fn signal(&mut self, name: &str) -> Duration {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
        self.ended()
    }

    fn ended(&mut self) -> Duration {
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(10), "it does not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
        began.elapsed()
    }

    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn told(mut response: ureq::http::Response<ureq::Body>) -> Told {
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let media = header("content-type").unwrap_or_default();
    let challenge = header("www-authenticate").is_some();
    let retry_after = header("retry-after").is_some();
    let replayed = header("idempotency-replayed").is_some();
    let etag = header("etag");
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().unwrap_or_default();
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if body["code"] == "not-at-mass" {
        // Whoever reads why a test failed in proxy mode looks for this.
        eprintln!("not-at-mass: {}", body["detail"]);
    }
    Told { status, media, challenge, retry_after, replayed, etag, text, body }
}
