//! `mez pack vocabulary`: every fact a rule may ask for, and every function it may call.

use serde_json::{Value, json};

use crate::cli::screen::{Answer, table};

pub(super) fn run() -> Answer {
    let facts: Vec<Value> = law::known()
        .iter()
        .map(
            |fact| json!({"name": fact.name, "one_of": fact.one_of, "type": fact.kind.to_string()}),
        )
        .collect();
    let rows: Vec<Vec<String>> = law::known()
        .iter()
        .map(|fact| vec![fact.name.clone(), fact.kind.to_string(), fact.one_of.join(" | ")])
        .collect();
    let functions: Vec<Value> = law::functions()
        .into_iter()
        .map(|(name, takes, gives)| json!({"gives": gives, "name": name, "takes": takes}))
        .collect();
    let calls: Vec<Vec<String>> = law::functions()
        .into_iter()
        .map(|(name, takes, gives)| vec![format!("{name}({})", takes.join(", ")), gives.to_owned()])
        .collect();
    let text = format!(
        "{}\n{}",
        table(&["fact", "type", "one of"], &rows),
        table(&["function", "gives"], &calls)
    );
    Answer::done(text, json!({"facts": facts, "functions": functions}))
}
