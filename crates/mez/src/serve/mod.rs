//! `mez serve`: one zone, its doors open, until it is told to stop.
//!
//! Order: listen, load, open the zone, hand out the operator's token, answer. Stopping runs it
//! backwards: no new connections, requests under way finish, the job thread ends, the store closes.
//!
//! Invariant: a socket others can reach carries TLS, or the operator said that a proxy does.

mod bell;
#[cfg(feature = "faults")]
mod faults;
mod hung;
mod jobs;
pub(crate) mod law;
pub(crate) mod listen;
mod lists;
mod load;
mod operator;
mod replica;
pub(crate) mod stop;
mod tell;
mod term;
pub(crate) mod tls;
mod watch;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use canon::{Clock, Realm};
use serde_json::json;
use store::postgres::Lease;
use tokio::sync::watch::Sender;
use zone::Readiness;

use crate::cli::{Ahead, SystemClock, SystemEntropy};
use crate::founding::read_inception;
use crate::http::{Doors, Landing, Service};
use crate::layout::{LayoutError, ZoneDir};
use replica::Replica;
use term::{Seat, Term};

pub(crate) use bell::Bell;
pub(crate) use load::{Configured, Door, LoadError, Loading, configure, configure_with, keys_at};
pub(crate) use operator::{TokenError, create_token, record_dropped};

/// File of a zone's folder that says where the zone was last reached.
pub(crate) const URL_FILE: &str = "url";
/// Threads that run the sockets.
const WORKER_THREADS: usize = 2;
/// Threads that run requests: one builds a write, the others wait for the disk together.
pub(crate) const BLOCKING_THREADS_MAX: usize = 32;
/// Stack of each thread: documents nest at most 64 levels.
const STACK_BYTES: usize = 1024 * 1024;
/// Longest wait for requests under way when stopping.
const FINISH_MS: u64 = 1_000;
/// Longest wait for threads after that; with [`jobs::STOP_MS`] a zone ends within two seconds.
const THREADS_MS: u64 = 200;
const _: () = assert!(FINISH_MS + jobs::STOP_MS + THREADS_MS < 2_000, "within two seconds");

/// What `mez serve` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The zone's folder, `D/<zone>`
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The base URL peers reach this zone under; the listening address, unless given
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// `sqlite:PATH` or `postgres://…`; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Where the other replicas on the same Postgres reach this one; the listening address, unless given
    #[arg(long, value_name = "URL")]
    pub(crate) replica_url: Option<String>,
    /// Published sanctions lists; D/<zone>/sanctions, unless given
    #[arg(long, value_name = "DIR")]
    pub(crate) sanctions: Option<PathBuf>,
    /// TLS certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// TLS private key, PEM, mode 0600
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy on this host carries TLS; without it or a certificate only loopback is listened on
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Stop when standard input ends: the zone does not outlive whoever started it
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
    /// Run this many seconds ahead of the clock of this machine; realm sandbox only
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=AHEAD_SECS_MAX))]
    pub(crate) clock_ahead: i64,
    /// Abort at the N-th before-fsync, after-fsync or before-cell from now on; for the kill test
    #[cfg(feature = "faults")]
    #[arg(long, value_name = "POINT:N", hide = true, value_parser = faults::parse)]
    kill_at: Option<faults::KillAt>,
}

/// Farthest a sandbox zone may run ahead: a year.
const AHEAD_SECS_MAX: i64 = 365 * 86_400;

/// Why a zone is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// A socket others can reach, without TLS.
    #[error("`{0}` can be reached by others, and nothing carries TLS")]
    Exposed(SocketAddr),
    /// Somebody listens there already.
    #[error("`{0}` is in use")]
    PortInUse(SocketAddr),
    /// The socket.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Certificate or key.
    #[error("the TLS certificate or key is refused: {0}")]
    Tls(String),
    /// The clock of the machine.
    #[error("the clock is outside 1970 to 9999")]
    Clock(#[source] canon::BadTime),
    /// A clock set ahead where records have legal effect.
    #[error("realm production keeps the time of its host")]
    ClockAhead,
    /// Threads or signals.
    #[error("the process cannot be set up")]
    Host(#[source] std::io::Error),
    /// The zone.
    #[error(transparent)]
    Load(#[from] load::LoadError),
    /// The operator's token.
    #[error(transparent)]
    Token(#[from] operator::TokenError),
}

impl ServeError {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Exposed(_) => "exposed",
            Self::PortInUse(_) => "port-in-use",
            Self::Listen { .. } => "listen",
            Self::Tls(_) => "tls",
            Self::Clock(_) => "clock",
            Self::ClockAhead => "clock-ahead",
            Self::Host(_) => "host",
            Self::Load(error) => error.code(),
            Self::Token(_) => "token",
        }
    }

    /// What to do next.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Exposed(_) => "give --tls-cert and --tls-key, or --behind-proxy",
            Self::PortInUse(_) => "stop what listens there, or choose another --listen",
            Self::Listen { .. } => "check --listen and the rights to listen there",
            Self::Tls(_) => "give a PEM chain and its PEM key, the key with mode 0600",
            Self::Clock(_) => "set the clock of this machine",
            Self::ClockAhead => "leave --clock-ahead out",
            Self::Host(_) => "check the limits of this process",
            Self::Load(error) => error.remedy(),
            Self::Token(_) => "check the zone's folder; `mez token create` makes another",
        }
    }
}

/// The sanctions lists of a zone as it will load them, ready to be searched.
///
/// # Errors
/// Law or lists that cannot be loaded.
pub(crate) fn screener(
    dir: &ZoneDir,
    realm: canon::Realm,
) -> Result<::law::sanctions::Screener, law::LawError> {
    Ok(law::load(dir, realm, None)?.law.screener)
}

/// The clock of a zone: the machine's, or one set ahead of it in realm sandbox.
fn ahead(dir: &ZoneDir, clock: SystemClock, secs: i64) -> Result<Arc<dyn Clock>, ServeError> {
    if secs == 0 {
        return Ok(Arc::new(clock));
    }
    let (inception, _) = read_inception(dir).map_err(LoadError::from)?;
    if inception.realm() == Realm::Production {
        return Err(ServeError::ClockAhead);
    }
    eprintln!("simulated: this zone runs {secs} s ahead of the clock of its host");
    Ok(Arc::new(Ahead { clock, secs }))
}

/// Serve a zone until it is told to stop.
///
/// # Errors
/// See [`ServeError`]; nothing was signed or written.
pub(crate) fn run(args: &Args) -> Result<(), ServeError> {
    let covered = args.tls_cert.is_some() || args.behind_proxy;
    let socket = listen::bind(args.listen, covered)?;
    let address = socket.local_addr().map_err(ServeError::Host)?;
    let tls = tls::acceptor(args.tls_cert.as_deref(), args.tls_key.as_deref())?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = args.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
    let url = url.trim_end_matches('/').to_owned();
    let dir = ZoneDir::at(&args.dir);
    let clock = SystemClock::open().map_err(ServeError::Clock)?;
    let clock = ahead(&dir, clock, args.clock_ahead)?;
    let name = args.replica_url.clone().unwrap_or_else(|| reached_at(scheme, address));
    let database = args.database.clone().filter(|url| !url.starts_with("sqlite:"));
    let lease = database.map(|url| Lease::open(&url, name.trim_end_matches('/')));
    let lease = lease.transpose().map_err(LoadError::from)?;
    let seat = Seat {
        dir: ZoneDir::at(&args.dir),
        database: args.database.clone(),
        sanctions: args.sanctions.clone(),
        url: url.clone(),
        clock,
        entropy: Arc::new(SystemEntropy),
        #[cfg(feature = "faults")]
        kill_at: args.kill_at,
    };
    let nobody = Door::Follows { leader: String::new(), told: Readiness::default() };
    let closing = Sender::new(false);
    let closed = closing.subscribe();
    let landing = Landing::start().map_err(ServeError::Host)?;
    let service = Service::new(nobody, url.clone(), Bell::default(), closed, landing);
    let service = Arc::new(service);
    let work = match lease {
        None => Work::Alone(seat.begin(None, &service)?),
        Some(lease) => Work::Shared(Replica::start(lease, seat, Arc::clone(&service))?),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(ServeError::Host)?;
    // The store may block, so it is asked and at last dropped outside the runtime.
    let kept = Arc::clone(&service);
    let stop = {
        let _inside = runtime.enter();
        stop::Stop::listen(args.exit_with_parent).map_err(ServeError::Host)?
    };
    announce(&service, &url, &dir);
    let doors = Doors::of(service);
    let served = runtime.block_on(listen::serve(socket, tls, doors, stop, closing));
    match work {
        Work::Alone(term) => term.end(),
        Work::Shared(replica) => replica.stop(),
    }
    runtime.shutdown_timeout(Duration::from_millis(THREADS_MS));
    drop(kept);
    served
}

/// Who does the work of the zone.
enum Work {
    /// This process, as long as it runs.
    Alone(Term),
    /// One replica at a time.
    Shared(Replica),
}

/// Where the other replicas on this host reach a socket.
fn reached_at(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("{scheme}://{address}")
}

/// The URL in the zone's folder, for commands on this host; then one line on standard output:
/// `ready {json}`.
fn announce(service: &Service, url: &str, dir: &ZoneDir) {
    // A folder that cannot be written to only makes commands ask for --url.
    let _ = crate::layout::write_atomic(&dir.root().join(URL_FILE), format!("{url}\n").as_bytes());
    let readiness = service.readiness();
    let line = json!({
        "zone_id": readiness.zone_id,
        "did": readiness.did,
        "realm": readiness.realm,
        "url": url,
        "ready": readiness.ready,
        "pid": std::process::id(),
    });
    let mut out = std::io::stdout().lock();
    // A reader that went away is no reason to stop.
    let _ = writeln!(out, "ready {line}").and_then(|()| out.flush());
}

impl From<LayoutError> for ServeError {
    fn from(error: LayoutError) -> Self {
        Self::Load(error.into())
    }
}
