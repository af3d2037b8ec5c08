//! Counters in the text format of Prometheus 0.0.4.
//!
//! Invariant: the path label is a template of the table, never what a caller typed; sums are kept in
//! whole microseconds and printed as decimals.

mod corridors;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use zone::Zone;

/// Upper bounds of the buckets, in microseconds.
const BOUNDS_US: [u64; 11] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// Method and template.
pub(crate) type Path = (&'static str, &'static str);

#[derive(Debug, Default)]
struct Counters {
    statuses: BTreeMap<(Path, u16), u64>,
    times: BTreeMap<Path, Times>,
}

#[derive(Debug, Default)]
struct Times {
    buckets: [u64; BOUNDS_US.len()],
    count: u64,
    sum_us: u64,
}

/// What was counted since the process started.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Counters>);

impl Metrics {
    /// One request that came in then was answered.
    pub(crate) fn count_since(&self, path: Path, status: u16, began: Instant) {
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.count(path, status, micros);
    }

    /// One request was answered.
    pub(crate) fn count(&self, path: Path, status: u16, micros: u64) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.statuses.entry((path, status)).or_default() += 1;
        let times = counters.times.entry(path).or_default();
        for (bucket, bound) in times.buckets.iter_mut().zip(BOUNDS_US) {
            *bucket += u64::from(micros <= bound);
        }
        times.count += 1;
        times.sum_us = times.sum_us.saturating_add(micros);
    }

    /// Everything, as text.
    pub(crate) fn text(&self, zone: Option<&Zone>, ready: bool) -> String {
        let mut out = String::new();
        self.requests(&mut out);
        gauge(&mut out, "mez_ready", "Whether the zone is ready.");
        line(&mut out, "mez_ready", "", u64::from(ready));
        gauge(&mut out, "mez_zone_key_ephemeral", "Whether keys are lost at restart; never.");
        line(&mut out, "mez_zone_key_ephemeral", "", 0);
        if let Some(zone) = zone {
            corridors::count(&mut out, zone);
            lists(&mut out, zone);
        }
        out
    }

    fn requests(&self, out: &mut String) {
        let counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let label = |(method, path): &Path| format!("method=\"{method}\",path=\"{path}\"");
        head(out, "mez_http_requests_total", "counter", "Requests answered.");
        for ((path, status), count) in &counters.statuses {
            let labels = format!("{},status=\"{status}\"", label(path));
            line(out, "mez_http_requests_total", &labels, *count);
        }
        head(out, "mez_http_errors_total", "counter", "Requests answered with 400 or more.");
        for ((path, status), count) in counters.statuses.iter().filter(|((_, s), _)| *s >= 400) {
            let labels = format!("{},status=\"{status}\"", label(path));
            line(out, "mez_http_errors_total", &labels, *count);
        }
        let name = "mez_http_request_duration_seconds";
        head(out, name, "histogram", "Time from the head of a request to its answer.");
        for (path, times) in &counters.times {
            for (count, bound) in times.buckets.iter().zip(BOUNDS_US) {
                let labels = format!("{},le=\"{}\"", label(path), seconds(bound));
                line(out, &format!("{name}_bucket"), &labels, *count);
            }
            let all = format!("{},le=\"+Inf\"", label(path));
            line(out, &format!("{name}_bucket"), &all, times.count);
            let _ = writeln!(out, "{name}_sum{{{}}} {}", label(path), seconds(times.sum_us));
            line(out, &format!("{name}_count"), &label(path), times.count);
        }
    }
}

/// Age and size of each sanctions list.
fn lists(out: &mut String, zone: &Zone) {
    let today = zone.now().date();
    gauge(out, "mez_screening_list_age_days", "Days since a list was published.");
    for list in zone.law().screener.lists() {
        if let Some(age) = list.age_days(today).and_then(|age| u64::try_from(age).ok()) {
            let labels = format!("list=\"{}\"", list.id());
            line(out, "mez_screening_list_age_days", &labels, age);
        }
    }
}

fn gauge(out: &mut String, name: &str, about: &str) {
    head(out, name, "gauge", about);
}

fn head(out: &mut String, name: &str, kind: &str, about: &str) {
    let _ = writeln!(out, "# HELP {name} {about}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: u64) {
    let _ = match labels {
        "" => writeln!(out, "{name} {value}"),
        _ => writeln!(out, "{name}{{{labels}}} {value}"),
    };
}

/// Microseconds as decimal seconds.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
