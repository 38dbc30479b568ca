//! The one place where the journey learns what the features brought.

use chrono::{DateTime, Utc};

use crate::executor::classify::Classifier;
use crate::executor::input::Needs;

/// Whose errors are recognized beside the standard library's.
pub(crate) const CLASSIFIERS: &[Classifier] = &[
    #[cfg(feature = "fetch")]
    crate::fetch::classify,
    #[cfg(feature = "images")]
    crate::images::classify,
];

/// What `Context` hands out beside what the journey has.
pub(crate) const IN_CONTEXT: &[fn(&mut Needs)] = &[
    #[cfg(feature = "fetch")]
    crate::fetch::describe,
];

/// What time it is by the calendar: the system's, but in a simulation.
pub(crate) fn now() -> DateTime<Utc> {
    #[cfg(feature = "testing")]
    if let Some(now) = crate::testing::now() {
        return now;
    }
    Utc::now()
}
