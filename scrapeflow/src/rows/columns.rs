//! Which columns a store's rows have.

use std::sync::Arc;

use futures::TryStreamExt;

use super::kind::{Fields, Kind};
use super::{Path, Row, batches};
use crate::store::{Store, StoreError};
use crate::workflow::nearest;

/// Looks at the first statuses, and goes on as long as one of `asked` has not been met.
pub(crate) async fn columns(store: &Arc<dyn Store>, asked: &[Path]) -> Result<Fields, StoreError> {
    let seen = batches(store, |batch| {
        let mut fields = Fields::default();
        for (key, status) in &batch.statuses {
            // What is broken is told where rows are read for good.
            let _ = Row::with(key, status, |row| {
                fields.observe(row.fields());
            });
        }
        fields
    });
    let mut seen = std::pin::pin!(seen);
    let mut fields = Fields::default();
    while let Some(more) = seen.try_next().await? {
        fields.merge(more);
        if asked.iter().all(|path| fields.has(path)) {
            break;
        }
    }
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
            let Kind::Object(fields) = kind else { return };
            let Some(inside) = fields.get_mut(name) else {
                return;
            };
            kind = inside;
        }
        if let Kind::List(of) = kind {
            *kind = std::mem::replace(&mut **of, Kind::Null);
        }
    }

    /// What is said of a column that no row has.
    pub(crate) fn unknown(&self, path: &Path) -> String {
        let mut known = Vec::new();
        self.each_path(|path, _| known.push(path.to_string()));
        let asked = path.to_string();
        if let Some(nearest) = nearest(&asked, known.iter().map(String::as_str)) {
            return format!("there is no column `{asked}`; did you mean `{nearest}`?");
        }
        let top: Vec<&str> = self.iter().map(|(name, _)| name).collect();
        let top = top.join("`, `");
        format!("there is no column `{asked}`; there are `{top}`, and what is inside of them")
    }
}
