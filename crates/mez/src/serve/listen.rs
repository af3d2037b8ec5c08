//! The socket: binding it, taking connections, and letting requests finish when told to stop.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::stop::Stop;
use super::{FINISH_MS, ServeError};

/// Most connections at once.
const CONNECTIONS_MAX: usize = 256;
/// Longest wait for the head of a request, also between two on one connection.
const HEAD_SECS_MAX: u64 = 15;
/// Longest TLS handshake.
const HANDSHAKE_SECS_MAX: u64 = 5;
/// Pause when the system has no more descriptors.
const ACCEPT_PAUSE_MS: u64 = 50;
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Bind the socket; `covered` says that TLS or a proxy that carries it stands before it.
///
/// # Errors
/// Exposed without TLS, in use, or refused by the system.
pub(crate) fn bind(address: SocketAddr, covered: bool) -> Result<TcpListener, ServeError> {
    if !address.ip().is_loopback() && !covered {
        return Err(ServeError::Exposed(address));
    }
    let socket = TcpListener::bind(address).map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ServeError::PortInUse(address),
        _ => ServeError::Listen { address, source },
    })?;
    socket.set_nonblocking(true).map_err(ServeError::Host)?;
    Ok(socket)
}

/// What answers a request, whatever it is.
pub(crate) trait Doors:
    hyper::service::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>
{
}

impl<D> Doors for D where
    D: hyper::service::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>
{
}

/// Answer until told to stop, then let requests under way finish; `closing` tells them.
///
/// # Errors
/// The socket cannot be used.
pub(crate) async fn serve<D>(
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    doors: D,
    mut stop: Stop,
    closing: watch::Sender<bool>,
) -> Result<(), ServeError>
where
    D: Doors + Clone + Send + 'static,
    D::Future: Send,
{
    let listener = tokio::net::TcpListener::from_std(socket).map_err(ServeError::Host)?;
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let closed = closing.subscribe();
    let mut told = pin!(stop.told());
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = &mut told => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (doors, tls, closed) = (doors.clone(), tls.clone(), closed.clone());
        tokio::spawn(async move {
            match tls {
                None => talk(stream, doors, closed).await,
                Some(tls) => {
                    let limit = Duration::from_secs(HANDSHAKE_SECS_MAX);
                    if let Ok(Ok(stream)) = tokio::time::timeout(limit, tls.accept(stream)).await {
                        talk(stream, doors, closed).await;
                    }
                }
            }
            drop(permit);
        });
    }
    drop(listener);
    let _ = closing.send(true);
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    let limit = Duration::from_millis(FINISH_MS);
    let _ = tokio::time::timeout(limit, room.acquire_many(all)).await;
    Ok(())
}

/// One connection.
async fn talk<S, D>(stream: S, doors: D, mut closed: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    D: Doors,
{
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(HEAD_SECS_MAX));
    builder.max_buf_size(HEAD_BYTES_MAX);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), doors));
    tokio::select! {
        // A broken connection is its owner's affair.
        _ = connection.as_mut() => return,
        _ = closed.wait_for(|closed| *closed) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
