//! `pack` and `unpack`: from a directory to an archive, and back.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::{Failure, WELL};
use super::out::{Out, counted, shown};
use super::place::LinkArgs;
use crate::store::archive::{Packed, pack, unpack};
use crate::store::{ArchiveStore, DirStore};

/// Puts a directory into an archive, which holds millions of tasks in few files
///
/// Statuses go byte for byte, with files and when they were written; a link becomes a copy, where it leads below a
/// --local-root. The directory stays. Until the archive is whole it is called ARCHIVE.unfinished: of one that was killed remove
/// that, and begin again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow pack pages pages.sfa")]
pub(super) struct PackCommand {
    /// The directory of a run
    dir: PathBuf,
    /// The archive, which is made; nothing may be there, not even an empty folder
    archive: PathBuf,
    /// Stores pages as they are instead of compressed
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    links: LinkArgs,
}

/// Puts an archive into a directory, a file a status and a file a page
///
/// What `pack` made an archive of comes out as it was. The archive stays. Until the directory is whole it is called
/// DIR.unfinished: of one that was killed remove that, and begin again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow unpack pages.sfa pages")]
pub(super) struct UnpackCommand {
    /// The archive
    archive: PathBuf,
    /// The directory, which is made; nothing may be there, not even an empty folder
    dir: PathBuf,
}

impl PackCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        if ArchiveStore::is_in(&self.dir) {
            let dir = self.dir.display();
            return Err(Failure::usage(format!("{dir} is an archive already")));
        }
        super::place::open(&self.dir, out).await?;
        refuse_inside(&self.archive, &self.dir)?;
        refuse_used(&self.archive)?;
        let mut archive = ArchiveStore::new(&self.archive);
        if self.plain {
            archive = archive.plain();
        }
        let dir = DirStore::new(&self.dir);
        self.links.allow(&dir)?;
        let bar = bar(out);
        let packed = pack(&dir, &archive, |so_far| bar.set_position(so_far.tasks)).await;
        bar.finish_and_clear();
        told(out, "packed", &packed?)
    }
}

impl UnpackCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        if !ArchiveStore::is_in(&self.archive) {
            let archive = self.archive.display();
            return Err(Failure::usage(format!(
                "{archive} is no archive: it has no status.db"
            )));
        }
        refuse_inside(&self.dir, &self.archive)?;
        refuse_used(&self.dir)?;
        let bar = bar(out);
        let (archive, dir) = (ArchiveStore::new(&self.archive), DirStore::new(&self.dir));
        let tell = |so_far: &Packed| bar.set_position(so_far.tasks);
        let unpacked = unpack(&archive, &dir, tell).await;
        bar.finish_and_clear();
        told(out, "unpacked", &unpacked?)
    }
}

/// A copy inside of what is copied would be part of it the next time.
fn refuse_inside(place: &Path, of: &Path) -> Result<(), Failure> {
    let whole = |path: &Path| {
        // What isn't there yet is looked at where it will be.
        let there = path.ancestors().find_map(|above| {
            let below = path.strip_prefix(above).ok()?;
            let above = if above == Path::new("") {
                Path::new(".")
            } else {
                above
            };
            Some(above.canonicalize().ok()?.join(below))
        });
        there.unwrap_or_else(|| path.to_owned())
    };
    if whole(place).starts_with(whole(of)) {
        return Err(Failure::usage(format!(
            "{} is inside of {}; choose another place",
            place.display(),
            of.display()
        )));
    }
    Ok(())
}

/// What is there is not mixed with what comes.
fn refuse_used(place: &Path) -> Result<(), Failure> {
    match std::fs::symlink_metadata(place) {
        Ok(_) => Err(Failure::usage(format!(
            "{} is there already; choose another place",
            place.display()
        ))),
        // Whatever else is wrong with it is told when it is made.
        Err(_) => Ok(()),
    }
}

/// How many tasks are done, on a terminal.
fn bar(out: &Out) -> ProgressBar {
    let bar = if out.is_quiet() {
        ProgressBar::hidden()
    } else {
        ProgressBar::no_length()
    };
    let style = ProgressStyle::with_template("{spinner} {pos} tasks, {per_sec}");
    bar.with_style(style.expect("a template of our own"))
}

fn told(out: &mut Out, done: &str, packed: &Packed) -> Result<u8, Failure> {
    out.say(&format!(
        "{done} {} and {}",
        counted(packed.tasks, "task", "tasks"),
        counted(packed.files, "file", "files")
    ));
    if packed.left.is_empty() {
        return Ok(WELL);
    }
    for left in packed.left.iter().take(crate::EXAMPLES) {
        out.warn(&shown(&format!("left where it is: {left}")));
    }
    Err(Failure::store(format!(
        "left where it is, since it belongs to no task or cannot be read: {}",
        counted(packed.left.len() as u64, "file", "files")
    )))
}
