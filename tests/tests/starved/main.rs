//! Runs that lack something: room on the disk, leave to write, open files, memory, a clock that can be trusted, a disk that
//! answers at once. Each rides it out, or ends in an error that names what is missing; what was acknowledged stays, is not
//! done again, and the next run that lacks nothing does the rest. In a directory and in an archive.
//!
//! What one of these tests needs and this machine doesn't allow fails it, and says what that is.

#![cfg(target_os = "linux")]

mod clock;
mod full;
mod memory;
mod open_files;
mod read_only;
mod records;
mod slow_disk;
mod world;
