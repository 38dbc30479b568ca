//! What holds for all rows, whatever they are.
//!
//! Rows come from the fuzz target `rows` and from its corpus, which every test run replays: a status a line.

use serde_json::Value as Json;

use super::kind::Fields;
use super::{Path, Row, Shape, row};
use crate::status::json;
use crate::task::Key;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let key = Key::new("k\"ey").expect("a key");
    let mut texts = Vec::new();
    for status in data.split(|byte| *byte == b'\n') {
        let is_object = str::from_utf8(status).is_ok_and(|text| json::split(text).is_ok());
        let told = Row::with(&key, status, |row| {
            let names: Vec<String> = row.fields().map(|(name, _)| name.to_owned()).collect();
            assert_eq!(names.first().map(String::as_str), Some("key"));
        });
        assert_eq!(told.is_ok(), is_object, "{told:?}");
        if is_object {
            texts.push(row::text_of(&key, status).expect("it was an object"));
        }
    }
    let mut rows: Vec<Row<'_>> = texts
        .iter()
        .map(|text| Row::of_json(text).expect("JSON"))
        .collect();
    check_kinds(&rows);
    for (row, text) in rows.iter_mut().zip(&texts) {
        check_json(row, text);
        check_paths(row);
    }
}

/// Its JSON is what everybody reads of it, and stays as it is.
fn check_json(row: &Row<'_>, text: &str) {
    let written = row.value().json();
    let read: Json = serde_json::from_str(&written).unwrap_or_else(|error| {
        // A number that is too large for it.
        assert!(
            error.to_string().starts_with("number out of range"),
            "{written}: {error}"
        );
        Json::Null
    });
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        assert_eq!(read, json, "{written}");
    }
    let again = Row::of_json(&written).expect("JSON").value().json();
    assert_eq!(again, written);
}

/// Columns and types don't depend on which row comes first, nor on who has seen which.
fn check_kinds(rows: &[Row<'_>]) {
    let seen = |rows: &mut dyn Iterator<Item = &Row<'_>>| {
        let mut fields = Fields::default();
        for row in rows {
            fields.observe(row.fields());
        }
        fields
    };
    let mut together = seen(&mut rows.iter());
    let mut backwards = seen(&mut rows.iter().rev());
    let (first, second) = rows.split_at(rows.len() / 2);
    let mut in_parts = seen(&mut second.iter());
    in_parts.merge(seen(&mut first.iter()));
    for fields in [&mut together, &mut backwards, &mut in_parts] {
        fields.settle();
    }
    assert_eq!(together, backwards);
    assert_eq!(together, in_parts);
    for row in rows {
        for (name, _) in row.fields() {
            assert!(together.has(&Path::new([name])), "{name}");
        }
    }
}

/// Each value is where its path leads, and a list is taken apart into its elements and put together again.
fn check_paths(row: &mut Row<'_>) {
    let mut fields = Fields::default();
    fields.observe(row.fields());
    let mut paths = Vec::new();
    fields.each_path(|path| paths.push(path));
    for path in paths {
        assert!(fields.has(&path), "{path}");
        let before = row.value().json();
        let Some(value) = row.get(&path) else {
            continue;
        };
        let elements: Option<Vec<String>> = (value.shape() == Shape::List)
            .then(|| value.elements().map(super::Value::json).collect());
        let mut exploded = Vec::new();
        let count = row.explode(&path, |row| {
            let element = row.get(&path).expect("it stands in the place of the list");
            exploded.push(element.json());
        });
        assert_eq!(count, elements.as_ref().map(Vec::len));
        assert_eq!(exploded, elements.unwrap_or_default());
        assert_eq!(row.value().json(), before);
    }
}
