//! `mez modules`: how many modules there are, and how many of them work; computed, never typed.
//!
//! Invariant: a module *works* only when every interface it provides is there to be found in this
//! program — a route, rules, a schema, a command — and its manifest names the test that switches it.
//! Everything else is *declared*, and says so.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory;
use law::Domain;
use law::manifest::{Catalog, FAMILIES, Module, PREFIX, Provider};
use serde_json::json;

use super::command::Cli;
use super::content::{self, ContentArgs};
use super::failure::Failure;
use super::screen::{Answer, table};
use crate::http::table::routes;
use crate::schemas;

/// Which modules to show.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Show each module of this family
    #[arg(long, value_name = "NAME", value_parser = FAMILIES)]
    family: Option<String>,
    #[command(flatten)]
    content: ContentArgs,
}

/// What this program has that an interface may be provided by.
pub(crate) struct Surface {
    routes: BTreeSet<String>,
    domains: BTreeSet<Domain>,
    cli: clap::Command,
}

impl Surface {
    /// The surface of this program with the packs of a catalog.
    pub(crate) fn of(catalog: &Catalog<'_>) -> Result<Self, Failure> {
        let refused = |problems| content::refused("the packs", &problems);
        let mut domains = BTreeSet::new();
        for pack in catalog.packs().map_err(refused)? {
            domains.extend(pack.rules().iter().map(|rule| rule.domain));
        }
        let routes = routes().map(|route| format!("{} {}", route.method.as_str(), route.path));
        Ok(Self { routes: routes.collect(), domains, cli: Cli::command() })
    }

    fn has(&self, provider: &Provider) -> bool {
        match provider {
            Provider::Route(route) => self.routes.contains(route),
            Provider::Rules(domain) => self.domains.contains(domain),
            Provider::Schema(name) => schemas::of(&format!("{name}.schema.json")).is_some(),
            Provider::Command(words) => {
                let step =
                    |at: Option<&clap::Command>, word: &str| at?.find_subcommand(word).cloned();
                let mut at = Some(self.cli.clone());
                for word in words.split(' ') {
                    at = step(at.as_ref(), word);
                }
                at.is_some()
            }
        }
    }

    /// What a manifest names and this program has not.
    pub(crate) fn lacks<'m>(&self, module: &'m Module) -> Vec<&'m Provider> {
        module.providers().filter(|provider| !self.has(provider)).collect()
    }

    /// Whether a module works.
    pub(crate) fn works(&self, module: &Module) -> bool {
        let provided = module.provides.iter().all(|interface| !interface.by.is_empty());
        let some = !module.provides.is_empty() && !module.toggled_by.is_empty();
        some && provided && self.lacks(module).is_empty()
    }
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let catalog = Catalog::new(&content);
    let surface = Surface::of(&catalog)?;
    let modules = catalog.modules().map_err(|p| content::refused("the modules", &p))?;
    let state = |module: &Module| if surface.works(module) { "working" } else { "declared" };
    let count = |family: &str, wanted: &str| {
        modules.values().filter(|m| m.family == family && state(m) == wanted).count()
    };
    let counts: Vec<(&str, usize, usize)> = FAMILIES
        .iter()
        .map(|family| (*family, count(family, "working"), count(family, "declared")))
        .collect();
    let (working, declared) =
        counts.iter().fold((0, 0), |(w, d), (_, working, other)| (w + working, d + other));
    let mut text = String::new();
    if let Some(family) = &args.family {
        let of = modules.values().filter(|module| module.family == family);
        let rows: Vec<Vec<String>> = of
            .map(|m| vec![m.short().to_owned(), m.version.clone(), state(m).into(), m.name.clone()])
            .collect();
        text.push_str(&table(&["module", "version", "state", "name"], &rows));
    } else {
        let row = |name: &str, w: usize, d: usize| vec![name.into(), w.to_string(), d.to_string()];
        let mut rows: Vec<Vec<String>> = counts.iter().map(|(f, w, d)| row(f, *w, *d)).collect();
        rows.push(row("all", working, declared));
        text.push_str(&table(&["family", "working", "declared"], &rows));
    }
    text.push_str(&format!("\ncontent  {content}\n"));
    let families: Vec<_> = counts
        .iter()
        .map(|(family, w, d)| json!({"declared": d, "family": family, "working": w}))
        .collect();
    let shown = modules.values().filter(|m| args.family.as_ref().is_none_or(|f| m.family == f));
    let listed: Vec<_> = shown
        .map(|module| {
            let interfaces: Vec<_> = module
                .provides
                .iter()
                .map(|one| {
                    let by: Vec<String> = one.by.iter().map(ToString::to_string).collect();
                    json!({"by": by, "interface": one.id})
                })
                .collect();
            let needs: Vec<&str> = module
                .depends_on
                .iter()
                .map(|(id, _)| id.as_str().strip_prefix(PREFIX).unwrap_or(id.as_str()))
                .collect();
            json!({
                "depends_on": needs,
                "family": module.family,
                "module": module.short(),
                "name": module.name,
                "provides": interfaces,
                "state": state(module),
                "toggled_by": module.toggled_by,
                "version": module.version,
            })
        })
        .collect();
    let json = json!({
        "content": content.to_string(),
        "declared": declared,
        "families": families,
        "modules": listed,
        "working": working,
    });
    Ok(Answer::done(text, json))
}
