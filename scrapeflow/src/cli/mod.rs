//! The command line: to run a workflow, to look at what its runs left, and to take the data out.
//!
//! The program `scrapeflow` looks at any directory of statuses, whoever made it, and scrapes pages. A workflow of one's own
//! gets the same commands, with `run` and `plan` in the place of `scrape` and `new`, from [`cli()`](crate::cli()):
//!
//! ```no_run
//! use scrapeflow::prelude::*;
//! use scrapeflow::ready::scrape;
//!
//! #[executor]
//! async fn title(page: Body<scrape>) -> Result<String> {
//!     let text = page.text();
//!     let (_, rest) = text.split_once("<title>").recorded("the page has no title")?;
//!     Ok(rest.split('<').next().unwrap_or_default().to_owned())
//! }
//!
//! workflow! {
//!     /// Pages and their titles.
//!     pub Titles = scrape -> title;
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     scrapeflow::cli::<Titles>()
//!         .configure(|run| run.politeness(Politeness::polite()))
//!         .main()
//!         .await
//! }
//! ```
//!
//! Each command is a file of this folder. On the way of all of them: `line` (what may be said), `settings` (flags over
//! environment over file), `place` (the directory), `select` (which rows), `out` and `table` (how it is told), `exit` (how it ends).
//!
#![doc = include_str!("../../docs/command-line.md")]

mod completions;
mod errors;
mod exit;
mod export;
mod fail_if;
mod last_resort;
mod line;
mod ls;
mod new;
mod out;
mod pack;
mod place;
mod plan;
mod program;
mod proxies;
mod reset;
mod run;
mod select;
mod settings;
mod show;
mod summary;
mod table;
mod tasks;

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

use self::last_resort::Process;
use self::run::Change;
use crate::run::builder::Run;
use crate::workflow::Workflow;

#[doc(hidden)]
pub use program::program;
#[cfg(any(test, fuzzing))]
pub(crate) use settings::check_invariants as check_settings;

/// The command line of workflow `W`: `run`, `plan`, and all that looks at directories. See [the module](mod@crate::cli).
#[must_use = "nothing happens before `main`"]
pub fn cli<W: Workflow>() -> Cli<W> {
    Cli {
        changes: Vec::new(),
        arguments: None,
        version: None,
    }
}

/// A command line, being set up.
#[must_use = "nothing happens before `main`"]
pub struct Cli<W> {
    changes: Vec<Change<W>>,
    arguments: Option<Vec<OsString>>,
    version: Option<String>,
}

impl<W: Workflow> Cli<W> {
    /// A value that executors take as `State<T>`; one of each type.
    pub fn state<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.configure(|run| run.state(value))
    }

    /// Says of runs what they go by where flags, environment and file say nothing else; given again, further things.
    pub fn configure(mut self, change: impl FnOnce(Run<W>) -> Run<W> + Send + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// What `--version` says, such as `env!("CARGO_PKG_VERSION")`; without it there is no such flag.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// What was said on the command line, the program's name first; that of the process unless set. Set, the process is taken for
    /// another's, which doesn't end with this command.
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Does what was said, and gives the exit code, with which `main` is to end.
    ///
    /// Ctrl-C and SIGTERM stop what is done. Where executors that never yield have all threads, they end the process, 5 s after the
    /// grace.
    ///
    /// A process that was started for this command, [`arguments`](Self::arguments) not being set, is seen to end afterwards: at once where
    /// executors that never yield had to be [abandoned](crate::Report::abandoned); and where the runtime, once it is shut down, waits for
    /// what was left on one of its threads, after 5 s if it was interrupted, else at the next signal.
    pub async fn main(self) -> ExitCode {
        let (arguments, process) = match self.arguments {
            Some(arguments) => (arguments, Process::Anothers),
            None => (std::env::args_os().collect(), Process::Its),
        };
        line::own::<W>(arguments, self.version, self.changes, process).await
    }
}

impl<W> fmt::Debug for Cli<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli")
            .field("workflow", &std::any::type_name::<W>())
            .finish_non_exhaustive()
    }
}
