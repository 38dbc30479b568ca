//! Nested columns side by side, for formats that have no others.

use crate::rows::kind::{Fields, Kind};
use crate::rows::{Path, Row, Value};

/// The columns of rows that have no columns inside.
#[derive(Debug)]
pub(super) struct Leaves {
    fields: Fields,
    /// By dotted path, in their order.
    pub(super) columns: Vec<(String, Kind)>,
}

impl Leaves {
    /// Those inside of these; `named` if their names are paths already, because they were chosen by them.
    pub(super) fn of(fields: Fields, named: bool) -> Self {
        let mut columns = Vec::new();
        for (name, kind) in fields.iter() {
            let shown = if named {
                name.to_owned()
            } else {
                Path::new([name]).to_string()
            };
            add(&mut columns, shown, kind);
        }
        Self { fields, columns }
    }

    /// The cells of a row, in the order of the columns.
    pub(super) fn of_row<'r>(
        &self,
        row: &'r Row<'_>,
        mut cell: impl FnMut(&Kind, Option<Value<'r>>),
    ) {
        walk(&self.fields, Some(row.value()), &mut cell);
    }
}

fn add(columns: &mut Vec<(String, Kind)>, shown: String, kind: &Kind) {
    match kind {
        Kind::Object(fields) if !fields.is_empty() => {
            for (name, kind) in fields.iter() {
                add(columns, format!("{shown}.{}", Path::new([name])), kind);
            }
        }
        kind => columns.push((shown, kind.clone())),
    }
}

fn walk<'r>(
    fields: &Fields,
    object: Option<Value<'r>>,
    cell: &mut impl FnMut(&Kind, Option<Value<'r>>),
) {
    for ((_, kind), value) in fields.iter().zip(fields.members_of(object)) {
        match kind {
            Kind::Object(fields) if !fields.is_empty() => walk(fields, value, cell),
            kind => cell(kind, value),
        }
    }
}
