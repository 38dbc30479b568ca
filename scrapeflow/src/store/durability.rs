//! What survives which accident.

use std::time::Duration;

/// What a crash may take of what was saved.
///
/// | | the process is killed | the machine loses power |
/// | --- | --- | --- |
/// | [`Process`](Durability::Process) | nothing | what the system had not yet written, usually up to 30 s; the files of that time may be missing, empty or cut off |
/// | [`PowerCut`](Durability::PowerCut) | nothing | nothing |
/// | [`Batched`](Durability::Batched) | nothing | the same as `Process`, but at most of the last window |
///
/// A status that a power cut left cut off is reported by name at the next run and is not run; delete it to
/// begin that task again. A body that was cut off is noticed by its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Survives whatever kills the process. No `fsync` for what is saved; an archive's database has some of its own.
    #[default]
    Process,
    /// Survives a power cut: `fsync` before a status counts as saved. Costs milliseconds a task on most
    /// disks.
    PowerCut,
    /// `fsync` of all that was saved since, once in this window.
    Batched(Duration),
}
