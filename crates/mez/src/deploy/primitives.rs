//! Where the zones of a deployment keep their records, and the way to Mass laid into each folder.

use std::path::PathBuf;

use canon::Realm;
use serde_json::json;

use crate::cli::Failure;
use crate::layout::{LayoutError, ZoneDir, private_dir, write_atomic, write_secret};

/// Where records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PrimitivesArg {
    Sovereign,
    Mass,
}

/// Where entities, accounts and payments are kept.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PrimitivesArgs {
    /// Where entities, accounts and payments are kept: `sovereign`, in the zone, or `mass`; a zone goes on as it was laid
    #[arg(long, value_name = "WHERE")]
    primitives: Option<PrimitivesArg>,
    /// Where Mass is asked
    #[arg(long, value_name = "URL")]
    mass_url: Option<String>,
    /// The token Mass is asked under, mode 0600; it is copied into the folder of each zone
    #[arg(long, value_name = "FILE")]
    mass_token: Option<PathBuf>,
    /// An account at Mass that customers are funded from, `CURRENCY=ACCOUNT`; may be repeated
    #[arg(long = "mass-funding", value_name = "CURRENCY=ACCOUNT", value_parser = funding)]
    mass_funding: Vec<(String, String)>,
    /// The treasury at Mass in which accounts of the zones' own are opened
    #[arg(long, value_name = "TREASURY")]
    mass_house: Option<String>,
}

fn funding(text: &str) -> Result<(String, String), String> {
    let (currency, account) = text.split_once('=').ok_or("expected CURRENCY=ACCOUNT")?;
    canon::Currency::parse(currency).map_err(|error| error.to_string())?;
    Ok((currency.to_owned(), account.to_owned()))
}

impl PrimitivesArgs {
    /// What belongs together is given together.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let way = self.mass_url.is_some() && self.mass_token.is_some();
        let some = self.mass_url.is_some()
            || self.mass_token.is_some()
            || !self.mass_funding.is_empty()
            || self.mass_house.is_some();
        match self.primitives {
            Some(PrimitivesArg::Mass) if !way => {
                let remedy = "give --mass-url URL and --mass-token FILE";
                Err(Failure::usage("--primitives mass without the way to Mass", remedy))
            }
            Some(PrimitivesArg::Mass) => Ok(()),
            Some(PrimitivesArg::Sovereign) | None if some => {
                let remedy = "give --primitives mass, or leave out what begins with --mass";
                Err(Failure::usage("a way to Mass for zones that keep their records", remedy))
            }
            Some(PrimitivesArg::Sovereign) | None => Ok(()),
        }
    }

    /// Write it into a zone's folder. The start judges it, like one written by hand.
    pub(super) fn lay(&self, dir: &ZoneDir, realm: Realm) -> Result<(), Failure> {
        let (Some(PrimitivesArg::Mass), Some(url), Some(token)) =
            (self.primitives, &self.mass_url, &self.mass_token)
        else {
            return Ok(());
        };
        let secret = std::fs::read(token).map_err(|error| Failure::io("read", token, &error))?;
        let funding: serde_json::Map<String, serde_json::Value> =
            self.mass_funding.iter().map(|(c, a)| (c.clone(), a.as_str().into())).collect();
        let mut mass = json!({ "url": url, "token_file": "mass/token", "funding": funding });
        if let (Some(house), Some(members)) = (&self.mass_house, mass.as_object_mut()) {
            members.insert("house".to_owned(), house.as_str().into());
        }
        let file = json!({
            "type": "MEZPrimitives",
            "realm": realm,
            "primitives": "mass",
            "mass": mass,
        });
        let refuse = |error: &LayoutError| super::lay::layout(error);
        let folder = dir.root().join("mass");
        private_dir(&folder).map_err(|error| refuse(&error))?;
        let path = folder.join("token");
        crate::layout::remove(&path).map_err(|error| refuse(&error))?;
        write_secret(&path, &secret).map_err(|error| refuse(&error))?;
        write_atomic(&dir.primitives(), file.to_string().as_bytes()).map_err(|e| refuse(&e))
    }
}
