//! How a run ends before its tasks do: first nothing new starts, then what still works is cut off.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Two stages: requested (no task, executor or retry starts), and cut off (attempts are dropped).
#[derive(Debug, Default)]
pub(crate) struct Stop {
    requested: CancellationToken,
    cut_off: CancellationToken,
    cause: Mutex<Option<Cause>>,
}

/// Why a run stopped early.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The caller's signal or future.
    Asked,
    /// An executor failed in a way that nobody foresaw.
    Unhandled(String),
    /// A status could not be read from or saved to the store.
    Store(String),
    /// `stop_if`.
    TooManyFailed(String),
}

/// A run whose future is dropped leaves nothing running.
#[derive(Debug)]
pub(crate) struct CutWhenDropped(pub(crate) Arc<Stop>);

impl Drop for CutWhenDropped {
    fn drop(&mut self) {
        self.0.cut();
    }
}

impl Stop {
    /// Nothing new starts from here on.
    pub(crate) fn request(&self) {
        self.requested.cancel();
    }

    /// The first cause is the one that counts.
    pub(crate) fn because(&self, cause: Cause) {
        self.cause
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(cause);
        self.request();
    }

    /// The run is over, and its end has failed; which counts where nothing else had.
    pub(crate) fn fails(&self, why: Cause) {
        let mut cause = self.cause.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*cause, None | Some(Cause::Asked)) {
            *cause = Some(why);
        }
    }

    pub(crate) fn take_cause(&self) -> Option<Cause> {
        self.cause
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    pub(crate) async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// Waits for a pause; `true` if a stop was requested in it.
    pub(crate) async fn requested_within(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.requested()).await.is_ok()
    }

    /// What works is dropped where it waits.
    pub(crate) fn cut(&self) {
        self.request();
        self.cut_off.cancel();
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.cut_off.is_cancelled()
    }

    pub(crate) async fn cut_off(&self) {
        self.cut_off.cancelled().await;
    }

    /// For an executor: cancelling it stops nothing but what the executor hangs on it.
    pub(crate) fn token(&self) -> CancellationToken {
        self.requested.child_token()
    }
}
