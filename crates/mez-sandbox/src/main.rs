//! `mez-sandbox`: what a zone of realm sandbox talks to in place of the systems of a state.
//!
//! ```text
//! S/registers.json    who and what there is; made with examples on the first start, and meant to be edited
//! S/records.jsonl     what was taken: payments and tax events, each once per idempotency key
//! S/requests.jsonl    every request it was sent, in order
//! S/mass.json         organizations, treasuries, accounts and payments of Mass (`mez-sandbox mass`)
//! ```
//! [`http`] is the door, [`faults`] what it does wrong on demand, [`sign`] how its answers are signed,
//! [`pakistan`] what they say; [`mass`] is Mass, where a zone in proxy mode keeps its records.
//!
//! **Architecture Invariant:** it shares no code with a zone above `canon`; it signs for realm `sandbox` and for no
//! other; no room depends on it.

mod clock;
mod faults;
mod http;
mod key;
mod mass;
mod pakistan;
mod sign;
mod state;
mod tls;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use serde_json::json;

/// Simulators of realm sandbox
#[derive(Parser)]
#[command(name = "mez-sandbox", version, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// FBR IRIS, NADRA, SBP Raast and SECP under /fbr, /nadra, /raast and /secp
    Pakistan(Args),
    /// Mass: organization-info and treasury-info under their own prefixes
    Mass(MassArgs),
}

/// As for the systems of a state; its answers are signed by nobody, and whoever asks shows a token.
#[derive(clap::Args)]
struct MassArgs {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9200")]
    listen: SocketAddr,
    /// Folder of its own state
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The token it is asked under; made where there is none, and marked as of a sandbox
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    #[command(flatten)]
    door: Door,
}

/// Where it listens, what it keeps, what it does wrong.
#[derive(clap::Args)]
struct Args {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9100")]
    listen: SocketAddr,
    /// Folder of its own state
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Its signing key, 64 hex digits; made where there is none
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    door: Door,
}

type Opened = (std::net::TcpListener, Option<Arc<rustls::ServerConfig>>);

/// Its door, and what it does wrong.
#[derive(clap::Args)]
struct Door {
    /// TLS certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// TLS private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Who certifies clients, PEM; without it no client certificate is asked for
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// A fault from the start on, `SYSTEM=FAULT` such as `pk.fbr=garbage` or `mass.treasury=slow`
    #[arg(long, value_name = "FAULT", value_parser = faults::parse)]
    fault: Vec<(String, faults::Fault)>,
    /// How long `slow` takes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 60_000)]
    slow_ms: u64,
    /// Stop when standard input ends
    #[arg(long)]
    exit_with_parent: bool,
}

impl Door {
    fn faults(&self) -> faults::Faults {
        faults::Faults::new(self.fault.clone(), Duration::from_millis(self.slow_ms))
    }

    /// Listens, and says where together with `known`.
    fn open(&self, at: SocketAddr, mut known: serde_json::Value) -> Result<Opened, Failure> {
        let [chain, key, clients] =
            [&self.tls_cert, &self.tls_key, &self.client_ca].map(Option::as_deref);
        let tls = tls::config(chain, key, clients)?;
        let socket =
            std::net::TcpListener::bind(at).map_err(|error| Failure::Io("listen", error))?;
        let address = socket.local_addr().map_err(|error| Failure::Io("listen", error))?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        if let Some(members) = known.as_object_mut() {
            members.insert("url".to_owned(), json!(format!("{scheme}://{address}")));
            members.insert("realm".to_owned(), json!(sign::REALM));
            members.insert("simulated".to_owned(), json!(true));
        }
        ready(&known);
        if self.exit_with_parent {
            end_with_parent();
        }
        Ok((socket, tls))
    }
}

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Files or the socket.
    #[error("{0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    /// The key.
    #[error(transparent)]
    Key(#[from] key::KeyError),
    /// The state.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// The state of Mass.
    #[error(transparent)]
    Shelf(#[from] mass::ShelfError),
    /// Certificates.
    #[error("the certificates are refused: {0}")]
    Tls(String),
}

fn main() -> ExitCode {
    let CommandLine { command } = match CommandLine::try_parse() {
        Ok(asked) => asked,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    let run = match command {
        Command::Pakistan(args) => run(&args),
        Command::Mass(args) => run_mass(&args),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let key = key::Key::open(&args.key)?;
    let state = state::State::open(&args.state)?;
    let (socket, tls) = args.door.open(args.listen, json!({ "key": key.did() }))?;
    let pakistan = Arc::new(pakistan::Pakistan::new(key, state, args.door.faults()));
    http::serve(&socket, tls, &pakistan);
    Ok(())
}

fn run_mass(args: &MassArgs) -> Result<(), Failure> {
    let token = key::token(&args.token)?;
    let mass = Arc::new(mass::Mass::open(&args.state, token, args.door.faults())?);
    let (socket, tls) = args.door.open(args.listen, json!({}))?;
    http::serve(&socket, tls, &mass);
    Ok(())
}

fn ready(line: &serde_json::Value) {
    let _ = writeln!(std::io::stdout(), "ready {line}").and_then(|()| std::io::stdout().flush());
}

fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
}
