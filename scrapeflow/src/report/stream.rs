//! Events as a stream, for whoever cannot listen on the run's own threads.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::mpsc;

use super::event::{Event, Listener};

/// How many events wait for a slow reader before further ones are lost to it.
const WAITING: usize = 4096;

/// The events of a run. A reader that falls more than 4,096 events behind loses the newest, and hears how
/// many as [`Event::Missed`]; the run never waits for it. Ends with the run.
#[derive(Debug)]
pub struct Events {
    receiver: mpsc::Receiver<Event>,
    missed: Arc<AtomicU64>,
}

/// The two ends of a stream of events.
pub(crate) fn channel() -> (Listener, Events) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let open = Mutex::new(Some(sender));
    let missed = Arc::new(AtomicU64::new(0));
    let count = missed.clone();
    let listener: Listener = Box::new(move |event| {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = &*open else {
            return;
        };
        // Taken before it is told, so that two threads don't tell it twice.
        let lost = count.swap(0, Ordering::Relaxed);
        if lost > 0 && sender.try_send(Event::Missed(lost)).is_err() {
            count.fetch_add(lost, Ordering::Relaxed);
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(event.clone()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(event, Event::RunFinished) {
            // Whoever still holds the run must not hold up whoever reads to the end.
            *open = None;
        }
    });
    (listener, Events { receiver, missed })
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let event = std::task::ready!(self.receiver.poll_recv(cx));
        // What was lost at the end is told there.
        Poll::Ready(
            event.or_else(|| match self.missed.swap(0, Ordering::Relaxed) {
                0 => None,
                lost => Some(Event::Missed(lost)),
            }),
        )
    }
}
