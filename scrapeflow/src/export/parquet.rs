//! Parquet: nested columns as structs and lists, times in microseconds of UTC; compressed by Snappy.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields as ArrowFields, Schema, TimeUnit};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::destination::Destination;
use super::spill::Spill;
use crate::rows::kind::{Fields, Kind};
use crate::rows::{Row, Shape, Value};
use crate::status::parse_time;

/// Rows of a group; a writer holds one group.
const GROUP: usize = 32 * 1024;

pub(crate) async fn write(spill: Spill, to: &mut Destination) -> io::Result<()> {
    let kinds = spill.fields.clone();
    let schema = Arc::new(Schema::new(fields(&kinds)));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP))
        .build();
    let mut writer = ArrowWriter::try_new(&mut *to, schema.clone(), Some(properties))
        .map_err(io::Error::other)?;
    let mut batches = std::pin::pin!(spill.rows(move |rows| batch(&schema, &kinds, rows))?);
    while let Some(batch) = batches.try_next().await? {
        writer.write(&batch?).map_err(io::Error::other)?;
    }
    writer.close().map_err(io::Error::other)?;
    to.flush()
}

fn batch(schema: &Arc<Schema>, kinds: &Fields, rows: &[Row<'_>]) -> io::Result<RecordBatch> {
    let rows: Vec<Option<Value<'_>>> = rows.iter().map(|row| Some(row.value())).collect();
    RecordBatch::try_new(schema.clone(), members(kinds, &rows)).map_err(io::Error::other)
}

fn fields(kinds: &Fields) -> ArrowFields {
    kinds
        .iter()
        .map(|(name, kind)| Field::new(name, data_type(kind), true))
        .collect()
}

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Bool => DataType::Boolean,
        Kind::Int | Kind::BigInt => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::List(of) => DataType::List(element(of)),
        Kind::Object(kinds) if !kinds.is_empty() => DataType::Struct(fields(kinds)),
        Kind::Null | Kind::Text | Kind::Json | Kind::Object(_) => DataType::Utf8,
    }
}

fn element(of: &Kind) -> Arc<Field> {
    Arc::new(Field::new("element", data_type(of), true))
}

/// The columns inside of objects.
fn members(kinds: &Fields, objects: &[Option<Value<'_>>]) -> Vec<ArrayRef> {
    let columns = kinds.iter().map(|(name, kind)| {
        let values: Vec<_> = objects
            .iter()
            .map(|object| object.and_then(|object| object.get(name)))
            .collect();
        column(kind, &values)
    });
    columns.collect()
}

/// Values of one kind, those that are missing or null among them.
fn column(kind: &Kind, values: &[Option<Value<'_>>]) -> ArrayRef {
    let shapes = || {
        values
            .iter()
            .map(|value| value.map_or(Shape::Null, Value::shape))
    };
    match kind {
        Kind::Bool => {
            let mut column = BooleanBuilder::with_capacity(values.len());
            shapes().for_each(|shape| match shape {
                Shape::Bool(is) => column.append_value(is),
                _ => column.append_null(),
            });
            Arc::new(column.finish())
        }
        Kind::Int | Kind::BigInt => {
            let mut column = Int64Builder::with_capacity(values.len());
            shapes().for_each(|shape| column.append_option(number(shape)));
            Arc::new(column.finish())
        }
        Kind::Float => {
            let mut column = Float64Builder::with_capacity(values.len());
            shapes().for_each(|shape| column.append_option(number(shape)));
            Arc::new(column.finish())
        }
        Kind::Time => {
            let mut column = TimestampMicrosecondBuilder::with_capacity(values.len());
            for value in values {
                let time = value
                    .and_then(Value::text)
                    .and_then(|text| parse_time(&text));
                column.append_option(time.map(|time| time.timestamp_micros()));
            }
            Arc::new(column.finish().with_timezone("UTC"))
        }
        Kind::List(of) => list(of, values),
        Kind::Object(kinds) if !kinds.is_empty() => {
            let nulls: NullBuffer = shapes().map(|shape| shape != Shape::Null).collect();
            Arc::new(StructArray::new(
                fields(kinds),
                members(kinds, values),
                Some(nulls),
            ))
        }
        Kind::Text | Kind::Null => {
            let mut column = StringBuilder::new();
            for value in values {
                column.append_option(value.and_then(Value::text));
            }
            Arc::new(column.finish())
        }
        Kind::Json | Kind::Object(_) => {
            let mut column = StringBuilder::new();
            for value in values {
                let value = value.filter(|value| value.shape() != Shape::Null);
                column.append_option(value.map(Value::json));
            }
            Arc::new(column.finish())
        }
    }
}

fn number<N: std::str::FromStr>(shape: Shape<'_>) -> Option<N> {
    match shape {
        Shape::Number(raw) => raw.parse().ok(),
        _ => None,
    }
}

fn list(of: &Kind, values: &[Option<Value<'_>>]) -> ArrayRef {
    let lists: Vec<Vec<Option<Value<'_>>>> = values
        .iter()
        .map(|list| {
            list.map(|list| list.elements().map(Some).collect())
                .unwrap_or_default()
        })
        .collect();
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(Vec::len));
    let nulls: NullBuffer = values
        .iter()
        .map(|value| value.is_some_and(|list| list.shape() == Shape::List))
        .collect();
    let elements = column(of, &lists.concat());
    Arc::new(ListArray::new(element(of), offsets, elements, Some(nulls)))
}
