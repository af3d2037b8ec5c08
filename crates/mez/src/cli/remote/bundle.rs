//! `mez corridor export`: the witness bundle, as the zone assembles it.

use std::path::Path;

use canon::{CorridorId, Digest};
use serde_json::json;

use super::refused;
use crate::cli::Failure;
use crate::cli::file::write_new_0644;
use crate::cli::screen::{Answer, pairs};
use crate::client::Client;

/// Fetch and write it.
pub(super) fn export(
    client: &Client,
    id: &CorridorId,
    out: &Path,
    disclose: bool,
) -> Result<Answer, Failure> {
    let query = if disclose { "?disclose=true" } else { "" };
    let bytes = client.fetch_bytes(&format!("/v1/corridors/{id}/bundle{query}"));
    let bytes = bytes.map_err(|error| refused("export this corridor", &error))?;
    write_new_0644(out, &bytes)?;
    let digest = Digest::of_blob(&bytes);
    let text = pairs(&[
        ("bundle", out.display().to_string()),
        ("bytes", bytes.len().to_string()),
        ("sha256", digest.to_string()),
        ("next", format!("mez verify {} --trust DID,DID", out.display())),
    ]);
    let json = json!({ "bundle": out, "bytes": bytes.len(), "sha256": digest });
    Ok(Answer::done(text, json))
}
