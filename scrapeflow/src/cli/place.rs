//! The directory that a command is about.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use futures::StreamExt;

use super::exit::{Failure, WELL};
use super::out::{Out, counted, shown};
use crate::rows::Broken;
use crate::store::{self, ArchiveStore, Store};

/// The store in `dir`, if something is there that looks like one.
pub(super) async fn open(dir: &Path, out: &Out) -> Result<Arc<dyn Store>, Failure> {
    let name = dir.display();
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(Failure::usage(format!("{name} is no directory"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::usage(format!("there is no directory {name}")));
        }
        Err(error) => return Err(Failure::store(format!("cannot look at {name}: {error}"))),
    }
    let store = store::at(dir);
    if store.keys().next().await.is_none() {
        if !dir.join(OWN).is_dir() && !ArchiveStore::is_in(dir) {
            return Err(Failure::usage(format!(
                "{name} has no statuses (<key>.status.json), so no run has used it"
            )));
        }
        out.say(&format!("{name} has no tasks yet"));
    }
    Ok(store)
}

/// Which links of bodies are followed.
#[derive(Debug, Args)]
pub(super) struct LinkArgs {
    /// Follows links of files to what is below this folder; given again, further ones
    #[arg(long, value_name = "DIR")]
    local_root: Vec<PathBuf>,
}

impl LinkArgs {
    /// Tells a store.
    pub(super) fn allow(&self, store: &dyn Store) -> Result<(), Failure> {
        let canonical = |root: &PathBuf| {
            fs::canonicalize(root).map_err(|error| {
                Failure::usage(format!("--local-root {}: {error}", root.display()))
            })
        };
        let roots = self.local_root.iter().map(canonical);
        store.allow_links(&roots.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }
}

/// What a run leaves in its directory even if it had no tasks.
const OWN: &str = ".scrapeflow";

/// Statuses that cannot be read: how many, and the first of them.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    count: u64,
    first: Vec<String>,
}

impl Unreadable {
    pub(super) fn add(&mut self, broken: impl IntoIterator<Item = Broken>) {
        for (key, why) in broken {
            self.count += 1;
            if self.first.len() < crate::EXAMPLES {
                self.first.push(match key {
                    Some(key) => format!("{key}: {why}"),
                    None => why,
                });
            }
        }
    }

    /// The first of them, each with why.
    pub(super) fn first(&self) -> &[String] {
        &self.first
    }

    /// Lists them, after what could be shown.
    pub(super) fn told(self, out: &mut Out) -> Result<u8, Failure> {
        out.flush()?;
        if self.count == 0 {
            return Ok(WELL);
        }
        for broken in &self.first {
            out.warn(&shown(&format!("broken: {broken}")));
        }
        let more = self.count - self.first.len() as u64;
        let more = if more == 0 {
            String::new()
        } else {
            format!(", {more} of them not listed")
        };
        let statuses = counted(self.count, "status", "statuses");
        Err(Failure::store(format!(
            "{statuses} cannot be read{more}; all else is shown. Mend or delete them"
        )))
    }
}
