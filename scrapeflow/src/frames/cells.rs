//! The cells of a column as JSON.

use chrono::DateTime;
use polars::prelude::{DataType, PolarsResult, Series, TimeUnit};

use super::failed;
use crate::status::{json, spell_time};

/// A cell a row, `None` for null and for numbers that are none.
pub(super) fn cells(column: &Series) -> PolarsResult<Vec<Option<String>>> {
    let cells = match column.dtype() {
        DataType::Null => vec![None; column.len()],
        DataType::Boolean => column
            .bool()?
            .iter()
            .map(|is| Some(is?.to_string()))
            .collect(),
        DataType::String => column
            .str()?
            .iter()
            .map(|text| text.map(json::quoted))
            .collect(),
        of if of.is_signed_integer() => {
            let whole = column.cast(&DataType::Int64)?;
            whole
                .i64()?
                .iter()
                .map(|number| Some(number?.to_string()))
                .collect()
        }
        of if of.is_unsigned_integer() => {
            let whole = column.cast(&DataType::UInt64)?;
            whole
                .u64()?
                .iter()
                .map(|number| Some(number?.to_string()))
                .collect()
        }
        of if of.is_float() => {
            let numbers = column.cast(&DataType::Float64)?;
            let spelled = |number: Option<f64>| serde_json::to_string(&number?).ok();
            let cells = numbers.f64()?.iter().map(spelled);
            // JSON has none for what is not finite.
            cells
                .map(|cell| cell.filter(|cell| cell != "null"))
                .collect()
        }
        DataType::Datetime(_, None) => {
            let times = column.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?;
            let times = times.to_physical_repr();
            let spelled = |time: Option<i64>| {
                Some(json::quoted(&spell_time(DateTime::from_timestamp_micros(
                    time?,
                )?)))
            };
            times.i64()?.iter().map(spelled).collect()
        }
        DataType::List(_) => lists(column)?,
        DataType::Struct(_) => structs(column)?,
        other => {
            return Err(failed(format!(
                "column `{}`: statuses have nothing for {other}; cast it to a text or a number",
                column.name()
            )));
        }
    };
    Ok(cells)
}

fn lists(column: &Series) -> PolarsResult<Vec<Option<String>>> {
    let lists = column.list()?.amortized_iter().map(|list| {
        let Some(list) = list else { return Ok(None) };
        let elements = cells(list.as_ref())?;
        let elements: Vec<&str> = elements
            .iter()
            .map(|element| element.as_deref().unwrap_or("null"))
            .collect();
        Ok(Some(format!("[{}]", elements.join(","))))
    });
    lists.collect()
}

/// Members that are null are left out.
fn structs(column: &Series) -> PolarsResult<Vec<Option<String>>> {
    let members = column.struct_()?.fields_as_series();
    let members = members
        .iter()
        .map(|member| Ok((json::quoted(member.name()), cells(member)?)));
    let members = members.collect::<PolarsResult<Vec<_>>>()?;
    let is_null = column.is_null();
    let structs = is_null.iter().enumerate().map(|(row, is_null)| {
        if is_null == Some(true) {
            return None;
        }
        let members = members
            .iter()
            .filter_map(|(name, cells)| Some((name, cells[row].as_ref()?)));
        let members: Vec<String> = members
            .map(|(name, cell)| format!("{name}:{cell}"))
            .collect();
        Some(format!("{{{}}}", members.join(",")))
    });
    Ok(structs.collect())
}
