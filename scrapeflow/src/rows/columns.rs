//! Which columns a store's rows have.

use std::sync::Arc;

use futures::TryStreamExt;

use super::kind::{Fields, Kind};
use super::{Path, Row, batches};
use crate::store::{Store, StoreError};
use crate::workflow::nearest;

/// Looks at the first statuses, and goes on until what was met is `enough`.
pub(crate) async fn columns(
    store: &Arc<dyn Store>,
    enough: impl Fn(&Fields) -> bool,
) -> Result<Fields, StoreError> {
    let seen = batches(store, |fields: &mut Fields, key, status| {
        // What is broken is told where rows are read for good.
        let _ = Row::with(key, status, |row| fields.observe(row.fields()));
        Ok(())
    });
    let mut seen = std::pin::pin!(seen);
    let mut fields = Fields::default();
    while let Some(more) = seen.try_next().await? {
        fields.merge(more.made);
        if enough(&fields) {
            break;
        }
    }
    fields.settle();
    Ok(fields)
}

impl Fields {
    /// Whether any row may have something there.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let mut names = path.names();
        let Some(mut kind) = names.next().and_then(|name| self.get(name)) else {
            return false;
        };
        for name in names {
            kind = match kind {
                Kind::Object(fields) => match fields.get(name) {
                    Some(kind) => kind,
                    None => return false,
                },
                Kind::List(of) if name.parse::<usize>().is_ok() => of,
                // Of many shapes, which are not kept apart.
                Kind::Json => return true,
                _ => return false,
            };
        }
        true
    }

    /// Puts what is inside of the list at `path` in its place.
    pub(crate) fn explode(&mut self, path: &Path) {
        let mut names = path.names();
        let Some(mut kind) = names.next().and_then(|name| self.get_mut(name)) else {
            return;
        };
        for name in names {
            kind = match kind {
                Kind::Object(fields) => match fields.get_mut(name) {
                    Some(inside) => inside,
                    None => return,
                },
                Kind::List(of) if name.parse::<usize>().is_ok() => of,
                _ => return,
            };
        }
        if let Kind::List(of) = kind {
            *kind = std::mem::replace(&mut **of, Kind::Null);
        }
    }

    /// What is said of a column that no row has.
    pub(crate) fn unknown(&self, path: &Path) -> String {
        let mut known = Vec::new();
        self.each_path(|path| known.push(path.to_string()));
        let asked = path.to_string();
        if let Some(nearest) = nearest(&asked, known.iter().map(String::as_str)) {
            return format!("there is no column `{asked}`; did you mean `{nearest}`?");
        }
        let top: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        let top = top.join("`, `");
        format!("there is no column `{asked}`; there are `{top}`, and what is inside of them")
    }
}
