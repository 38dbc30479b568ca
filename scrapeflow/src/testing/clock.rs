//! The calendar's time in a simulation: it goes with tokio's, from a moment that is the same in every world, and can jump.

use std::cell::Cell;
use std::marker::PhantomData;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// 2030-01-01T00:00:00Z, in seconds.
const BEGIN: i64 = 1_893_456_000;

thread_local! {
    /// Where the calendar's clock stood, and when; a world has its thread for itself.
    static STOOD: Cell<Option<(DateTime<Utc>, Instant)>> = const { Cell::new(None) };
}

/// What time it is in this thread's world, if it has one.
pub(crate) fn now() -> Option<DateTime<Utc>> {
    let (stood, when) = STOOD.get()?;
    Some(stood + when.elapsed())
}

/// The calendar's clock of a world; it ends when dropped.
pub(super) struct Clock(PhantomData<*const ()>);

impl Clock {
    /// Begins it in this thread. To be called where tokio's time is paused.
    pub(super) fn begin() -> Self {
        let begin = DateTime::from_timestamp(BEGIN, 0).expect("a moment of our time");
        STOOD.set(Some((begin, Instant::now())));
        Self(PhantomData)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        STOOD.set(None);
    }
}

/// Sets this thread's clock ahead, or back.
pub(super) fn jump(by: TimeDelta) {
    if let Some(now) = now() {
        STOOD.set(Some((now + by, Instant::now())));
    }
}
