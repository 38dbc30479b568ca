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
//! | none, or nothing but `null`, `NaN` and infinities | text, without values; in a top-level `…_last_run`, a time |
//!
//! `null`, `NaN` and infinities are no values, and fit all types. What is nested deeper than [`DEEPEST`] is JSON text.
//! Neither the types that come out nor the order of columns depend on the order of the rows.

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

/// The members of objects. Once [settled](Fields::settle) they stand as the fullest of the objects has them, whichever was met
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Member>);

#[derive(Debug, Clone)]
struct Member {
    name: String,
    kind: Kind,
    /// The last place at which any object has it.
    place: usize,
}

/// Where members stand says nothing of the type.
impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind
    }
}

impl Eq for Member {}

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
                for (place, (name, member)) in value.members().enumerate() {
                    let kind = fields.member(name, place, &mut near);
                    kind.observe(member, depth + 1);
                    if fields.0.len() > WIDEST {
                        *self = Self::Json;
                        return;
                    }
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
        let members = self.0.iter();
        members.map(|member| (member.name.as_str(), &member.kind))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Kind> {
        self.iter()
            .find(|(of, _)| *of == name)
            .map(|(_, kind)| kind)
    }

    /// Those of them that are named, in their own order.
    #[cfg(feature = "polars")]
    pub(crate) fn only(&self, names: &[String]) -> Self {
        let members = self.0.iter();
        let chosen = members.filter(|member| names.contains(&member.name));
        Self(chosen.cloned().collect())
    }

    /// All columns, those that have others inside included; not what is inside of lists.
    #[cfg(feature = "cli")]
    pub(crate) fn each_path(&self, mut tell: impl FnMut(Path)) {
        fn go(fields: &Fields, above: &mut Vec<String>, tell: &mut impl FnMut(Path)) {
            for (name, kind) in fields.iter() {
                above.push(name.to_owned());
                tell(Path::new(above.iter().cloned()));
                if let Kind::Object(fields) = kind {
                    go(fields, above, tell);
                }
                above.pop();
            }
        }
        go(self, &mut Vec::new(), &mut tell);
    }

    /// Which columns hold JSON since their values go into no one type, by dotted path; `[]` is each element of a list.
    /// `named` if the columns' names are paths already.
    pub(crate) fn mixed(&self, named: bool) -> Vec<String> {
        fn go(kind: &Kind, path: &str, mixed: &mut Vec<String>) {
            match kind {
                Kind::Json => mixed.push(path.to_owned()),
                Kind::List(of) => go(of, &format!("{path}[]"), mixed),
                Kind::Object(fields) => {
                    for (name, kind) in fields.iter() {
                        go(kind, &format!("{path}.{}", Path::new([name])), mixed);
                    }
                }
                _ => {}
            }
        }
        let mut mixed = Vec::new();
        for (name, kind) in self.iter() {
            let shown = if named {
                name.to_owned()
            } else {
                Path::new([name]).to_string()
            };
            go(kind, &shown, &mut mixed);
        }
        mixed
    }

    /// The members of an object as columns have them, `None` for those that it hasn't.
    pub(crate) fn members_of<'r>(&self, object: Option<Value<'r>>) -> Vec<Option<Value<'r>>> {
        let mut slots = vec![None; self.0.len()];
        let mut near = 0;
        for (name, value) in object.into_iter().flat_map(Value::members) {
            // They come in the order of the columns mostly.
            let mut places = (near..slots.len()).chain(0..near);
            if let Some(place) = places.find(|place| self.0[*place].name == name) {
                near = place + 1;
                // The first of several of one name.
                slots[place].get_or_insert(value);
            }
        }
        slots
    }

    #[cfg(feature = "cli")]
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Kind> {
        let found = self.0.iter_mut().find(|member| member.name == name);
        found.map(|member| &mut member.kind)
    }

    /// Makes room for the values of a row's columns.
    pub(crate) fn observe<'r, V: Into<Option<Value<'r>>>>(
        &mut self,
        row: impl IntoIterator<Item = (&'r str, V)>,
    ) {
        let mut near = 0;
        for (place, (column, value)) in row.into_iter().enumerate() {
            let Some(value) = value.into() else { continue };
            let is_time = column.ends_with(LAST_RUN)
                && value.text().is_some_and(|text| parse_time(&text).is_some());
            let kind = self.member(column, place, &mut near);
            if is_time {
                kind.merge(Kind::Time);
            } else {
                kind.observe(value, 1);
            }
        }
    }

    /// A column of which no value has been seen.
    pub(crate) fn expect(&mut self, column: &str) {
        self.member(column, self.0.len(), &mut 0);
    }

    pub(crate) fn merge(&mut self, others: Self) {
        let mut near = 0;
        for other in others.0 {
            let kind = self.member(&other.name, other.place, &mut near);
            kind.merge(other.kind);
        }
    }

    /// All rows have been seen: puts columns in an order that doesn't depend on theirs, and says that what an executor's
    /// `…_last_run` would hold are times where there was none.
    pub(crate) fn settle(&mut self) {
        for member in &mut self.0 {
            if member.kind == Kind::Null && member.name.ends_with(LAST_RUN) {
                member.kind = Kind::Time;
            }
        }
        self.order();
    }

    fn order(&mut self) {
        self.0
            .sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
        for member in &mut self.0 {
            let mut kind = &mut member.kind;
            while let Kind::List(of) = kind {
                kind = of;
            }
            if let Kind::Object(fields) = kind {
                fields.order();
            }
        }
    }

    /// The member of that name, new if there was none; `near` is where it probably is, since members come in the same
    /// order mostly, and then where the next one is.
    fn member(&mut self, name: &str, place: usize, near: &mut usize) -> &mut Kind {
        let is_near = self.0.get(*near).is_some_and(|member| member.name == name);
        let found = if is_near {
            Some(*near)
        } else {
            self.0.iter().position(|member| member.name == name)
        };
        let at = found.unwrap_or_else(|| {
            self.0.push(Member {
                name: name.to_owned(),
                kind: Kind::Null,
                place,
            });
            self.0.len() - 1
        });
        *near = at + 1;
        let member = &mut self.0[at];
        member.place = member.place.max(place);
        &mut member.kind
    }
}

/// What the fields end with that say when an executor ran.
const LAST_RUN: &str = "_last_run";

#[cfg(test)]
mod tests;
