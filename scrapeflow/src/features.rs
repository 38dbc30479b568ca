//! The one place where the journey learns what the features brought.

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
