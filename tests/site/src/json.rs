//! As much JSON as the site writes.

use std::fmt::Write;

/// A string with its quotes.
pub(super) fn string(text: &str) -> String {
    let mut json = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            // Writing to a string cannot fail.
            '\0'..=' ' if character != ' ' => drop(write!(json, "\\u{:04x}", u32::from(character))),
            _ => json.push(character),
        }
    }
    json.push('"');
    json
}

/// An object of strings, in this order.
pub(super) fn object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let members = members
        .into_iter()
        .map(|(name, value)| format!("{}:{}", string(name), string(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// An array of pairs of strings, in this order.
pub(super) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("[{},{}]", string(name), string(value)));
    format!("[{}]", pairs.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::{object, pairs, string};

    #[test]
    fn what_json_reserves_is_escaped() {
        assert_eq!(string("a \"b\" \\ \n ü"), r#""a \"b\" \\ \u000a ü""#);
        assert_eq!(object([("a", "1"), ("b", "\"")]), r#"{"a":"1","b":"\""}"#);
        assert_eq!(pairs([("a", "1"), ("a", "2")]), r#"[["a","1"],["a","2"]]"#);
        assert_eq!(object([]) + &pairs([]), "{}[]");
    }
}
