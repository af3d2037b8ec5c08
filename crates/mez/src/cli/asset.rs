//! `mez asset`: assets of a running zone, registered, sent over a corridor, listed and shown.

use canon::{CorridorId, Digest, EntityId, RecordId};
use serde_json::{Map, Value, json};

use super::remote::corridor::Asking;
use super::remote::{Target, refused};
use super::screen::{pairs, table};
use super::{Answer, Context, Failure};

/// Characters of a name that a table shows.
const SHOWN_MAX: usize = 64;

/// What to do with assets.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Register an asset in the hands of an entity of the zone
    Register {
        /// What it is, as a code word such as property or ip
        #[arg(long, value_name = "CLASS")]
        class: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// What is to be known of it
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// Its first holder
        #[arg(long, value_name = "ENTITY", value_parser = EntityId::parse)]
        holder: EntityId,
        #[command(flatten)]
        asking: Asking,
    },
    /// Send an asset to a holder in another zone
    Transfer {
        /// Which
        #[arg(value_parser = Digest::from_hex)]
        asset: Digest,
        /// The corridor to the recipient's zone
        #[arg(long, value_name = "ID", value_parser = CorridorId::parse)]
        corridor: CorridorId,
        /// Who takes it: an entity of the other zone
        #[arg(long, value_name = "ENTITY", value_parser = RecordId::parse)]
        recipient: RecordId,
        /// The recipient's legal name
        #[arg(long, value_name = "NAME")]
        recipient_name: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// List the assets of a zone: where each is, and who holds it
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Show one asset
    Show {
        /// Which
        #[arg(value_parser = Digest::from_hex)]
        asset: Digest,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Register { class, name, description, holder, asking } => {
                let mut body = Map::new();
                body.insert("asset_class".to_owned(), json!(class));
                body.insert("asset_name".to_owned(), json!(name));
                body.insert("holder_id".to_owned(), json!(holder));
                body.extend(description.map(|text| ("description".to_owned(), json!(text))));
                let body = Value::Object(body);
                let path = "/v1/assets/genesis";
                Ok(after(asking.post(context, "register this asset", path, &body)?))
            }
            Self::Transfer { asset, corridor, recipient, recipient_name, asking } => {
                let body = json!({
                    "corridor_id": corridor,
                    "recipient_id": recipient,
                    "recipient_name": recipient_name,
                });
                let path = format!("/v1/assets/{asset}/transfers");
                Ok(after(asking.post(context, "send this asset", &path, &body)?))
            }
            Self::List { target } => list(&target, context),
            Self::Show { asset, target } => {
                let client = target.open(context)?;
                let known = client.get(&format!("/v1/assets/{asset}"));
                let known = known.map_err(|error| refused("show this asset", &error))?;
                Ok(Answer::done(pairs(&summary(&known)), known))
            }
        }
    }
}

/// What a change came to: the asset alone, for people.
fn after(answer: Answer) -> Answer {
    let told = answer.json.get("result").map(|asset| pairs(&summary(asset)));
    match told {
        Some(text) => Answer { text: text.into_bytes(), ..answer },
        None => answer,
    }
}

fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.chars().take(SHOWN_MAX).collect(),
        Some(other) => other.to_string(),
    }
}

fn summary(asset: &Value) -> Vec<(&'static str, String)> {
    vec![
        ("asset", text(asset, "/asset_id")),
        ("name", text(asset, "/genesis/asset_name")),
        ("class", text(asset, "/genesis/asset_class")),
        ("state", text(asset, "/state")),
        ("holder", text(asset, "/holder")),
        ("gone to", text(asset, "/crossing/zone_id")),
        ("crossings", text(asset, "/crossings")),
        ("refused", text(asset, "/refusal/reason_code")),
        ("law", text(asset, "/compliance/outcome")),
    ]
}

fn list(target: &Target, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = target.open(context)?;
    let assets = client.list("/v1/assets").map_err(|error| refused("list its assets", &error))?;
    let heading = ["asset", "name", "class", "state", "holder", "gone to"];
    let row = |asset: &Value| {
        let words = summary(asset);
        let of = |name: &str| {
            let found = words.iter().find(|(known, _)| *known == name);
            found.map_or_else(String::new, |(_, text)| text.clone())
        };
        heading.map(of).to_vec()
    };
    let text = match assets.is_empty() {
        true => "no assets\n".to_owned(),
        false => table(&heading, &assets.iter().map(row).collect::<Vec<_>>()),
    };
    Ok(Answer::done(text, json!({ "assets": assets })))
}
