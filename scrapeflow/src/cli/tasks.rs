//! Which tasks a run is given.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Failure;
use crate::task::Tasks;

#[derive(Debug, Clone, Args)]
pub(super) struct TaskArgs {
    /// URLs, a task each; without any, and without --from, the run goes on with the tasks that the directory has
    #[arg(value_name = "URL")]
    urls: Vec<String>,
    /// A file of tasks, a list of URLs (.txt), .csv or .jsonl, or - for standard input; given again, further ones
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// What standard input is
    #[arg(long, value_enum, default_value = "txt")]
    stdin_format: Format,
    /// At most so many tasks
    #[arg(long, value_name = "TASKS")]
    limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A list of URLs
    Txt,
    Csv,
    Jsonl,
}

/// By which name task files know it.
const STANDARD_INPUT: &str = "-";

impl TaskArgs {
    pub(super) fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// The tasks, `None` where none were named.
    pub(super) fn tasks(self) -> Result<Option<Tasks>, Failure> {
        let mut tasks: Option<Tasks> = None;
        if !self.urls.is_empty() {
            tasks = Some(Tasks::from_urls(self.urls)?);
        }
        for path in self.from {
            let more = if path.as_os_str() == STANDARD_INPUT {
                match self.stdin_format {
                    Format::Txt => Tasks::from_url_list(STANDARD_INPUT),
                    Format::Csv => Tasks::from_csv(STANDARD_INPUT),
                    Format::Jsonl => Tasks::from_jsonl(STANDARD_INPUT),
                }
            } else {
                Tasks::from_file(path)
            }?;
            tasks = Some(match tasks {
                None => more,
                Some(tasks) => tasks.and(more),
            });
        }
        Ok(tasks)
    }
}
