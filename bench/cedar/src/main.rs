//! The tensor beside Cedar: every coordinate of the scene asked one by one, and one decision read with
//! its reasons beside 21 policies. Both sides give the same answers, which is asserted first.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    reason = "figures are ratios, and a bench that cannot go on may stop"
)]

use std::str::FromStr as _;

use canon::Timestamp;
use cedar_policy::{
    Authorizer, Context, Decision as Said, Entities, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use law::tensor::{Coordinate, Domains, Tensor};
use law::{DOMAINS, Domain};

#[allow(dead_code, reason = "shared with the units beside other peers")]
#[path = "../../src/harness.rs"]
mod harness;
#[allow(dead_code, reason = "shared with the units beside other peers")]
#[path = "../../src/law/scene.rs"]
mod scene;

use harness::{Bench, Clock, Reach, Row};
use scene::{COORDINATES, NOW, ROWS, flat, ours, tensor, verdicts};

/// Requests made ready for Cedar; it is timed on these and counted per coordinate.
const SAMPLE: usize = 20_000;

fn uid(text: &str) -> EntityUid {
    EntityUid::from_str(text).expect("a name of Cedar")
}

/// One coordinate a request: its state, its end, the present.
fn coordinate(row: usize, domain: usize) -> Request {
    let cell = flat(row, domain);
    let long = |value: i64| RestrictedExpression::new_long(value);
    let context = Context::from_pairs([
        ("state".to_owned(), long(cell.state as i64)),
        ("expires".to_owned(), long(cell.expires)),
        ("now".to_owned(), long(NOW)),
    ]);
    let principal = uid(&format!("Subject::\"{row}\""));
    let resource = uid(&format!("Domain::\"{}\"", Domain::ALL[domain]));
    let context = context.expect("a context");
    Request::new(principal, uid("Action::\"proceed\""), resource, context, None).expect("a request")
}

const PER_COORDINATE: &str = r#"
permit(principal, action, resource) when { context.expires > context.now &&
    (context.state == 4 || (context.state >= 2 && resource != Domain::"sanctions")) };
"#;

fn beside_cedar(bench: &Bench, tensor: &Tensor, now: Timestamp) -> Row {
    let policies: PolicySet = PER_COORDINATE.parse().expect("policies");
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    let allows = |request: &Request| {
        authorizer.is_authorized(request, &policies, &entities).decision() == Said::Allow
    };
    let mut buffer = Vec::with_capacity(ROWS);
    verdicts(tensor, now, &mut buffer);
    for row in 0..ROWS {
        for domain in 0..DOMAINS {
            let said = allows(&coordinate(row, domain));
            assert_eq!(said, ours(&buffer, row, domain), "Cedar, row {row}, {domain}");
        }
    }
    let sample: Vec<Request> =
        (0..SAMPLE).map(|at| coordinate(at * 7 % ROWS, at % DOMAINS)).collect();
    bench.sampled(
        "verdict over 10^6 coordinates, beside Cedar per coordinate",
        (Clock::Thread, 9),
        Reach::Faster(5_000.0),
        (COORDINATES, || verdicts(tensor, now, &mut buffer)),
        (SAMPLE, || sample.iter().filter(|request| allows(request)).count()),
    )
}

/// 20 policies that forbid and one that permits: a whole row in one request.
fn policies() -> PolicySet {
    let forbid = Domain::ALL.map(|domain| {
        let least = if domain == Domain::Sanctions { 4 } else { 2 };
        format!(
            "@id(\"{domain}\") forbid(principal, action, resource) unless {{ \
             context.{domain}.expires > context.now && context.{domain}.state >= {least} }};"
        )
    });
    let text = format!("permit(principal, action, resource);\n{}", forbid.join("\n"));
    text.parse().expect("policies")
}

fn whole_row(row: usize) -> Request {
    let long = |value: i64| RestrictedExpression::new_long(value);
    let cells = Domain::ALL.map(|domain| {
        let cell = flat(row, domain.ordinal());
        let fields = [
            ("state".to_owned(), long(cell.state as i64)),
            ("expires".to_owned(), long(cell.expires)),
        ];
        (domain.to_string(), RestrictedExpression::new_record(fields).expect("a record"))
    });
    let now = [("now".to_owned(), long(NOW))];
    let context = Context::from_pairs(cells.into_iter().chain(now)).expect("a context");
    let principal = uid(&format!("Subject::\"{row}\""));
    Request::new(principal, uid("Action::\"proceed\""), uid("Zone::\"here\""), context, None)
        .expect("a request")
}

/// The refusing domains of one row, each with its rule: what a reader of a decision is told.
fn told(tensor: &Tensor, at: Coordinate, now: Timestamp) -> (Domains, usize) {
    let Some((row, version)) = tensor.reading(at, now) else { return (Domains::NONE, 0) };
    let refusing = row.passing().not();
    let rules = refusing.iter().filter_map(|domain| tensor.ground(version.held(domain)));
    (
        refusing,
        rules.filter_map(|ground| ground.rule.as_ref()).map(|rule| rule.as_str().len()).sum(),
    )
}

fn one_decision(bench: &Bench, tensor: &Tensor, now: Timestamp) -> Row {
    let policies = policies();
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    let chosen: Vec<usize> = (0..2_000).map(|at| at * 7_919 % ROWS).collect();
    let requests: Vec<Request> = chosen.iter().map(|row| whole_row(*row)).collect();
    let mut coordinates: Vec<Option<Coordinate>> = vec![None; ROWS];
    for (_, places) in tensor.subjects() {
        for at in places.values() {
            coordinates[at.at()] = Some(*at);
        }
    }
    let coordinates: Vec<Coordinate> =
        chosen.iter().map(|row| coordinates[*row].expect("a coordinate")).collect();
    for (request, at) in requests.iter().zip(&coordinates) {
        let said = authorizer.is_authorized(request, &policies, &entities);
        let (refusing, _) = told(tensor, *at, now);
        assert_eq!(said.decision() == Said::Allow, refusing.is_empty());
        if !refusing.is_empty() {
            let reasons = said.diagnostics().reason().count();
            assert_eq!(reasons, refusing.count() as usize, "one policy a refusing domain");
        }
    }
    bench.short(
        "one decision read with reasons, beside Cedar with 21 policies",
        chosen.len(),
        Reach::Within(0.02),
        || coordinates.iter().map(|at| told(tensor, *at, now).1).sum::<usize>(),
        || {
            let said = requests.iter().map(|request| {
                authorizer
                    .is_authorized(request, &policies, &entities)
                    .diagnostics()
                    .reason()
                    .count()
            });
            said.sum::<usize>()
        },
    )
}

fn main() {
    let now = Timestamp::from_unix(NOW).expect("a moment");
    let mut tensor = tensor();
    tensor.advance(now);
    let bench = Bench::new();
    println!("{}", harness::HEADING);
    println!("{}", beside_cedar(&bench, &tensor, now));
    println!("{}", one_decision(&bench, &tensor, now));
}
