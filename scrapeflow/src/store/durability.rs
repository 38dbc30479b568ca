//! What survives which accident.

use std::time::Duration;

/// What a crash may take of what was saved.
///
/// | | the process is killed | the machine loses power |
/// | --- | --- | --- |
/// | [`Process`](Durability::Process) | nothing | what the system had not yet written: usually that of the last 30 s, at most all |
/// | [`PowerCut`](Durability::PowerCut) | nothing | nothing |
/// | [`Batched`](Durability::Batched) | nothing | as with `Process`, but only of tasks for which something was saved since the last batch |
///
/// In a directory `PowerCut` syncs about four files and folders for each executor of a task, before the task goes on; in an archive
/// saves share their syncs, so that it costs little there. `Batched` syncs beside the run. What it costs, and which to take when, is told in
/// docs/reliability.md of the repository.
///
/// # After a power cut
///
/// What was not on the disk yet is there, or isn't, or is in part, in whatever order the file system likes:
///
/// | | in a directory | in an archive |
/// | --- | --- | --- |
/// | a status | missing, an older one, or broken: empty, cut off or with holes, also where an older one was on the disk | missing or an older one |
/// | a body | missing, cut off, with holes, or of another version than its status says | cut off or with holes |
/// | all of it | missing, with `Process` alone | the same |
///
/// - A broken status is reported by name at the next run, which does the other tasks and ends in an error; delete it to begin that
///   task again.
/// - A body that an earlier run may have left is compared with its recorded size and MD5 when an executor reads it. If it is another, that
///   executor fails with the remedy in its message: to run the one again that saved the body. As long as nobody reads it, it isn't missed.
/// - Where a file of an archive ends before a body does, the next run does that anew by itself.
///
/// # Where
///
/// [`PowerCut`](Durability::PowerCut) and [`Batched`](Durability::Batched) sync folders too, which takes a Unix.
///
/// # What counts as saved
///
/// A run that syncs begins with that: what it finds is on the disk before it counts on it, whichever run saved it, and so is the name of
/// the directory. Elsewhere than on Linux that is so only of what it saves itself.
///
/// File systems are relied on to keep what was synced, to have a rename in effect at both names or at neither, and not to name a new file
/// before they know that it is one: as all do that have a journal, unlike ext2. Disks are relied on to have written what they say they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Survives whatever kills the process. No `fsync` for what is saved; an archive's database has some of its own, so that after a
    /// power cut its statuses may be newer than its bodies.
    #[default]
    Process,
    /// Survives a power cut: `fsync` before a status counts as saved. Costs milliseconds a task on most
    /// disks.
    PowerCut,
    /// `fsync` of all that was saved since, once in this window, and when the run ends. A batch is safe when its sync is through, which
    /// takes its time.
    Batched(Duration),
}
