//! The canonical spelling: what two spellings of the same value have in common.
//!
//! Takes values as files and executors spell them, gives the text that
//! fingerprints are made of. It knows no fingerprints and no fields, not even
//! which one to leave out.
//!
//! Names are sorted by their UTF-8 bytes, the last of several equal ones
//! counts, white space goes, strings are escaped no more than they must be.
//! Numbers and words stay as they are spelled: `1.0` is not `1`, as it isn't
//! for a reader that takes integers only. What `unescape` reads as the same
//! string is the same string.

use std::borrow::Cow;

use super::brackets::Bracket;
use super::malformed::Malformed;
use super::string::{quote, unescape};
use super::tree::{Part, Tree};

/// Spells `raw`, any JSON text, canonically. Fields named `omit` are left out at every depth.
///
/// # Errors
///
/// If `raw` isn't JSON as Python's `json` reads it.
pub(crate) fn canonical(raw: &str, omit: Option<&str>) -> Result<String, Malformed> {
    let tree = Tree::read(raw)?;
    let mut out = String::with_capacity(raw.len());
    // Wide enough for most, so that they don't grow.
    let mut steps = Vec::with_capacity(64);
    steps.push(Step::Value(Tree::ROOT));
    let mut inside = Vec::with_capacity(32);
    while let Some(step) = steps.pop() {
        let index = match step {
            Step::Byte(byte) => {
                out.push(char::from(byte));
                continue;
            }
            Step::Member(index) => {
                quote(&mut out, tree.name(index));
                out.push(':');
                index
            }
            Step::Value(index) => index,
        };
        match tree.part(index) {
            Part::Scalar(raw) => scalar(&mut out, raw),
            Part::Nested(bracket) => {
                out.push(char::from(bracket.opening()));
                steps.push(Step::Byte(bracket.closing()));
                inside.extend(tree.inside(index));
                // What is to be written first goes onto the stack last.
                inside.reverse();
                let step = match bracket {
                    Bracket::Array => Step::Value,
                    Bracket::Object => {
                        sort_members(&tree, &mut inside, omit);
                        Step::Member
                    }
                };
                for (after, index) in inside.drain(..).enumerate() {
                    if after > 0 {
                        steps.push(Step::Byte(b','));
                    }
                    steps.push(step(index));
                }
            }
        }
    }
    Ok(out)
}

/// What is still to be written: kept in a stack, since values nest without a bound.
#[derive(Debug, Clone, Copy)]
enum Step {
    Member(usize),
    Value(usize),
    Byte(u8),
}

/// Sorts members by their names, the last name first. Of several with the same
/// name only the one that is last in the text remains.
fn sort_members(tree: &Tree<'_>, members: &mut Vec<usize>, omit: Option<&str>) {
    members.retain(|&index| omit != Some(tree.name(index)));
    members.sort_unstable_by(|&a, &b| tree.name(b).cmp(tree.name(a)).then(b.cmp(&a)));
    members.dedup_by(|a, b| tree.name(*a) == tree.name(*b));
}

/// Writes a string with no more escapes than it needs, anything else as it stands.
fn scalar(out: &mut String, raw: &str) {
    let string = raw
        .strip_prefix('"')
        .and_then(|raw| raw.strip_suffix('"'))
        .map(unescape);
    match string {
        Some(Cow::Owned(text)) => quote(out, &text),
        // Without a backslash there is nothing to spell differently.
        Some(Cow::Borrowed(_)) | None => out.push_str(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn every_spelling_has_one_canonical_one() {
        for (raw, spelled) in [
            // White space and order.
            (
                " { \"b\" : [ 1 , 2 ] ,\r\n\t\"a\" : { } } ",
                r#"{"a":{},"b":[1,2]}"#,
            ),
            (
                r#"{"b":{"d":1,"c":2},"a":[{"f":1,"e":2}]}"#,
                r#"{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}"#,
            ),
            (
                r#"{"Z":1,"a":2,"A":3,"":4,"ä":5}"#,
                r#"{"":4,"A":3,"Z":1,"a":2,"ä":5}"#,
            ),
            ("[[],[[]],{},[{}]]", "[[],[[]],{},[{}]]"),
            // Of equal names the last counts, however they are spelled.
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            (r#"{"ä":1,"\u00e4":{"x":[]},"\u00E4":2}"#, r#"{"ä":2}"#),
            // Names are sorted as they read, not as they are spelled.
            (r#"{"\u0062":1,"a":2}"#, r#"{"a":2,"b":1}"#),
            (
                r#"{"a\n":1,"a\u0001":2,"a\"":3}"#,
                r#"{"a\u0001":2,"a\n":1,"a\"":3}"#,
            ),
            // Escapes only where they must be.
            (r#""\u00e4\/\ud83e\udd80\u0041""#, r#""ä/🦀A""#),
            (
                r#""\u0022\u005C\u000A\u001F\u007f""#,
                "\"\\\"\\\\\\n\\u001f\u{7f}\"",
            ),
            (r#""\ud800""#, "\"\u{fffd}\""),
            // Numbers and words as they are spelled.
            ("1e-07", "1e-07"),
            (
                "[1,1.0,1E0,-0,123456789012345678901234567890]",
                "[1,1.0,1E0,-0,123456789012345678901234567890]",
            ),
            (
                "[NaN,Infinity,-Infinity,true,null]",
                "[NaN,Infinity,-Infinity,true,null]",
            ),
        ] {
            assert_eq!(canonical(raw, None).as_deref(), Ok(spelled), "{raw}");
            assert_eq!(canonical(spelled, None).as_deref(), Ok(spelled), "{raw}");
        }
    }

    #[test]
    fn a_field_is_left_out_at_every_depth() {
        let raw = r#"{"x":1,"\u0078":2,"a":[{"x":{"x":1}}],"b":{"x":[],"y":"x"}}"#;
        let check = |omit, spelled| assert_eq!(canonical(raw, omit).as_deref(), Ok(spelled));
        check(Some("x"), r#"{"a":[{}],"b":{"y":"x"}}"#);
        check(
            Some("z"),
            r#"{"a":[{"x":{"x":1}}],"b":{"x":[],"y":"x"},"x":2}"#,
        );
        check(
            Some(""),
            r#"{"a":[{"x":{"x":1}}],"b":{"x":[],"y":"x"},"x":2}"#,
        );
    }

    #[test]
    fn nesting_has_no_bound() {
        let raw = r#"{"b":0,"a":["#.repeat(50_000) + &"]}".repeat(50_000);
        let spelled = r#"{"a":["#.repeat(50_000) + &r#"],"b":0}"#.repeat(50_000);
        assert!(canonical(&raw, None).as_deref() == Ok(&spelled));
    }

    #[test]
    fn what_is_not_json_has_no_canonical_spelling() {
        for raw in ["", "{", "[1,]", "{} {}", "nan", "\u{feff}1"] {
            assert!(canonical(raw, None).is_err(), "{raw:?}");
        }
    }
}
