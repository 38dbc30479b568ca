//! What may be said on a command line, and who does it.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::completions::CompletionsCommand;
use super::errors::ErrorsCommand;
use super::exit::Failure;
use super::export::ExportCommand;
use super::last_resort::{LastResort, Process};
use super::ls::LsCommand;
use super::new::NewCommand;
use super::out::{self, Out};
use super::pack::{PackCommand, UnpackCommand};
use super::plan::PlanCommand;
use super::program::Pages;
use super::proxies::ProxiesCommand;
use super::reset::ResetCommand;
use super::run::{Change, RunCommand, ScrapeCommand};
use super::show::ShowCommand;
use super::summary::SummaryCommand;
use crate::workflow::Workflow;

const EXIT_CODES: &str = "Exit codes: 0 all well, 1 tasks failed, 2 the command is wrong, 3 the directory or a file cannot be \
                          read or written, 4 stopped by an unhandled error, 5 stopped because too much failed, 130 interrupted";

/// Scrapes the web in steps that can be stopped, resumed, inspected and trusted
#[derive(Debug, Parser)]
#[command(name = "scrapeflow", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(super) struct Program {
    #[command(subcommand)]
    command: ProgramCommand,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Debug, Subcommand)]
enum ProgramCommand {
    Scrape(Box<ScrapeCommand>),
    #[command(flatten)]
    Inspect(Inspect),
    New(NewCommand),
}

/// The command line of a workflow.
#[derive(Debug, Parser)]
#[command(after_help = EXIT_CODES, max_term_width = 100)]
struct Own {
    #[command(subcommand)]
    command: OwnCommand,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Debug, Subcommand)]
enum OwnCommand {
    Run(Box<RunCommand>),
    Plan(Box<PlanCommand>),
    #[command(flatten)]
    Inspect(Inspect),
}

/// What needs no workflow.
#[derive(Debug, Subcommand)]
enum Inspect {
    Summary(SummaryCommand),
    Ls(LsCommand),
    Show(ShowCommand),
    Errors(ErrorsCommand),
    Export(ExportCommand),
    Reset(ResetCommand),
    Pack(PackCommand),
    Unpack(UnpackCommand),
    Proxies(ProxiesCommand),
    Completions(CompletionsCommand),
}

#[derive(Debug, Clone, Copy, Args)]
struct Manner {
    /// Says nothing on standard error but errors and warnings
    #[arg(long, short, global = true)]
    quiet: bool,
}

/// Reads the command line of the program.
///
/// # Errors
/// The exit code of one that is wrong, or asks for help, after that was told.
pub(super) fn program(arguments: impl IntoIterator<Item = OsString>) -> Result<Program, ExitCode> {
    Program::try_parse_from(arguments).map_err(|error| refused(&error))
}

impl Program {
    pub(super) async fn run(self) -> ExitCode {
        let mut out = Out::new(self.manner.quiet);
        let ended = match self.command {
            ProgramCommand::Scrape(scrape) => scrape.run::<Pages>(&mut out, Process::Its).await,
            ProgramCommand::Inspect(inspect) => {
                inspect.run(Self::command, &mut out, Process::Its).await
            }
            ProgramCommand::New(new) => new.run(&out),
        };
        code(ended).into()
    }
}

/// Reads the command line of workflow `W`, and does what it says.
pub(super) async fn own<W: Workflow>(
    arguments: Vec<OsString>,
    version: Option<String>,
    changes: Vec<Change<W>>,
    process: Process,
) -> ExitCode {
    let name = arguments.first().map(std::path::Path::new);
    let name = name
        .and_then(|path| path.file_stem()?.to_str())
        .unwrap_or(W::NAME)
        .to_owned();
    let command = move || {
        let command = command_of::<W>(&name);
        match &version {
            Some(version) => command.version(version.clone()),
            None => command,
        }
    };
    let said = command().try_get_matches_from(arguments);
    let own = match said.and_then(|said| Own::from_arg_matches(&said)) {
        Ok(own) => own,
        Err(error) => return refused(&error),
    };
    let mut out = Out::new(own.manner.quiet);
    let ended = match own.command {
        OwnCommand::Run(run) => run.run(changes, &mut out, process).await,
        OwnCommand::Plan(plan) => plan.run(changes, &mut out).await,
        OwnCommand::Inspect(inspect) => inspect.run(command, &mut out, process).await,
    };
    code(ended).into()
}

/// With the names of its executors as the values that there are, and its own name in the examples.
fn command_of<W: Workflow>(name: &str) -> clap::Command {
    let mut command = Own::command()
        .name(name.to_owned())
        .bin_name(name)
        .about(format!(
            "Runs the workflow {}, and looks at what its runs left",
            W::NAME
        ));
    let named = |command: clap::Command, flag: &'static str| {
        command.mut_arg(flag, |arg| {
            arg.value_parser(PossibleValuesParser::new(W::executors()))
        })
    };
    for of in ["run", "plan"] {
        command = command.mut_subcommand(of, |command| named(named(command, "force"), "only"));
    }
    command = command.mut_subcommand("reset", |command| named(command, "executor"));
    command.mut_subcommands(|command| match command.get_after_help() {
        Some(help) => {
            let help = help.to_string().replace("scrapeflow ", &format!("{name} "));
            command.after_help(help)
        }
        None => command,
    })
}

impl Inspect {
    async fn run(
        self,
        command: impl FnOnce() -> clap::Command,
        out: &mut Out,
        process: Process,
    ) -> Result<u8, Failure> {
        let work = async {
            match self {
                Self::Summary(summary) => summary.run(out).await,
                Self::Ls(ls) => ls.run(out).await,
                Self::Show(show) => show.run(out).await,
                Self::Errors(errors) => errors.run(out).await,
                Self::Export(export) => export.run(out).await,
                Self::Reset(reset) => reset.run(out).await,
                Self::Pack(pack) => pack.run(out).await,
                Self::Unpack(unpack) => unpack.run(out).await,
                Self::Proxies(proxies) => proxies.run(out).await,
                Self::Completions(completions) => completions.run(command(), out),
            }
        };
        // What doesn't end by itself, as one that writes to a pipe that nobody reads, is ended.
        let (last_resort, asked) = LastResort::of_command();
        let (ended, interrupted) = tokio::select! {
            ended = work => (ended, false),
            // Dropped, what was begun is taken away.
            _ = asked.came() => (Ok(INTERRUPTED), true),
        };
        if process == Process::Its && !last_resort.leave(interrupted).await {
            std::process::exit(code(ended).into());
        }
        ended
    }
}

/// The shells' convention for Ctrl-C.
pub(super) const INTERRUPTED: u8 = 130;

/// The exit code, after the message was told.
pub(super) fn code(ended: Result<u8, Failure>) -> u8 {
    ended.unwrap_or_else(|failure| {
        if let Some(message) = &failure.message {
            out::error(message);
        }
        failure.code
    })
}

/// Help goes to standard output, and is no failure.
fn refused(error: &clap::Error) -> ExitCode {
    // Where nobody reads it there is nobody to tell.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
