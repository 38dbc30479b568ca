//! The only paths that generated code may name. Not part of the public interface.

pub use crate::error::Error;
pub use crate::executor::call::Call;
pub use crate::executor::contract::*;
pub use crate::executor::input::Needs;
pub use crate::executor::settings::{Backoff, Options};
pub use crate::executor::step::Step;
pub use crate::workflow::Workflow;

/// What the fuzz targets drive.
#[cfg(fuzzing)]
pub mod fuzz {
    /// Everything that has to hold for any text that claims to be a status.
    pub fn status_json(data: &[u8]) {
        if let Ok(text) = std::str::from_utf8(data) {
            crate::status::json::check_invariants(text);
        }
    }

    /// Everything that has to hold for any octets that claim to be a robots.txt.
    #[cfg(feature = "fetch")]
    pub fn robots(data: &[u8]) {
        crate::fetch::check_robots(data);
    }

    /// Everything that has to hold for any body under any content type, which is the first line.
    pub fn text(data: &[u8]) {
        crate::executor::argument::check_text(data);
    }

    /// Everything that has to hold for any value of a `Retry-After`.
    #[cfg(feature = "fetch")]
    pub fn retry_after(data: &[u8]) {
        crate::fetch::check_retry_after(data);
    }
}
