//! Values of one kind as a column in memory, in the manner of [Arrow](https://arrow.apache.org/docs/format/Columnar.html), which
//! more than one crate has.

use std::borrow::Cow;

use super::kind::{Fields, Kind};
use super::{Shape, Value};
use crate::status::parse_time;

/// A crate's columns.
pub(crate) trait Arrays {
    type Array;
    type Error;

    fn booleans(values: Vec<Option<bool>>) -> Self::Array;
    fn integers(values: Vec<Option<i64>>) -> Self::Array;
    fn floats(values: Vec<Option<f64>>) -> Self::Array;
    /// In microseconds of UTC since 1970.
    fn times(values: Vec<Option<i64>>) -> Self::Array;
    fn texts(values: Vec<Option<Cow<'_, str>>>) -> Self::Array;
    /// Lists of these lengths; null where not `valid`.
    fn lists(
        of: &Kind,
        lengths: Vec<usize>,
        valid: Vec<bool>,
        elements: Self::Array,
    ) -> Result<Self::Array, Self::Error>;
    /// Objects with these members, of which there are some; null where not `valid`.
    fn objects(
        kinds: &Fields,
        valid: Vec<bool>,
        members: Vec<Self::Array>,
    ) -> Result<Self::Array, Self::Error>;
}

/// The columns inside of objects.
pub(crate) fn members<A: Arrays>(
    kinds: &Fields,
    objects: &[Option<Value<'_>>],
) -> Result<Vec<A::Array>, A::Error> {
    let rows: Vec<_> = objects
        .iter()
        .map(|object| kinds.members_of(*object))
        .collect();
    let columns = kinds.iter().enumerate().map(|(nth, (_, kind))| {
        let values: Vec<_> = rows.iter().map(|row| row[nth]).collect();
        array::<A>(kind, &values)
    });
    columns.collect()
}

/// Values of one kind, those that are missing or null among them.
pub(crate) fn array<A: Arrays>(
    kind: &Kind,
    values: &[Option<Value<'_>>],
) -> Result<A::Array, A::Error> {
    let shapes = || {
        let shapes = values.iter();
        shapes.map(|value| value.map_or(Shape::Null, Value::shape))
    };
    let valid = || shapes().map(|shape| shape != Shape::Null).collect();
    Ok(match kind {
        Kind::Bool => {
            let is = |shape| match shape {
                Shape::Bool(is) => Some(is),
                _ => None,
            };
            A::booleans(shapes().map(is).collect())
        }
        Kind::Int | Kind::BigInt => A::integers(shapes().map(number).collect()),
        Kind::Float => A::floats(shapes().map(number).collect()),
        Kind::Time => {
            let time = |value: &Option<Value<'_>>| parse_time(&value.and_then(Value::text)?);
            let times = values.iter().map(time);
            A::times(
                times
                    .map(|time| time.map(|time| time.timestamp_micros()))
                    .collect(),
            )
        }
        Kind::Text | Kind::Null => {
            let texts = values.iter();
            A::texts(texts.map(|value| value.and_then(Value::text)).collect())
        }
        Kind::List(of) => {
            let lists = || {
                let lists = values.iter().copied();
                lists.map(|list| list.into_iter().flat_map(Value::elements))
            };
            let elements: Vec<_> = lists().flatten().map(Some).collect();
            let lengths = lists().map(Iterator::count).collect();
            A::lists(of, lengths, valid(), array::<A>(of, &elements)?)?
        }
        Kind::Object(kinds) if !kinds.is_empty() => {
            A::objects(kinds, valid(), members::<A>(kinds, values)?)?
        }
        Kind::Json | Kind::Object(_) => {
            let there = values
                .iter()
                .map(|value| value.filter(|value| value.shape() != Shape::Null));
            A::texts(
                there
                    .map(|value| value.map(|value| Cow::Owned(value.json())))
                    .collect(),
            )
        }
    })
}

fn number<N: std::str::FromStr>(shape: Shape<'_>) -> Option<N> {
    match shape {
        Shape::Number(raw) => raw.parse().ok(),
        _ => None,
    }
}
