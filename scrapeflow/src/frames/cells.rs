//! The cells of a column, as statuses say it.

use chrono::DateTime;
use polars::prelude::{DataType, PlSmallStr, PolarsResult, Series, TimeUnit};

use super::failed;
use crate::rows::Row;
use crate::rows::kind::{Fields, Kind};
use crate::status::spell_time;

/// What a cell says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Null, and numbers that are none.
    Nothing,
    Bool(bool),
    /// As JSON spells it.
    Number(String),
    Text(String),
    /// A value that went into no type, as JSON without white space.
    Json(String),
    List(Vec<Cell>),
    /// Each member that the type has.
    Struct(Vec<(PlSmallStr, Cell)>),
}

/// A cell a row. `kind` is what the directory has there, where that is known: its texts may hold JSON.
pub(super) fn cells(column: &Series, kind: Option<&Kind>) -> PolarsResult<Vec<Cell>> {
    let number = |number: Option<String>| number.map_or(Cell::Nothing, Cell::Number);
    Ok(match column.dtype() {
        DataType::Null => vec![Cell::Nothing; column.len()],
        DataType::Boolean => {
            let cells = column.bool()?.iter();
            cells
                .map(|is| is.map_or(Cell::Nothing, Cell::Bool))
                .collect()
        }
        DataType::String => texts(column, kind)?,
        of if of.is_signed_integer() => {
            let whole = column.cast(&DataType::Int64)?;
            let cells = whole.i64()?.iter();
            cells
                .map(|of| number(of.map(|of| of.to_string())))
                .collect()
        }
        of if of.is_unsigned_integer() => {
            let whole = column.cast(&DataType::UInt64)?;
            let cells = whole.u64()?.iter();
            cells
                .map(|of| number(of.map(|of| of.to_string())))
                .collect()
        }
        of if of.is_float() => {
            let numbers = column.cast(&DataType::Float64)?;
            // JSON has none for what is not finite.
            let finite = numbers
                .f64()?
                .iter()
                .map(|number| number.filter(|number| number.is_finite()));
            finite
                .map(|of| number(of.and_then(|of| serde_json::to_string(&of).ok())))
                .collect()
        }
        DataType::Datetime(unit, _) => times(column, *unit)?,
        DataType::List(_) => lists(column, kind)?,
        DataType::Struct(_) => structs(column, kind)?,
        other => {
            return Err(failed(format!(
                "column `{}`: statuses have nothing for {other}; cast it to a text or a number",
                column.name()
            )));
        }
    })
}

fn texts(column: &Series, kind: Option<&Kind>) -> PolarsResult<Vec<Cell>> {
    // An object without members has no columns of its own.
    let are_json = match kind {
        Some(Kind::Json) => true,
        Some(Kind::Object(fields)) => fields.is_empty(),
        _ => false,
    };
    let cell = |text: Option<&str>| match text {
        None => Ok(Cell::Nothing),
        Some(text) if are_json => match Row::of_json(text) {
            Ok(inside) => Ok(Cell::Json(inside.value().json())),
            Err(why) => Err(failed(format!(
                "column `{}` holds JSON, since its values go into no one type, and `{text}` {why}; a text has its quotes there",
                column.name()
            ))),
        },
        Some(text) => Ok(Cell::Text(text.to_owned())),
    };
    column.str()?.iter().map(cell).collect()
}

/// Of UTC; those with a zone are told from it by their column's type alone.
fn times(column: &Series, unit: TimeUnit) -> PolarsResult<Vec<Cell>> {
    let in_microseconds = |time: i64| match unit {
        TimeUnit::Nanoseconds => Some(time.div_euclid(1000)),
        TimeUnit::Microseconds => Some(time),
        TimeUnit::Milliseconds => time.checked_mul(1000),
    };
    let spelled = |time: Option<i64>| {
        let time = DateTime::from_timestamp_micros(in_microseconds(time?)?)?;
        Some(Cell::Text(spell_time(time)))
    };
    let times = column.to_physical_repr();
    let cells = times.i64()?.iter();
    Ok(cells
        .map(|time| spelled(time).unwrap_or(Cell::Nothing))
        .collect())
}

fn lists(column: &Series, kind: Option<&Kind>) -> PolarsResult<Vec<Cell>> {
    let inside = match kind {
        Some(Kind::List(of)) => Some(&**of),
        _ => None,
    };
    let lists = column.list()?.amortized_iter().map(|list| {
        list.map_or(Ok(Cell::Nothing), |list| {
            Ok(Cell::List(cells(list.as_ref(), inside)?))
        })
    });
    lists.collect()
}

fn structs(column: &Series, kind: Option<&Kind>) -> PolarsResult<Vec<Cell>> {
    let inside = match kind {
        Some(Kind::Object(fields)) => Some(fields),
        _ => None,
    };
    let members = column.struct_()?.fields_as_series();
    let members = members.iter().map(|member| {
        let kind = inside.and_then(|fields: &Fields| fields.get(member.name()));
        Ok((member.name().clone(), cells(member, kind)?.into_iter()))
    });
    let mut members = members.collect::<PolarsResult<Vec<_>>>()?;
    let is_null = column.is_null();
    let structs = is_null.iter().map(|is_null| {
        let members = members.iter_mut();
        let members =
            members.map(|(name, cells)| (name.clone(), cells.next().unwrap_or(Cell::Nothing)));
        let members: Vec<_> = members.collect();
        if is_null == Some(true) {
            Cell::Nothing
        } else {
            Cell::Struct(members)
        }
    });
    Ok(structs.collect())
}
