//! What an error that nobody foresaw does to the run.

/// What becomes of the run when an executor fails in a way that nobody foresaw, or panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnUnhandled {
    /// The error is recorded on its task, then the run stops and names key, executor and causes.
    #[default]
    Stop,
    /// The error is recorded on its task, and other tasks go on.
    Record,
}
