//! `run` and `scrape`: tasks through a workflow.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};

use super::exit::Failure;
use super::fail_if::FailIf;
use super::last_resort::{LastResort, Process};
use super::line;
use super::out::Out;
use super::settings::Settings;
use super::tasks::TaskArgs;
use crate::executor::decide::RetryFailed;
use crate::report::Report;
use crate::report::event::Event;
use crate::report::progress::Progress;
use crate::run::builder::Run;
use crate::store::ArchiveStore;
use crate::workflow::Workflow;

/// Scrapes pages into a directory
///
/// Said again it fetches only what is missing: what failed, and what a run that was stopped didn't come to. Each page is saved as
/// KEY.scrape, with all that is known of it in KEY.status.json; KEY is the MD5 of the URL.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow scrape pages https://example.com/ https://example.com/about
  scrapeflow scrape pages --from urls.txt --polite
  sed 's|^|https://example.com|' paths.txt | scrapeflow scrape pages --from - --pace 2/s --proxies proxies.txt")]
pub(super) struct ScrapeCommand {
    #[command(flatten)]
    run: RunArgs,
    /// Scrapes again what it has already
    #[arg(long)]
    force: bool,
}

/// Runs the workflow on tasks
///
/// Does only what is missing: what failed, what is forced, what has another version or input, and what a run that was stopped
/// didn't come to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow run pages --from urls.txt --polite
  scrapeflow run pages
  scrapeflow run pages --force parse --limit 100")]
pub(super) struct RunCommand {
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    steps: StepArgs,
}

/// What runs and plans are told alike.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The directory of the run, which is made if it isn't there; an archive if its name ends with .sfa
    dir: PathBuf,
    #[command(flatten)]
    tasks: TaskArgs,
    /// Which of the tasks that failed before run again; the others stay failed, unless what failed has another version now, or reads
    /// something else [default: all]
    #[arg(long, value_enum, value_name = "WHICH")]
    retry_failed: Option<Retry>,
    /// Prints JSON instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Reads settings from this file instead of scrapeflow.toml
    #[arg(long, value_name = "FILE", env = "SCRAPEFLOW_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Executors by name; the names that there are are added where the workflow is known.
#[derive(Debug, Args)]
pub(super) struct StepArgs {
    /// Runs this executor again where it has succeeded; given again, further ones
    #[arg(long, value_name = "EXECUTOR")]
    pub(super) force: Vec<String>,
    /// Runs all executors again
    #[arg(long)]
    pub(super) force_all: bool,
    /// Runs only this executor; given again, further ones
    #[arg(long, value_name = "EXECUTOR")]
    pub(super) only: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Retry {
    All,
    /// Those whose error may pass, such as a timeout
    Retryable,
    None,
}

/// A run that is about to be made, or planned.
pub(super) struct Ready<W> {
    pub(super) run: Run<W>,
    fail_if: Option<FailIf>,
}

/// What a program says of its runs itself.
pub(super) type Change<W> = Box<dyn FnOnce(Run<W>) -> Run<W> + Send>;

impl ScrapeCommand {
    pub(super) async fn run<W: Workflow>(
        self,
        out: &mut Out,
        process: Process,
    ) -> Result<u8, Failure> {
        let as_json = self.run.json;
        let mut ready = self.run.ready::<W>(Vec::new())?;
        if self.force {
            ready.run = ready.run.force_all();
        }
        ready.run(out, as_json, process).await
    }
}

impl RunCommand {
    pub(super) async fn run<W: Workflow>(
        self,
        changes: Vec<Change<W>>,
        out: &mut Out,
        process: Process,
    ) -> Result<u8, Failure> {
        let as_json = self.run.json;
        let ready = self.run.ready(changes)?;
        ready.with(&self.steps)?.run(out, as_json, process).await
    }
}

impl RunArgs {
    pub(super) fn ready<W: Workflow>(self, changes: Vec<Change<W>>) -> Result<Ready<W>, Failure> {
        let settings = self.settings.over_file(self.config.as_deref())?;
        let fail_if = settings.fail_if;
        let (is_new, place) = (!self.dir.exists(), self.dir.display().to_string());
        let said = changes
            .into_iter()
            .fold(begun::<W>(self.dir), |run, change| change(run));
        let mut run = settings.apply(said)?;
        if let Some(tasks) = self.tasks.limit() {
            run = run.limit(tasks);
        }
        match self.tasks.tasks()? {
            Some(tasks) => run = run.tasks(tasks),
            None if is_new => {
                return Err(Failure::usage(format!(
                    "there is no directory {place}, and no tasks were named: give URLs, or a file by --from"
                )));
            }
            None => {}
        }
        if let Some(retry) = self.retry_failed {
            run = run.retry_failed(match retry {
                Retry::All => RetryFailed::All,
                Retry::Retryable => RetryFailed::Retryable,
                Retry::None => RetryFailed::None,
            });
        }
        Ok(Ready { run, fail_if })
    }
}

/// In an archive where there is one, or the name says that there is to be one.
fn begun<W: Workflow>(dir: PathBuf) -> Run<W> {
    let is_called_so = dir
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("sfa"));
    let is_empty = || std::fs::read_dir(&dir).map_or(true, |mut entries| entries.next().is_none());
    if ArchiveStore::is_in(&dir) || (is_called_so && is_empty()) {
        W::in_archive(dir)
    } else {
        W::in_dir(dir)
    }
}

impl<W: Workflow> Ready<W> {
    pub(super) fn with(mut self, steps: &StepArgs) -> Result<Self, Failure> {
        let step =
            |name: &String| W::step(name).map_err(|unknown| Failure::usage(unknown.to_string()));
        for name in &steps.force {
            self.run = self.run.force_step(step(name)?);
        }
        for name in &steps.only {
            self.run = self.run.only_step(step(name)?);
        }
        if steps.force_all {
            self.run = self.run.force_all();
        }
        Ok(self)
    }

    async fn run(self, out: &mut Out, as_json: bool, process: Process) -> Result<u8, Failure> {
        let finished = Arc::new(AtomicBool::new(false));
        let (last_resort, asked) = LastResort::of_run(self.run.said.grace, finished.clone());
        // Heard from here on, also while the store is taken.
        let mut run = self.run.stop_when(asked.came()).on_event(move |event| {
            if matches!(event, Event::RunFinished) {
                finished.store(true, Ordering::Relaxed);
            }
        });
        if out.is_quiet() {
            run = run.progress(Progress::Off);
        }
        let (report, ended) = match run.run().await {
            Ok(report) => {
                let code = match self.fail_if {
                    Some(most) if !report.interrupted => u8::from(most.is_exceeded(&report)),
                    _ => report.exit_code(),
                };
                (Some(report), Ok(code))
            }
            Err(error) => (error.report().cloned(), Err(error.into())),
        };
        let (ended, interrupted, abandoned) = match &report {
            None => (ended, false, 0),
            Some(report) => {
                let told = told(report, out, as_json);
                (told.and(ended), report.interrupted, report.abandoned)
            }
        };
        // What was abandoned has threads that nobody can end, and a runtime waits for them.
        let is_its = process == Process::Its;
        if is_its && (abandoned > 0 || !last_resort.leave(interrupted).await) {
            std::process::exit(line::code(ended).into());
        }
        ended
    }
}

fn told(report: &Report, out: &mut Out, as_json: bool) -> Result<(), Failure> {
    if as_json {
        out.json(report)?;
    } else {
        // What sites said is in it.
        for line in report.to_string().lines() {
            out.data(&super::out::shown(line))?;
            out.data("\n")?;
        }
    }
    out.flush()
}
