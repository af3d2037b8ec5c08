//! `mez path`: the ways from one zone to another, what each costs and takes, and what is missing.

use std::fmt::Write as _;
use std::path::PathBuf;

use canon::Amount;
use law::manifest::{Catalog, Unknown};
use law::manifold::{
    Attestation, Attestations, Closed, HOPS_DEFAULT, Manifold, Plan, Relaxed, Request, Route, Terms,
};
use serde_json::{Value, json};

use super::content::{self, ContentArgs};
use super::failure::Failure;
use super::screen::{Answer, pairs, table};
use super::{Exit, file};

/// Most bytes of a file of terms.
const TERMS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// From where to where, how much, and within which limits.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The zone left: a zone's name or alias
    from: String,
    /// The zone to be reached
    to: String,
    /// The value moved, in the currency of the terms
    #[arg(long, value_name = "AMOUNT")]
    value: String,
    /// Most hours, waiting for missing attestations included
    #[arg(long, value_name = "HOURS")]
    max_hours: Option<u32>,
    /// Most it may cost, missing attestations included
    #[arg(long, value_name = "AMOUNT")]
    max_cost: Option<String>,
    /// Most corridors passed
    #[arg(long, value_name = "N", default_value_t = HOPS_DEFAULT)]
    max_hops: u8,
    /// The riskiest corridor admitted, 0 the least
    #[arg(long, value_name = "GRADE")]
    max_risk: Option<u8>,
    /// Zones not to be entered
    #[arg(long, value_name = "ZONE", value_delimiter = ',')]
    avoid: Vec<String>,
    /// Attestations held, such as kyb_verification
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    hold: Vec<String>,
    /// Attestations held that have ended
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    expired: Vec<String>,
    /// How many ways to show, the best first
    #[arg(long, value_name = "N", default_value_t = 3)]
    routes: usize,
    /// A file of terms, instead of those of the content
    #[arg(long, value_name = "FILE")]
    terms: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
}

/// Runs it.
pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open()?;
    let catalog = &Catalog::new(&content);
    let terms = read(args, catalog)?;
    let manifold = terms.manifold().map_err(|error| {
        let remedy = "correct the terms";
        Failure::new(Exit::Invalid, "terms", error.to_string(), remedy)
    })?;
    let request = request(args, &terms, &manifold, catalog)?;
    let plan = manifold.plan(&request).map_err(|error| {
        Failure::usage(error.to_string(), "ask for other zones, or for less; see `mez path --help`")
    })?;
    let said = Said { terms: &terms, manifold: &manifold };
    let exit = if plan.routes.is_empty() { Exit::Invalid } else { Exit::Done };
    Ok(Answer::done(said.text(&plan), said.json(&request, &plan)).ending(exit))
}

fn read(args: &Args, catalog: &Catalog<'_>) -> Result<Terms, Failure> {
    let Some(path) = &args.terms else {
        return Terms::of_content(catalog).map_err(|error| content::unknown(&error));
    };
    let bytes = file::read_up_to(path, TERMS_BYTES_MAX)?;
    Terms::parse(&path.display().to_string(), &bytes)
        .map_err(|problems| content::refused("the terms cannot be read", &problems))
}

fn request(
    args: &Args,
    terms: &Terms,
    manifold: &Manifold,
    catalog: &Catalog<'_>,
) -> Result<Request, Failure> {
    let zone = |asked: &str| zone(asked, manifold, catalog);
    let held = kinds(&args.hold)?;
    Ok(Request {
        held,
        expired: kinds(&args.expired)?.without(held),
        hops_max: args.max_hops,
        cost_max: args.max_cost.as_deref().map(|text| minor(text, terms)).transpose()?,
        hours_max: args.max_hours,
        risk_max: args.max_risk,
        avoid: args.avoid.iter().map(|asked| zone(asked)).collect::<Result<_, _>>()?,
        routes: args.routes,
        ..Request::new(zone(&args.from)?, zone(&args.to)?, minor(&args.value, terms)?)
    })
}

/// A zone by the name the terms know it by, or by another name of it.
fn zone(asked: &str, manifold: &Manifold, catalog: &Catalog<'_>) -> Result<u32, Failure> {
    if let Some(at) = manifold.zone(asked) {
        return Ok(at);
    }
    let known = catalog.zone(asked).ok().and_then(|zone| manifold.zone(zone.jurisdiction.as_str()));
    known.ok_or_else(|| {
        let names = manifold.zones().iter().map(|zone| zone.name.as_str());
        let suggestion = law::nearest(asked, names).map(str::to_owned);
        content::unknown(&Unknown::Name { what: "zone", asked: asked.to_owned(), suggestion })
    })
}

fn kinds(names: &[String]) -> Result<Attestations, Failure> {
    let kind = |name: &String| {
        Attestation::parse(name).ok_or_else(|| {
            let known: Vec<&str> = Attestation::ALL.iter().map(|kind| kind.name()).collect();
            let what = format!("no attestation is named `{name}`");
            Failure::usage(what, format!("one of {}", known.join(", ")))
        })
    };
    names.iter().map(kind).collect()
}

fn minor(text: &str, terms: &Terms) -> Result<u64, Failure> {
    let bad = |why: String| {
        let remedy = format!("an amount in {} such as 10000.00", terms.currency.code());
        Failure::usage(why, remedy)
    };
    let amount = Amount::parse(text, terms.currency, terms.source.read)
        .map_err(|error| bad(error.to_string()))?;
    u64::try_from(amount.minor()).map_err(|_| bad(format!("`{text}` is negative or too much")))
}

/// Terms and manifold, to tell a plan by.
struct Said<'a> {
    terms: &'a Terms,
    manifold: &'a Manifold,
}

impl Said<'_> {
    fn money(&self, minor: u64) -> String {
        Amount::of_minor(i128::from(minor), self.terms.currency).to_decimal(self.terms.source.read)
    }

    /// Corridor and ends of a passage.
    fn passage(&self, at: u32) -> (&str, &str, &str) {
        let name = |zone: u32| {
            self.manifold.zones().get(zone as usize).map_or("", |zone| zone.name.as_str())
        };
        let passage = self.manifold.passages().get(at as usize);
        passage.map_or(("", "", ""), |at| (at.corridor.as_str(), name(at.from), name(at.to)))
    }

    fn closed(&self, why: &Closed) -> String {
        match why {
            Closed::Passage(why) | Closed::Zone(why) => why.clone(),
            Closed::Risk(grade) => format!("its risk is {grade}"),
            Closed::Value(most) => format!("at most {} passes at once", self.money(*most)),
            Closed::Avoided => "the zone is to be avoided".to_owned(),
        }
    }

    fn text(&self, plan: &Plan) -> String {
        let mut out = String::new();
        let code = self.terms.currency.code();
        for (number, route) in plan.routes.iter().enumerate() {
            let _ = writeln!(
                out,
                "way {}: {} {code}, {} h, risk {}",
                number + 1,
                self.money(route.cost),
                route.hours,
                route.risk
            );
            out.push_str(&self.steps(route));
            if !(route.gap.missing.or(route.gap.expired)).is_empty() {
                let _ = writeln!(out, "to get first: {}", self.lacking(route));
            }
            out.push('\n');
        }
        if plan.routes.is_empty() {
            out.push_str("there is no way within these limits\n");
        }
        for Relaxed { limit, route } in &plan.relaxed {
            let (cost, hours, hops) = (self.money(route.cost), route.hours, route.steps.len());
            let _ = writeln!(
                out,
                "without --{limit}: {cost} {code}, {hours} h, {hops} corridors, risk {}",
                route.risk
            );
        }
        for (passage, why) in &plan.closed {
            let (corridor, from, to) = self.passage(*passage);
            let _ = writeln!(out, "closed: {from} to {to} by {corridor}: {}", self.closed(why));
        }
        let source = &self.terms.source;
        out.push_str(&pairs(&[
            ("figures", source.title.clone()),
            ("read", source.read.to_string()),
        ]));
        out
    }

    fn steps(&self, route: &Route) -> String {
        let rows: Vec<Vec<String>> = route
            .steps
            .iter()
            .map(|step| {
                let (corridor, from, to) = self.passage(step.passage);
                let hours = self.manifold.passages().get(step.passage as usize).map(|at| at.hours);
                let hours = hours.unwrap_or_default().to_string();
                vec![from.into(), to.into(), corridor.into(), self.money(step.cost), hours]
            })
            .collect();
        table(&["FROM", "TO", "CORRIDOR", "COST", "HOURS"], &rows)
    }

    fn lacking(&self, route: &Route) -> String {
        let missing = route.gap.missing.iter().map(|kind| kind.name().to_owned());
        let expired = route.gap.expired.iter().map(|kind| format!("{} (renew)", kind.name()));
        let names: Vec<String> = missing.chain(expired).collect();
        let (cost, hours) = (self.money(route.gap.cost), route.gap.hours);
        format!("{} ({cost}, {hours} h, counted above)", names.join(", "))
    }

    fn json(&self, request: &Request, plan: &Plan) -> Value {
        let zone = |at: u32| self.manifold.zones().get(at as usize).map(|zone| &zone.name);
        let source = &self.terms.source;
        json!({
            "from": zone(request.from),
            "to": zone(request.to),
            "value": self.money(request.value),
            "currency": self.terms.currency.code(),
            "routes": plan.routes.iter().map(|route| self.route(route)).collect::<Vec<_>>(),
            "relaxed": plan.relaxed.iter().map(|relaxed| {
                json!({ "limit": relaxed.limit, "route": self.route(&relaxed.route) })
            }).collect::<Vec<_>>(),
            "closed": plan.closed.iter().map(|(passage, why)| {
                let (corridor, from, to) = self.passage(*passage);
                json!({ "corridor": corridor, "from": from, "to": to, "why": self.closed(why) })
            }).collect::<Vec<_>>(),
            "terms": {
                "title": source.title,
                "address": source.address,
                "read": source.read,
                "review": source.review,
                "digest_sha256": self.terms.digest,
            },
        })
    }

    fn route(&self, route: &Route) -> Value {
        let names = |kinds: Attestations| kinds.iter().map(Attestation::name).collect::<Vec<_>>();
        let steps = route.steps.iter().map(|step| {
            let (corridor, from, to) = self.passage(step.passage);
            json!({ "corridor": corridor, "from": from, "to": to, "cost": self.money(step.cost) })
        });
        json!({
            "cost": self.money(route.cost),
            "hours": route.hours,
            "risk": route.risk,
            "steps": steps.collect::<Vec<_>>(),
            "missing": names(route.gap.missing),
            "expired": names(route.gap.expired),
            "gap_cost": self.money(route.gap.cost),
            "gap_hours": route.gap.hours,
        })
    }
}
