//! `completions`: for shells.

use clap::Args;
use clap_complete::{Shell, generate};

use super::exit::{Failure, WELL};
use super::out::Out;

/// Prints a script that completes commands, flags and their values
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow completions bash > ~/.local/share/bash-completion/completions/scrapeflow
  scrapeflow completions fish > ~/.config/fish/completions/scrapeflow.fish
  source <(scrapeflow completions zsh)")]
pub(super) struct CompletionsCommand {
    /// Whose
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsCommand {
    pub(super) fn run(self, mut command: clap::Command, out: &mut Out) -> Result<u8, Failure> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        generate(self.shell, &mut command, name, &mut script);
        out.data(&String::from_utf8_lossy(&script))?;
        out.flush()?;
        Ok(WELL)
    }
}
