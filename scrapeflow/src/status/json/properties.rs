//! Properties that generated values and texts keep, `serde_json` being the judge.
//!
//! `invariants` takes any text and can say little about it. Here the value
//! behind the text is known, so what becomes of it can be compared.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::invariants::{assert_stands, check_text, labelled};
use super::layout::indent;
use super::{Edit, Field, canonical, from_json, quote, rewrite, split, unescape};

/// Enough to find what a change breaks, few enough to run at every build. The
/// fuzz target is there for the long search.
const CASES: u32 = 128;

/// Names and strings, some of which need escapes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "[ -~]{0,20}", "\\PC{0,8}", any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Without its `float_roundtrip`, serde_json reads longer ones back inexactly.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        text().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            object_of(inner)
        ]
    })
}

fn object_of(member: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    btree_map(text(), member, 0..6).prop_map(|members| members.into_iter().collect())
}

/// A value and an odd spelling of it.
fn spelled(value: impl Strategy<Value = Value>) -> impl Strategy<Value = (Value, String)> {
    (value, vec(any::<u8>(), 0..64)).prop_map(|(value, choices)| {
        let mut speller = Speller {
            out: String::new(),
            choices: choices.into_iter(),
        };
        speller.value(&value);
        (value, speller.out)
    })
}

/// JSON with some characters replaced, inserted or taken out.
fn nearly_json() -> impl Strategy<Value = String> {
    let signs = "[]\\[{}\",:\\\\ \t\n0-9eE.+utfnN\u{1}ä-]";
    let change = (
        any::<prop::sample::Index>(),
        0..=1_usize,
        prop::option::of(signs),
    );
    (spelled(object_of(value())), vec(change, 0..4)).prop_map(|((_, text), changes)| {
        let mut characters: Vec<_> = text.chars().collect();
        for (place, taken, given) in changes {
            let place = place.index(characters.len());
            let given: Vec<_> = given.iter().flat_map(|given| given.chars()).collect();
            characters.splice(place..place + taken, given);
            characters.push('\n'); // there is always a place to change
        }
        characters.into_iter().collect()
    })
}

/// Spells values as nobody would: choices say where white space and escapes
/// go, and in which order members come.
struct Speller {
    out: String,
    choices: std::vec::IntoIter<u8>,
}

impl Speller {
    fn choose(&mut self, below: usize) -> usize {
        usize::from(self.choices.next().unwrap_or_default()) % below
    }

    fn space(&mut self) {
        let space = ["", " ", "\n\t", "\r\n  "][self.choose(4)];
        self.out.push_str(space);
    }

    fn value(&mut self, value: &Value) {
        self.space();
        match value {
            Value::String(text) => self.string(text),
            Value::Array(elements) => {
                self.out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    self.out.push_str(if index > 0 { "," } else { "" });
                    self.value(element);
                }
                self.out.push(']');
            }
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                let first = self.choose(members.len().max(1));
                members.rotate_left(first);
                self.out.push('{');
                for (index, (name, member)) in members.into_iter().enumerate() {
                    self.out.push_str(if index > 0 { "," } else { "" });
                    self.space();
                    self.string(name);
                    self.space();
                    self.out.push(':');
                    self.value(member);
                }
                self.out.push('}');
            }
            scalar => self.out.push_str(&scalar.to_string()),
        }
        self.space();
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        let every = 1 + self.choose(4);
        for (index, character) in text.chars().enumerate() {
            if index % every == 0 {
                let units = character.encode_utf16(&mut [0; 2]).to_vec();
                self.out
                    .extend(units.iter().map(|unit| format!("\\u{unit:04X}")));
            } else {
                let quoted = Value::from(character.to_string()).to_string();
                self.out.push_str(&quoted[1..quoted.len() - 1]);
            }
        }
        self.out.push('"');
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn an_object_splits_into_its_fields((object, text) in spelled(object_of(value()))) {
        let fields = split(&text).expect("it is an object");
        let read = |field: &Field| {
            let value: Value = from_json(field.raw_value(&text)).expect("it is JSON");
            (unescape(field.raw_name(&text)).into_owned(), value)
        };
        prop_assert_eq!(fields.iter().map(read).collect::<Value>(), object);
    }

    #[test]
    fn what_serde_json_refuses_is_refused_and_nothing_else(text in nearly_json()) {
        let object = text.trim_start().starts_with('{');
        let accepted = serde_json::from_str::<IgnoredAny>(&text).is_ok() && object;
        prop_assert_eq!(split(&text).is_ok(), accepted, "{}", text);
        check_text(&text);
    }

    #[test]
    fn every_spelling_of_a_value_has_the_same_canonical_one((value, text) in spelled(value())) {
        prop_assert_eq!(canonical(&text, None), Ok(value.to_string()));
    }

    #[test]
    fn values_are_laid_out_as_serde_json_and_python_do(value in value()) {
        let mut out = String::new();
        indent(&mut out, &value.to_string(), 0);
        prop_assert_eq!(out, format!("{value:#}"));
    }

    #[test]
    fn strings_are_quoted_as_serde_json_does_and_read_back(text in text()) {
        let mut quoted = String::new();
        quote(&mut quoted, &text);
        prop_assert_eq!(&quoted, &Value::from(&*text).to_string());
        prop_assert_eq!(unescape(&quoted[1..quoted.len() - 1]), text);
    }

    #[test]
    fn edits_change_what_they_name_and_nothing_else(
        (_, text) in spelled(object_of(value())),
        edits in vec((0..NAMES.len(), prop::option::of(value().prop_map(|value| value.to_string()))), 0..6),
    ) {
        let mut fields = split(&text).expect("it is an object");
        prop_assert!(labelled(&text, &mut fields, &NAMES), "names of an object come once");
        let edits: Vec<_> = edits.iter().map(|(name, json)| Edit {
            label: u32::try_from(*name).expect("there are few"),
            name: NAMES[*name],
            value: json.as_deref().map(super::Value::Json),
        }).collect();
        let (new, new_fields) = rewrite(&text, &fields, &edits);
        assert_stands(&new, &new_fields);

        let edited = |label| edits.iter().rfind(|edit| Some(edit.label) == label);
        let kept = |text: &str, fields: &[Field]| -> Vec<(String, String)> {
            let spelled = |field: &Field| (field.raw_name(text).to_owned(), field.raw_value(text).to_owned());
            fields.iter().filter(|field| edited(field.label).is_none()).map(spelled).collect()
        };
        prop_assert_eq!(kept(&text, &fields), kept(&new, &new_fields));
        for edit in &edits {
            let value = |field: &Field| super::Value::Json(field.raw_value(&new)).canonical();
            let found = new_fields.iter().filter(|field| field.label == Some(edit.label)).map(value);
            let last = edited(Some(edit.label)).and_then(|edit| edit.value);
            prop_assert_eq!(found.collect::<Vec<_>>(), last.map(super::Value::canonical).into_iter().collect::<Vec<_>>());
        }
    }
}

/// Names that edits have and that generated objects may have too.
const NAMES: [&str; 6] = ["name", "", "a", "b", "c", "d"];

impl super::Value<'_> {
    fn canonical(self) -> String {
        match self {
            Self::Json(json) | Self::LaidOut(json) => canonical(json, None).expect("it is JSON"),
            Self::Text(text) => Value::from(text).to_string(),
        }
    }
}
