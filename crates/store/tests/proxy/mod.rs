//! A TCP proxy before the server that can vanish, or lose a COMMIT or the answer to one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const PASS: u8 = 0;
const LOSE_ANSWER: u8 = 1;
const LOSE_COMMIT: u8 = 2;

struct Shared {
    server: String,
    open: AtomicBool,
    close_after: AtomicBool,
    mode: AtomicU8,
    swallowed: AtomicU64,
    streams: Mutex<Vec<TcpStream>>,
}

pub struct Proxy {
    shared: Arc<Shared>,
    url: String,
}

impl Proxy {
    /// Before the server of `postgres://USER@HOST:PORT/DATABASE`.
    pub fn to(url: &str) -> Proxy {
        let (before, rest) = url.split_once('@').expect("a user in MEZ_TEST_POSTGRES");
        let (server, database) = rest.split_once('/').expect("a database in MEZ_TEST_POSTGRES");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            open: AtomicBool::new(true),
            close_after: AtomicBool::new(false),
            mode: AtomicU8::new(PASS),
            swallowed: AtomicU64::new(0),
            streams: Mutex::new(Vec::new()),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.open.load(Ordering::SeqCst) {
                    serve(&accepting, client);
                }
            }
        });
        Proxy { shared, url: format!("{before}@127.0.0.1:{port}/{database}") }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn close(&self) {
        self.shared.open.store(false, Ordering::SeqCst);
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn reopen(&self) {
        self.shared.close_after.store(false, Ordering::SeqCst);
        self.shared.open.store(true, Ordering::SeqCst);
    }

    pub fn swallow_next_commit_answer(&self) {
        self.shared.mode.store(LOSE_ANSWER, Ordering::SeqCst);
    }

    pub fn swallow_next_commit(&self) {
        self.shared.mode.store(LOSE_COMMIT, Ordering::SeqCst);
    }

    pub fn close_after_swallowing(&self) {
        self.shared.close_after.store(true, Ordering::SeqCst);
    }

    pub fn swallowed(&self) -> u64 {
        self.shared.swallowed.load(Ordering::SeqCst)
    }
}

fn serve(shared: &Arc<Shared>, client: TcpStream) {
    let Ok(server) = TcpStream::connect(&shared.server) else { return };
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let mut streams = shared.streams.lock().unwrap();
    streams.push(client.try_clone().unwrap());
    streams.push(server.try_clone().unwrap());
    drop(streams);
    let dead = Arc::new(AtomicBool::new(false));
    let (up, down) = (Arc::clone(shared), Arc::clone(&dead));
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || upwards(&up, from, to, &dead));
    std::thread::spawn(move || downwards(server, client, &down));
}

/// Client to server; watches for the simple query `commit`.
fn upwards(shared: &Shared, mut from: TcpStream, mut to: TcpStream, dead: &AtomicBool) {
    let mut buffer = [0; 65_536];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 {
            break;
        }
        let commits = buffer[..n].ends_with(b"commit\0");
        let mode = if commits { shared.mode.swap(PASS, Ordering::SeqCst) } else { PASS };
        if mode != PASS {
            dead.store(true, Ordering::SeqCst);
            shared.swallowed.fetch_add(1, Ordering::SeqCst);
            if shared.close_after.load(Ordering::SeqCst) {
                shared.open.store(false, Ordering::SeqCst);
            }
        }
        if mode != LOSE_COMMIT && to.write_all(&buffer[..n]).is_err() {
            break;
        }
        if mode != PASS {
            // The server gets the commit (or not) and time to carry it out; the client hears nothing.
            std::thread::sleep(std::time::Duration::from_millis(50));
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn downwards(mut from: TcpStream, mut to: TcpStream, dead: &AtomicBool) {
    let mut buffer = [0; 65_536];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || dead.load(Ordering::SeqCst) || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    if !dead.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    }
}
