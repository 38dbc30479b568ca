//! A task that is to be saved.

use super::staged::Body;
use crate::status::summary::messages;
use crate::status::{is_failure, json};
use crate::task::Key;

/// Its status, and the bodies that the status names.
#[derive(Debug)]
pub(super) struct Save {
    pub(super) key: Key,
    pub(super) status: String,
    pub(super) ended: Ended,
    pub(super) bodies: Vec<Body>,
    /// When the file was written that is packed, in nanoseconds since 1970.
    pub(super) modified: Option<i64>,
}

impl Save {
    /// Finds out how its executors ended here, and not while others wait for the commit.
    pub(super) fn new(key: Key, status: String, bodies: Vec<Body>, modified: Option<i64>) -> Self {
        Self {
            ended: Ended::of(&status),
            key,
            status,
            bodies,
            modified,
        }
    }
}

/// How a task's executors ended: their messages as JSON, and whether one failed.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) messages: String,
    pub(super) failed: bool,
}

impl Ended {
    /// As a status says.
    fn of(status: &str) -> Self {
        // What isn't a status says nothing of executors.
        let said = messages(status.as_bytes()).unwrap_or_default();
        let mut text = String::with_capacity(128);
        text.push('{');
        for (nth, (name, message)) in said.iter().enumerate() {
            if nth > 0 {
                text.push(',');
            }
            json::quote(&mut text, name);
            text.push(':');
            json::quote(&mut text, message);
        }
        text.push('}');
        Self {
            messages: text,
            failed: said.iter().any(|(_, message)| is_failure(message)),
        }
    }
}
