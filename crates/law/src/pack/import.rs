//! License types of somebody's list as a licensepack: rows of CSV (RFC 4180) or JSON.
//!
//! Both are read into the same tree of nodes with their places, so that a slip is named by file, line
//! and column whatever it was written in.
//!
//! Invariant: nothing is written from a list with a slip in it. Every row cites the one source the
//! list was taken from, with the section the row itself names.

use std::collections::BTreeSet;

use canon::{Amount, Canonical, Currency, Date, PackId};
use serde_json::{Map as Members, Value, json};

use super::SourceText;
use super::records::Part;
use crate::files::{Problem, Problems};
use crate::yaml::{At, Node, Reader, Shape, parse};

/// Most rows of a list.
pub const IMPORT_ROWS_MAX: usize = 10_000;
/// Most bytes of a list.
const LIST_BYTES_MAX: usize = 512 * 1024;

/// Columns each row must have.
const NEEDED: [&str; 4] = ["id", "name", "regulator", "section"];
/// Columns of plain text.
const TEXTS: [&str; 6] = ["category", "term", "renewal", "heading", "instrument", "from"];
/// Columns of amounts, as `USD 1000`: a currency of ISO 4217, and what it admits after the point.
const AMOUNTS: [&str; 3] = ["capital", "application_fee", "annual_fee"];
/// Columns of several texts; in CSV with semicolons between them.
const LISTS: [&str; 2] = ["activities", "obligations"];

fn columns() -> Vec<&'static str> {
    [&NEEDED[..], &TEXTS, &AMOUNTS, &LISTS].concat()
}

/// The licensepack of a list. `source` is what the list was taken from, read on `source.read`, which
/// is also the day of every row that names none.
///
/// # Errors
/// Everything wrong with the list, each with line and column.
pub fn licenses(
    file: &str,
    bytes: &[u8],
    (jurisdiction, version): (&PackId, i64),
    source: &SourceText,
) -> Result<Canonical, Problems> {
    let csv = file.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let list = if csv { table(file, bytes)? } else { parse(file, bytes)? };
    let mut reader = Reader::new(file);
    let rows = rows(&mut reader, &list, source);
    let rows = reader.finish(rows)?;
    let document = json!({
        "type": "MEZLicensepack",
        "as_of_date": source.read,
        "jurisdiction_id": jurisdiction,
        "sources": [{
            "id": source.id,
            "read": source.read.to_string(),
            "title": source.title,
            "where": source.place,
        }],
        "tables": { "licenses": rows },
        "version": version,
    });
    let whole = |detail: String| Problem::of_file(file, detail);
    let made = Canonical::of_value(&document).map_err(|error| whole(error.to_string()))?;
    Part::Licensepack.read(made.bytes()).map_err(|error| whole(error.to_string()))?;
    Ok(made)
}

fn rows(reader: &mut Reader<'_>, list: &Node, source: &SourceText) -> Option<Vec<Value>> {
    let items = reader.sequence(list)?;
    if items.is_empty() || items.len() > IMPORT_ROWS_MAX {
        reader.problem(list.at, format!("a list holds 1 to {IMPORT_ROWS_MAX} rows"));
    }
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for item in items {
        let Some((id, row)) = row(reader, item, source) else { continue };
        if !seen.insert(id.clone()) {
            reader.problem(item.at, format!("two rows `{id}`"));
        }
        rows.push(row);
    }
    Some(rows)
}

fn row(reader: &mut Reader<'_>, item: &Node, source: &SourceText) -> Option<(String, Value)> {
    let map = reader.map(item, Some(&columns()))?;
    let mut row = Members::new();
    for key in NEEDED.into_iter().chain(TEXTS) {
        let needed = NEEDED.contains(&key);
        let text = if needed { reader.need_text(map, key) } else { reader.maybe_text(map, key) };
        row.extend(text.map(|text| (key.to_owned(), Value::String(text))));
    }
    for key in AMOUNTS {
        let amount = |text: &str| amount(text, source.read);
        let amount = map.get(key).and_then(|node| reader.parse_as(node, amount));
        row.extend(amount.map(|amount| (key.to_owned(), json!(amount))));
    }
    for key in LISTS {
        if map.get(key).is_some() {
            row.insert(key.to_owned(), json!(reader.texts(map, key)));
        }
    }
    if let Some(node) = map.get("from") {
        reader.parse_as(node, Date::parse);
    } else {
        row.insert("from".to_owned(), json!(source.read.to_string()));
    }
    let mut citation = Members::new();
    citation.insert("source".to_owned(), json!(source.id));
    let instrument = row.remove("instrument").unwrap_or_else(|| json!(source.title));
    citation.insert("instrument".to_owned(), instrument);
    for key in ["section", "heading"] {
        citation.extend(row.remove(key).map(|value| (key.to_owned(), value)));
    }
    row.insert("citation".to_owned(), Value::Object(citation));
    let id = row.get("id").and_then(Value::as_str)?.to_owned();
    Some((id, Value::Object(row)))
}

/// An amount as the packs write it.
fn amount(text: &str, day: Date) -> Result<String, String> {
    let (code, number) =
        text.split_once(' ').ok_or_else(|| format!("`{text}` is no amount like `USD 1000`"))?;
    let currency = Currency::parse(code).map_err(|error| error.to_string())?;
    let amount = Amount::parse(number, currency, day).map_err(|error| error.to_string())?;
    if amount.minor() < 0 { Err(format!("`{text}` is below zero")) } else { Ok(text.to_owned()) }
}

/// A table with a heading line as a sequence of mappings; empty cells are left out.
fn table(file: &str, bytes: &[u8]) -> Result<Node, Problems> {
    let wrong = |at: At, detail: String| Problem {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
        detail,
    };
    if bytes.len() > LIST_BYTES_MAX {
        return Err(Problem::of_file(file, format!("larger than {LIST_BYTES_MAX} bytes")).into());
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Problem::of_file(file, format!("not UTF-8 after byte {}", e.valid_up_to())))?;
    let lines = cells(text.strip_prefix('\u{feff}').unwrap_or(text));
    let lines = lines.map_err(|(at, detail)| wrong(at, detail.to_owned()))?;
    let Some((heading, lines)) = lines.split_first() else {
        return Err(Problem::of_file(file, "the file is empty").into());
    };
    let mut problems = Vec::new();
    for (index, cell) in heading.iter().enumerate() {
        if heading.iter().take(index).any(|other| other.text == cell.text) {
            problems.push(wrong(cell.at, format!("two columns `{}`", cell.text)));
        }
        if !columns().contains(&cell.text.as_str()) {
            let hint = crate::nearest::hint(&cell.text, columns());
            problems.push(wrong(cell.at, format!("unknown column `{}`{hint}", cell.text)));
        }
    }
    let mut items = Vec::new();
    for line in lines {
        let Some(first) = line.first() else { continue };
        if line.len() != heading.len() {
            let detail = format!("{} cells, the heading has {}", line.len(), heading.len());
            problems.push(wrong(first.at, detail));
            continue;
        }
        let filled = heading.iter().zip(line).filter(|(_, cell)| !cell.text.trim().is_empty());
        let entry = |(name, cell): (&Cell, &Cell)| (name.text.clone(), cell.at, node(name, cell));
        let shape = Shape::Mapping(filled.map(entry).collect());
        items.push(Node { at: first.at, shape });
    }
    let list = Node { at: At { line: 1, column: 1 }, shape: Shape::Sequence(items) };
    if problems.is_empty() { Ok(list) } else { Err(Problems(problems)) }
}

struct Cell {
    at: At,
    text: String,
}

fn node(name: &Cell, cell: &Cell) -> Node {
    let scalar = |text: &str| {
        let text = text.trim().to_owned();
        Node { at: cell.at, shape: Shape::Scalar { text, plain: true } }
    };
    if !LISTS.contains(&name.text.as_str()) {
        return scalar(&cell.text);
    }
    let parts = cell.text.split(';').filter(|part| !part.trim().is_empty());
    Node { at: cell.at, shape: Shape::Sequence(parts.map(scalar).collect()) }
}

/// The cells of each line; blank lines are none.
fn cells(text: &str) -> Result<Vec<Vec<Cell>>, (At, &'static str)> {
    let mut lines = Vec::new();
    let mut line: Vec<Cell> = Vec::new();
    let mut at = At { line: 1, column: 1 };
    let mut cell = Cell { at, text: String::new() };
    let mut quote = Quote::Never;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let here = at;
        at = if c == '\n' {
            At { line: at.line + 1, column: 1 }
        } else {
            At { column: at.column + 1, ..at }
        };
        match (c, quote) {
            ('"', Quote::Open) if rest.peek() == Some(&'"') => {
                rest.next();
                at.column += 1;
                cell.text.push('"');
            }
            ('"', Quote::Open) => quote = Quote::Closed,
            (_, Quote::Open) => cell.text.push(c),
            ('"', Quote::Never) if cell.text.is_empty() => quote = Quote::Open,
            ('\r', _) if rest.peek() == Some(&'\n') => {}
            (',' | '\n', _) => {
                line.push(std::mem::replace(&mut cell, Cell { at, text: String::new() }));
                quote = Quote::Never;
                if c == '\n' {
                    ended(&mut lines, &mut line);
                }
            }
            (_, Quote::Closed) => return Err((here, "a character after the closing quote")),
            ('"', Quote::Never) => {
                return Err((here, "a quote inside a cell that has none around"));
            }
            _ => cell.text.push(c),
        }
    }
    if quote == Quote::Open {
        return Err((cell.at, "a quote that is never closed"));
    }
    line.push(cell);
    ended(&mut lines, &mut line);
    Ok(lines)
}

/// Whether a cell is between quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Never,
    Open,
    Closed,
}

fn ended(lines: &mut Vec<Vec<Cell>>, line: &mut Vec<Cell>) {
    let blank = line.len() == 1 && line.iter().all(|cell| cell.text.trim().is_empty());
    let line = std::mem::take(line);
    lines.extend((!blank).then_some(line));
}
