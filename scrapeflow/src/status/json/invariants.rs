//! What holds for every text, whatever it is.
//!
//! Text comes from the fuzz target `status_json` and from its corpus, which
//! every test run replays. What a text means is for the other tests: here
//! nothing is known about it, so only what holds for all of them is said.

use serde::de::IgnoredAny;

use super::layout::indent;
use super::{Edit, Field, Value, canonical, from_json, quote, rewrite, split, unescape};

/// Fields that are changed, added and removed in every text: those that the
/// corpus has, and some that it hasn't.
const EDITS: [(&str, Option<&str>); 6] = [
    ("name", Some("\"key\"")),
    (
        "scrape",
        Some(r#"{"size":1,"headers":{},"list":[1,"a,b"]}"#),
    ),
    ("scrape_meta", Some("{}")),
    ("parse", None),
    ("länge", Some("\"\\u0000\"")),
    ("", Some("null")),
];

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    // The store refuses the rest before it gets here.
    if let Ok(text) = str::from_utf8(data) {
        check_text(text);
    }
}

pub(super) fn check_text(text: &str) {
    let spelled = canonical(text, None);
    assert!(from_json::<serde_json::Value>(text).is_err() || spelled.is_ok());
    if !text.contains("NaN") && !text.contains("Infinity") {
        let serde_json = serde_json::from_str::<IgnoredAny>(text);
        assert_eq!(
            spelled.is_ok(),
            serde_json.is_ok(),
            "{spelled:?} {serde_json:?}"
        );
    }
    let object = spelled
        .as_ref()
        .is_ok_and(|spelled| spelled.starts_with('{'));
    let fields = split(text);
    assert_eq!(fields.is_ok(), object, "{fields:?}");
    if let Ok(spelled) = spelled {
        check_spelling(&spelled);
    }
    match fields {
        Ok(fields) => {
            check_fields(text, &fields);
            check_rewrite(text, fields);
        }
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
}

/// Canonical text stays as it is, also by way of the layout of a file.
fn check_spelling(spelled: &str) {
    assert_eq!(canonical(spelled, None).as_deref(), Ok(spelled));
    let mut laid_out = String::new();
    indent(&mut laid_out, spelled, 1);
    assert_eq!(canonical(&laid_out, None).as_deref(), Ok(spelled));
    let without = canonical(spelled, Some("a")).expect("it was JSON with the field");
    assert_eq!(canonical(&without, Some("a")).as_ref(), Ok(&without));
}

/// Fields stand one behind the other, and hold one value each.
fn check_fields(text: &str, fields: &[Field]) {
    let mut end = 0;
    for field in fields {
        assert!(end < field.name.start && field.name.end < field.value.start);
        end = field.value.end;
        let value = field.raw_value(text);
        assert!(canonical(value, None).is_ok() && value == value.trim());
        let name = unescape(field.raw_name(text));
        let mut quoted = String::new();
        quote(&mut quoted, &name);
        assert_eq!(unescape(&quoted[1..quoted.len() - 1]), name);
    }
}

/// Editing changes what is edited and nothing else, and a second time nothing.
fn check_rewrite(text: &str, mut fields: Vec<Field>) {
    if !labelled(text, &mut fields, &EDITS.map(|(name, _)| name)) {
        return;
    }
    let edits: Vec<Edit<'_>> = (0..)
        .zip(EDITS)
        .map(|(label, (name, json))| Edit {
            label,
            name,
            value: json.map(Value::Json),
        })
        .collect();
    let (new, new_fields) = rewrite(text, &fields, &edits);
    assert_stands(&new, &new_fields);
    assert_eq!(untouched(text, &fields), untouched(&new, &new_fields));
    for ((name, value), label) in EDITS.into_iter().zip(0..) {
        let found: Vec<_> = new_fields
            .iter()
            .filter(|field| field.label == Some(label))
            .map(|field| {
                assert_eq!(unescape(field.raw_name(&new)), name);
                canonical(field.raw_value(&new), None)
            })
            .collect();
        let wanted: Vec<_> = value.iter().map(|value| canonical(value, None)).collect();
        assert_eq!(found, wanted, "{name}");
    }
    let again = rewrite(&new, &new_fields, &edits);
    assert_eq!(again, (new, new_fields));
}

/// Labels each field of these names by its place among them; false if one comes twice, which a status
/// refuses.
pub(super) fn labelled(text: &str, fields: &mut [Field], names: &[&str]) -> bool {
    for (label, name) in (0..).zip(names) {
        let mut found = fields
            .iter_mut()
            .filter(|field| unescape(field.raw_name(text)) == *name);
        if let Some(field) = found.next() {
            field.label = Some(label);
        }
        if found.next().is_some() {
            return false;
        }
    }
    true
}

/// The fields are where a reader of the text finds them.
pub(super) fn assert_stands(text: &str, fields: &[Field]) {
    let mut found = split(text).expect("an object");
    assert_eq!(found.len(), fields.len());
    for (found, field) in found.iter_mut().zip(fields) {
        found.label = field.label;
    }
    assert_eq!(found, fields);
}

/// Names and values of the fields that no edit names, as they are spelled.
fn untouched<'t>(text: &'t str, fields: &[Field]) -> Vec<(&'t str, &'t str)> {
    let kept = fields.iter().filter(|field| field.label.is_none());
    kept.map(|field| (field.raw_name(text), field.raw_value(text)))
        .collect()
}
