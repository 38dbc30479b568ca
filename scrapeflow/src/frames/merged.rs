//! A field with the cell of a frame in it: what the cell says, as the status spells it where both mean the same.
//!
//! A frame has one type a column, statuses don't: whole numbers came as floats, members that an object doesn't have as null. None
//! of that is a change.

use super::cells::Cell;
use crate::rows::{Shape, Value};
use crate::status::{json, parse_time};

/// The field's new JSON without white space; `None` if it goes away.
pub(super) fn merged(was: Option<Value<'_>>, now: &Cell) -> Option<String> {
    let mut out = String::new();
    if *now == Cell::Nothing {
        was.filter(|was| was.shape() == Shape::Null)?
            .write_spelled(&mut out);
    } else {
        merge(was, now, Others::Kept, &mut out);
    }
    Some(out)
}

/// What becomes of members that the frame's type doesn't have.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Others {
    Kept,
    /// Inside of lists, whose elements may have been others'.
    Dropped,
}

/// `now` is as deep as types of frames are.
fn merge(was: Option<Value<'_>>, now: &Cell, others: Others, out: &mut String) {
    match (was, now) {
        (_, Cell::Struct(members)) => merge_members(was, members, others, out),
        (_, Cell::List(elements)) => {
            let mut before = was.into_iter().flat_map(Value::elements);
            out.push('[');
            for (nth, now) in elements.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                merge(before.next(), now, Others::Dropped, out);
            }
            out.push(']');
        }
        (Some(was), now) if is_same(was, now) => was.write_spelled(out),
        (_, Cell::Nothing) => out.push_str("null"),
        (_, Cell::Bool(is)) => out.push_str(if *is { "true" } else { "false" }),
        (_, Cell::Text(text)) => json::quote(out, text),
        (_, Cell::Number(json) | Cell::Json(json)) => out.push_str(json),
    }
}

/// Those that were, in their order, then new ones. Those that are null now are left out, unless they were null.
fn merge_members(
    was: Option<Value<'_>>,
    now: &[(impl AsRef<str>, Cell)],
    others: Others,
    out: &mut String,
) {
    let begin = out.len() + 1;
    out.push('{');
    let mut member = |name: &str, was: Option<Value<'_>>, now: Option<&Cell>| {
        let was_null = was.is_some_and(|was| was.shape() == Shape::Null);
        let stays = match now {
            None => others == Others::Kept,
            Some(Cell::Nothing) => was_null,
            Some(_) => true,
        };
        if !stays {
            return;
        }
        if out.len() > begin {
            out.push(',');
        }
        json::quote(out, name);
        out.push(':');
        match (was, now) {
            (_, Some(now)) if *now != Cell::Nothing => merge(was, now, others, out),
            (Some(was), _) => was.write_spelled(out),
            (None, _) => out.push_str("null"),
        }
    };
    let before = || was.into_iter().flat_map(Value::members);
    for (name, value) in before() {
        let now = now.iter().find(|(of, _)| of.as_ref() == name);
        member(name, Some(value), now.map(|(_, cell)| cell));
    }
    for (name, cell) in now {
        let name = name.as_ref();
        if !before().any(|(of, _)| of == name) {
            member(name, None, Some(cell));
        }
    }
    out.push('}');
}

fn is_same(was: Value<'_>, now: &Cell) -> bool {
    match (was.shape(), now) {
        (Shape::Null, Cell::Nothing) => true,
        (Shape::Bool(was), Cell::Bool(now)) => was == *now,
        (Shape::Number(was), Cell::Number(now)) => match (was.parse::<i64>(), now.parse::<i64>()) {
            (Ok(was), Ok(now)) => was == now,
            _ => was.parse::<f64>().is_ok_and(|was| now.parse() == Ok(was)),
        },
        (Shape::Text(_), Cell::Text(now)) => {
            let was = was.text().unwrap_or_default();
            was == *now || is_same_time(&was, now)
        }
        (_, Cell::Json(now)) => was.json() == *now,
        _ => false,
    }
}

/// As far as frames can tell.
fn is_same_time(was: &str, now: &str) -> bool {
    let microseconds = |text| parse_time(text).map(|time| time.timestamp_micros());
    microseconds(was).is_some_and(|was| microseconds(now) == Some(was))
}

#[cfg(test)]
mod tests {
    use super::{Cell, merged};
    use crate::rows::Row;

    fn number(json: &str) -> Cell {
        Cell::Number(json.to_owned())
    }

    fn members<const N: usize>(members: [(&str, Cell); N]) -> Cell {
        Cell::Struct(members.map(|(name, cell)| (name.into(), cell)).into())
    }

    #[test]
    fn what_a_cell_says_is_spelled_as_it_was_where_it_is_the_same() {
        for (was, cell, now) in [
            ("1.50", number("1.5"), Some("1.50")),
            ("1.50", number("2.0"), Some("2.0")),
            ("NaN", Cell::Nothing, Some("NaN")),
            ("3", Cell::Nothing, None),
            (
                r#"{"a": 1, "b": 2}"#,
                members([("a", number("1"))]),
                Some(r#"{"a":1,"b":2}"#),
            ),
            (
                r#"{"a": 1, "b": 2}"#,
                members([
                    ("b", Cell::Nothing),
                    ("c", number("3")),
                    ("d", Cell::Nothing),
                ]),
                Some(r#"{"a":1,"c":3}"#),
            ),
            // The element may have been another's.
            (
                r#"[{"a": 1, "b": 2}, {"a": 1.0}]"#,
                Cell::List(vec![members([("a", number("1.0"))]), Cell::Nothing]),
                Some(r#"[{"a":1},null]"#),
            ),
            (
                r#"[null, "x"]"#,
                Cell::Json("{\"n\":null}".to_owned()),
                Some("{\"n\":null}"),
            ),
            ("5", members([("a", Cell::Nothing)]), Some("{}")),
        ] {
            let row = Row::of_json(was).expect("JSON");
            assert_eq!(
                merged(Some(row.value()), &cell).as_deref(),
                now,
                "{was} {cell:?}"
            );
        }
        assert_eq!(
            merged(None, &Cell::Text("ä\"".to_owned())).as_deref(),
            Some("\"ä\\\"\"")
        );
    }
}
