//! Values of one kind as a column of a frame.

use polars::prelude::{ArrayRef, PolarsResult, Series};
use polars_arrow::array::{BooleanArray, ListArray, PrimitiveArray, StructArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_arrow::offset::Offsets;

use crate::rows::kind::{Fields, Kind};
use crate::rows::{Shape, Value};
use crate::status::parse_time;

/// The column `name` of rows.
pub(super) fn series(name: &str, kind: &Kind, rows: &[Value<'_>]) -> PolarsResult<Series> {
    let values: Vec<Option<Value<'_>>> = rows.iter().map(|row| row.get(name)).collect();
    Series::from_arrow(name.into(), array(kind, &values)?)
}

fn data_type(kind: &Kind) -> ArrowDataType {
    match kind {
        Kind::Bool => ArrowDataType::Boolean,
        Kind::Int | Kind::BigInt => ArrowDataType::Int64,
        Kind::Float => ArrowDataType::Float64,
        Kind::Time => ArrowDataType::Timestamp(TimeUnit::Microsecond, None),
        Kind::List(of) => ListArray::<i64>::default_datatype(data_type(of)),
        Kind::Object(kinds) if !kinds.is_empty() => ArrowDataType::Struct(fields(kinds)),
        Kind::Null | Kind::Text | Kind::Json | Kind::Object(_) => ArrowDataType::Utf8View,
    }
}

fn fields(kinds: &Fields) -> Vec<Field> {
    let fields = kinds.iter();
    fields
        .map(|(name, kind)| Field::new(name.into(), data_type(kind), true))
        .collect()
}

/// Values of one kind, those that are missing or null among them.
fn array(kind: &Kind, values: &[Option<Value<'_>>]) -> PolarsResult<ArrayRef> {
    let shapes = || {
        values
            .iter()
            .map(|value| value.map_or(Shape::Null, Value::shape))
    };
    let is_there = |shape: Shape<'_>| shape != Shape::Null;
    Ok(match kind {
        Kind::Bool => {
            let values: Vec<Option<bool>> = shapes()
                .map(|shape| match shape {
                    Shape::Bool(is) => Some(is),
                    _ => None,
                })
                .collect();
            Box::new(BooleanArray::from(values))
        }
        Kind::Int | Kind::BigInt => {
            let values: Vec<Option<i64>> = shapes().map(number).collect();
            Box::new(PrimitiveArray::from(values))
        }
        Kind::Float => {
            let values: Vec<Option<f64>> = shapes().map(number).collect();
            Box::new(PrimitiveArray::from(values))
        }
        Kind::Time => {
            let time = |value: &Option<Value<'_>>| parse_time(&value.and_then(Value::text)?);
            let times: Vec<Option<i64>> = values
                .iter()
                .map(|value| time(value).map(|time| time.timestamp_micros()))
                .collect();
            Box::new(PrimitiveArray::from(times).to(data_type(kind)))
        }
        Kind::List(of) => {
            let elements: Vec<Option<Value<'_>>> = values
                .iter()
                .flatten()
                .flat_map(|list| list.elements().map(Some))
                .collect();
            let lengths = values
                .iter()
                .map(|list| list.map_or(0, |list| list.elements().count()));
            let offsets = Offsets::<i64>::try_from_lengths(lengths)?;
            let validity = shapes().map(is_there).collect::<Bitmap>();
            let elements = array(of, &elements)?;
            Box::new(ListArray::new(
                data_type(kind),
                offsets.into(),
                elements,
                Some(validity),
            ))
        }
        Kind::Object(kinds) if !kinds.is_empty() => {
            let members = kinds.iter().map(|(name, kind)| {
                let members: Vec<_> = values
                    .iter()
                    .map(|object| object.and_then(|object| object.get(name)))
                    .collect();
                array(kind, &members)
            });
            let members = members.collect::<PolarsResult<Vec<_>>>()?;
            let validity = shapes().map(is_there).collect::<Bitmap>();
            Box::new(StructArray::new(
                data_type(kind),
                values.len(),
                members,
                Some(validity),
            ))
        }
        Kind::Text | Kind::Null => {
            let texts = values.iter().map(|value| value.and_then(Value::text));
            Box::new(Utf8ViewArray::from_slice(texts.collect::<Vec<_>>()))
        }
        Kind::Json | Kind::Object(_) => {
            let values = values
                .iter()
                .map(|value| value.filter(|value| is_there(value.shape())));
            let texts: Vec<Option<String>> = values.map(|value| value.map(Value::json)).collect();
            Box::new(Utf8ViewArray::from_slice(texts))
        }
    })
}

fn number<N: std::str::FromStr>(shape: Shape<'_>) -> Option<N> {
    match shape {
        Shape::Number(raw) => raw.parse().ok(),
        _ => None,
    }
}
