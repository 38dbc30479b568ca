//! Nested columns side by side, for formats that have no others.

use crate::rows::kind::{Fields, Kind};
use crate::rows::{Path, Row, Value};

/// A column without columns inside.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// By dotted path.
    pub(super) name: String,
    pub(super) kind: Kind,
    path: Path,
}

impl Leaf {
    pub(super) fn value<'r>(&self, row: &'r Row<'_>) -> Option<Value<'r>> {
        row.get(&self.path)
    }
}

/// The columns of rows; `named` if their names are paths already, because they were chosen by them.
pub(super) fn leaves(fields: &Fields, named: bool) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (name, kind) in fields.iter() {
        let shown = if named {
            name.to_owned()
        } else {
            Path::new([name]).to_string()
        };
        add(&mut leaves, shown, vec![name.to_owned()], kind);
    }
    leaves
}

fn add(leaves: &mut Vec<Leaf>, shown: String, path: Vec<String>, kind: &Kind) {
    match kind {
        Kind::Object(fields) if !fields.is_empty() => {
            for (name, kind) in fields.iter() {
                let shown = format!("{shown}.{}", Path::new([name]));
                add(
                    leaves,
                    shown,
                    [path.as_slice(), &[name.to_owned()]].concat(),
                    kind,
                );
            }
        }
        kind => leaves.push(Leaf {
            name: shown,
            kind: kind.clone(),
            path: Path::new(path),
        }),
    }
}
