//! `mez corridor sign-binding`: a proof made elsewhere, tied to what it is about.
//!
//! Nothing is asked of a zone: whoever holds the key signs, and is the issuer.

use std::path::PathBuf;

use canon::{Canonical, Digest};
use corridor::binding::{Binding, BindingError, Commitment, ProofRef};
use proof::ArtifactType;
use serde_json::json;

use super::corridor::document;
use crate::cli::file::write_new_0644;
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure, vc};

/// What is signed.
#[derive(clap::Args)]
pub(crate) struct BindingArgs {
    /// What for
    #[arg(long)]
    purpose: String,
    /// What kind of artifact the proof is: lower-case letters, digits and -
    #[arg(long, value_name = "TYPE", value_parser = ArtifactType::parse)]
    proof_type: ArtifactType,
    /// Its digest, under the rule of that kind
    #[arg(long, value_name = "DIGEST", value_parser = Digest::from_hex)]
    proof_digest: Digest,
    /// What it is about: a JSON array of commitments, `kind` being receipt, cut, asset-checkpoint or attachment
    #[arg(long, value_name = "FILE")]
    commitments: PathBuf,
    /// The key it is signed with
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where it is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl BindingArgs {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let key = vc::read_key(&self.key)?.secret;
        let issuer = key.public().did();
        let said = document(&self.commitments)?;
        let read = Canonical::of_value(&said).and_then(|said| said.read::<Vec<Commitment>>());
        let name = self.commitments.display().to_string();
        let commitments = read.map_err(|refusal| Failure::refusal(&name, &refusal))?;
        let (artifact_type, digest_sha256) = (self.proof_type.clone(), self.proof_digest);
        let proof_ref = ProofRef { artifact_type, digest_sha256 };
        let from = (issuer.clone(), context.clock.now());
        let signed = Binding::new(from, &self.purpose, proof_ref, commitments)
            .and_then(|binding| binding.sign(&key))
            .map_err(|error| refused(&error))?;
        let digest = Binding::digest(&signed).map_err(|error| refused(&error.into()))?;
        write_new_0644(&self.out, signed.to_string().as_bytes())?;
        let out = self.out.display().to_string();
        let rows = [
            ("issuer", issuer.to_string()),
            ("digest", digest.to_string()),
            ("written", out.clone()),
        ];
        let told = json!({ "binding_sha256": digest, "file": out });
        Ok(Answer::done(pairs(&rows), told))
    }
}

fn refused(error: &BindingError) -> Failure {
    let remedy = "give a purpose of 1 to 200 bytes, and from 1 to 64 commitments, each once";
    Failure::new(Exit::Invalid, "binding", "it was not signed", remedy).because(error)
}
