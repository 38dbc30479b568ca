//! What holds for every `scrapeflow.toml`, whatever it is.
//!
//! Files come from the fuzz target `settings` and from its corpus, which every test run replays.

use toml::Table;

use super::{Settings, file};

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match toml::from_str::<Settings>(text) {
        Ok(settings) => check_settings(text, settings),
        Err(error) => check_told(text, &file::told("x.toml".as_ref(), text, &error)),
    }
    // Whatever a secret is, nobody is told: of one whose end is missing, or behind which something is wrong.
    for before in [
        "cookie = [\"session=SECRET\", ",
        "header = \"x-token: SECRET",
        "proxy = [\n  'http://ann:SECRET@h:1',\n",
        "cookie = \"\"\"\nSECRET\n",
        "proxy = SECRET",
    ] {
        let told = |secret: &str| {
            let with = before.replace("SECRET", secret) + text;
            let error = toml::from_str::<Settings>(&with).err();
            error.map(|error| file::told("x.toml".as_ref(), &with, &error))
        };
        assert_eq!(told("s3cret"), told("m4sked"));
    }
}

/// It is TOML, says the same when it is written anew, and goes under what was said before.
fn check_settings(text: &str, settings: Settings) {
    let table: Table = toml::from_str(text).expect("settings are TOML");
    let written = toml::to_string(&table).expect("it was read");
    let again: Settings = toml::from_str(&written).expect("the same settings");
    let said = format!("{settings:?}");
    assert_eq!(format!("{again:?}"), said);
    assert_eq!(format!("{:?}", settings.clone().over(again)), said);
    assert_eq!(
        format!("{:?}", Settings::default().over(settings.clone())),
        said
    );
    assert_eq!(format!("{:?}", settings.over(Settings::default())), said);
}

/// The place is one of the file.
fn check_told(text: &str, told: &str) {
    let place = told.strip_prefix("x.toml: line ").expect("it says where");
    let (line, rest) = place.split_once(", column ").expect("it says where");
    let (column, message) = rest.split_once(": ").expect("it says what");
    let (line, column): (usize, usize) = (
        line.parse().expect("a number"),
        column.parse().expect("a number"),
    );
    let of_text = text.split('\n').nth(line - 1).expect("a line of the file");
    assert!(
        (1..=of_text.chars().count() + 1).contains(&column),
        "{told}"
    );
    assert!(!message.is_empty());
}
