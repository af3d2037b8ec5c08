//! Writing acts as Akoma Ntoso 3.0 (OASIS LegalDocML, `akomantoso30.xsd`), in canonical form from
//! the start.

use std::fmt::Write as _;

use canon::{Date, JurisdictionId};

use super::canonical::{escape, text};

const NAMESPACE: &str = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0";

/// A section of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its id: `sec_7A`. Unique in the act.
    pub e_id: String,
    /// Its number.
    pub number: String,
    /// Its heading; empty where it has none.
    pub heading: String,
    /// Its text, or our own statement of its effect; one paragraph a line.
    pub text: String,
}

/// An act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Name of its file, without `.xml`.
    pub name: String,
    /// The jurisdiction; its first part is the country.
    pub jurisdiction: JurisdictionId,
    /// Its title.
    pub title: String,
    /// The day it was made.
    pub made: Date,
    /// The day this text of it was read.
    pub read: Date,
    /// Where the text was published.
    pub uri: String,
    /// Its sections, in order.
    pub sections: Vec<Section>,
}

/// The act as a canonical document.
pub(super) fn write(act: &Act) -> String {
    let mut out = format!(
        "<akomaNtoso xmlns=\"{NAMESPACE}\"><act contains=\"originalVersion\" name=\"act\">"
    );
    meta(act, &mut out);
    let title = text(&act.title);
    let _ = write!(
        out,
        "<preface eId=\"preface\"><p eId=\"preface__p_1\"><docTitle eId=\"preface__p_1__docTitle_1\">\
         {title}</docTitle></p></preface><body eId=\"body\">"
    );
    for section in &act.sections {
        let (id, number) = (escape(&section.e_id), text(&section.number));
        let _ = write!(out, "<section eId=\"{id}\"><num eId=\"{id}__num_1\">{number}</num>");
        if !section.heading.is_empty() {
            let heading = text(&section.heading);
            let _ = write!(out, "<heading eId=\"{id}__heading_1\">{heading}</heading>");
        }
        let _ = write!(out, "<content eId=\"{id}__content_1\">");
        let lines = section.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        for (index, line) in lines.iter().enumerate() {
            let at = index + 1;
            let _ = write!(out, "<p eId=\"{id}__content_1__p_{at}\">{}</p>", text(line));
        }
        if lines.is_empty() {
            let _ = write!(out, "<p eId=\"{id}__content_1__p_1\"></p>");
        }
        out.push_str("</content></section>");
    }
    out.push_str("</body></act></akomaNtoso>");
    out
}

fn meta(act: &Act, out: &mut String) {
    let country = act.jurisdiction.as_str().split('-').next().unwrap_or_default();
    let year: String = act.made.to_string().chars().take(4).collect();
    let work = format!("/akn/{country}/act/{year}/{}", escape(&act.name));
    let (made, read) = (act.made, act.read);
    let (title, uri) = (escape(&act.title), escape(&act.uri));
    let level = |name: &str, this: &str, uri: &str, date: Date, author: &str, last: &str| {
        format!(
            "<{name}><FRBRthis value=\"{this}\"></FRBRthis><FRBRuri value=\"{uri}\"></FRBRuri>\
             <FRBRdate date=\"{date}\" name=\"Generation\"></FRBRdate><FRBRauthor href=\"{author}\">\
             </FRBRauthor>{last}</{name}>"
        )
    };
    let expression = format!("{work}/eng@{read}");
    let country = format!("<FRBRcountry value=\"{country}\"></FRBRcountry>");
    out.push_str("<meta><identification source=\"#mez\">");
    out.push_str(&level(
        "FRBRWork",
        &format!("{work}/!main"),
        &work,
        made,
        "#legislature",
        &country,
    ));
    let language = "<FRBRlanguage language=\"eng\"></FRBRlanguage>";
    let this = format!("{expression}/!main");
    out.push_str(&level("FRBRExpression", &this, &expression, read, "#legislature", language));
    let file = format!("{expression}.xml");
    out.push_str(&level("FRBRManifestation", &format!("{this}.xml"), &file, read, "#mez", ""));
    let _ = write!(
        out,
        "</identification><publication date=\"{made}\" name=\"source\" showAs=\"{uri}\">\
         </publication><lifecycle source=\"#mez\"><eventRef date=\"{made}\" eId=\"event_1\" \
         source=\"#original\" type=\"generation\"></eventRef></lifecycle><references source=\"#mez\">\
         <original eId=\"original\" href=\"{work}\" showAs=\"{title}\"></original>\
         <TLCOrganization eId=\"legislature\" href=\"/ontology/organization/legislature\" \
         showAs=\"Legislature\"></TLCOrganization><TLCOrganization eId=\"mez\" \
         href=\"/ontology/organization/mez\" showAs=\"mez\"></TLCOrganization></references></meta>"
    );
}
