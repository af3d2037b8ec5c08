//! A zone that was killed is ready again, beside a Postgres server that was killed.
//!
//! `MEZ_BENCH_WRITES` says how many writes it holds; the peer holds as many rows.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::load::Funded;
use crate::harness::{Bench, Reach, Row};
use crate::rig::{Running, folder, signal, until};

const WRITES: usize = 20_000;
const CLIENTS: usize = 32;
const STEP: Duration = Duration::from_secs(5);
const ROUNDS: usize = 7;

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let wanted = std::env::var("MEZ_BENCH_WRITES").ok().and_then(|text| text.parse().ok());
    let wanted = wanted.unwrap_or(WRITES);
    let dir = folder("start");
    let zone = Funded::new(&dir.join("zone"), None);
    let mut written = 0;
    for step in 0.. {
        if written >= wanted {
            break;
        }
        written += zone.load(CLIENTS, STEP, &format!("fill-{step}")).took.len();
    }
    let at = zone.running.dir.clone();
    signal(zone.running.process(&at), "-KILL");
    drop(zone);
    let ours: Vec<Duration> = (0..ROUNDS).map(|_| ready(&at)).collect();
    let server = Server::new(dir.join("server"), written);
    let theirs: Vec<Duration> = (0..ROUNDS).map(|_| server.ready()).collect();
    drop(server);
    let _ = fs::remove_dir_all(&dir);
    let unit = format!("ready after kill -9 with {written} writes, beside `pg_ctl -w start`");
    vec![bench.sides(&unit, Reach::Within(1.0), ours, theirs)]
}

/// From the start of the process to its first ready answer; then it is killed.
fn ready(dir: &std::path::Path) -> Duration {
    let began = Instant::now();
    let running = Running::serve(dir);
    let mut client = running.client();
    until(|| client.text("/health/readiness").contains("\"ready\":true"));
    let took = began.elapsed();
    signal(running.process(dir), "-KILL");
    took
}

/// A Postgres server of our own, as the user it insists on.
struct Server(PathBuf);

impl Server {
    fn new(folder: PathBuf, rows: usize) -> Self {
        fs::create_dir_all(&folder).expect("a folder");
        let own = Command::new("chown").arg("postgres").arg(&folder).status();
        own.expect("it runs");
        let server = Self(folder);
        let data = server.data();
        server.run("initdb", &["-D", &data, "-U", "mez", "-A", "trust"]);
        server.start();
        let sql = format!(
            "create table plain (n bigserial primary key, body bytea); insert into plain (body) \
             select decode(repeat('07', 2000), 'hex') from generate_series(1, {rows})"
        );
        server.run("psql", &["-h", &server.socket(), "-U", "mez", "-qc", &sql, "postgres"]);
        server
    }

    fn data(&self) -> String {
        self.0.join("data").display().to_string()
    }

    fn socket(&self) -> String {
        self.0.display().to_string()
    }

    fn start(&self) {
        let options = format!("-k {} -c listen_addresses=", self.socket());
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-s", "-o", &options, "start"]);
    }

    fn run(&self, program: &str, words: &[&str]) {
        let versions =
            fs::read_dir("/usr/lib/postgresql").expect("Postgres is installed").flatten();
        let newest = versions.map(|entry| entry.path()).max().expect("a version");
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        command.arg(newest.join("bin").join(program)).args(words).current_dir(&self.0);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("started");
        assert!(status.success(), "{program}");
    }

    /// Killed, and started until it takes connections.
    fn ready(&self) -> Duration {
        self.kill();
        let began = Instant::now();
        self.start();
        began.elapsed()
    }

    fn kill(&self) {
        let held = fs::read_to_string(self.0.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(id) = held.lines().next().and_then(|line| line.parse::<u32>().ok()) {
            signal(id, "-KILL");
            until(|| !PathBuf::from(format!("/proc/{id}")).exists());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
