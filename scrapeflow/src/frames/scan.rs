//! A frame that is read when a query asks for it.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, DataFrame, IntoColumn, LazyFrame, PolarsResult,
    ScanArgsAnonymous, Schema, SchemaRef,
};

use super::column::series;
use super::read::rows;
use super::{blocking, failed, store};
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
    let seen = blocking(rows(&store, Some(Vec::new())))?;
    if let Some((key, why)) = seen.broken.first() {
        return Err(failed(format!(
            "{} statuses cannot be read, as `{key}`: {why}; mend or delete them, or take `Read::of`",
            seen.broken.len()
        )));
    }
    let mut schema = Schema::default();
    for (name, kind) in seen.fields.iter() {
        schema.with_column(name.into(), series(name, kind, &[])?.dtype().clone());
    }
    let args = ScanArgsAnonymous {
        name: "scrapeflow statuses",
        ..ScanArgsAnonymous::default()
    };
    let scan = Scan {
        store,
        fields: seen.fields,
        schema: Arc::new(schema),
    };
    LazyFrame::anonymous_scan(Arc::new(scan), args)
}

impl AnonymousScan for Scan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, args: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        let wanted: Vec<String> = match &args.with_columns {
            Some(names) => names.iter().map(ToString::to_string).collect(),
            None => self.schema.iter_names().map(ToString::to_string).collect(),
        };
        let read = blocking(rows(&self.store, Some(wanted.clone())))?;
        let fields = self.fields.only(&wanted);
        // What has come since is not what the query was made for.
        let mut now = fields.clone();
        now.merge(read.fields.only(&wanted));
        if now != fields {
            return Err(failed(
                "the directory has changed: its values no longer go into the types that it was scanned with; scan it again",
            ));
        }
        let frame = read.frame(Some(&fields))?;
        let columns = wanted.iter().map(|name| {
            Ok(frame
                .column(name)?
                .as_materialized_series()
                .clone()
                .into_column())
        });
        let frame = DataFrame::new(frame.height(), columns.collect::<PolarsResult<_>>()?)?;
        Ok(match args.n_rows {
            Some(rows) => frame.head(Some(rows)),
            None => frame,
        })
    }

    fn schema(&self, _: Option<usize>) -> PolarsResult<SchemaRef> {
        Ok(self.schema.clone())
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}
