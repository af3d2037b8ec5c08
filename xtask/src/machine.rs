//! The first suite: what the others need of the machine.

use std::process::Command;

use crate::session::{Job, Notes, Session};
use crate::{Failure, debian, postgres, process};

struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    present: fn() -> bool,
}

/// Installs what is missing and starts the Postgres server of this run.
pub(crate) fn prepare(session: &Session, job: &Job) -> Result<Notes, Failure> {
    let needs = [
        Need { what: "a C compiler", packages: &["gcc", "libc6-dev"], present: || answers("cc") },
        Need {
            what: "a Postgres server",
            packages: &["postgresql"],
            present: || postgres::programs().is_some(),
        },
        Need {
            what: "Node.js with npm",
            packages: &["nodejs", "npm"],
            present: || answers("node") && answers("npm"),
        },
        Need {
            what: "SoftHSM2, a token to test with",
            packages: &["softhsm2"],
            present: || answers("softhsm2-util"),
        },
        Need {
            what: "xmllint, for the schema of Akoma Ntoso",
            packages: &["libxml2-utils"],
            present: || answers("xmllint"),
        },
    ];
    // Everything missing is named in one go, not one per run.
    let mut missing = Vec::new();
    for Need { what, packages, present } in needs {
        if let Err(failure) = debian::need(what, packages, present, &job.log, session.deadline) {
            missing.push(failure.to_string());
        }
    }
    if !missing.is_empty() {
        return Err(missing.join("\n          ").into());
    }
    let url = session.database("machine")?;
    let mut notes = vec![format!("a throw-away Postgres answers at {url}")];
    // The one need that may stay unmet: the network test goes on without, and says so.
    let packages = ["iproute2", "nftables"];
    let present = || process::succeeds(Command::new("ip").arg("-V")) && answers("nft");
    let what = "ip and nft, to lose packets with";
    if let Err(failure) = debian::need(what, &packages, present, &job.log, session.deadline) {
        notes.push(format!("notice: {failure}"));
    }
    Ok(notes)
}

/// Whether `cargo nextest` is installed; `cargo test` serves where it is not.
pub(crate) fn has_nextest(session: &Session) -> bool {
    process::succeeds(session.workspace.cargo().args(["nextest", "--version"]))
}

fn answers(program: &str) -> bool {
    process::succeeds(Command::new(program).arg("--version"))
}
