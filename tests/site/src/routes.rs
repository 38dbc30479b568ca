//! What a test has arranged: its own handlers, and the gates that it has opened.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Answer, Request, paths};

type Handler = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

/// Picks the answer to a request, which it does not write.
#[derive(Default)]
pub(super) struct Routes {
    handlers: Mutex<HashMap<String, Handler>>,
    open: watch::Sender<HashSet<String>>,
}

impl Routes {
    pub(super) fn insert<H>(&self, path: &str, handler: H)
    where
        H: Fn(&Request) -> Answer + Send + Sync + 'static,
    {
        self.handlers().insert(path.to_owned(), Arc::new(handler));
    }

    pub(super) fn open(&self, gate: &str) {
        self.open.send_modify(|open| {
            open.insert(gate.to_owned());
        });
    }

    /// Waits until the gate is open, not at all if it is.
    pub(super) async fn opened(&self, gate: &str) {
        // It fails only without the sender, which is borrowed here.
        let _ = self
            .open
            .subscribe()
            .wait_for(|open| open.contains(gate))
            .await;
    }

    /// The answer to the `hit`-th request for this target.
    pub(super) fn answer(&self, request: &Request, hit: usize) -> Answer {
        let handler = self.handlers().get(request.path()).cloned();
        match handler {
            Some(handler) => run(&handler, request),
            None => paths::answer(request, hit),
        }
    }

    /// Nothing panics while it is locked.
    fn handlers(&self) -> MutexGuard<'_, HashMap<String, Handler>> {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An assertion that fails in a handler must reach the test, not leave its client without an answer.
fn run(handler: &Handler, request: &Request) -> Answer {
    panic::catch_unwind(AssertUnwindSafe(|| handler(request))).unwrap_or_else(|panic| {
        Answer::text(format!("the handler panicked: {}", message(&*panic))).status(500)
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("handlers", &self.handlers().keys())
            .field("open", &*self.open.borrow())
            .finish()
    }
}
