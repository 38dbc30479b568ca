//! Nothing is written or read outside of a run's place: whatever keys and suffixes it is given, whatever a site says, whatever an
//! archive names that is unpacked, and whatever somebody has planted in the place. Files of this machine that a run may link to
//! are the exception, below the folders that the caller has named.
//!
//! Each of these has a folder beside it that must stay as it is, and whose secret must not appear anywhere.

#![cfg(target_os = "linux")]

mod canary;
mod links;
mod modes;
mod names;
mod pipes;
mod planted_archive;
mod planted_directory;
mod servers;
mod shop;
mod unpacked;
