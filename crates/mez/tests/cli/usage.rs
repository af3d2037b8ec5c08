//! A wrong command line.

use expect_test::expect;

use crate::place::Place;

#[test]
fn a_slip_ends_with_64_and_a_suggestion() {
    let place = Place::new("slip");
    expect![[r#"
        exit 64
        -- stderr
        error: unrecognized subcommand 'verfy'

          tip: a similar subcommand exists: 'verify'

        Usage: mez [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]]
    .assert_eq(&place.mez(&["verfy", "x.zip"]).all());
    expect![[r#"
        exit 64
        -- stderr
        {
          "error": {
            "code": "usage",
            "exit": 64,
            "message": "unrecognized subcommand 'verfy'",
            "problems": [
              {
                "detail": "tip: a similar subcommand exists: 'verify'"
              }
            ],
            "remedy": "see `mez --help`"
          }
        }
    "#]]
    .assert_eq(&place.mez(&["--json", "verfy", "x.zip"]).all());
}

#[test]
fn a_missing_argument_ends_with_64() {
    let place = Place::new("missing-argument");
    expect![[r#"
        exit 64
        -- stderr
        error: the following required arguments were not provided:
          --prefix <NAME>

        Usage: mez vc keygen --prefix <NAME>

        For more information, try '--help'.
    "#]]
    .assert_eq(&place.mez(&["vc", "keygen"]).all());
    expect![[r#"
        exit 64
        -- stderr
        error: the following required arguments were not provided:
          <--all-modules|--all-zones|--all-profiles|--all-packs|FILES>

        Usage: mez validate <--all-modules|--all-zones|--all-profiles|--all-packs|FILES>

        For more information, try '--help'.
    "#]]
    .assert_eq(&place.mez(&["validate"]).all());
}

#[test]
fn help_and_version_are_answers() {
    let place = Place::new("help");
    let said = place.mez(&["--help"]);
    assert_eq!((said.exit, said.err.as_str()), (0, ""));
    for command in [
        "canon", "digest", "vc", "artifact", "verify", "zone", "lock", "validate", "regpack",
        "schema", "doctor",
    ] {
        assert!(said.out.contains(&format!("\n  {command} ")), "{command} is not listed");
        assert_eq!(place.mez(&[command, "--help"]).exit, 0, "{command}");
    }
    assert_eq!(place.mez(&["--version"]).out, concat!("mez ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(place.mez(&[]).exit, 64);
}

#[test]
fn what_clap_lists_is_kept_for_programs() {
    let place = Place::new("listed");
    let problem = place.mez(&["--json", "vc", "keygen"]).problem();
    assert_eq!(problem["error"]["problems"][0]["detail"], "--prefix <NAME>");
}

#[test]
fn trust_that_names_nobody_ends_with_64() {
    let place = Place::new("trust-usage");
    place.write("bundle.zip", "PK");
    let key = place.key("zone.json", 7);
    let cut = &key[..key.len() - 1];
    let time = "2026-11-21T00:00:00Z";
    for case in [&["--trust", ""][..], &["--trust", cut], &["--as-of", time]] {
        let said = place.mez(&[&["--json", "verify", "bundle.zip"], case].concat());
        assert_eq!((said.exit, &said.problem()["error"]["code"]), (64, &"usage".into()));
    }
}
