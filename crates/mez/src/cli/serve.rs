//! `mez serve`: see [`crate::serve`]; here only its refusals become those of a command.

use serde_json::json;

use super::{Answer, Exit, Failure};
use crate::serve::{self, Args, ServeError};

/// Runs until the zone is told to stop.
pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    serve::run(args).map_err(|error| refused(&error))?;
    Ok(Answer::done("stopped\n", json!({ "stopped": true })))
}

fn refused(error: &ServeError) -> Failure {
    let exit = match error.code() {
        "exposed" => Exit::Usage,
        "port-in-use" | "zone-in-use" | "store" | "listen" | "signer-unavailable" => {
            Exit::Unavailable
        }
        _ => Exit::Error,
    };
    Failure::new(exit, error.code(), "the zone is not served", error.remedy()).because(error)
}
