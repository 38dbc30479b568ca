//! Watches for what stops a run, and gives what still works its grace.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, select, select_all};

use super::stop::{Cause, Stop};
use crate::report::event::{Event, Listener, Outcome, Publisher};

/// Attempts that are under way when a run stops get this long unless something else is said.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// How long what was cut off gets to notice, before it is left to itself: an executor that never yields
/// cannot be ended.
const ABANDON_AFTER: Duration = Duration::from_secs(1);

/// A future of the caller's, which resolves to how to wait for its second time.
pub(crate) type When = BoxFuture<'static, BoxFuture<'static, ()>>;

pub(crate) struct Stopping {
    pub(crate) grace: Duration,
    pub(crate) when: Vec<When>,
}

impl Stopping {
    /// Drives `work`, stopping it when asked; `None` if it was cut off and didn't notice.
    pub(crate) async fn while_running<F: Future>(
        self,
        stop: &Stop,
        events: &Publisher,
        work: F,
    ) -> Option<F::Output> {
        let asked = async {
            if !self.when.is_empty() {
                let (again, _, others) = select_all(self.when).await;
                if !stop.is_requested() {
                    stop.because(Cause::Asked);
                    // The same once more, or another.
                    let others: Vec<When> = others.into_iter().chain([pending().boxed()]).collect();
                    select(again, select_all(others)).await;
                }
                stop.cut();
            }
            pending::<Infallible>().await
        };
        let grace = async {
            stop.requested().await;
            events.publish(&Event::Stopping { grace: self.grace });
            tokio::time::sleep(self.grace).await;
            stop.cut();
            pending::<Infallible>().await
        };
        let too_late = async {
            stop.cut_off().await;
            tokio::time::sleep(ABANDON_AFTER).await;
        };
        tokio::select! {
            // Work behind what stops it, so that nothing starts under a stop that is there already.
            biased;
            never = asked => match never {},
            never = grace => match never {},
            output = work => Some(output),
            () = too_late => None,
        }
    }
}

/// Stops the run when more than `share` of the tasks that ended have failed, once `after` have ended.
pub(crate) fn stop_if(stop: &Arc<Stop>, share: f64, after: u64) -> Listener {
    let (ended, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = stop.clone();
    Box::new(move |event| {
        let Event::TaskFinished { outcome, .. } = event else {
            return;
        };
        let fails = u64::from(*outcome == Outcome::Failed);
        let failed = failed.fetch_add(fails, Ordering::Relaxed) + fails;
        let ended = ended.fetch_add(1, Ordering::Relaxed) + 1;
        #[expect(clippy::cast_precision_loss, reason = "a share, to a percent")]
        let is = failed as f64 / ended as f64;
        if ended >= after && is > share {
            stop.because(Cause::TooManyFailed(format!(
                "{failed} of {ended} tasks failed, more than the {}% that stop_if allows",
                share * 100.0
            )));
        }
    })
}
