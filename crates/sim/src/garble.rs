//! Changes one value of a message, anywhere in it.

use serde_json::{Value, json};

use crate::dice::Dice;

/// Changes one value below `body`, its address apart: that is the business of misdirection.
pub(crate) fn one_value(body: &mut Value, dice: &mut Dice) {
    match body {
        Value::Object(members) => {
            let names = members.keys().filter(|name| *name != "to").cloned();
            let names: Vec<String> = names.collect();
            let name = names.get(dice.place(names.len()));
            if let Some(next) = name.and_then(|name| members.get_mut(name)) {
                one_value(next, dice);
            }
        }
        Value::Array(items) => {
            let place = dice.place(items.len());
            if let Some(next) = items.get_mut(place) {
                one_value(next, dice);
            }
        }
        Value::String(text) => *text = text.chars().rev().collect(),
        Value::Number(_) => *body = json!(dice.below(1_000_000)),
        Value::Bool(told) => *told = !*told,
        Value::Null => *body = json!("garbled"),
    }
}
