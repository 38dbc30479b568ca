//! The queue of tasks that are ready.

use std::future::poll_fn;
use std::task::Poll;

use tokio::runtime::Handle;

/// Until those that are ready now have had their turn, or something else wakes this task.
///
/// Unlike after `yield_now`, others that are ready meanwhile have it afterwards, and another thread can take over: what yields
/// waits for its own thread to look for events.
pub(crate) async fn to_the_back() {
    let mut is_back = false;
    poll_fn(|context| {
        if is_back {
            return Poll::Ready(());
        }
        is_back = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets any thread take over whom this one has woken.
///
/// tokio keeps the last of them for this thread alone («LIFO slot»), so that he would wait for an executor that keeps it. Somebody
/// else, who has nothing to do, takes that place.
pub(crate) fn share_woken() {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async {});
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn those_that_are_ready_go_first_and_all_keep_their_order() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..200)
            .map(|nth| {
                let order = order.clone();
                tokio::spawn(async move {
                    if nth % 2 == 0 {
                        to_the_back().await;
                    }
                    order.lock().unwrap().push(nth);
                })
            })
            .collect();
        join_all(tasks).await;
        let expected: Vec<usize> = (1..200).step_by(2).chain((0..200).step_by(2)).collect();
        assert_eq!(*order.lock().unwrap(), expected);
    }
}
