//! Files that let wait for more: pipes, terminals, what a program writes meanwhile.

use std::io;
use std::path::Path;
use std::task::{Context, Poll};
use std::thread;

use futures::stream::{self, Stream};
use tokio::sync::mpsc::{self, Receiver};

use super::{Item, STANDARD_INPUT, TaskError};

/// How many tasks are read before they are asked for.
const AHEAD: usize = 16;

/// Whether reading it may take as long as somebody else likes.
pub(in crate::task) fn lets_wait(path: &Path) -> bool {
    let kind = if path.as_os_str() == STANDARD_INPUT {
        super::lines::standard_input().and_then(|file| file.metadata())
    } else {
        path.metadata()
    };
    // What cannot be looked at is told where it is opened.
    kind.is_ok_and(|kind| !kind.is_file())
}

/// Tasks that are read by a thread of their own, since whoever waits for them in a run would hold up its other tasks, and couldn't
/// be stopped. The thread ends with the file, or when nobody asks any more; until then it waits as the file lets it.
pub(in crate::task) fn waited(
    tasks: impl Iterator<Item = Item> + Send + 'static,
) -> impl Stream<Item = Item> + Send {
    let mut reading = Reading::Not(tasks);
    stream::poll_fn(move |cx| reading.next(cx))
}

/// Begins when it is asked for the first time.
enum Reading<I> {
    Not(I),
    In(Receiver<Item>),
    Over,
}

impl<I: Iterator<Item = Item> + Send + 'static> Reading<I> {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        if let Self::Not(_) = self
            && let Self::Not(tasks) = std::mem::replace(self, Self::Over)
        {
            match read(tasks) {
                Ok(receiver) => *self = Self::In(receiver),
                Err(error) => {
                    let error = TaskError::from_cause(error).context("cannot read tasks");
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        match self {
            Self::In(receiver) => receiver.poll_recv(cx),
            Self::Not(_) | Self::Over => Poll::Ready(None),
        }
    }
}

fn read(tasks: impl Iterator<Item = Item> + Send + 'static) -> io::Result<Receiver<Item>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let thread = thread::Builder::new().name("scrapeflow-tasks".to_owned());
    thread.spawn(move || {
        for task in tasks {
            if sender.blocking_send(task).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}
