//! Clients behind a load balancer: a replica that cannot be reached, or goes away before it answers, is passed
//! over, and the next is asked under the same idempotency key.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Told, agent, told};

/// Longest time until a request is answered.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// The replicas there are now.
pub struct Balanced {
    urls: Mutex<Vec<String>>,
    turn: AtomicUsize,
    acknowledged: AtomicUsize,
    token: String,
}

/// What clients saw.
#[derive(Debug, Default)]
pub struct Counts {
    /// Acknowledged.
    pub funded: usize,
    /// Answered with 503 and Retry-After.
    pub refused: usize,
    /// How long each request took.
    pub took: Vec<Duration>,
}

impl Counts {
    pub fn and(mut self, other: Self) -> Self {
        self.funded += other.funded;
        self.refused += other.refused;
        self.took.extend(other.took);
        self
    }

    pub fn quantile(&mut self, percent: usize) -> Duration {
        self.took.sort();
        self.took[(self.took.len() - 1) * percent / 100]
    }
}

impl Balanced {
    pub fn over(urls: Vec<String>, token: &str) -> Self {
        let (turn, acknowledged) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { urls: Mutex::new(urls), turn, acknowledged, token: token.to_owned() }
    }

    pub fn now(&self, urls: Vec<String>) {
        *self.urls.lock().unwrap_or_else(PoisonError::into_inner) = urls;
    }

    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    fn next(&self) -> String {
        let urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        urls[self.turn.fetch_add(1, Ordering::SeqCst) % urls.len()].clone()
    }

    /// Fund again and again, each under a key of its own, until it is acknowledged.
    pub fn fund(&self, client: usize, path: &str, over: &AtomicBool) -> Counts {
        let agent = agent();
        let body = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" }).to_string();
        let mut counts = Counts::default();
        while !over.load(Ordering::SeqCst) {
            let key = format!("fund-{client}-{}", counts.funded);
            let began = Instant::now();
            let answer: Told = loop {
                assert!(began.elapsed() < ANSWERED_WITHIN, "nobody answers");
                let url = format!("{}{path}", self.next());
                let sent = agent
                    .post(url)
                    .header("authorization", format!("Bearer {}", self.token))
                    .header("content-type", "application/json")
                    .header("idempotency-key", &key)
                    .send(body.as_bytes());
                if let Ok(response) = sent {
                    break told(response);
                }
                std::thread::sleep(Duration::from_millis(1));
            };
            counts.took.push(began.elapsed());
            match answer.status {
                200 => {
                    counts.funded += 1;
                    self.acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                503 if answer.retry_after => counts.refused += 1,
                _ => panic!("{} {}", answer.status, answer.text),
            }
        }
        counts
    }
}
