//! Typed values from text as Python's `json` writes it.
//!
//! Takes raw values, gives whatever type the caller reads. `serde_json` does
//! the reading; only what it refuses and Python writes is mended first: `NaN`
//! and the infinities become null, halves of surrogate pairs U+FFFD. The text
//! in the file stays as it is.

use serde::de::DeserializeOwned;

use super::string::escape;

/// Reads a value whose text may hold `NaN`, `Infinity` and `-Infinity` (read
/// as null) and lone surrogates (read as U+FFFD).
///
/// # Errors
///
/// If the text isn't JSON even so, or doesn't fit the type. The place in the
/// error counts in the mended text if there was something to mend.
pub(crate) fn from_json<T: DeserializeOwned>(raw: &str) -> Result<T, serde_json::Error> {
    // Nearly every text needs no mending, so it isn't searched before it fails.
    serde_json::from_str(raw).or_else(|error| match mend(raw) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// Replaces what `serde_json` refuses, if there is any of it. What is not JSON
/// for another reason stays so: `null` is a value exactly where `NaN` is one.
fn mend(raw: &str) -> Option<String> {
    let mut mended = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['"', 'N', 'I', '-']) {
        let (before, found) = rest.split_at(at);
        mended.push_str(before);
        rest = if let Some(string) = found.strip_prefix('"') {
            mended.push('"');
            mend_string(&mut mended, string)
        } else if let Some(after) = strip_not_finite(found) {
            mended.push_str("null");
            after
        } else {
            mended.push_str(&found[..1]);
            &found[1..]
        };
    }
    mended.push_str(rest);
    (mended != raw).then_some(mended)
}

/// What follows the number that isn't one, if `text` begins with such.
fn strip_not_finite(text: &str) -> Option<&str> {
    ["NaN", "Infinity", "-Infinity"]
        .iter()
        .find_map(|word| text.strip_prefix(word))
}

/// Appends a string from behind its opening quote on, with U+FFFD in place of
/// lone surrogates, and returns what follows it.
fn mend_string<'t>(mended: &mut String, string: &'t str) -> &'t str {
    let mut rest = string;
    while let Some(at) = rest.find(['"', '\\']) {
        let (before, found) = rest.split_at(at);
        mended.push_str(before);
        if let Some(after) = found.strip_prefix('"') {
            mended.push('"');
            return after;
        }
        let (character, length) = escape(found);
        mended.push_str(match character {
            char::REPLACEMENT_CHARACTER => "\\ufffd",
            _ => &found[..length],
        });
        rest = &found[length..];
    }
    mended.push_str(rest);
    ""
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{from_json, mend};

    #[test]
    fn what_python_writes_is_read() {
        for (raw, value) in [
            ("NaN", json!(null)),
            (
                " [-Infinity,Infinity , NaN,-1]",
                json!([null, null, null, -1]),
            ),
            (
                r#"{"a":NaN,"b":"NaN -Infinity \"NaN"}"#,
                json!({"a": null, "b": "NaN -Infinity \"NaN"}),
            ),
            (r#""\ud800""#, json!("\u{fffd}")),
            (
                r#"{"\udc00x":["\\\ud83e\n","\ud83e\udd80"]}"#,
                json!({"\u{fffd}x": ["\\\u{fffd}\n", "🦀"]}),
            ),
            (
                r#"["\ufffd\ud800\uFFFD",Infinity]"#,
                json!(["\u{fffd}\u{fffd}\u{fffd}", null]),
            ),
        ] {
            assert_eq!(from_json::<Value>(raw).expect(raw), value, "{raw}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_absent() {
        type Prices = BTreeMap<String, Option<f64>>;
        let prices: Prices = from_json(r#"{"a":1.5,"b":NaN,"c":1e-07}"#).expect("fits");
        let price = |name: &str| prices[name];
        assert_eq!(
            [price("a"), price("b"), price("c")],
            [Some(1.5), None, Some(1e-07)]
        );
    }

    #[test]
    fn mending_makes_nothing_valid_that_python_refuses() {
        for raw in [
            "",
            "NaN NaN",
            "1NaN",
            "NaN1",
            "-NaN",
            "--Infinity",
            "nulNaN",
            "Nan",
            "+Infinity",
            "[NaN",
            "\"\\ud800",
            "\"\\ud80\"",
            "\"\\x\"",
            "{NaN:1}",
            "NaNInfinity",
            "\"a\"NaN",
            "\u{feff}NaN",
        ] {
            assert!(from_json::<Value>(raw).is_err(), "{raw}");
            assert!(
                super::super::split(&format!("{{\"a\":{raw}}}")).is_err(),
                "{raw}"
            );
        }
    }

    #[test]
    fn text_without_these_is_not_copied_a_second_time() {
        for raw in [
            "[1,-2,true]",
            r#"{"Name":"NaN","I":"\n\ud83e\udd80"}"#,
            "-",
            "N",
            "I",
            "\"\\",
        ] {
            assert_eq!(mend(raw), None, "{raw}");
        }
    }

    #[test]
    fn the_error_is_that_of_the_last_try() {
        let wrong_type = from_json::<Vec<u8>>(r#"[1,"\ud800"]"#).expect_err("not a number");
        let message = "invalid type: string \"\u{fffd}\", expected u8 at line 1 column 11";
        assert_eq!(wrong_type.to_string(), message);
        let not_absent = from_json::<f64>("NaN").expect_err("null is no number");
        assert_eq!(
            not_absent.to_string(),
            "invalid type: null, expected f64 at line 1 column 4"
        );
    }
}
