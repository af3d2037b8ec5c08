//! Laying a zone's folder: keys and inception, definition and lock, packs, anchors, lists.

mod lists;

use std::path::Path;

use canon::{Clock, Did, Entropy, Realm};
use law::manifest::Stack;
use link::RemoteError;

use self::lists::Lists;
use super::Args;
use super::issuer::Issuer;
use super::plan::Plan;
use crate::cli::content::Content;
use crate::cli::{Context, Exit, Failure};
use crate::founding::{Founding, found};
use crate::layout::{LayoutError, RootKeys, ZoneDir, write_atomic};
use crate::signers::{Elsewhere, ElsewhereError, FolderError, found_on};

/// Host names of zones deployed by this command; fixed at inception, never a listening address.
const HOST_SUFFIX: &str = "zone.mez.example";

/// A zone ready to be started.
pub(crate) struct Laid {
    pub(crate) name: String,
    pub(crate) dir: ZoneDir,
    pub(crate) zone_id: String,
    pub(crate) jurisdiction: String,
    pub(crate) did: Did,
    pub(crate) evidence: Vec<String>,
    pub(crate) groups: Vec<String>,
}

impl Laid {
    /// The zone's own schema in a shared database.
    pub(crate) fn database(&self, url: &str) -> String {
        let schema = format!("mez_{}", self.name.replace('-', "_"));
        let mark = if url.contains('?') { '&' } else { '?' };
        format!("{url}{mark}schema={schema}")
    }
}

/// Found and install every zone of the plan; what is there already is taken up.
pub(crate) fn lay(
    args: &Args,
    plan: &Plan,
    content: &Content,
    issuer: Option<&Issuer>,
    context: &Context<'_>,
) -> Result<Vec<Laid>, Failure> {
    let roots = args.root_keys.clone().unwrap_or_else(|| args.dir.join("root-keys"));
    let roots = RootKeys::at(roots);
    let anchors = anchors(args, issuer)?;
    let dates = lists::dates(&args.list_dates)?;
    let today = context.clock.now().date();
    // Lists are judged before anything is laid for any zone.
    let mut asked = Vec::new();
    for stack in &plan.zones {
        let target = ZoneDir::at(args.dir.join(stack.zone.jurisdiction.as_str())).sanctions();
        asked.push((stack, Lists::prepare(target, args.sanctions.as_deref(), &dates, today)?));
    }
    let lay = |(at, (stack, lists)): (usize, (&Stack, Option<Lists>))| {
        let signer = args.signer.as_ref().filter(|_| at == 0);
        let laid = one(args, stack, (plan.realm, signer), content, &roots, context)?;
        write(&laid.dir.anchors(), &anchors)?;
        args.primitives.lay(&laid.dir, plan.realm)?;
        lists.map_or(Ok(()), |lists| lists.lay())?;
        Ok(laid)
    };
    asked.into_iter().enumerate().map(lay).collect()
}

fn one(
    args: &Args,
    stack: &Stack,
    (realm, signer): (Realm, Option<&Elsewhere>),
    content: &Content,
    roots: &RootKeys,
    context: &Context<'_>,
) -> Result<Laid, Failure> {
    let zone = &stack.zone;
    let name = zone.jurisdiction.as_str().to_owned();
    let dir = ZoneDir::at(args.dir.join(&name));
    let clock: &dyn Clock = context.clock;
    let entropy: &dyn Entropy = context.entropy;
    let elsewhere = found_on(&dir, signer, entropy).map_err(|error| unsigned(&name, &error))?;
    let founding = Founding {
        name: &name,
        zone_id: zone.id.clone(),
        zone_host: format!("{name}.{HOST_SUFFIX}"),
        jurisdiction_id: zone.jurisdiction.clone(),
        realm,
        created: clock.now(),
        elsewhere,
    };
    let founded = found(&dir, roots, &founding, entropy).map_err(|error| {
        let what = format!("zone `{name}` cannot be founded in `{}`", dir.root().display());
        let remedy = "choose another --dir, or mend what is named";
        Failure::new(Exit::Error, "founding", what, remedy).because(&error)
    })?;
    dir.install(stack, content).map_err(|error| layout(&error))?;
    let profile = &stack.profile;
    let mut evidence = vec!["beneficial_ownership".to_owned()];
    if let Some(extra) = profile.evidence() {
        evidence.extend(extra.asks.into_values().flatten());
    }
    evidence.sort();
    evidence.dedup();
    Ok(Laid {
        zone_id: zone.id.to_string(),
        jurisdiction: zone.jurisdiction.to_string(),
        did: founded.inception.did(),
        evidence,
        groups: profile.routes.iter().map(|group| group.name().to_owned()).collect(),
        name,
        dir,
    })
}

fn unsigned(name: &str, error: &ElsewhereError) -> Failure {
    let what = format!("zone `{name}` cannot be founded on the keys of that signer");
    let (exit, code, remedy) = match error {
        ElsewhereError::Signer(RemoteError::OtherEnd { .. }) => (
            Exit::Error,
            "signer-other-key",
            "compare both keys: `mez signer key` shows the zone's",
        ),
        ElsewhereError::Signer(_) => {
            (Exit::Unavailable, "signer-unavailable", "start the signer, and check its address")
        }
        ElsewhereError::FoundedHere => (
            Exit::Error,
            "signer-moved",
            "move the keys by `mez signer move`, or choose another --dir",
        ),
        ElsewhereError::Folder(FolderError::MovedBefore) => {
            (Exit::Error, "signer-moved", "see `signer.json` in the zone's folder")
        }
        _ => (Exit::Error, "signer-folder", "check --dir, and ask again"),
    };
    Failure::new(exit, code, what, remedy).because(error)
}

pub(super) fn layout(error: &LayoutError) -> Failure {
    Failure::new(Exit::Error, "zone-folder", error.to_string(), "check --dir").because(error)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_atomic(path, bytes).map_err(|error| layout(&error))
}

fn anchors(args: &Args, issuer: Option<&Issuer>) -> Result<Vec<u8>, Failure> {
    match (&args.anchors, issuer) {
        (Some(file), _) => std::fs::read(file).map_err(|e| Failure::io("read", file, &e)),
        (None, Some(issuer)) => Ok(issuer.anchors()?.bytes().to_vec()),
        (None, None) => Err(Failure::usage("no trust anchors", "give --anchors FILE")),
    }
}
