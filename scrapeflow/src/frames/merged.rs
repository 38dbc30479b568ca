//! A field with the cell of a frame in it: what the cell says, as the status spells it where both mean the same.
//!
//! A frame has one type a column, statuses don't: whole numbers came as floats, what went into no type as JSON, members that an
//! object doesn't have as null. None of that is a change.

use crate::rows::{Row, Shape, Value};
use crate::status::{json, parse_time};

/// The field's new JSON without white space; `None` if it goes away.
pub(super) fn merged(was: Option<Value<'_>>, cell: Option<&str>) -> Option<String> {
    let Some(cell) = cell else {
        return was
            .filter(|was| was.shape() == Shape::Null)
            .map(Value::json);
    };
    let row = Row::of_json(cell).ok()?;
    let mut out = String::with_capacity(cell.len());
    merge(was, row.value(), &mut out);
    Some(out)
}

/// `now` is as deep as types of frames are.
fn merge(was: Option<Value<'_>>, now: Value<'_>, out: &mut String) {
    let shape = was.map_or(Shape::Null, Value::shape);
    match (was, shape, now.shape()) {
        (Some(was), Shape::Object, Shape::Object) => members(was, now, out),
        (Some(was), Shape::List, Shape::List) => {
            let mut elements = was.elements();
            out.push('[');
            for (nth, now) in now.elements().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                merge(elements.next(), now, out);
            }
            out.push(']');
        }
        (Some(was), _, _) if is_same(was, now) => was.write_json(out),
        (Some(was), shape, Shape::Text(_)) if shape != Shape::Null => {
            let text = now.text().unwrap_or_default();
            match Row::of_json(&text) {
                // What went into no type.
                Ok(inside) if inside.value().json() == was.json() => was.write_json(out),
                Ok(inside) if !matches!(shape, Shape::Text(_)) => inside.value().write_json(out),
                _ => now.write_json(out),
            }
        }
        _ => now.write_json(out),
    }
}

/// Those that were, in their order, then new ones.
fn members(was: Value<'_>, now: Value<'_>, out: &mut String) {
    let begin = out.len() + 1;
    out.push('{');
    let mut member = |name: &str, was: Option<Value<'_>>, now: Option<Value<'_>>| {
        let is_null = was.is_none_or(|was| was.shape() == Shape::Null);
        if now.is_none() && (was.is_none() || !is_null) {
            return;
        }
        if out.len() > begin {
            out.push(',');
        }
        json::quote(out, name);
        out.push(':');
        match now {
            Some(now) => merge(was, now, out),
            None => out.push_str("null"),
        }
    };
    for (name, value) in was.members() {
        member(name, Some(value), now.get(name));
    }
    for (name, value) in now.members() {
        if was.get(name).is_none() {
            member(name, None, Some(value));
        }
    }
    out.push('}');
}

fn is_same(was: Value<'_>, now: Value<'_>) -> bool {
    match (was.shape(), now.shape()) {
        (Shape::Number(was), Shape::Number(now)) => {
            match (was.parse::<i64>(), now.parse::<i64>()) {
                (Ok(was), Ok(now)) => was == now,
                _ => was.parse::<f64>().is_ok_and(|was| now.parse() == Ok(was)),
            }
        }
        (Shape::Bool(was), Shape::Bool(now)) => was == now,
        (Shape::Text(_), Shape::Text(_)) => {
            let (was, now) = (
                was.text().unwrap_or_default(),
                now.text().unwrap_or_default(),
            );
            was == now || parse_time(&was).is_some_and(|was| parse_time(&now) == Some(was))
        }
        _ => false,
    }
}
