//! The one place where the journey learns what the features brought.

use crate::executor::classify::Classifier;

/// Whose errors are recognized beside the standard library's.
pub(crate) const CLASSIFIERS: &[Classifier] = &[
    #[cfg(feature = "fetch")]
    crate::fetch::classify,
];
