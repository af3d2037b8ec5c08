//! The summary: who runs where, what holds between them, what was refused and why.

use canon::Realm;
use serde_json::{Value, json};

use super::corridors::{Linked, Proposed};
use super::fleet::Running;
use super::json::{items, text};
use super::progress::Progress;
use super::smoke::{Member, Story};
use crate::cli::screen::table;
use crate::cli::{Answer, Failure, Style};

/// One zone as told.
struct ZoneRow {
    name: String,
    url: String,
    did: String,
    decisions: String,
    lists: String,
    resident_mib: Option<u64>,
}

/// One corridor as told.
struct LinkRow {
    id: String,
    here: String,
    there: String,
    state: String,
    /// Receipts written here and there, and how many of each the other zone acknowledged.
    lanes: [String; 2],
    cuts: usize,
}

/// Everything there is to tell.
pub(crate) struct Report {
    zones: Vec<ZoneRow>,
    links: Vec<LinkRow>,
    elsewhere: Vec<Proposed>,
    seed: Option<u64>,
    story: Option<Story>,
}

fn check(ready: &Value, name: &str) -> String {
    let checks = items(ready, "checks");
    let found = checks.iter().find(|check| text(check, "name") == name);
    found.map_or_else(|| "unknown".to_owned(), |check| text(check, "detail"))
}

impl Report {
    /// What can be told before anything happens.
    pub(crate) fn of(members: &[Member], running: &[Running], linked: &Linked) -> Self {
        let mut report = Self {
            zones: Vec::new(),
            links: Vec::new(),
            elsewhere: linked.elsewhere.clone(),
            seed: None,
            story: None,
        };
        for (id, there) in &linked.active {
            let (Some(here), Some(there)) = (members.first(), members.get(*there)) else {
                continue;
            };
            report.links.push(LinkRow {
                id: id.to_string(),
                here: here.name.clone(),
                there: there.name.clone(),
                state: String::new(),
                lanes: [String::new(), String::new()],
                cuts: 0,
            });
        }
        report.measure(members, running);
        report
    }

    /// Ask every zone how it stands now.
    pub(crate) fn measure(&mut self, members: &[Member], running: &[Running]) {
        self.zones = members
            .iter()
            .zip(running)
            .map(|(member, process)| {
                let ready = member.client.get("/health/readiness").unwrap_or(Value::Null);
                let heads = check(&ready, "heads");
                let heads = heads.split(';').next().unwrap_or_default();
                ZoneRow {
                    name: member.name.clone(),
                    url: member.client.url().to_owned(),
                    did: member.did.to_string(),
                    decisions: heads.to_owned(),
                    lists: check(&ready, "lists"),
                    resident_mib: process.resident_kib().map(|kib| kib / 1024),
                }
            })
            .collect();
        let Some(here) = members.first() else { return };
        for link in &mut self.links {
            let known = here.client.get(&format!("/v1/corridors/{}", link.id));
            let known = known.unwrap_or(Value::Null);
            link.state = text(&known, "state");
            // What was acknowledged of a lane is written on the other one.
            let sides = [("lane_here", "lane_there"), ("lane_there", "lane_here")];
            for ((lane, other), told) in sides.iter().zip(&mut link.lanes) {
                let count = |lane: &str, name: &str| {
                    known.get(lane).and_then(|lane| lane.get(name)?.as_u64()).unwrap_or(0)
                };
                let Some(shown) = known.get(*lane) else { continue };
                let root: String = text(shown, "root").chars().take(12).collect();
                let (size, decided) = (count(lane, "size"), count(other, "acknowledged"));
                *told = format!(
                    "{size} receipts, {decided} acknowledged by the other zone, root {root}"
                );
            }
            let cuts = here.client.get(&format!("/v1/corridors/{}/cuts", link.id));
            link.cuts = cuts.map_or(0, |cuts| items(&cuts, "cuts").len());
        }
    }

    /// Keep what the scenario did.
    pub(crate) fn tell(
        &mut self,
        seed: u64,
        story: Story,
        _members: &[Member],
    ) -> Result<(), Failure> {
        self.seed = Some(seed);
        self.story = Some(story);
        Ok(())
    }

    /// The answer, for people and for programs.
    pub(crate) fn answer(&self, style: Style, realm: Realm, progress: &Progress) -> Answer {
        let mut out = String::from("\nzones\n");
        let rows: Vec<Vec<String>> = self
            .zones
            .iter()
            .map(|zone| {
                let memory = zone.resident_mib.map_or("?".to_owned(), |mib| format!("{mib} MiB"));
                vec![
                    zone.name.clone(),
                    zone.url.clone(),
                    memory,
                    zone.decisions.clone(),
                    zone.lists.clone(),
                ]
            })
            .collect();
        let heading = ["zone", "url", "memory", "journal", "sanctions lists"];
        out.push_str(&table(&heading, &rows));
        out.push_str("\nidentities to pin\n");
        let rows: Vec<Vec<String>> =
            self.zones.iter().map(|zone| vec![zone.name.clone(), zone.did.clone()]).collect();
        out.push_str(&table(&["zone", "did"], &rows));
        self.graph(&mut out, style);
        if let Some(story) = &self.story {
            told(&mut out, story, style);
        }
        out.push_str(&format!("\nrealm {realm}; {} in all\n", progress.total().text()));
        Answer::done(out, self.json(realm, progress))
    }

    fn graph(&self, text: &mut String, style: Style) {
        if self.links.is_empty() && self.elsewhere.is_empty() {
            return;
        }
        text.push_str("\ncorridors\n");
        for link in &self.links {
            let state = match link.state.as_str() {
                "ACTIVE" => style.good(&link.state),
                other => style.warn(other),
            };
            let [here, there] = &link.lanes;
            text.push_str(&format!("  {} ════ {state} ════ {}\n", link.here, link.there));
            text.push_str(&format!("    {}\n", link.id));
            text.push_str(&format!("    {} lane: {here}\n", link.here));
            text.push_str(&format!("    {} lane: {there}\n", link.there));
            text.push_str(&format!("    cuts signed by both: {}\n", link.cuts));
        }
        let did = self.zones.first().map_or("", |zone| &zone.did);
        for Proposed { name, url, id, state } in &self.elsewhere {
            let shown = match state.as_str() {
                "ACTIVE" => style.good(state),
                other => style.warn(other),
            };
            text.push_str(&format!("  ──── {shown} ──── {name} (elsewhere)\n    {id}\n"));
            if let Some(note) = note(state) {
                text.push_str(&format!("    {note}\n"));
            }
            if matches!(state.as_str(), "DRAFT" | "PENDING") {
                text.push_str("    its operator runs, with their token in $MEZ_TOKEN:\n");
                text.push_str(&format!(
                    "      mez corridor accept {id} --peer {did} --url {url}\n"
                ));
            }
        }
    }

    fn json(&self, realm: Realm, progress: &Progress) -> Value {
        let zones: Vec<Value> = self
            .zones
            .iter()
            .map(|zone| {
                json!({
                    "name": zone.name, "url": zone.url, "did": zone.did,
                    "journal": zone.decisions, "lists": zone.lists,
                    "resident_mib": zone.resident_mib,
                })
            })
            .collect();
        let links: Vec<Value> = self
            .links
            .iter()
            .map(|link| {
                json!({
                    "corridor_id": link.id, "here": link.here, "there": link.there,
                    "state": link.state, "cuts": link.cuts,
                })
            })
            .collect();
        let elsewhere: Vec<Value> = self
            .elsewhere
            .iter()
            .map(|Proposed { name, url, id, state }| {
                let mut told =
                    json!({ "name": name, "url": url, "corridor_id": id, "state": state });
                if let (Some(note), Value::Object(members)) = (note(state), &mut told) {
                    members.insert("note".to_owned(), note.into());
                }
                told
            })
            .collect();
        let steps: Vec<Value> = progress
            .steps
            .iter()
            .map(|(name, ms)| json!({ "step": name, "ms": u64::try_from(*ms).unwrap_or(u64::MAX) }))
            .collect();
        json!({
            "realm": realm,
            "zones": zones,
            "corridors": links,
            "elsewhere": elsewhere,
            "seed": self.seed,
            "smoke": self.story.as_ref().map(story_json),
            "steps": steps,
            "law_changes": progress.changes,
        })
    }
}

/// Why a proposal is no further than that.
fn note(state: &str) -> Option<&'static str> {
    (state == "DRAFT").then_some("not delivered yet; the zone keeps trying")
}

fn told(text: &mut String, story: &Story, style: Style) {
    text.push_str(&format!("\nformed {} companies\n", story.companies));
    for near in &story.near_misses {
        text.push_str(&format!("  near miss {near}\n"));
    }
    text.push_str("\npayments\n");
    let rows: Vec<Vec<String>> = story
        .payments
        .iter()
        .map(|p| vec![p.from.clone(), p.to.clone(), p.amount.clone(), p.state.clone()])
        .collect();
    text.push_str(&table(&["from", "to", "amount", "state"], &rows));
    text.push_str("\nrefused, as the law demands\n");
    for refused in &story.refused {
        text.push_str(&format!("  {} {}\n", style.bad(&refused.zone), refused.what));
        for why in &refused.why {
            text.push_str(&format!("    {why}\n"));
        }
    }
    text.push_str(&format!("\ncorridor accounts over all zones: {}\n", story.totals.join(", ")));
    for bundle in &story.bundles {
        text.push_str(&format!(
            "\nwitness bundle of {} ({} bytes): VALID, UNKNOWN without trust, INVALID when altered\n  \
             mez verify {} --trust {}\n",
            bundle.corridor,
            bundle.bytes,
            bundle.path.display(),
            bundle.trust,
        ));
    }
}

fn story_json(story: &Story) -> Value {
    let payments: Vec<Value> = story
        .payments
        .iter()
        .map(|p| json!({ "from": p.from, "to": p.to, "amount": p.amount, "state": p.state }))
        .collect();
    let refused: Vec<Value> = story
        .refused
        .iter()
        .map(|r| json!({ "zone": r.zone, "what": r.what, "why": r.why }))
        .collect();
    let bundles: Vec<Value> = story
        .bundles
        .iter()
        .map(|b| {
            json!({
                "corridor_id": b.corridor, "path": b.path, "bytes": b.bytes, "trust": b.trust,
            })
        })
        .collect();
    json!({
        "companies": story.companies,
        "near_misses": story.near_misses,
        "payments": payments,
        "refused": refused,
        "corridor_account_totals": story.totals,
        "bundles": bundles,
    })
}
