//! `mez zone compose`: a zone definition whose law is taken, domain by domain, from others.

use std::path::{Path, PathBuf};

use canon::JurisdictionId;
use law::manifest::{Catalog, ComposedDomain, Composition, PREFIX, Stack, Zone};
use serde_json::json;

use crate::cli::content::{self, ContentArgs};
use crate::cli::failure::{Failure, Fault};
use crate::cli::screen::{Answer, table};
use crate::cli::{Exit, file};

/// Whose law, and what the zone is called.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The name; the zone is `synth-NAME`
    name: String,
    /// The name for people
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// A domain and whose law applies in it, as often as needed
    #[arg(long = "take", value_name = "DOMAIN=JURISDICTION", required = true, value_parser = layer)]
    layers: Vec<Composition>,
    /// The profile the zone runs
    #[arg(long, value_name = "NAME", default_value = "digital-financial-center")]
    profile: String,
    /// The folder to write zone.yaml to; printed, unless given
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
}

fn layer(text: &str) -> Result<Composition, String> {
    let (domain, source) = text.split_once('=').ok_or("write DOMAIN=JURISDICTION")?;
    let known = ComposedDomain::ALL.map(ComposedDomain::name);
    let near = law::nearest(domain, known).map(|near| format!(" (did you mean `{near}`?)"));
    let domain = ComposedDomain::parse(domain).ok_or_else(|| {
        let near = near.unwrap_or_default();
        format!("unknown domain `{domain}`{near}; there are {}", known.join(", "))
    })?;
    let source = JurisdictionId::parse(source).map_err(|error| error.to_string())?;
    Ok(Composition::layer(domain, source))
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let catalog = Catalog::new(&content);
    let all = joined(&args.layers)?;
    let profile = catalog.profile(&args.profile).map_err(|error| content::unknown(&error))?;
    let place = JurisdictionId::parse(&format!("synth-{}", args.name)).map_err(|error| {
        Failure::usage(error.to_string(), "name it in lowercase letters, digits and dashes")
    })?;
    let title = serde_json::Value::from(args.title.as_deref().unwrap_or(&args.name));
    let layers: Vec<String> =
        all.layers().map(|(domain, source)| format!("{domain}: {source}")).collect();
    let text = format!(
        "zone_id: {PREFIX}zone.synthetic.{}\njurisdiction_id: {place}\nzone_name: {title}\n\
         zone_kind: synthetic\nprofile: {{ profile_id: {}, version: {} }}\n\
         jurisdiction_stack: [{place}]\npending_jurisdictions: [{place}]\n\
         composition: {{ {} }}\n",
        args.name,
        profile.id,
        profile.version,
        layers.join(", ")
    );
    let refused = |problems| content::refused("the zone cannot be written", &problems);
    let zone = Zone::parse("zone.yaml", text.as_bytes()).map_err(refused)?;
    let text = zone.to_yaml();
    let stack = Stack::resolve(&catalog, zone).map_err(|error| content::unstacked(&error))?;
    let written = args.output.as_ref().map(|dir| {
        let path = dir.join("zone.yaml");
        file::make_dir(dir)?;
        file::write_new_0644(&path, text.as_bytes()).map(|()| path.display().to_string())
    });
    let written = written.transpose()?;
    let row = |(domain, source): (ComposedDomain, &JurisdictionId)| {
        let state = if stack.pending.contains(source) { "no pack: pending" } else { "pack" };
        vec![domain.to_string(), source.to_string(), state.to_owned()]
    };
    let rows: Vec<Vec<String>> = all.layers().map(row).collect();
    let shown = match &written {
        Some(path) => format!("{}\nwritten  {path}\n", table(&["domain", "source", "law"], &rows)),
        None => text.clone(),
    };
    let json = json!({
        "composition": all.layers().map(|(d, s)| json!({"domain": d.name(), "source": s})).collect::<Vec<_>>(),
        "path": written,
        "pending": stack.pending,
        "zone_id": stack.zone.id,
        "zone_yaml": text,
    });
    Ok(Answer::done(shown, json))
}

/// All layers together, or every conflict between them.
fn joined(layers: &[Composition]) -> Result<Composition, Failure> {
    let mut all = Composition::default();
    let mut faults = Vec::new();
    for layer in layers {
        match all.join(layer) {
            Ok(both) => all = both,
            Err(conflicts) => {
                faults.extend(conflicts.iter().map(|conflict| Fault::new(conflict.to_string())));
            }
        }
    }
    faults.extend(all.lacks().into_iter().map(Fault::new));
    if faults.is_empty() {
        return Ok(all);
    }
    let remedy = "take each domain from one place, and `aml_cft` from somewhere";
    let mut failure =
        Failure::new(Exit::Invalid, "composition", "these layers make no zone", remedy);
    failure.faults = faults;
    Err(failure)
}
