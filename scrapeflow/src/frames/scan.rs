//! A frame that is read when a query asks for it.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, DataFrame, LazyFrame, PolarsResult, ScanArgsAnonymous,
    SchemaRef,
};

use super::statuses::{Wanted, rows};
use super::{blocking, column, failed, store};
use crate::rows::kind::Fields;
use crate::store::Store;

/// A directory, and the types of its columns.
struct Scan {
    store: Arc<dyn Store>,
    fields: Fields,
    schema: SchemaRef,
}

pub(super) fn scan(dir: &Path) -> PolarsResult<LazyFrame> {
    let store = store(dir)?;
    let seen = blocking(rows(&store, Wanted::types()))?.whole()?;
    let args = ScanArgsAnonymous {
        name: "scrapeflow statuses",
        ..ScanArgsAnonymous::default()
    };
    let scan = Scan {
        store,
        schema: column::frame(&seen.fields, &[])?.schema().clone(),
        fields: seen.fields,
    };
    LazyFrame::anonymous_scan(Arc::new(scan), args)
}

impl AnonymousScan for Scan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, args: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        let names: Vec<String> = match &args.with_columns {
            Some(names) => names.iter().map(ToString::to_string).collect(),
            None => self.schema.iter_names().map(ToString::to_string).collect(),
        };
        let wanted = Wanted {
            fields: Some(names.clone()),
            rows: args.n_rows.unwrap_or(usize::MAX),
        };
        let read = blocking(rows(&self.store, wanted))?.whole()?;
        let fields = self.fields.only(&names);
        // What has come since is not what the query was made for.
        let mut now = fields.clone();
        now.merge(read.fields.only(&names));
        if now != fields {
            return Err(failed(
                "the directory has changed: its values no longer go into the types that it was scanned with; scan it again",
            ));
        }
        read.frame(&fields)?.select(names)
    }

    fn schema(&self, _: Option<usize>) -> PolarsResult<SchemaRef> {
        Ok(self.schema.clone())
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}
