//! A body that is being written: in memory, beside the archive once it is large, and a record when it is complete.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use md5::{Digest, Md5};

use super::folder::Folder;
use super::record::{Coding, Heads, Record};
use crate::digest::hex;
use crate::store::{BodyName, Exchange, Staged, StoreError};
use crate::task::Key;

/// How much of a body is held in memory, in bytes.
const HELD: u64 = 128 * 1024;

/// A body that is to be saved.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) suffix: Box<str>,
    pub(super) record: Record,
    pub(super) size: u64,
    pub(super) md5: Option<String>,
    pub(super) modified: Option<i64>,
}

/// Bodies that are complete, until the save that names them takes them.
#[derive(Debug, Default)]
pub(super) struct Published(Mutex<HashMap<Key, Vec<Body>>>);

impl Published {
    pub(super) fn take(&self, key: &Key) -> Vec<Body> {
        self.lock().remove(key).unwrap_or_default()
    }

    /// A panic elsewhere leaves the map whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Body>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct StagedRecord {
    name: BodyName,
    folder: Folder,
    coding: Coding,
    published: Arc<Published>,
    heads: Option<Heads>,
    md5: Option<String>,
    size: u64,
    held: Vec<Bytes>,
    /// What was too large to be held; it has no name and goes with the process.
    spilled: Option<File>,
    record: Option<Record>,
}

impl StagedRecord {
    pub(super) fn new(
        name: &BodyName,
        folder: &Folder,
        coding: Coding,
        published: &Arc<Published>,
    ) -> Self {
        Self {
            name: name.clone(),
            folder: folder.clone(),
            coding,
            published: published.clone(),
            heads: None,
            md5: None,
            size: 0,
            held: Vec::new(),
            spilled: None,
            record: None,
        }
    }

    fn write_now(&mut self, chunk: Bytes) -> io::Result<()> {
        self.size += chunk.len() as u64;
        match &mut self.spilled {
            Some(spilled) => spilled.write_all(&chunk),
            None if self.size <= HELD => {
                self.held.push(chunk);
                Ok(())
            }
            None => {
                let mut spilled = tempfile::tempfile_in(self.folder.dir())?;
                for held in self.held.drain(..) {
                    spilled.write_all(&held)?;
                }
                spilled.write_all(&chunk)?;
                self.spilled = Some(spilled);
                Ok(())
            }
        }
    }

    fn finish_now(&mut self) -> io::Result<()> {
        if self.md5.is_none() {
            self.md5 = Some(self.sum()?);
        }
        let (heads, md5) = (self.heads.as_ref(), self.md5.as_deref());
        let record = match self.spilled.take() {
            None => Record::of(
                &self.name,
                heads,
                md5,
                std::mem::take(&mut self.held),
                self.coding,
            )?,
            Some(mut body) => {
                body.rewind()?;
                let record = tempfile::tempfile_in(self.folder.dir())?;
                let body = body.take(self.size);
                Record::of_large(
                    &self.name,
                    heads,
                    md5,
                    (body, self.size),
                    self.coding,
                    record,
                )?
            }
        };
        self.record = Some(record);
        Ok(())
    }

    /// The MD5 of what was written, where nobody has told it.
    fn sum(&mut self) -> io::Result<String> {
        let mut md5 = Md5::new();
        self.held.iter().for_each(|held| md5.update(held));
        if let Some(spilled) = &mut self.spilled {
            spilled.rewind()?;
            let mut piece = vec![0; 64 * 1024];
            loop {
                match spilled.read(&mut piece)? {
                    0 => break,
                    read => md5.update(&piece[..read]),
                }
            }
        }
        Ok(hex(&md5.finalize()))
    }

    fn publish_now(self) -> io::Result<()> {
        let record = self.record;
        let record = record.ok_or_else(|| io::Error::other("it was not finished"))?;
        let body = Body {
            suffix: self.name.suffix().into(),
            record,
            size: self.size,
            md5: self.md5,
            modified: None,
        };
        let mut published = self.published.lock();
        published
            .entry(self.name.key().clone())
            .or_default()
            .push(body);
        Ok(())
    }
}

fn cannot_save(name: &BodyName, error: io::Error) -> StoreError {
    StoreError::io(format!("cannot save `{name}`"), error)
}

impl Staged for StagedRecord {
    fn came_by(&mut self, exchange: &dyn Exchange) {
        self.heads = Some(Heads::of(exchange));
    }

    fn write(&mut self, chunk: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        let written = self.write_now(chunk);
        future::ready(written.map_err(|error| cannot_save(&self.name, error))).boxed()
    }

    fn finish(&mut self, md5: Option<&str>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.md5 = md5.map(str::to_owned);
        let finished = self.finish_now();
        future::ready(finished.map_err(|error| cannot_save(&self.name, error))).boxed()
    }

    fn publish(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        let name = self.name.clone();
        let published = self.publish_now();
        future::ready(published.map_err(|error| cannot_save(&name, error))).boxed()
    }
}
