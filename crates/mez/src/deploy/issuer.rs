//! The sandbox issuer of evidence: its own key, its own processes, listed by the sandbox anchors.

use std::path::{Path, PathBuf};
use std::process::Command;

use canon::{Canonical, Did, Realm, Timestamp};
use proof::credential::{Anchor, Anchors, CONTEXT, CONTEXT_TERMS};
use proof::jwk::KeyFile;
use serde_json::{Value, json};

use crate::cli::{Exit, Failure};

const PREFIX: &str = "sandbox-issuer";

/// Kinds of evidence the sandbox issuer may attest, with their credential types.
const KINDS: [(&str, &str); 6] = [
    ("beneficial_ownership", "MEZBeneficialOwnershipCredential"),
    ("source_of_funds", "MEZSourceOfFundsCredential"),
    ("tax_residency", "MEZTaxResidencyCredential"),
    ("license", "MEZLicenseCredential"),
    ("data_protection_registration", "MEZDataProtectionRegistrationCredential"),
    ("office_lease", "MEZOfficeLeaseCredential"),
];

/// An issuer whose key no zone holds.
pub(crate) struct Issuer {
    folder: PathBuf,
    did: Did,
}

fn run(arguments: &[&std::ffi::OsStr]) -> Result<Vec<u8>, Failure> {
    let failed = |detail: String| {
        let remedy = "run the command by hand to see why";
        Failure::new(
            Exit::Error,
            "issuer",
            format!("the issuer's command failed: {detail}"),
            remedy,
        )
    };
    let program = std::env::current_exe().map_err(|e| failed(e.to_string()))?;
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

impl Issuer {
    /// Make the issuer's key by `mez vc keygen`, or take up the one made before.
    pub(crate) fn at(folder: &Path) -> Result<Self, Failure> {
        let public = folder.join(format!("{PREFIX}.priv.json"));
        if !public.exists() {
            let words = ["vc", "keygen", "--prefix", PREFIX, "--output"].map(std::ffi::OsStr::new);
            let mut arguments = words.to_vec();
            arguments.push(folder.as_os_str());
            run(&arguments)?;
        }
        let bytes = crate::layout::read_secret(&public)
            .map_err(|e| Failure::new(Exit::Error, "issuer", e.to_string(), "check the file"))?;
        let key = KeyFile::parse(&bytes)
            .map_err(|e| Failure::new(Exit::Error, "issuer", e.to_string(), "check the file"))?;
        Ok(Self { folder: folder.to_owned(), did: key.secret.public().did() })
    }

    /// The sandbox anchors: this issuer, for evidence, in realm sandbox only.
    pub(crate) fn anchors(&self) -> Result<Canonical, Failure> {
        let anchor = Anchor {
            anchor_id: PREFIX.to_owned(),
            kind: "did".to_owned(),
            identifier: self.did.clone(),
            allowed_attestations: KINDS.iter().map(|(kind, _)| (*kind).to_owned()).collect(),
            realm: Realm::Sandbox,
        };
        let wrong = |e: &dyn std::fmt::Display| {
            Failure::new(Exit::Error, "anchors", e.to_string(), "report this")
        };
        let anchors = Anchors::of(Realm::Sandbox, vec![anchor]).map_err(|e| wrong(&e))?;
        let document = anchors.document().map_err(|e| wrong(&e))?;
        Canonical::of_value(&document).map_err(|e| wrong(&e))
    }

    /// Attest a kind of evidence about a company, signed by `mez vc sign` as a process of its own.
    pub(crate) fn attest(
        &self,
        kind: &str,
        subject: Value,
        (from, until): (Timestamp, Timestamp),
        name: &str,
    ) -> Result<Value, Failure> {
        let known = KINDS.iter().find(|(known, _)| *known == kind);
        let (_, credential_type) = known.ok_or_else(|| {
            let what = format!("the sandbox issuer attests no `{kind}`");
            Failure::new(Exit::Error, "issuer", what, "choose another profile")
        })?;
        let kept = self.folder.join(format!("{name}.{kind}.signed.json"));
        if let Ok(bytes) = std::fs::read(&kept) {
            // A scenario that is taken up again hands in the very same credential.
            return canon::parse_value(&bytes).map_err(|r| Failure::refusal("evidence", &r));
        }
        let unsigned = json!({
            "@context": [CONTEXT, CONTEXT_TERMS],
            "id": format!("urn:mez:evidence:{name}:{kind}"),
            "type": ["VerifiableCredential", credential_type],
            "issuer": self.did,
            "realm": Realm::Sandbox,
            "validFrom": from,
            "validUntil": until,
            "credentialSubject": subject,
        });
        let path = self.folder.join(format!("{name}.{kind}.json"));
        std::fs::write(&path, unsigned.to_string())
            .map_err(|error| Failure::io("write", &path, &error))?;
        let key = self.folder.join(format!("{PREFIX}.priv.json"));
        let words = ["vc", "sign", "--key"].map(std::ffi::OsStr::new);
        let mut arguments = words.to_vec();
        arguments.extend([key.as_os_str(), path.as_os_str()]);
        let signed = run(&arguments)?;
        std::fs::write(&kept, &signed).map_err(|error| Failure::io("write", &kept, &error))?;
        canon::parse_value(&signed).map_err(|refusal| Failure::refusal("mez vc sign", &refusal))
    }
}

/// A year of validity from a moment.
pub(crate) fn a_year(from: Timestamp) -> Timestamp {
    from.plus_secs(365 * 86_400).unwrap_or(from)
}
