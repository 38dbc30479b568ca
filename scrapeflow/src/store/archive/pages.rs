//! The files of pages, as they are written: one after another, and only ever at their end.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::folder::Folder;
use super::record::{Coding, Record};

/// How much is written together, in bytes.
const TOGETHER: usize = 256 * 1024;

/// Appends records, and says where they are.
#[derive(Debug)]
pub(super) struct Pages {
    folder: Folder,
    coding: Coding,
    /// How long a file gets, in bytes.
    roll_over: u64,
    current: Option<Current>,
    /// How many there have been.
    number: u32,
    /// Whether one that is full is synced before the next begins.
    sync: bool,
}

/// The file that is written to.
#[derive(Debug)]
struct Current {
    name: PathBuf,
    file: File,
    /// What is to be written, and follows what is.
    held: Vec<u8>,
    /// With what is held.
    length: u64,
    /// What the database knows of.
    counted: u64,
}

impl Pages {
    /// Goes on at the end of the last file, of which `counted` bytes count.
    pub(super) fn open(
        folder: &Folder,
        coding: Coding,
        roll_over: u64,
        sync: bool,
        last: Option<(u32, PathBuf, u64)>,
    ) -> io::Result<Self> {
        let number = last.as_ref().map_or(0, |(number, ..)| *number);
        // One of the other coding is left as it is.
        let last = last.filter(|(_, name, _)| Folder::coding(name) == coding);
        let current = last.map(|(_, name, counted)| {
            // One that is missing is begun anew; nothing of it counts any more.
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(folder.path(&name)?)?;
            file.seek(SeekFrom::Start(counted))?;
            Ok::<_, io::Error>(Current {
                name,
                file,
                held: Vec::new(),
                length: counted,
                counted,
            })
        });
        Ok(Self {
            folder: folder.clone(),
            coding,
            roll_over,
            current: current.transpose()?,
            number,
            sync,
        })
    }

    /// Appends a record: the number of the file, and where in it the record begins.
    pub(super) fn append(&mut self, record: &mut Record) -> io::Result<(u32, u64)> {
        let is_full = self.current.as_ref().is_none_or(|current| {
            current.length > 0 && current.length + record.whole > self.roll_over
        });
        if is_full {
            self.roll()?;
        }
        let current = self.current.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let offset = current.length;
        current.append(record)?;
        Ok((self.number, offset))
    }

    /// Begins a new file. What the one before holds is written.
    fn roll(&mut self) -> io::Result<()> {
        self.flush()?;
        if let Some(full) = self.current.as_ref().filter(|_| self.sync) {
            full.file.sync_data()?;
        }
        let name = Folder::pages(self.number + 1, self.coding);
        let path = self.folder.path(&name)?;
        // One that a killed run began, and of which nothing counts, is begun anew.
        let file = File::create(path)?;
        if self.sync {
            File::open(self.folder.dir())?.sync_all()?;
        }
        let mut current = Current {
            name,
            file,
            held: Vec::new(),
            length: 0,
            counted: 0,
        };
        current.append(&mut Record::info(self.coding)?)?;
        self.number += 1;
        self.current = Some(current);
        Ok(())
    }

    /// Writes what is held.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.current {
            Some(current) => current.flush(),
            None => Ok(()),
        }
    }

    /// The file that is written to, for those who sync.
    pub(super) fn file(&self) -> Option<&File> {
        self.current.as_ref().map(|current| &current.file)
    }

    /// Number, name and length of the file that is written to.
    pub(super) fn at(&self) -> Option<(u32, &PathBuf, u64)> {
        let current = self.current.as_ref()?;
        Some((self.number, &current.name, current.length))
    }

    /// The database knows of all that was written.
    pub(super) fn counted(&mut self) {
        if let Some(current) = &mut self.current {
            current.counted = current.length;
        }
    }

    /// Takes back what the database doesn't know of.
    pub(super) fn take_back(&mut self) -> io::Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        current.held.clear();
        current.length = current.counted;
        current.file.set_len(current.counted)?;
        current.file.seek(SeekFrom::Start(current.counted))?;
        Ok(())
    }
}

impl Current {
    fn append(&mut self, record: &mut Record) -> io::Result<()> {
        for piece in &record.pieces {
            if self.held.len() + piece.len() > TOGETHER {
                self.flush()?;
            }
            if piece.len() > TOGETHER {
                self.file.write_all(piece)?;
            } else {
                self.held.extend_from_slice(piece);
            }
        }
        if let Some(spilled) = &mut record.spilled {
            self.flush()?;
            spilled.rewind()?;
            io::copy(spilled, &mut self.file)?;
        }
        self.length += record.whole;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.held)?;
        self.held.clear();
        Ok(())
    }
}
