//! A Postgres server for the length of one run: its own directory, its own port, gone afterwards.
//!
//! The server runs as our child in the foreground, so that an interrupt from the terminal reaches it too.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Failure, debian, process};

/// Enough for the zones of the largest unit of the benches, each with connections of its own.
const CONNECTIONS_MAX: u32 = 400;
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// A running server; dropping it stops the server and removes its files.
pub(crate) struct Postgres {
    server: Child,
    directory: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts a server of the newest version installed.
    pub(crate) fn start(log: &Path, deadline: Instant) -> Result<Postgres, Failure> {
        let programs = programs().ok_or("no Postgres server is installed")?;
        let directory = std::env::temp_dir().join(format!("mez-postgres-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        if debian::is_root() {
            process::run(Command::new("chown").arg("postgres").arg(&directory), log, deadline)?;
        }
        let data = directory.join("data");
        let mut initdb = as_owner(&programs.join("initdb"));
        initdb.arg("-D").arg(&data).args(["-U", "mez", "-A", "trust", "--no-sync"]);
        initdb.args(["-E", "UTF8", "--locale=C"]).current_dir(&directory);
        process::run(&mut initdb, log, deadline)?;

        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut server = as_owner(&programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-p").arg(port.to_string()).arg("-k").arg(&directory);
        server.args(["-c", "listen_addresses=127.0.0.1"]).current_dir(&directory);
        server.args(["-c", &format!("max_connections={CONNECTIONS_MAX}")]);
        // Never a pipe: whoever holds its other end would wait for the server.
        let output = File::create(log.with_extension("server.log"))?;
        server.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let mut postgres = Postgres { server: server.spawn()?, directory, programs, port };
        postgres.await_ready()?;
        Ok(postgres)
    }

    /// Makes an empty database and returns its URL.
    pub(crate) fn fresh(&self, name: &str) -> Result<String, Failure> {
        let port = self.port.to_string();
        for (program, arguments) in
            [("dropdb", vec!["--if-exists", "--force"]), ("createdb", vec![])]
        {
            let mut command = Command::new(self.programs.join(program));
            command.args(["-h", "127.0.0.1", "-U", "mez", "-p", &port]).args(arguments).arg(name);
            let output = command.output()?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(format!("{program} {name}: {}", said.trim()).into());
            }
        }
        Ok(format!("postgres://mez@127.0.0.1:{port}/{name}"))
    }

    fn await_ready(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + READY_WITHIN;
        let mut ask = Command::new(self.programs.join("pg_isready"));
        ask.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        while !process::succeeds(&mut ask) {
            if let Some(status) = self.server.try_wait()? {
                return Err(format!("the Postgres server ended with {status}").into());
            }
            if Instant::now() >= until {
                return Err("the Postgres server did not get ready".into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let held = fs::read_to_string(self.directory.join("data/postmaster.pid"));
        if let Some(id) = held.ok().and_then(|text| text.lines().next().map(str::to_owned)) {
            process::succeeds(Command::new("kill").args(["-INT", &id]));
        }
        let until = Instant::now() + STOPPED_WITHIN;
        while matches!(self.server.try_wait(), Ok(None)) {
            if Instant::now() >= until {
                crate::procfs::kill_tree(self.server.id());
            }
            thread::sleep(Duration::from_millis(20));
        }
        // Left-over files in the temporary directory are untidy, not wrong.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The directory of the newest server's programs, or none.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.max()?;
    let programs = PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"));
    programs.join("initdb").exists().then_some(programs)
}

/// Postgres refuses to run as root; Debian's package brings the user `postgres`. The signal reaches the server when
/// this program ends without a word, so that none is ever left behind.
fn as_owner(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if debian::is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(["--pdeathsig", "INT", "--"]).arg(program);
    command
}
