//! Values of one kind as a column of a frame.

use std::borrow::Cow;

use polars::prelude::{ArrayRef, DataFrame, IntoColumn, PolarsError, PolarsResult, Series};
use polars_arrow::array::{BooleanArray, ListArray, PrimitiveArray, StructArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_arrow::offset::Offsets;

use crate::rows::Value;
use crate::rows::array::{Arrays, members};
use crate::rows::kind::{Fields, Kind};

/// These columns of rows.
pub(super) fn frame(fields: &Fields, rows: &[Value<'_>]) -> PolarsResult<DataFrame> {
    let rows: Vec<Option<Value<'_>>> = rows.iter().copied().map(Some).collect();
    let arrays = members::<Polars>(fields, &rows)?;
    let columns = fields
        .iter()
        .zip(arrays)
        .map(|((name, _), array)| Ok(Series::from_arrow(name.into(), array)?.into_column()));
    DataFrame::new(rows.len(), columns.collect::<PolarsResult<_>>()?)
}

fn data_type(kind: &Kind) -> ArrowDataType {
    match kind {
        Kind::Bool => ArrowDataType::Boolean,
        Kind::Int | Kind::BigInt => ArrowDataType::Int64,
        Kind::Float => ArrowDataType::Float64,
        Kind::Time => ArrowDataType::Timestamp(TimeUnit::Microsecond, None),
        Kind::List(of) => ListArray::<i64>::default_datatype(data_type(of)),
        Kind::Object(kinds) if !kinds.is_empty() => {
            let fields = kinds.iter();
            let fields = fields.map(|(name, kind)| Field::new(name.into(), data_type(kind), true));
            ArrowDataType::Struct(fields.collect())
        }
        Kind::Null | Kind::Text | Kind::Json | Kind::Object(_) => ArrowDataType::Utf8View,
    }
}

/// The columns of the crate `polars-arrow`.
struct Polars;

impl Arrays for Polars {
    type Array = ArrayRef;
    type Error = PolarsError;

    fn booleans(values: Vec<Option<bool>>) -> ArrayRef {
        Box::new(BooleanArray::from(values))
    }

    fn integers(values: Vec<Option<i64>>) -> ArrayRef {
        Box::new(PrimitiveArray::from(values))
    }

    fn floats(values: Vec<Option<f64>>) -> ArrayRef {
        Box::new(PrimitiveArray::from(values))
    }

    fn times(values: Vec<Option<i64>>) -> ArrayRef {
        Box::new(PrimitiveArray::from(values).to(data_type(&Kind::Time)))
    }

    fn texts(values: Vec<Option<Cow<'_, str>>>) -> ArrayRef {
        Box::new(Utf8ViewArray::from_slice(values))
    }

    fn lists(
        of: &Kind,
        lengths: Vec<usize>,
        valid: Vec<bool>,
        elements: ArrayRef,
    ) -> PolarsResult<ArrayRef> {
        let of = ListArray::<i64>::default_datatype(data_type(of));
        let offsets = Offsets::<i64>::try_from_lengths(lengths.into_iter())?;
        let lists = ListArray::try_new(of, offsets.into(), elements, Some(valid.into()))?;
        Ok(Box::new(lists))
    }

    fn objects(kinds: &Fields, valid: Vec<bool>, members: Vec<ArrayRef>) -> PolarsResult<ArrayRef> {
        let of = data_type(&Kind::Object(kinds.clone()));
        let objects = StructArray::try_new(of, valid.len(), members, Some(valid.into()))?;
        Ok(Box::new(objects))
    }
}
