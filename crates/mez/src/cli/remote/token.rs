//! `mez token create`: a token for a principal, over the API or on the host of a stopped zone.

use std::path::Path;
use std::sync::Arc;

use canon::{Clock, EntityId, Entropy, PrincipalId, Timestamp};
use serde_json::{Value, json};
use zone::{Scope, TokenAsk};

use super::status::shown;
use super::{DEFAULT_URL, Target, key, refused};
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure, SystemClock, SystemEntropy};
use crate::layout::ZoneDir;
use crate::serve::{Loading, create_token};

/// What can be done with tokens.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a token; its text is shown this once
    Create(Create),
}

/// Who gets which token.
#[derive(clap::Args)]
pub(crate) struct Create {
    /// Who will hold it, as the zone's records will name them
    #[arg(long, value_name = "NAME", value_parser = PrincipalId::parse)]
    principal: PrincipalId,
    /// What it may do: operator, registrar, banker, reader, regulator, watcher; several with commas
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    #[arg(value_parser = scope)]
    scopes: Vec<Scope>,
    /// When it ends, YYYY-MM-DDTHH:MM:SSZ; never, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    expires: Option<Timestamp>,
    /// The entity whose records alone it opens; those of all, unless given
    #[arg(long, value_name = "ID", value_parser = EntityId::parse)]
    entity: Option<EntityId>,
    /// Store of a stopped zone, if it is not the embedded one
    #[arg(long, value_name = "URL", requires = "dir", conflicts_with = "url")]
    database: Option<String>,
    #[command(flatten)]
    target: Target,
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("a scope is one of {}", known.join(", "))
    })
}

impl Command {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let Self::Create(create) = self;
        // With a folder and no URL the zone is asked where it lies; a running one refuses that.
        match (&create.target.dir, &create.target.url) {
            (Some(dir), None) => create.on_host(dir),
            _ => create.over_http(context),
        }
    }
}

impl Create {
    fn over_http(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let client = self.target.open(context)?;
        let mut body = json!({ "principal": self.principal, "scopes": self.scopes });
        if let (Some(expires), Value::Object(members)) = (self.expires, &mut body) {
            members.insert("expires".to_owned(), json!(expires));
        }
        if let (Some(entity), Value::Object(members)) = (&self.entity, &mut body) {
            members.insert("entity_id".to_owned(), json!(entity));
        }
        let key = key(None, context.entropy)?;
        let made = client.post("/v1/tokens", &body, &key);
        let made = made.map_err(|error| refused("make a token", &error))?;
        Ok(self.told(&shown(made.get("token"))))
    }

    fn on_host(&self, dir: &Path) -> Result<Answer, Failure> {
        let clock = SystemClock::open().map_err(|error| {
            let remedy = "set the clock of this machine";
            Failure::new(Exit::Error, "clock", "the clock is outside 1970 to 9999", remedy)
                .because(&error)
        })?;
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(clock), Arc::new(SystemEntropy));
        let dir = ZoneDir::at(dir);
        let loading = Loading {
            dir: &dir,
            database: self.database.clone(),
            store: None,
            sanctions: None,
            url: DEFAULT_URL.to_owned(),
        };
        let lent = (clock, entropy);
        let (principal, scopes) = (self.principal.clone(), self.scopes.clone());
        let (expires, entity_id) = (self.expires, self.entity.clone());
        let made = create_token(&loading, TokenAsk { principal, scopes, expires, entity_id }, lent);
        let token = made.map_err(|error| match error.code() {
            code @ "zone-in-use" => {
                let remedy = "the zone runs: give its --url together with --dir";
                let what = "a running zone makes tokens over its API alone";
                Failure::new(Exit::Unavailable, code, what, remedy).because(&error)
            }
            code => {
                let remedy = "run `mez doctor --dir DIR` on the folder";
                Failure::new(Exit::Error, code, "the zone makes no token", remedy).because(&error)
            }
        })?;
        Ok(self.told(&token))
    }

    fn told(&self, token: &str) -> Answer {
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let expires = self.expires.map_or("never".to_owned(), |end| end.to_string());
        let entity = self.entity.as_ref().map_or("of all".to_owned(), EntityId::to_string);
        let text = pairs(&[
            ("token", token.to_owned()),
            ("principal", self.principal.to_string()),
            ("scopes", scopes.join(", ")),
            ("entity", entity),
            ("expires", expires),
        ]);
        let mut json = json!({
            "token": token,
            "principal": self.principal,
            "scopes": self.scopes,
        });
        if let (Some(end), Value::Object(members)) = (self.expires, &mut json) {
            members.insert("expires".to_owned(), json!(end));
        }
        if let (Some(entity), Value::Object(members)) = (&self.entity, &mut json) {
            members.insert("entity_id".to_owned(), json!(entity));
        }
        Answer::done(text, json)
    }
}
