//! Ports for servers that are told theirs before they listen.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the kernel gives to whoever asks for any: none of these is taken between the look and the
/// listening.
const RANGE: std::ops::Range<u16> = 20_000..32_000;
/// So many a process has before it meets those of the next.
const A_PROCESS: u16 = 8;

/// The first of `count` ports beside each other that nobody listens on, each time others.
pub(crate) fn free(count: u16) -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let processes = u32::from((RANGE.end - RANGE.start) / A_PROCESS);
    let mine = u16::try_from(std::process::id() % processes).unwrap() * A_PROCESS;
    let open = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let turn = mine.wrapping_add(NEXT.fetch_add(count, Ordering::Relaxed));
        let first = RANGE.start + turn % (RANGE.end - RANGE.start - count);
        if (first..first + count).all(open) {
            return first;
        }
    }
}
