//! From an archive to a directory.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::pack::{Packed, STATUS, unless_in_use};
use super::unfinished::Unfinished;
use super::{ArchiveStore, database};
use crate::store::{
    BodyName, DirStore, Durability, Staged, Store, StoreError, StoreErrorKind, file, lock,
};

/// Puts all that an archive holds into a directory, of which nothing may be there yet, not even an empty folder. It is made beside its place, as [`pack`](super::pack())
/// makes an archive.
///
/// A body that is damaged is named among what was left, and its status comes without it; so is a row whose key, suffix or status
/// can be none.
///
/// # Errors
/// As [`pack`](super::pack()).
pub async fn unpack(
    from: &ArchiveStore,
    to: &DirStore,
    mut tell: impl FnMut(&Packed),
) -> Result<Packed, StoreError> {
    // Before anything is made.
    if from.readers.open()?.is_none() {
        return Err(from.folder.refused("there is none"));
    }
    let _from = unless_in_use(lock::take(&from.folder.lock(), from.dir()))?;
    let unfinished = Unfinished::beside(to.dir())?;
    let to = &DirStore::new(unfinished.path());
    let lease = to.begin(Durability::Process).await?;
    let mut packed = Packed::default();
    let mut statuses = from.statuses();
    while let Some(next) = statuses.next().await {
        let (key, status) = match next {
            Ok(next) => next,
            Err(error) if error.kind() == StoreErrorKind::Broken => {
                packed.left.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        let Ok(text) = std::str::from_utf8(&status) else {
            packed
                .left
                .push(format!("the status of `{key}`, which is no UTF-8"));
            continue;
        };
        let asked = from
            .readers
            .with(|connection| database::packed(connection, &key))?;
        let (modified, suffixes) = asked.unwrap_or_default();
        let mut staged = Vec::new();
        let mut times = vec![(format!("{key}{STATUS}"), modified)];
        for suffix in suffixes {
            let name = match BodyName::new(&key, &suffix) {
                Ok(name) => name,
                Err(error) => {
                    packed.left.push(format!("a body of `{key}`: {error}"));
                    continue;
                }
            };
            let place = from
                .readers
                .with(|connection| database::place(connection, &name));
            let place = match place {
                Ok(Some(Some(place))) => place,
                Ok(_) => continue,
                Err(error) if error.kind() == StoreErrorKind::Broken => {
                    packed.left.push(format!("`{name}`: {error}"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let body = match copy(from, to, &name).await? {
                Ok(body) => body,
                Err(damaged) => {
                    packed.left.push(damaged.to_string());
                    continue;
                }
            };
            staged.push(body);
            times.push((name.file_name(), place.modified));
            packed.files += 1;
        }
        to.save(&key, text, staged).await?;
        for (name, modified) in times {
            set_modified(&to.dir().join(name), modified)?;
        }
        packed.tasks += 1;
        tell(&packed);
    }
    lease.close()?;
    unfinished.finish().await?;
    Ok(packed)
}

/// A body, complete but for its status. The inner error is of one that cannot be read.
async fn copy(
    from: &ArchiveStore,
    to: &DirStore,
    name: &BodyName,
) -> Result<Result<Box<dyn Staged>, StoreError>, StoreError> {
    let mut body = to.stage(name).await?;
    let mut chunks = match from.open(name).await {
        Ok(Some(chunks)) => chunks,
        Ok(None) => stream::empty().boxed(),
        Err(damaged) => return Ok(Err(damaged)),
    };
    loop {
        match chunks.try_next().await {
            Ok(Some(chunk)) => body.write(chunk).await?,
            Ok(None) => break,
            Err(damaged) => return Ok(Err(damaged)),
        }
    }
    body.finish(None).await?;
    Ok(Ok(body))
}

fn set_modified(path: &Path, modified: Option<i64>) -> Result<(), StoreError> {
    let Some(modified) = modified.and_then(|modified| u64::try_from(modified).ok()) else {
        return Ok(());
    };
    let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(modified);
    let times = FileTimes::new().set_modified(time);
    let set = file::open(path, File::options().write(true)).and_then(|file| file.set_times(times));
    set.map_err(|error| StoreError::io(format!("cannot set the time of {}", path.display()), error))
}
