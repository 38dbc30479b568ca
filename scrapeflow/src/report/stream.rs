//! Events as a stream, for whoever cannot listen on the run's own threads.

use std::pin::Pin;
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
}

/// The two ends of a stream of events.
pub(crate) fn channel() -> (Listener, Events) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let missed = std::sync::atomic::AtomicU64::new(0);
    let listener: Listener = Box::new(move |event| {
        use std::sync::atomic::Ordering::Relaxed;
        let lost = missed.load(Relaxed);
        if lost > 0 && sender.try_send(Event::Missed(lost)).is_ok() {
            missed.fetch_sub(lost, Relaxed);
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(event.clone()) {
            missed.fetch_add(1, Relaxed);
        }
    });
    (listener, Events { receiver })
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.receiver.poll_recv(cx)
    }
}
