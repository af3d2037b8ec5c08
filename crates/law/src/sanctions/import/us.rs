//! Two lists of other offices of the United States: the denied persons of the Bureau of Industry and
//! Security (`dpl.txt`, tabs) and the consolidated screening list (`csl.csv`).
//!
//! Formats: BIS "Denied Persons List" text file; `trade.gov` Consolidated Screening List CSV. Neither
//! states its date; the newest date in it tells which orders had ended when it was made, and those
//! are left out. The denied persons have no record numbers: an entry is named by its name and the
//! day its order took effect.

use std::collections::BTreeMap;

use canon::Date;

use super::super::birth::Birth;
use super::super::list::{Entry, List, Name, Strength, SubjectKind};
use super::columns::{Row, bad, rows};
use super::remarks;
use super::{ImportError, listed};

/// File of the denied persons.
pub const DPL: &str = "dpl.txt";
/// Id of the list of denied persons.
pub const DPL_ID: &str = "us-dpl";
/// File of the consolidated screening list.
pub const CSL: &str = "csl.csv";
/// Id of the consolidated screening list.
pub const CSL_ID: &str = "us-csl";

fn plain(id: String, kind: SubjectKind, name: &str) -> Entry {
    Entry {
        id: id.into(),
        kind,
        names: Box::new([Name { text: name.into(), strength: Strength::Primary }]),
        identifiers: Box::default(),
        programs: Box::default(),
        reference: None,
        births: Box::default(),
        nationalities: Box::default(),
        addresses: Box::default(),
    }
}

fn extend(of: &mut Box<[Box<str>]>, with: &str) {
    if !with.is_empty() && !of.iter().any(|one| **one == *with) {
        *of = of.iter().cloned().chain([with.into()]).collect();
    }
}

/// `10/16/2017` as a date.
fn american(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    Date::parse(&format!("{year}-{month:0>2}-{day:0>2}")).ok()
}

/// Read the denied persons.
///
/// # Errors
/// A row of another shape or without a name, or rows that make no list.
pub fn denied(bytes: &[u8], published: Option<Date>) -> Result<List, ImportError> {
    let needed = ["Name", "Effective_Date", "Expiration_Date", "Last_Update", "FR_Citation"];
    let mut made = published;
    rows(DPL, bytes, b'\t', &needed, |_, row| {
        made = made.max(Date::parse(row.text("Last_Update")).ok());
        Ok(())
    })?;
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    rows(DPL, bytes, b'\t', &needed, |line, row| {
        let name = row.text("Name");
        if name.is_empty() {
            return Err(bad(DPL, line, "no name"));
        }
        if ended(american(row.text("Expiration_Date")), made) {
            return Ok(());
        }
        let id = format!("{name} {}", row.text("Effective_Date"));
        let entry =
            entries.entry(id.clone()).or_insert_with(|| plain(id, SubjectKind::Person, name));
        entry.kind = kind_of(name);
        let citation = row.text("FR_Citation");
        entry.reference = (!citation.is_empty()).then(|| citation.into());
        let parts = ["Street_Address", "City", "State", "Country"].map(|column| row.text(column));
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        extend(&mut entry.addresses, &parts.join(", "));
        Ok(())
    })?;
    let entries = entries.into_values().collect();
    listed(DPL, List::new(DPL_ID, "BIS Denied Persons List", published, entries))
}

fn ended(end: Option<Date>, made: Option<Date>) -> bool {
    end.zip(made).is_some_and(|(end, made)| end < made)
}

/// The list does not say what is listed; a legal form or a digit tells a company.
fn kind_of(name: &str) -> SubjectKind {
    use super::super::name::{Class, Normal, class_of};
    let company = |token: &String| matches!(class_of(token), Class::LegalForm | Class::Number);
    match Normal::of(name).tokens.iter().any(company) {
        true => SubjectKind::Organisation,
        false => SubjectKind::Person,
    }
}

/// Read the consolidated screening list.
///
/// # Errors
/// A row of another shape or without a name, or rows that make no list.
pub fn consolidated(bytes: &[u8], published: Option<Date>) -> Result<List, ImportError> {
    let needed = ["source", "entity_number", "type", "programs", "name", "alt_names", "end_date"];
    let mut made = published;
    rows(CSL, bytes, b',', &needed, |_, row| {
        made = made.max(Date::parse(row.text("start_date")).ok());
        Ok(())
    })?;
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    rows(CSL, bytes, b',', &needed, |line, row| {
        let name = row.text("name");
        if name.is_empty() {
            return Err(bad(CSL, line, "no name"));
        }
        if !ended(Date::parse(row.text("end_date")).ok(), made) {
            let entry = consolidated_entry(row, name);
            entries.insert(entry.id.to_string(), entry);
        }
        Ok(())
    })?;
    let entries = entries.into_values().collect();
    listed(CSL, List::new(CSL_ID, "US Consolidated Screening List", published, entries))
}

fn consolidated_entry(row: &Row<'_>, name: &str) -> Entry {
    let source = row.text("source");
    let short = source.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let short = short.map_or(source, |(short, _)| short);
    let number = row.text("entity_number");
    let id = match number {
        "" => format!("{short} {name} {}", row.text("start_date")),
        number => number.to_owned(),
    };
    let kind = match row.text("type") {
        "Individual" => SubjectKind::Person,
        "Vessel" => SubjectKind::Vessel,
        "Aircraft" => SubjectKind::Aircraft,
        "" => kind_of(name),
        _ => SubjectKind::Organisation,
    };
    let mut entry = plain(id, kind, name);
    let aliases = row.parts("alt_names").filter(|alias| *alias != name);
    let aliases = aliases.map(|text| Name { text: text.into(), strength: Strength::Strong });
    entry.names = entry.names.iter().cloned().chain(aliases).collect();
    entry.programs = row.parts("programs").map(Into::into).collect();
    entry.reference = Some(format!("{short} {number}").trim_end().into());
    entry.nationalities =
        row.parts("nationalities").chain(row.parts("citizenships")).map(Into::into).collect();
    entry.addresses = row.parts("addresses").map(Into::into).collect();
    entry.births = row.parts("dates_of_birth").filter_map(remarks::birth).collect();
    entry.births.sort_unstable_by_key(Birth::to_string);
    // `CH, CHE-427.006.032, Company Number`: the same words as in the remarks, in another order.
    let turned = row.parts("ids").filter_map(|id| {
        let cells: Vec<&str> = id.split(',').map(str::trim).collect();
        match cells.as_slice() {
            [country, value, scheme] => Some(format!("{scheme} {value} ({country})")),
            [value, scheme] => Some(format!("{scheme} {value}")),
            _ => None,
        }
    });
    entry.identifiers = turned.filter_map(|item| remarks::identifier(&item)).collect();
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "Name\tStreet_Address\tCity\tState\tCountry\tPostal_Code\t\
        Effective_Date\tExpiration_Date\tStandard_Order\tLast_Update\tAction\tFR_Citation\n";

    #[test]
    fn denied_persons_are_named_by_name_and_day_and_ended_orders_left_out() {
        let rows = "EXAMPLE LTD\t1 High Street\tX\t\tUS\t\t01/02/2019\t01/02/2029\tY\t2020-01-01\t\tF1\n\
            EXAMPLE LTD\t2 High Street\tX\t\tUS\t\t01/02/2019\t01/02/2029\tY\t2020-01-01\t\tF1\n\
            JOHN ENDED\t\t\t\t\t\t01/02/2009\t01/02/2019\tY\t2009-01-01\t\tF2\n";
        let list = denied(format!("{HEADING}{rows}").as_bytes(), None).unwrap();
        assert_eq!(list.entries().len(), 1);
        assert_eq!(&*list.entries()[0].id, "EXAMPLE LTD 01/02/2019");
        assert_eq!(list.entries()[0].addresses.len(), 2);
        let short = format!("{HEADING}EXAMPLE LTD\tx\n");
        let refused = denied(short.as_bytes(), None).unwrap_err();
        assert!(refused.to_string().contains("`dpl.txt` at line 2: 2 columns"), "{refused}");
    }

    #[test]
    fn a_consolidated_row_keeps_its_number_aliases_and_identifiers() {
        let text = "source,entity_number,type,programs,name,alt_names,end_date,start_date,ids\n\
            X (SSI) - Y,77,Entity,P1; P2,ACME HOLDING,ACME; AH,,,\"CH, CHE-1.2, Company Number\"\n";
        let list = consolidated(text.as_bytes(), None).unwrap();
        let entry = &list.entries()[0];
        assert_eq!((&*entry.id, entry.names.len(), entry.programs.len()), ("77", 3, 2));
        assert_eq!(&*entry.identifiers[0].value, "CHE-1.2");
        let nameless = text.replace("ACME HOLDING", " ");
        assert!(
            consolidated(nameless.as_bytes(), None).unwrap_err().to_string().contains("line 2")
        );
    }
}
