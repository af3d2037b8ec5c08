//! The screener over invented lists: each rule once.

mod lists;
mod prepared;

use canon::Date;

use super::*;

fn name(text: &str, strength: Strength) -> Name {
    Name { text: text.into(), strength }
}

fn entry(id: &str, kind: SubjectKind, names: &[&str]) -> Entry {
    Entry {
        id: id.into(),
        kind,
        names: names.iter().map(|text| name(text, Strength::Strong)).collect(),
        identifiers: Box::new([]),
        programs: Box::new([]),
        reference: None,
        births: Box::new([]),
        nationalities: Box::new([]),
        addresses: Box::new([]),
    }
}

fn passport(value: &str) -> Identifier {
    Identifier { scheme: Scheme::Passport, value: value.into(), country: Some("Utopia".into()) }
}

fn entries() -> Vec<Entry> {
    let mut person = entry("1", SubjectKind::Person, &["QUIBBLE, Zoltan Marvek"]);
    person.identifiers = Box::new([passport("AB 12-3456")]);
    person.births = Box::new([Birth::parse("1961-04-05").unwrap()]);
    let mut nicked = entry("2", SubjectKind::Person, &["Orlanda Vexhold"]);
    nicked.names = Box::new([
        name("Orlanda Vexhold", Strength::Primary),
        name("The Heron", Strength::Weak),
        name("Орланда Вексхолд", Strength::Strong),
    ]);
    let firm = entry("3", SubjectKind::Organisation, &["TREMBLEX TRADING CO., LTD.", "LTD. CO."]);
    vec![person, nicked, firm]
}

fn screener() -> Screener {
    let date = Some(Date::parse("2026-11-10").unwrap());
    let list = List::new("test", "Test list", date, entries()).unwrap();
    Screener::build(vec![list], Thresholds::default())
}

fn query(text: &str) -> Query {
    Query {
        names: vec![text.to_owned()],
        identifiers: Vec::new(),
        kind: None,
        birth: None,
        as_of: Date::parse("2026-11-20").unwrap(),
    }
}

fn first(asked: &Query) -> Hit {
    screener().screen(asked).hits.remove(0)
}

#[test]
fn order_case_marks_and_legal_forms_leave_a_name_exact() {
    for text in ["zoltan marvek QUIBBLE", "Quíbble Zoltan-Marvek", "TREMBLEX TRADING"] {
        let hit = first(&query(text));
        assert_eq!((hit.channel, hit.score_bp), (Channel::Exact, 9_900), "{text}");
    }
}

#[test]
fn a_slip_or_a_missing_middle_name_is_similar_and_says_why() {
    for text in ["Zoltan Marvek Quible", "Zoltan M. Quibble", "Zoltan Quibble", "Tremblexx Trading"]
    {
        let hit = first(&query(text));
        assert_eq!(hit.channel, Channel::Fuzzy, "{text}");
        assert!((8_500..9_900).contains(&hit.score_bp), "{text} {}", hit.score_bp);
    }
    let hit = first(&query("Zoltan M. Quibble"));
    let Some(Reason::Names { tokens, .. }) = hit.why.first() else { panic!("{hit:?}") };
    let rules: Vec<TokenRule> = tokens.iter().map(|token| token.rule).collect();
    assert_eq!(rules, [TokenRule::Equal, TokenRule::Equal, TokenRule::Initial]);
}

#[test]
fn a_legal_form_or_an_ordinary_part_alone_is_clear() {
    for text in ["11420 Corp. Ltd.", "Ltd. Inc.", "Zoltan Brampton", "Marvek", "Q", "Trading Co"] {
        assert!(screener().screen(&query(text)).is_clear(), "{text}");
    }
}

#[test]
fn an_identifier_beats_every_name_and_no_disagreement_clears_it() {
    let mut asked = query("Somebody Else");
    asked.identifiers = vec![passport("ab123456")];
    assert_eq!((first(&asked).channel, first(&asked).score_bp), (Channel::Identifier, 10_000));
    asked.kind = Some(SubjectKind::Organisation);
    asked.birth = Some(Birth::parse("1990").unwrap());
    asked.identifiers[0].scheme = Scheme::Other;
    asked.identifiers[0].country = Some("Erewhon".into());
    let hit = first(&asked);
    assert_eq!((hit.channel, hit.score_bp), (Channel::Identifier, 9_920));
    assert!(hit.why.contains(&Reason::IdentifierDetailDiffers));
    asked.identifiers = vec![passport("AB123457")];
    assert!(screener().screen(&asked).is_clear());
}

#[test]
fn a_date_of_birth_far_off_clears_a_similar_name_and_only_lowers_an_exact_one() {
    let mut asked = query("Zoltan Quibble");
    assert_eq!(screener().screen(&asked).outcome, Outcome::Hit);
    asked.birth = Some(Birth::parse("1961").unwrap());
    assert!(first(&asked).why.iter().any(|why| matches!(why, Reason::BirthAgrees { .. })));
    asked.birth = Some(Birth::parse("1990").unwrap());
    assert!(screener().screen(&asked).is_clear());
    asked.names = vec!["Zoltan Marvek Quibble".to_owned()];
    assert_eq!(first(&asked).score_bp, 8_700);
}

#[test]
fn a_weak_alias_counts_only_when_equal() {
    let hit = first(&query("heron, the"));
    assert!(hit.why.contains(&Reason::WeakAlias));
    assert!(screener().screen(&query("The Herron")).is_clear());
}

#[test]
fn what_cannot_be_screened_is_unknown_never_clear() {
    let why = |screening: Screening| (screening.outcome, screening.unscreened);
    let unknown = |why| (Outcome::Unknown, Some(why));
    let empty = Screener::build(Vec::new(), Thresholds::default());
    assert_eq!(why(empty.screen(&query("Anyone"))), unknown(Unscreened::NoList));
    assert_eq!(why(screener().screen(&query(" -- "))), unknown(Unscreened::NoName));
    // Cuneiform, which is not written in Latin letters here.
    let unread = query("John \u{12000}\u{12001}");
    assert_eq!(why(screener().screen(&unread)), unknown(Unscreened::ScriptNotCovered));
    let long = "x".repeat(QUERY_NAME_BYTES_MAX + 1);
    assert_eq!(why(screener().screen(&query(&long))), unknown(Unscreened::TooLarge));
    assert_eq!(why(screener().screen(&query("орланда вексхолд"))), (Outcome::Hit, None));
}

#[test]
fn the_answer_names_lists_and_age_and_tells_the_subject_nothing() {
    let screening = screener().screen(&query("Zoltan Marvek Quibble"));
    assert_eq!(screening.age_days, Some(10));
    assert_eq!(screening.lists[0].digest, screener().lists()[0].digest());
    assert!(canon::Canonical::of(&screening).is_ok());
    for word in ["test", "Quibble", "list", "sanction"] {
        assert!(!screening.subject_text().to_lowercase().contains(word));
    }
    let undated = List::new("old", "Undated", None, entries()).unwrap();
    let undated = Screener::build(vec![undated], Thresholds::default());
    assert_eq!(undated.screen(&query("Zoltan")).age_days, None);
}

fn dated(id: &str, date: Option<&str>) -> List {
    let date = date.map(|date| Date::parse(date).unwrap());
    List::new(id, "Test list", date, entries()).unwrap()
}

fn age(lists: Vec<List>) -> Option<i64> {
    let screener = Screener::build(lists, Thresholds::default());
    screener.screen(&query("Zoltan")).age_days
}

#[test]
fn a_list_dated_in_the_future_has_no_age_and_is_never_fresh() {
    let ahead = dated("ahead", Some("2026-11-23"));
    let today = query("").as_of;
    assert_eq!((ahead.age(today), ahead.age_days(today)), (Age::Future(3), None));
    assert_eq!(dated("today", Some("2026-11-20")).age(today), Age::Days(0));
    let fresh = || dated("fresh", Some("2026-11-19"));
    assert_eq!(age(vec![fresh(), ahead.clone()]), Some(-3), "however fresh the others are");
    assert_eq!(age(vec![ahead, dated("undated", None)]), None);
}

#[test]
fn lists_packs_cite_are_searched_and_count_for_the_age_only_alone() {
    let cited = || dated("pk-pack", Some("2026-01-01")).cited();
    assert_eq!(age(vec![cited()]), Some(323));
    assert_eq!(age(vec![cited(), dated("ofac-sdn", Some("2026-11-19"))]), Some(1));
    assert_eq!(age(vec![cited(), dated("ofac-sdn", None)]), None);
    let mut other = entries();
    other.truncate(1);
    let other = List::new("ofac-sdn", "Other", Some(query("").as_of), other).unwrap();
    let screener = Screener::build(vec![other, cited()], Thresholds::default());
    assert_eq!(screener.screen(&query("Tremblex Trading")).hits[0].list, "pk-pack");
    assert_eq!(cited().digest(), dated("pk-pack", Some("2026-01-01")).digest());
}

#[test]
fn the_digest_covers_every_record_and_not_their_order() {
    let digest = |entries| List::new("test", "Test list", None, entries).unwrap().digest();
    let before = digest(entries());
    let mut reversed = entries();
    reversed.reverse();
    assert_eq!(digest(reversed), before);
    let mut changed = entries();
    changed[2].addresses = Box::new(["1 Example Street".into()]);
    assert_ne!(digest(changed), before);
    let document = List::new("test", "Test list", None, entries()).unwrap().document().unwrap();
    assert_eq!(document.digest(), before);
}

#[test]
fn records_that_make_no_list_are_refused_by_name() {
    let refusal = |id, entries| List::new(id, "t", None, entries).unwrap_err();
    assert!(matches!(refusal("Bad Id", entries()), ListError::BadId(_)));
    assert!(matches!(refusal("t", Vec::new()), ListError::Empty(_)));
    let twice = [entries(), entries()].concat();
    assert!(matches!(refusal("t", twice), ListError::Duplicate { entry, .. } if entry == "1"));
    let mut nameless = entries();
    nameless[0].names = Box::new([]);
    assert!(matches!(refusal("t", nameless), ListError::BadName { .. }));
    nameless = vec![entry("9", SubjectKind::Person, &["-- --"])];
    assert!(matches!(refusal("t", nameless), ListError::BadName { .. }));
}

#[test]
fn thresholds_outside_their_range_are_refused() {
    assert_eq!(Thresholds::new(6_999), Err(BadThresholds(6_999)));
    assert_eq!(Thresholds::new(9_701), Err(BadThresholds(9_701)));
    assert_eq!(Thresholds::new(9_000).unwrap().name_bp(), 9_000);
}

mod import_refusals {
    use std::collections::BTreeMap;

    use super::super::import::{ImportError, folder};

    const SDN: &str = "7,\"DOE, J\",\"individual\",\"X] [Y\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1950.\"\n\u{1a}";
    const ALT: &str = "7,1,\"aka\",\"ROE, J\",-0- \n";
    const ADD: &str = "7,1,\"1 High Street\",\"Nowhere\",\"Utopia\",-0- \n";

    fn import(files: &[(&str, &str)]) -> Result<super::super::import::Imported, ImportError> {
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        folder(&files, &BTreeMap::new())
    }

    #[test]
    fn a_small_set_is_read_with_every_part() {
        let read = import(&[("sdn.csv", SDN), ("alt.csv", ALT), ("add.csv", ADD), ("x.txt", "")]);
        let read = read.unwrap();
        let entry = &read.lists[0].entries()[0];
        assert_eq!((entry.names.len(), entry.births.len()), (2, 1));
        assert_eq!(entry.programs, ["X".into(), "Y".into()].into());
        assert_eq!(entry.addresses, ["1 High Street, Nowhere, Utopia".into()].into());
        assert_eq!(read.ignored, ["x.txt"]);
        assert_eq!(read.lists[0].published(), None);
    }

    #[test]
    fn a_list_published_after_today_is_refused_by_name() {
        let files = [("sdn.csv", SDN), ("alt.csv", ALT), ("add.csv", ADD)];
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
        let date = |text: &str| canon::Date::parse(text).unwrap();
        let read = |day: &str| folder(&files, &[("ofac-sdn".to_owned(), date(day))].into());
        let today = date("2026-11-20");
        assert_eq!(read("2026-11-20").unwrap().published_by(today), Ok(()));
        let error = read("2099-01-01").unwrap().published_by(today).unwrap_err();
        assert!(matches!(&error, ImportError::FutureDate { list, .. } if list == "ofac-sdn"));
        let told = "list `ofac-sdn` is dated 2099-01-01, after today (2026-11-20)";
        assert_eq!(error.to_string(), told);
    }

    #[test]
    fn incomplete_broken_and_mixed_sets_are_refused_with_their_place() {
        let err = |files: &[(&str, &str)]| import(files).unwrap_err().to_string();
        assert!(err(&[("sdn.csv", SDN), ("add.csv", ADD)]).contains("`alt.csv` must be beside"));
        assert!(err(&[("readme.txt", "")]).contains("no known list here"));
        let twice = format!("{}\n{}", SDN.lines().next().unwrap(), SDN);
        assert!(err(&[("sdn.csv", &twice), ("alt.csv", ALT), ("add.csv", ADD)]).contains("line 2"));
        let orphan = ALT.replacen('7', "8", 1);
        let text = err(&[("sdn.csv", SDN), ("alt.csv", &orphan), ("add.csv", ADD)]);
        assert!(text.contains("record `8` is not in `sdn.csv`"), "{text}");
        let short = "7,1\n";
        let text = err(&[("sdn.csv", SDN), ("alt.csv", short), ("add.csv", ADD)]);
        assert!(text.contains("2 columns, 5 expected"), "{text}");
    }

    #[test]
    fn xml_that_is_broken_undated_or_hides_an_entity_is_refused() {
        let xml = |text: &str| import(&[("un.xml", text)]).unwrap_err().to_string();
        assert!(xml("<CONSOLIDATED_LIST").contains("not well-formed XML"));
        assert!(xml("<CONSOLIDATED_LIST/>").contains("dateGenerated"));
        let dtd = "<!DOCTYPE a [<!ENTITY b \"c\">]><CONSOLIDATED_LIST/>";
        assert!(xml(dtd).contains("not well-formed XML"));
        let empty = "<CONSOLIDATED_LIST dateGenerated=\"2026-01-02T00:00:00Z\"/>";
        assert!(xml(empty).contains("not a usable list"));
        let record =
            |number: &str| format!("<INDIVIDUAL>{number}<FIRST_NAME>A B</FIRST_NAME></INDIVIDUAL>");
        let two = record("<DATAID>1</DATAID>") + &record("");
        let head = "<CONSOLIDATED_LIST dateGenerated=\"2026-01-02T00:00:00Z\">";
        let text = xml(&format!("{head}{two}</CONSOLIDATED_LIST>"));
        assert!(text.contains("`un.xml` at record 2: a record without DATAID"), "{text}");
    }

    #[test]
    fn a_bad_row_of_the_list_of_those_not_blocked_is_named() {
        let broken = format!("{SDN}8,\"X\"\n");
        let text = import(&[("cons_prim.csv", &broken)]).unwrap_err().to_string();
        assert!(text.contains("`cons_prim.csv` at line"), "{text}");
        assert!(text.contains("2 columns, 12 expected"), "{text}");
    }
}
