#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::expect;
use proptest::prelude::*;

use super::*;

#[test]
fn a_refusal_names_the_rule_and_shows_the_key() {
    let long = "é".repeat(122);
    let keys = [
        "",
        ".",
        "..",
        "https://example.com/",
        "a\\b",
        "a\0b",
        "it's\ntwo",
        "a\u{85}",
        "a.status",
        ".status",
        &long,
    ];
    let told = keys.map(|key| {
        let error = Key::new(key).unwrap_err();
        assert_eq!(error.key(), Some(key));
        format!("{error}\n")
    });
    expect![[r#"
        key `` is empty; it names the task's files, so it needs a character
        key `.` names a folder; choose another
        key `..` names a folder; choose another
        key `https://example.com/` contains `/`, which separates folders; replace it, or take `Key::from_url`
        key `a\\b` contains `\`, which separates folders; replace it, or take `Key::from_url`
        key `a\0b` contains the control character U+0000; remove it
        key `it's\ntwo` contains the control character U+000A; remove it
        key `a\u{85}` contains the control character U+0085; remove it
        key `a.status` ends in `.status`, as only statuses do; choose another ending
        key `.status` ends in `.status`, as only statuses do; choose another ending
        key `éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…` has 244 bytes, more than the 243 that fit a file name; shorten it, or take `Key::from_url`
    "#]].assert_eq(&told.concat());
}

#[test]
fn what_names_files_is_a_key() {
    let longest = "k".repeat(Key::MAX_BYTES);
    for key in [
        "a",
        " ",
        "...",
        ".hidden",
        "post é 1",
        "a.status.json",
        "statuses",
        &longest,
    ] {
        let parsed: Key = key.parse().unwrap();
        assert_eq!(parsed, Key::try_from(key.to_owned()).unwrap());
        assert_eq!(parsed.to_string(), key);
    }
}

#[test]
fn params_in_any_order_have_one_key() {
    let key = |json: &str| {
        Key::from_params(&serde_json::from_str::<serde_json::Value>(json).unwrap())
            .map_err(|error| error.to_string())
    };
    assert_eq!(key(r#"{"a": 1, "b": [2]}"#), key(r#"{"b":[2],"a":1}"#));
    assert_ne!(key(r#"{"a": 1}"#), key(r#"{"a": 2}"#));
    expect!["params must be a JSON object, found an array; give a struct or a map"]
        .assert_eq(&key("[]").unwrap_err());
}

#[test]
fn serde_checks_too() {
    let key: Key = serde_json::from_str("\"a\"").unwrap();
    assert_eq!(serde_json::to_string(&key).unwrap(), "\"a\"");
    expect!["key `a/b` contains `/`, which separates folders; replace it, or take `Key::from_url`"]
        .assert_eq(
            &serde_json::from_str::<Key>("\"a/b\"")
                .unwrap_err()
                .to_string(),
        );
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r"[a./\\]{0,4}",
        r"\PC{0,9}\.status",
        "[k€]{80,250}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn accepted_means_usable_and_refused_means_a_rule(text in texts()) {
        let forbidden = text.is_empty()
            || text == "."
            || text == ".."
            || text.contains(['/', '\\', '\0'])
            || text.chars().any(char::is_control)
            || text.ends_with(".status")
            || text.len() > 243;
        prop_assert_eq!(Key::new(&text).is_err(), forbidden);
    }

    #[test]
    fn an_accepted_key_names_a_file_of_its_own(text in texts()) {
        if let Ok(key) = Key::new(&text) {
            let dir = tempfile::tempdir().unwrap();
            let name = format!("{key}.status.json");
            std::fs::write(dir.path().join(&name), "").unwrap();
            let found = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap();
            prop_assert_eq!(found.file_name().into_string(), Ok(name));
        }
    }

    #[test]
    fn the_key_of_a_url_is_valid(url in any::<String>()) {
        let key = Key::from_url(&url);
        prop_assert_eq!(Key::new(&key).ok(), Some(key));
    }
}
