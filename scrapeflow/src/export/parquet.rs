//! Parquet: nested columns as structs and lists, times in microseconds of UTC; compressed by Snappy.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, Fields as ArrowFields, Schema, TimeUnit};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::destination::Destination;
use super::spill::Spill;
use crate::rows::array::{Arrays, members};
use crate::rows::kind::{Fields, Kind};
use crate::rows::{Row, Value};

/// Rows of a group at most.
const GROUP: usize = 32 * 1024;

/// And bytes, since a writer holds one group.
const HELD: usize = 32 * 1024 * 1024;

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
        if writer.in_progress_size() > HELD {
            writer.flush().map_err(io::Error::other)?;
        }
    }
    writer.close().map_err(io::Error::other)?;
    to.flush()
}

fn batch(schema: &Arc<Schema>, kinds: &Fields, rows: &[Row<'_>]) -> io::Result<RecordBatch> {
    let rows: Vec<Option<Value<'_>>> = rows.iter().map(|row| Some(row.value())).collect();
    let columns = members::<Arrow>(kinds, &rows).map_err(io::Error::other)?;
    RecordBatch::try_new(schema.clone(), columns).map_err(io::Error::other)
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

/// The columns of the crate `arrow-array`.
struct Arrow;

impl Arrays for Arrow {
    type Array = ArrayRef;
    type Error = ArrowError;

    fn booleans(values: Vec<Option<bool>>) -> ArrayRef {
        Arc::new(BooleanArray::from(values))
    }

    fn integers(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    fn floats(values: Vec<Option<f64>>) -> ArrayRef {
        Arc::new(Float64Array::from(values))
    }

    fn times(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    }

    fn texts(values: Vec<Option<Cow<'_, str>>>) -> ArrayRef {
        Arc::new(StringArray::from_iter(values))
    }

    fn lists(
        of: &Kind,
        lengths: Vec<usize>,
        valid: Vec<bool>,
        elements: ArrayRef,
    ) -> Result<ArrayRef, ArrowError> {
        let offsets = OffsetBuffer::from_lengths(lengths);
        let lists = ListArray::try_new(element(of), offsets, elements, Some(valid.into()))?;
        Ok(Arc::new(lists))
    }

    fn objects(
        kinds: &Fields,
        valid: Vec<bool>,
        members: Vec<ArrayRef>,
    ) -> Result<ArrayRef, ArrowError> {
        let objects = StructArray::try_new(fields(kinds), members, Some(valid.into()))?;
        Ok(Arc::new(objects))
    }
}
