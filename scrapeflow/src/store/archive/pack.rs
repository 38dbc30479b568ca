//! From a directory to an archive, and back: statuses byte for byte, files, and when they were written.

use std::collections::BTreeSet;
use std::fs::{self, File, FileTimes, Metadata};
use std::io::Read;
use std::ops::Bound;
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::DateTime;
use futures::future::TryFutureExt;
use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};

use super::commit::Save;
use super::record::{Heads, Record};
use super::staged::Body;
use super::unfinished::Unfinished;
use super::{ArchiveStore, database};
use crate::digest::md5_hex;
use crate::status::json;
use crate::store::exchange::before_name;
use crate::store::{
    BodyName, DirStore, Durability, Staged, Store, StoreError, StoreErrorKind, file, lock,
};
use crate::task::Key;

/// Tasks that wait for their commit together.
const TOGETHER: usize = 64;

/// How much of bodies waits with them in memory, in bytes.
const HELD: u64 = 4 * 1024 * 1024;

/// What was packed or unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packed {
    /// Statuses.
    pub tasks: u64,
    /// Bodies.
    pub files: u64,
    /// What was left where it is: names of what belongs to no task, and messages of why something cannot be read or may not be followed.
    pub left: Vec<String>,
}

/// Puts all that a directory holds into an archive, of which nothing may be there yet, not even an empty folder. The directory stays as it is. What is
/// linked is copied, where the directory [allows](Store::allow_links) the link, and else named among what is left.
///
/// It is made beside its place, in a folder called `….unfinished`, and gets its name when it is whole and on the disk. Where it is cut off or fails
/// nothing stays, but for what a kill leaves under that name.
///
/// ```no_run
/// use scrapeflow::store::{ArchiveStore, DirStore, archive};
///
/// # async fn pack() -> Result<(), scrapeflow::store::StoreError> {
/// let packed = archive::pack(&DirStore::new("pages"), &ArchiveStore::new("pages.sfa"), |so_far| {
///     eprint!("\r{} tasks", so_far.tasks);
/// })
/// .await?;
/// assert!(packed.left.is_empty(), "{:?} belong to no task", packed.left);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If either is in use by a run, something is where the archive is to be, or one cannot be read or written.
pub async fn pack(
    from: &DirStore,
    to: &ArchiveStore,
    mut tell: impl FnMut(&Packed),
) -> Result<Packed, StoreError> {
    let _from = unless_in_use(from.begin(Durability::Process).await)?;
    let unfinished = Unfinished::beside(to.dir())?;
    let to = &to.moved(unfinished.path());
    let lease = to.begin(Durability::Process).await?;
    let mut packed = Packed::default();
    let names = names(from.dir(), &mut packed.left)?;
    let mut taken = BTreeSet::new();
    let (mut commits, mut held) = (FuturesUnordered::new(), 0);
    let mut keys = from.keys();
    while let Some(key) = keys.next().await {
        let status = match key {
            Ok(key) => from.read(&key).await.map(|status| (key, status)),
            Err(error) => Err(error),
        };
        let (key, status) = match status {
            Ok((key, Some(status))) => (key, status),
            Ok((_, None)) => continue,
            Err(error) if error.kind() == StoreErrorKind::Broken => {
                packed.left.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        let name = format!("{key}{STATUS}");
        let Ok(status) = String::from_utf8(status.to_vec()) else {
            packed.left.push(format!("{name}, which is no UTF-8"));
            continue;
        };
        let mut bodies = Vec::new();
        for body in bodies_of(&key, &names) {
            taken.insert(body.to_string());
            match from.file(&body) {
                Ok(Some((path, meta))) => {
                    bodies.push(read_body(&path, &meta, to, &body, &status)?);
                    packed.files += 1;
                }
                // Gone meanwhile.
                Ok(None) => {}
                Err(error) if error.kind() == StoreErrorKind::Broken => {
                    packed.left.push(error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        let path = from.dir().join(&name);
        let cannot = |error| StoreError::io(format!("cannot look at {}", path.display()), error);
        let modified = modified(&fs::symlink_metadata(&path).map_err(cannot)?);
        let save = Save {
            key,
            status,
            bodies,
            modified: Some(modified),
        };
        let size: u64 = save.bodies.iter().map(|body| body.size).sum();
        held += size;
        commits.push(to.commits.save(save).map_ok(move |()| size));
        while commits.len() >= TOGETHER || held > HELD {
            let Some(size) = commits.try_next().await? else {
                break;
            };
            held -= size;
            packed.tasks += 1;
            tell(&packed);
        }
    }
    while commits.try_next().await?.is_some() {
        packed.tasks += 1;
        tell(&packed);
    }
    let others = names
        .iter()
        .filter(|name| !name.ends_with(STATUS) && !taken.contains(*name));
    packed.left.extend(others.cloned());
    lease.close()?;
    unfinished.finish().await?;
    Ok(packed)
}

/// Puts all that an archive holds into a directory, of which nothing may be there yet, not even an empty folder. It is made beside its place, as [`pack`]
/// makes an archive.
///
/// A body that is damaged is named among what was left, and its status comes without it; so is a row whose key, suffix or status
/// can be none.
///
/// # Errors
/// As [`pack`].
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
            times.push((name.to_string(), place.modified));
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

/// What a status file's name ends with.
const STATUS: &str = ".status.json";

/// What keeps others from it, where there can be such: what nobody may write to is nobody's at the moment.
fn unless_in_use<T>(taken: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match taken {
        Err(error) if error.kind() == StoreErrorKind::InUse => Err(error),
        taken => Ok(taken.ok()),
    }
}

/// All files of a directory, links to files among them; what is none goes to those that are `left`, but for its own folder.
fn names(dir: &Path, left: &mut Vec<String>) -> Result<BTreeSet<String>, StoreError> {
    let cannot = |error| StoreError::io(format!("cannot list {}", dir.display()), error);
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(dir).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(cannot)?;
        // A pipe would let us wait for ever.
        if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
            names.insert(name);
        } else if name != ".scrapeflow" {
            left.push(format!("{name}, which is no file"));
        }
    }
    Ok(names)
}

/// The files of a task: those that begin with its key, unless a longer key is theirs.
fn bodies_of(key: &Key, names: &BTreeSet<String>) -> Vec<BodyName> {
    let begin = format!("{key}.");
    let after = names.range::<str, _>((Bound::Included(begin.as_str()), Bound::Unbounded));
    let own = after.take_while(|name| name.starts_with(&begin));
    let bodies = own.filter_map(|name| {
        let suffix = &name[begin.len()..];
        let body = BodyName::new(key, suffix).ok()?;
        let longer = suffix
            .split_once('.')
            .is_some_and(|(first, _)| names.contains(&format!("{key}.{first}{STATUS}")));
        (!longer).then_some(body)
    });
    bodies.collect()
}

fn read_body(
    path: &Path,
    meta: &Metadata,
    to: &ArchiveStore,
    name: &BodyName,
    status: &str,
) -> Result<Body, StoreError> {
    let cannot = |error| StoreError::io(format!("cannot read {}", path.display()), error);
    let mut body = Vec::new();
    file::open(path, File::options().read(true))
        .and_then(|mut file| file.read_to_end(&mut body))
        .map_err(cannot)?;
    let body = Bytes::from(body);
    let md5 = md5_hex(&body);
    let modified = modified(meta);
    let mut heads = heads(name, status);
    if let Some(heads) = &mut heads {
        heads.at = Some(DateTime::from_timestamp_nanos(modified));
    }
    let size = body.len() as u64;
    let record = Record::of(name, heads.as_ref(), Some(&md5), vec![body], to.coding);
    Ok(Body {
        suffix: name.suffix().into(),
        record: record.map_err(cannot)?,
        size,
        md5: Some(md5),
        modified: Some(modified),
    })
}

/// How a body came, as far as the status tells: by the executor that saved it under its name.
fn heads(name: &BodyName, status: &str) -> Option<Heads> {
    let value: serde_json::Value = json::from_json(status).ok()?;
    let output = value.get(name.suffix())?;
    let headers = output.get("response_headers")?.as_object()?;
    let url = output
        .get("final_url")
        .or_else(|| value.get("params")?.get("url"))?;
    let url = shown_url(url.as_str()?)?;
    let status = output.get("status").and_then(serde_json::Value::as_u64);
    let is_encoded = headers
        .keys()
        .any(|name| name.eq_ignore_ascii_case("content-encoding"));
    let mut response = format!("HTTP/1.1 {} \r\n", status.unwrap_or(200)).into_bytes();
    for (name, values) in headers {
        let values = match values {
            serde_json::Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
        {
            // What is no name of RFC 9110 could end the head, or begin another header.
            continue;
        }
        let before = before_name(name, is_encoded);
        for value in values.iter().filter_map(serde_json::Value::as_str) {
            let one_line = value.replace(['\r', '\n'], " ");
            response.extend_from_slice(format!("{before}{name}: {one_line}\r\n").as_bytes());
        }
    }
    response.extend_from_slice(b"\r\n");
    Some(Heads {
        url,
        response,
        ..Heads::default()
    })
}

/// A URL as it may stand in a head: without user and password. `None` if it would end the line.
fn shown_url(url: &str) -> Option<String> {
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end]
        .rsplit_once('@')
        .map_or(0, |(user, _)| user.len() + 1);
    Some(format!("{scheme}://{}", &rest[host..]))
}

/// In nanoseconds since 1970.
fn modified(meta: &Metadata) -> i64 {
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let since = modified.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
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
