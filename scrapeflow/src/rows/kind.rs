//! What type a column has, once all its values have been seen.
//!
//! | values | type |
//! | --- | --- |
//! | `true`, `false` | boolean |
//! | whole numbers from -2⁶³ to 2⁶³ - 1 | integer |
//! | numbers, some with a fraction | float; but JSON text if that took digits from one of the whole numbers (beyond ±2⁵³) or one is too large |
//! | texts | text; in a top-level `…_last_run`, a time if all read as such |
//! | lists | a list of what their elements are |
//! | objects | a struct of all members that were met; JSON text if there are none, or more than [`WIDEST`] |
//! | values that go into no one of these | JSON text, each value as JSON, so that none is lost |
//! | none, or nothing but `null` and `NaN` | text, without values |
//!
//! `null` and `NaN` are no values, and fit all types. What is nested deeper than [`DEEPEST`] is JSON text.
//! Which type comes out does not depend on the order of the rows.

use super::path::Path;
use super::value::{Shape, Value};
use crate::status::parse_time;

/// Members of an object that are columns of their own; where more have been met, they are data rather than names.
pub(crate) const WIDEST: usize = 256;

/// Levels of lists and objects that are columns of their own.
pub(crate) const DEEPEST: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    /// Within ±2⁵³, so that a float holds it, too.
    Int,
    /// Fits 64 bits with a sign.
    BigInt,
    Float,
    Text,
    Time,
    List(Box<Kind>),
    Object(Fields),
    Json,
}

/// The members of objects, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, Kind)>);

impl Kind {
    /// Makes room for a value.
    fn observe(&mut self, value: Value<'_>, depth: usize) {
        match (&mut *self, value.shape()) {
            (Self::Json, _)
            | (_, Shape::Null)
            | (Self::Text, Shape::Text(_))
            | (Self::Bool, Shape::Bool(_)) => {}
            (_, Shape::List | Shape::Object) if depth == DEEPEST => *self = Self::Json,
            (Self::List(of), Shape::List) => {
                for element in value.elements() {
                    of.observe(element, depth + 1);
                }
            }
            (Self::Object(fields), Shape::Object) => {
                let mut near = 0;
                for (name, member) in value.members() {
                    fields.member(name, &mut near).observe(member, depth + 1);
                }
                if fields.0.len() > WIDEST {
                    *self = Self::Json;
                }
            }
            (Self::Null, Shape::List) => {
                *self = Self::List(Box::new(Self::Null));
                self.observe(value, depth);
            }
            (Self::Null, Shape::Object) => {
                *self = Self::Object(Fields::default());
                self.observe(value, depth);
            }
            (_, shape) => self.merge(Self::of_scalar(shape)),
        }
    }

    fn of_scalar(shape: Shape<'_>) -> Self {
        match shape {
            Shape::Null => Self::Null,
            Shape::Bool(_) => Self::Bool,
            Shape::Text(_) => Self::Text,
            Shape::Number(raw) => of_number(raw),
            // Of another kind than whatever it is to be merged with.
            Shape::List | Shape::Object => Self::Json,
        }
    }

    /// Makes room for what another kind has room for.
    pub(crate) fn merge(&mut self, other: Self) {
        use Kind::{BigInt, Float, Int, Json, List, Null, Object, Text, Time};
        let own = std::mem::replace(self, Null);
        *self = match (own, other) {
            (Null, kind) | (kind, Null) => kind,
            (List(mut of), List(other)) => {
                of.merge(*other);
                List(of)
            }
            (Object(mut fields), Object(others)) => {
                fields.merge(others);
                if fields.0.len() > WIDEST {
                    Json
                } else {
                    Object(fields)
                }
            }
            (Int, BigInt) | (BigInt, Int) => BigInt,
            (Int, Float) | (Float, Int) => Float,
            (Text, Time) | (Time, Text) => Text,
            (own, other) if own == other => own,
            _ => Json,
        };
    }
}

fn of_number(raw: &str) -> Kind {
    const EXACT: u64 = 1 << 53;
    if raw.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        let number: f64 = raw.parse().unwrap_or(f64::INFINITY);
        return if number.is_finite() {
            Kind::Float
        } else {
            Kind::Json
        };
    }
    match raw.parse::<i64>() {
        // A float has it, an integer doesn't.
        Ok(0) if raw.starts_with('-') => Kind::Float,
        Ok(number) if number.unsigned_abs() <= EXACT => Kind::Int,
        Ok(_) => Kind::BigInt,
        Err(_) => Kind::Json,
    }
}

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Kind)> {
        self.0.iter().map(|(name, kind)| (name.as_str(), kind))
    }

    #[cfg(feature = "cli")]
    pub(crate) fn get(&self, name: &str) -> Option<&Kind> {
        self.iter()
            .find(|(of, _)| *of == name)
            .map(|(_, kind)| kind)
    }

    /// Those of them that are named, in their own order.
    #[cfg(feature = "polars")]
    pub(crate) fn only(&self, names: &[String]) -> Self {
        let chosen = self.0.iter().filter(|(of, _)| names.contains(of));
        Self(chosen.cloned().collect())
    }

    /// All columns, those that have others inside included.
    pub(crate) fn each_path(&self, mut tell: impl FnMut(Path, &Kind)) {
        fn go(fields: &Fields, above: &mut Vec<String>, tell: &mut impl FnMut(Path, &Kind)) {
            for (name, kind) in fields.iter() {
                above.push(name.to_owned());
                tell(Path::new(above.iter().cloned()), kind);
                if let Kind::Object(fields) = kind {
                    go(fields, above, tell);
                }
                above.pop();
            }
        }
        go(self, &mut Vec::new(), &mut tell);
    }

    #[cfg(feature = "cli")]
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Kind> {
        let found = self.0.iter_mut().find(|(of, _)| of == name);
        found.map(|(_, kind)| kind)
    }

    /// Makes room for the values of a row's columns.
    pub(crate) fn observe<'r>(&mut self, row: impl IntoIterator<Item = (&'r str, Value<'r>)>) {
        let mut near = 0;
        for (column, value) in row {
            let is_time = column.ends_with("_last_run")
                && value.text().is_some_and(|text| parse_time(&text).is_some());
            let kind = self.member(column, &mut near);
            if is_time {
                kind.merge(Kind::Time);
            } else {
                kind.observe(value, 1);
            }
        }
    }

    /// A column of which no value has been seen.
    #[cfg(feature = "cli")]
    pub(crate) fn expect(&mut self, column: &str) {
        self.member(column, &mut 0);
    }

    pub(crate) fn merge(&mut self, others: Self) {
        let mut near = 0;
        for (name, kind) in others.0 {
            self.member(&name, &mut near).merge(kind);
        }
    }

    /// The member of that name, new if there was none; `near` is where it probably is, since members come in the same
    /// order mostly, and then where the next one is.
    fn member(&mut self, name: &str, near: &mut usize) -> &mut Kind {
        let is_near = self.0.get(*near).is_some_and(|(of, _)| of == name);
        let found = if is_near {
            Some(*near)
        } else {
            self.0.iter().position(|(of, _)| of == name)
        };
        let at = found.unwrap_or_else(|| {
            self.0.push((name.to_owned(), Kind::Null));
            self.0.len() - 1
        });
        *near = at + 1;
        &mut self.0[at].1
    }
}

#[cfg(test)]
mod tests;
