//! What OFAC writes into its remarks column: `DOB 17 Feb 1974; nationality X; Passport 12 (Y);
//! a.k.a. 'Z'.` — items between semicolons, each with a leading word that tells what it is.

use super::super::birth::Birth;
use super::super::list::{Identifier, Name, Scheme, Strength};

/// What screening uses of the remarks of one record.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    pub aliases: Vec<Name>,
    pub identifiers: Vec<Identifier>,
    pub births: Vec<Birth>,
    pub nationalities: Vec<Box<str>>,
}

/// Leading words of an identifier and what it is. The first that fits counts, so longer ones come
/// first. Wording of the published file.
const SCHEMES: &[(&str, Scheme)] = &[
    ("Vessel Registration Identification IMO", Scheme::Imo),
    ("Company Number IMO", Scheme::Imo),
    ("Identification Number IMO", Scheme::Imo),
    ("MMSI", Scheme::Mmsi),
    ("SWIFT/BIC", Scheme::Bic),
    ("Legal Entity Identifier", Scheme::Lei),
    ("D-U-N-S Number", Scheme::Duns),
    ("Aircraft Manufacturer's Serial Number (MSN)", Scheme::AircraftSerial),
    ("Aircraft Construction Number (also called L/N or S/N or F/N)", Scheme::AircraftSerial),
    ("Aircraft Tail Number", Scheme::Registration),
    ("Digital Currency Address -", Scheme::Wallet),
    ("Email Address", Scheme::Email),
    ("Website", Scheme::Website),
    ("Diplomatic Passport", Scheme::Passport),
    ("Stateless Person Passport", Scheme::Passport),
    ("British National Overseas Passport", Scheme::Passport),
    ("Passport Booklet", Scheme::Passport),
    ("Passport", Scheme::Passport),
    ("Travel Document Number", Scheme::Passport),
    ("SSN", Scheme::NationalId),
    ("Cedula No.", Scheme::NationalId),
    ("Cedula de Residencia", Scheme::NationalId),
    ("National ID No.", Scheme::NationalId),
    ("National Foreign ID Number", Scheme::NationalId),
    ("Personal ID Card", Scheme::NationalId),
    ("Numero de Identidad", Scheme::NationalId),
    ("D.N.I.", Scheme::NationalId),
    ("C.U.R.P.", Scheme::NationalId),
    ("C.U.I.P.", Scheme::NationalId),
    ("I.F.E.", Scheme::NationalId),
    ("N.I.E.", Scheme::NationalId),
    ("Birth Certificate Number", Scheme::NationalId),
    ("Citizen's Card Number", Scheme::NationalId),
    ("Residency Number", Scheme::NationalId),
    ("Electoral Registry No.", Scheme::NationalId),
    ("Credencial electoral", Scheme::NationalId),
    ("Cartilla de Servicio Militar Nacional", Scheme::NationalId),
    ("Turkish Identificiation Number", Scheme::NationalId),
    ("Tazkira National ID Card", Scheme::NationalId),
    ("Tarjeta de Identidad", Scheme::NationalId),
    ("Bosnian Personal ID No.", Scheme::NationalId),
    ("Moroccan Personal ID No.", Scheme::NationalId),
    ("Kenyan ID No.", Scheme::NationalId),
    ("Refugee ID Card", Scheme::NationalId),
    ("Stateless Person ID Card", Scheme::NationalId),
    ("NIT", Scheme::TaxId),
    ("RUC", Scheme::TaxId),
    ("RIF", Scheme::TaxId),
    ("RTN", Scheme::TaxId),
    ("RFC", Scheme::TaxId),
    ("R.F.C.", Scheme::TaxId),
    ("C.U.I.T.", Scheme::TaxId),
    ("C.I.F.", Scheme::TaxId),
    ("Tax ID No.", Scheme::TaxId),
    ("V.A.T. Number", Scheme::TaxId),
    ("US FEIN", Scheme::TaxId),
    ("Italian Fiscal Code", Scheme::TaxId),
    ("Fiscal Code", Scheme::TaxId),
    ("Paraguayan tax identification number", Scheme::TaxId),
    ("Driver's License No.", Scheme::License),
    ("Pilot License Number", Scheme::License),
    ("Folio Mercantil No.", Scheme::Registration),
    ("Matricula Mercantil No", Scheme::Registration),
    ("Trade License No.", Scheme::Registration),
    ("UK Company Number", Scheme::Registration),
    ("Company Number", Scheme::Registration),
    ("Company ID:", Scheme::Registration),
    ("Business Registration Document", Scheme::Registration),
    ("Business Registration Number", Scheme::Registration),
    ("Business Number", Scheme::Registration),
    ("Commercial Registry Number", Scheme::Registration),
    ("Public Registration Number", Scheme::Registration),
    ("Registered Charity No.", Scheme::Registration),
    ("Registration ID", Scheme::Registration),
    ("Registration Number", Scheme::Registration),
    ("Chamber of Commerce Number", Scheme::Registration),
    ("Dubai Chamber of Commerce Membership No.", Scheme::Registration),
    ("Certificate of Incorporation Number", Scheme::Registration),
    ("Legal Entity Number", Scheme::Registration),
    ("Branch Unit Number", Scheme::Registration),
    ("C.R. No.", Scheme::Registration),
    ("LE Number", Scheme::Registration),
    ("License", Scheme::Registration),
    ("Romanian C.R.", Scheme::Registration),
    ("Romanian Tax Registration", Scheme::TaxId),
    ("BIK (RU)", Scheme::Other),
    ("Identification Number", Scheme::Other),
];

/// Read the remarks of one record. Items of no use to screening are left.
pub(super) fn read(remarks: &str) -> Remarks {
    let mut out = Remarks::default();
    for item in remarks.split(';') {
        let item = item.trim().trim_end_matches('.');
        let item =
            item.strip_prefix("alt. ").or_else(|| item.strip_prefix("Alt. ")).unwrap_or(item);
        if let Some(date) = item.strip_prefix("DOB ") {
            out.births.extend(birth(date));
        } else if let Some(country) =
            item.strip_prefix("nationality ").or_else(|| item.strip_prefix("citizen "))
        {
            let country: Box<str> = country.trim().into();
            if !out.nationalities.contains(&country) {
                out.nationalities.push(country);
            }
        } else if let Some(alias) = alias(item) {
            out.aliases.push(alias);
        } else if let Some(identifier) = identifier(item)
            && !out.identifiers.contains(&identifier)
        {
            out.identifiers.push(identifier);
        }
    }
    out
}

/// `a.k.a. 'X'`: quoted aliases are OFAC's weak ones.
fn alias(item: &str) -> Option<Name> {
    let lead = ["a.k.a. ", "f.k.a. ", "n.k.a. "];
    let text = lead.iter().find_map(|lead| item.strip_prefix(lead))?.trim();
    let bare = text.trim_matches(['\'', '"', ',']).trim();
    let strength = if text.starts_with('\'') { Strength::Weak } else { Strength::Strong };
    let usable = bare.chars().any(char::is_alphanumeric);
    usable.then(|| Name { text: bare.into(), strength })
}

pub(super) fn identifier(item: &str) -> Option<Identifier> {
    let (rest, scheme) = SCHEMES.iter().find_map(|(lead, scheme)| {
        let rest = item.strip_prefix(lead)?;
        (!rest.starts_with(|c: char| c.is_alphabetic())).then_some((rest, *scheme))
    })?;
    let (value, after) = rest.split_once(" (").unwrap_or((rest, ""));
    let value = value.split(" issued ").next().unwrap_or_default();
    let value = value.split(" expires ").next().unwrap_or_default();
    let value = value.trim_start_matches([' ', '#', ':', '-']).trim();
    let value = value.strip_prefix("No.").unwrap_or(value).trim();
    // `XBT 1abc…`: the currency is not part of the address.
    let wallet = value.rsplit_once(' ').map_or(value, |(_, address)| address);
    let value = if scheme == Scheme::Wallet { wallet } else { value };
    let country = after.split_once(')').map(|(country, _)| country.trim());
    let counts = |c: char| {
        c.is_ascii_digit() || matches!(scheme, Scheme::Bic | Scheme::Email | Scheme::Website)
    };
    let usable = value.chars().any(counts);
    usable.then(|| Identifier {
        scheme,
        value: value.into(),
        country: country.filter(|c| !c.is_empty()).map(Into::into),
    })
}

/// `17 Feb 1974`, `Feb 1974`, `1974`, `circa 1974`, `1948 to 1950`, `circa 1979-1982`.
pub(super) fn birth(text: &str) -> Option<Birth> {
    let (about, text) = match text.strip_prefix("circa ") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let birth = match text.split_once(" to ").or_else(|| text.split_once('-')) {
        Some((from, until)) => day(from)?.to(day(until)?)?,
        None => day(text)?,
    };
    Some(if about { birth.about() } else { birth })
}

fn day(text: &str) -> Option<Birth> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = |text: &str| (1u32..).zip(MONTHS).find(|(_, m)| *m == text).map(|(n, _)| n);
    let mut words = text.split_whitespace().rev();
    let year = words.next()?.parse().ok()?;
    let month = words.next().map(|m| month(m).ok_or(())).transpose().ok()?;
    let day = words.next().map(|d| d.parse::<u32>().map_err(|_| ())).transpose().ok()?;
    Birth::of(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_item_is_read() {
        let text = "DOB 07 Feb 1974; alt. DOB circa 1957; nationality Utopia; citizen Utopia; \
            Passport A 12-34 (Utopia) issued 16 Jun 2016; National ID No. 781; NIT # 800-3 (X); \
            Linked To: SOMEONE; a.k.a. 'NICK'; a.k.a. FULL NAME; SWIFT/BIC ABCDEF12; \
            Digital Currency Address - XBT 1abc9; Government Gazette Number 77.";
        let read = read(text);
        let births: Vec<String> = read.births.iter().map(ToString::to_string).collect();
        assert_eq!(births, ["1974-02-07", "1956/1958"]);
        assert_eq!(read.nationalities, ["Utopia".into()]);
        let ids: Vec<(Scheme, &str, Option<&str>)> =
            read.identifiers.iter().map(|i| (i.scheme, &*i.value, i.country.as_deref())).collect();
        assert_eq!(
            ids,
            [
                (Scheme::Passport, "A 12-34", Some("Utopia")),
                (Scheme::NationalId, "781", None),
                (Scheme::TaxId, "800-3", Some("X")),
                (Scheme::Bic, "ABCDEF12", None),
                (Scheme::Wallet, "1abc9", None),
            ]
        );
        let names: Vec<(&str, Strength)> =
            read.aliases.iter().map(|n| (&*n.text, n.strength)).collect();
        assert_eq!(names, [("NICK", Strength::Weak), ("FULL NAME", Strength::Strong)]);
    }
}
