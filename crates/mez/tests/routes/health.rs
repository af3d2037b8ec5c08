//! `/health`, `/metrics`, `/openapi.json`, `/.well-known`.

use std::time::Duration;

use crate::home::Home;
use crate::server::Server;

#[test]
fn a_zone_tells_how_it_is_without_a_token() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], true, "{}", server.ready);
    let live = server.ask_as("/health/liveness", None);
    assert_eq!((live.status, live.text.as_str()), (200, "ok"));
    let ready = server.ask_as("/health/readiness", None);
    assert_eq!((ready.status, &ready.body["ready"]), (200, &true.into()), "{}", ready.text);
    let names: Vec<_> =
        ready.body["checks"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
    assert_eq!(names, ["store", "keys", "packs", "lists", "heads"]);
    let inception = server.ask_as("/.well-known/mez/inception.json", None);
    assert_eq!(inception.body, home.founded.document);
    assert_eq!(server.ask_as("/openapi.json", None).body["openapi"], "3.1.0");
    let metrics = server.ask_as("/metrics", None).text;
    let line = "mez_http_requests_total{method=\"GET\",path=\"/health/liveness\",status=\"200\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    assert!(metrics.contains("mez_ready 1"));
}

/// One invented record in the published form of the OFAC files.
fn list(home: &Home, published: &str) {
    let folder = home.dir.root().join("sanctions");
    std::fs::create_dir_all(&folder).unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let none = "-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ";
    put("sdn.csv", &format!("7,\"DOE, J\",\"individual\",\"X\",{none}\n"));
    put("alt.csv", "7,1,\"aka\",\"ROE, J\",-0- \n");
    put("add.csv", "7,1,\"1 High Street\",\"Nowhere\",\"Utopia\",-0- \n");
    put("published.json", published);
}

#[test]
fn a_list_dated_in_the_future_makes_the_zone_not_ready_and_has_no_age() {
    let home = Home::of("sg", None);
    list(&home, r#"{"ofac-sdn":"9998-01-01"}"#);
    let server = Server::start(&home);
    let ready = server.ask_as("/health/readiness", None);
    assert_eq!(ready.status, 503);
    let check = &ready.body["checks"][3];
    assert_eq!((&check["name"], &check["ok"]), (&"lists".into(), &false.into()));
    let detail = check["detail"].as_str().unwrap();
    assert!(detail.starts_with("ofac-sdn is dated in the future: "), "{detail}");
    let metrics = server.ask_as("/metrics", None).text;
    assert!(!metrics.contains("mez_screening_list_age_days{list=\"ofac-sdn\"}"), "{metrics}");
}

#[test]
fn every_list_of_known_age_is_among_the_metrics() {
    let home = Home::of("sg", None);
    let today = crate::home::now().date();
    list(&home, &format!(r#"{{"ofac-sdn":"{today}"}}"#));
    let server = Server::start(&home);
    assert_eq!(server.ready["ready"], true, "{}", server.ready);
    let metrics = server.ask_as("/metrics", None).text;
    assert!(metrics.contains("mez_screening_list_age_days{list=\"ofac-sdn\"} 0"), "{metrics}");
    assert!(metrics.contains("mez_screening_list_age_days{list=\"sg-pack\"} "), "{metrics}");
}

#[test]
fn a_zone_ends_with_whoever_started_it_or_when_told() {
    let home = Home::of("sg", None);
    let mut server = Server::start(&home);
    assert!(server.orphan() < Duration::from_secs(2));
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&home);
        assert!(server.signal(signal) < Duration::from_secs(2));
        assert_eq!(server.exit_code(), Some(0));
    }
}

/// Bytes a zone may keep resident; the target is set for release builds, and debug ones keep it too.
const RESIDENT_KIB_MAX: u64 = 64 * 1024;

#[test]
fn a_zone_keeps_within_its_memory() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    for _ in 0..50 {
        assert_eq!(server.get("/health/readiness").status, 200);
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib <= RESIDENT_KIB_MAX, "{line}");
}
