//! What holds for every condition, whatever it is.
//!
//! Conditions come from the fuzz target `condition` and from its corpus, which every test run replays. SQLite
//! says what one means: here a condition is compared with what it is in parentheses and with its contrary.

use super::{Filter, Row};

/// A row that has what the corpus asks about.
const ROW: &str = r#"{"key":"lamp","scrape":{"size":1500,"headers":{"Content-Type":"text/html"}},
    "scrape_status":"SUCCESS","parse":[{"price":9.5,"new":true,"note":null,"odd":NaN}],"größe":"ä","end":3,"a":1}"#;

/// Functions that give something else each time, or as much as is asked for: what whoever asks for it has to bear.
const LEFT_ALONE: [&str; 9] = [
    "random", "blob", "printf", "format", "replace", "current", "date", "time", "hex",
];

/// The longest message, in characters: conditions may be of any length.
const LONGEST: usize = 1000;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match Filter::new(text) {
        Err(wrong) => {
            assert!(text.is_char_boundary(wrong.place));
            assert!(text.is_char_boundary(wrong.place + wrong.length));
            check_told(&wrong.to_string());
        }
        Ok(filter) => {
            for column in filter.columns() {
                check_told(
                    &filter
                        .unknown(&column, "there is none".to_owned())
                        .to_string(),
                );
            }
            let lower = text.to_ascii_lowercase();
            if !LEFT_ALONE.iter().any(|function| lower.contains(function)) {
                check_meaning(text);
            }
        }
    }
}

/// A message, the condition, and where in it something is wrong.
fn check_told(told: &str) {
    assert!(told.chars().count() <= LONGEST, "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert!(!lines.is_empty(), "it says nothing");
    if let [.., mark] = lines[1..] {
        assert!(mark.trim_matches([' ', '^']).is_empty(), "{told}");
    }
}

/// It is true, its contrary is, or neither is known: one of the three.
fn check_meaning(text: &str) {
    // A comment that isn't closed goes to the end.
    if text.contains("/*") {
        return;
    }
    let inside = format!("({text}\n)");
    let Ok(said) = is_true(&inside) else {
        assert!(is_true(text).is_err(), "not in parentheses");
        return;
    };
    assert_eq!(is_true(text), Ok(said), "in parentheses it is the same");
    // Operators bind what stands beside them.
    let others = [format!("not {inside}"), format!("{inside} is null")];
    let others = others.map(|other| is_true(&other).expect("as good as the condition"));
    assert_eq!(
        u8::from(said) + u8::from(others[0]) + u8::from(others[1]),
        1
    );
}

fn is_true(text: &str) -> Result<bool, String> {
    let filter = Filter::new(text).map_err(|wrong| wrong.to_string())?;
    let evaluator = filter.evaluator().expect("it was good");
    evaluator.is_true(&Row::of_json(ROW).expect("JSON"))
}
