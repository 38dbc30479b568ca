//! What `Result` and `Option` gain: `.recorded(…)`, `.context(…)`; and the macros `bail!` and `ensure!`.

use std::fmt::Display;

use super::{Class, Error, Result};

/// Turns failures of others into errors that are recorded on the task.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// let price: Result<f64> = "n/a".parse::<f64>().recorded("price");
/// assert_eq!(price.unwrap_err().to_string(), "price: invalid float literal");
/// let title: Result<&str> = None.recorded("the page has no title");
/// assert!(title.unwrap_err().is_recorded());
/// ```
pub trait ResultExt<T> {
    /// Makes a failure one that is recorded on the task, with `what` in front: as a `RuntimeError`, unless it
    /// is of a class of its own, which it keeps, as a timeout does, and may be tried again.
    ///
    /// # Errors
    /// The failure, so classed.
    fn recorded(self, what: impl Display) -> Result<T>;

    /// Puts `what` in front of a failure and keeps its class; a `None` is recorded as a `RuntimeError`.
    ///
    /// # Errors
    /// The failure, with the context.
    fn context(self, what: impl Display) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for Result<T, E> {
    fn recorded(self, what: impl Display) -> Result<T> {
        self.map_err(|error| {
            let error = error.into().context(what);
            if error.aborts_run() {
                error.with_class(Class::Runtime)
            } else {
                error
            }
        })
    }

    fn context(self, what: impl Display) -> Result<T> {
        self.map_err(|error| error.into().context(what))
    }
}

impl<T> ResultExt<T> for Option<T> {
    fn recorded(self, what: impl Display) -> Result<T> {
        self.ok_or_else(|| Error::recorded(Class::Runtime, what.to_string()))
    }

    fn context(self, what: impl Display) -> Result<T> {
        self.recorded(what)
    }
}

/// Returns with an error that is recorded on the task as a `RuntimeError`.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// fn check(title: &str) -> Result<()> {
///     if title == "Are you a robot?" {
///         bail!("captcha instead of the page {title:?}");
///     }
///     Ok(())
/// }
/// assert!(check("Are you a robot?").is_err());
/// ```
#[macro_export]
macro_rules! bail {
    ($($message:tt)+) => {
        return ::core::result::Result::Err(::core::convert::Into::into($crate::Error::recorded(
            $crate::Class::Runtime,
            ::std::format!($($message)+),
        )))
    };
}

/// [`bail!`](crate::bail) unless a condition holds.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// fn rating(stars: u8) -> Result<u8> {
///     ensure!(stars <= 5, "{stars} stars of 5");
///     Ok(stars)
/// }
/// assert_eq!(rating(7).unwrap_err().to_string(), "7 stars of 5");
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            $crate::bail!($($message)+);
        }
    };
}
