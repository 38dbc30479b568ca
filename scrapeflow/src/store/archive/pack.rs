//! From a directory to an archive: statuses byte for byte, files, and when they were written. The way back is in `unpack`.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::ops::Bound;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use chrono::DateTime;
use futures::future::TryFutureExt;
use futures::stream::{FuturesUnordered, StreamExt, TryStreamExt};

use super::ArchiveStore;
use super::record::{Heads, Record};
use super::save::Save;
use super::staged::Body;
use super::unfinished::Unfinished;
use crate::digest::md5_hex;
use crate::status::{json, url};
use crate::store::exchange::before_name;
use crate::store::{BodyName, DirStore, Durability, Store, StoreError, StoreErrorKind, file};
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

impl Packed {
    /// A task with so many bodies.
    fn add(&mut self, files: u64) {
        self.tasks += 1;
        self.files += files;
    }
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
            taken.insert(body.file_name());
            match from.file(&body) {
                Ok(Some((path, meta))) => {
                    bodies.push(read_body(&path, &meta, to, &body, &status)?);
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
        let save = Save::new(key, status, bodies, Some(modified));
        let size: u64 = save.bodies.iter().map(|body| body.size).sum();
        let files = save.bodies.len() as u64;
        held += size;
        commits.push(to.commits.save(save).map_ok(move |()| (size, files)));
        while commits.len() >= TOGETHER || held > HELD {
            let Some((size, files)) = commits.try_next().await? else {
                break;
            };
            held -= size;
            packed.add(files);
            tell(&packed);
        }
    }
    while let Some((_, files)) = commits.try_next().await? {
        packed.add(files);
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

/// What a status file's name ends with.
pub(super) const STATUS: &str = ".status.json";

/// What keeps others from it, where there can be such: what nobody may write to is nobody's at the moment.
pub(super) fn unless_in_use<T>(taken: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
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
    let url = url::without_credentials(url.as_str()?)?;
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

/// In nanoseconds since 1970.
fn modified(meta: &Metadata) -> i64 {
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let since = modified.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}
