//! `proxies check`: which proxies are live.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::exit::{Failure, WELL};
use super::out::{Out, shown};
use super::settings::lines;
use super::table::table;
use crate::proxy::{CHECK_URL, Checking, ProxyList, ProxyProvider};

/// Looks at proxies
#[derive(Debug, Args)]
pub(super) struct ProxiesCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Check),
}

/// Asks for a page through each proxy, and says which are live and how fast
///
/// Exits with 1 if none is live.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow proxies check http://user:password@10.0.0.1:8080 socks5://10.0.0.2:1080
  scrapeflow proxies check --from proxies.txt --rounds 3 --json")]
struct Check {
    /// Proxies
    #[arg(value_name = "PROXY", required_unless_present = "from")]
    proxies: Vec<String>,
    /// A file of proxies, one a line
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// What is asked for
    #[arg(long, default_value = CHECK_URL)]
    url: String,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// How often each is asked; one that fails once isn't live
    #[arg(long, value_name = "TIMES", default_value_t = 1)]
    rounds: u32,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    proxy: String,
    live: bool,
    ms: Option<u64>,
    error: Option<String>,
}

/// How far a check is, on a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(out: &Out) -> Self {
        // Shown on standard error, and there only on a terminal.
        let bar = if out.is_quiet() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(0)
        };
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
        Self(bar.with_style(style.expect("a template of our own")))
    }

    fn show(&self, so_far: Checking) {
        self.0.set_length(so_far.total as u64);
        self.0.set_position(so_far.checked as u64);
        self.0.set_message(format!("{} live", so_far.live));
    }
}

impl ProxiesCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let Command::Check(check) = self.command;
        check.run(out).await
    }
}

impl Check {
    async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let mut proxies = self.proxies;
        if let Some(path) = &self.from {
            let file = fs::read_to_string(path);
            let file = file.map_err(|error| {
                Failure::usage(format!("cannot read {}: {error}", path.display()))
            })?;
            proxies.extend(lines(&file));
        }
        let list = ProxyList::new(proxies).map_err(|wrong| Failure::usage(wrong.to_string()))?;
        let bar = Bar::new(out);
        let checked = list
            .check(self.timeout, self.rounds)
            .url(self.url)
            .on_progress(|so_far| bar.show(so_far))
            .run()
            .await;
        bar.0.finish_and_clear();
        let checked = checked.map_err(|error| Failure::usage(error.to_string()))?;
        let mut rows: Vec<Row> = checked
            .good
            .iter()
            .map(|(proxy, time)| Row {
                proxy: proxy.to_string(),
                live: true,
                ms: u64::try_from(time.as_millis()).ok(),
                error: None,
            })
            .collect();
        rows.sort_by_key(|row| row.ms);
        rows.extend(checked.bad.iter().map(|(proxy, error)| Row {
            proxy: proxy.to_string(),
            live: false,
            ms: None,
            error: Some(error.clone()),
        }));
        if self.json {
            out.json(&rows)?;
        } else {
            let head = ["proxy", "live", "ms", "error"].map(str::to_owned);
            let rows = rows.into_iter().map(|row| {
                vec![
                    row.proxy,
                    if row.live { "yes" } else { "no" }.to_owned(),
                    row.ms.map(|ms| ms.to_string()).unwrap_or_default(),
                    shown(&row.error.unwrap_or_default()),
                ]
            });
            table(out, &head, rows, usize::MAX)?;
        }
        out.flush()?;
        out.say(&format!(
            "{} of {} live",
            checked.live,
            checked.live + checked.bad.len()
        ));
        if checked.live == 0 {
            return Err(Failure::failed("no proxy is live"));
        }
        Ok(WELL)
    }
}
