//! Which tasks a run is given.

use std::path::{Path, PathBuf};

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
    /// What standard input is, and files whose ending doesn't tell [default: txt for standard input]
    #[arg(long, value_enum)]
    from_format: Option<Format>,
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
            self.urls.iter().try_for_each(|url| check(url))?;
            tasks = Some(Tasks::from_urls(self.urls)?);
        }
        for path in self.from {
            let more = match format(&path).or(self.from_format) {
                Some(Format::Txt) => Tasks::from_url_list(path),
                Some(Format::Csv) => Tasks::from_csv(path),
                Some(Format::Jsonl) => Tasks::from_jsonl(path),
                None if path.as_os_str() == STANDARD_INPUT => Tasks::from_url_list(path),
                None => {
                    return Err(Failure::usage(format!(
                        "--from: the ending of {} tells no format; say it by --from-format txt, csv or jsonl",
                        path.display()
                    )));
                }
            }?;
            tasks = Some(match tasks {
                None => more,
                Some(tasks) => tasks.and(more),
            });
        }
        Ok(tasks)
    }
}

/// As a file's ending says.
fn format(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "txt" => Some(Format::Txt),
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    }
}

/// What is said by hand is checked before it becomes a task.
fn check(url: &str) -> Result<(), Failure> {
    if url.contains("://") {
        return Ok(());
    }
    let remedy = if Path::new(url).exists() {
        format!("for a file of URLs say --from {url}")
    } else {
        "a URL begins with https:// or http://".to_owned()
    };
    Err(Failure::usage(format!("`{url}` is no URL; {remedy}")))
}
