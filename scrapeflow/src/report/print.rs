//! The report for people.

use std::cmp::Reverse;
use std::fmt;

use super::table::Table;
use super::{ErrorReport, ExecutorReport, ProxyReport, Report};
use crate::error::shortened;

/// How many messages are printed of each executor.
const MESSAGES: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, total) = (&self.workflow, self.total());
        let tasks = if total == 1 { "task" } else { "tasks" };
        let seconds = self.elapsed.as_secs_f64();
        let end = match (self.interrupted, self.stopped) {
            (true, _) => ", interrupted: run it again, with the same tasks, to go on",
            (_, true) => ", stopped by an error: run it again, with the same tasks, to go on",
            _ => "",
        };
        writeln!(f, "{name}: {total} {tasks} in {seconds:.2} s{end}")?;
        for (outcome, tally) in &self.tasks {
            writeln!(f, "  {:<12} {:>9}", outcome.to_string(), tally.count)?;
        }
        for (what, count) in [
            ("abandoned", self.abandoned as u64),
            ("duplicates", self.duplicates),
        ] {
            if count > 0 {
                writeln!(f, "  {what:<12} {count:>9}")?;
            }
        }
        for (key, executor) in &self.unyielding {
            writeln!(f, "abandoned: {key}: `{executor}` doesn't yield")?;
        }
        writeln!(f)?;
        self.print_executors(f)?;
        self.print_errors(f)?;
        self.print_requests(f)?;
        for (key, why) in &self.broken {
            writeln!(f, "broken: {key}: {why}")?;
        }
        Ok(())
    }
}

fn sum(report: &Report, count: impl Fn(&ProxyReport) -> u64) -> u64 {
    report.proxies.values().map(count).sum()
}

impl Report {
    fn print_executors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "executor",
            "succeeded",
            "failed",
            "kept",
            "skipped",
            "retries",
        ];
        let rows = self.executors.iter().map(|executor| {
            let ExecutorReport {
                succeeded,
                failed,
                kept,
                skipped,
                retries,
                ..
            } = executor;
            let counts = [succeeded, failed, kept, skipped, retries].map(u64::to_string);
            [executor.name.to_owned()]
                .into_iter()
                .chain(counts)
                .collect()
        });
        let rows: Vec<Vec<String>> = [head.map(str::to_owned).to_vec()]
            .into_iter()
            .chain(rows)
            .collect();
        write!(f, "{}", Table(&rows))
    }

    /// The commonest messages, each with a task to look at.
    fn print_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for executor in self
            .executors
            .iter()
            .filter(|executor| !executor.errors.is_empty())
        {
            writeln!(f, "\nerrors of {}", executor.name)?;
            let mut errors: Vec<&ErrorReport> = executor.errors.iter().collect();
            errors.sort_by_key(|error| Reverse(error.count));
            for error in errors.iter().take(MESSAGES) {
                let ErrorReport {
                    message,
                    count,
                    example,
                    example_url,
                } = error;
                write!(f, "  {count:>6} × {}, as {example}", shortened(message))?;
                match example_url {
                    Some(url) => writeln!(f, " ({})", shortened(url))?,
                    None => writeln!(f)?,
                }
            }
            if errors.len() > MESSAGES {
                writeln!(f, "         and {} other messages", errors.len() - MESSAGES)?;
            }
        }
        Ok(())
    }

    fn print_requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.requests == 0 {
            return Ok(());
        }
        let bytes = match self.bytes {
            bytes @ 0..10_000 => format!("{bytes} bytes"),
            bytes @ 10_000..10_000_000 => format!("{} kB", bytes / 1_000),
            bytes => format!("{} MB", bytes / 1_000_000),
        };
        write!(f, "\n{} answers, {bytes}", self.requests)?;
        for (status, count) in &self.http_statuses {
            write!(f, ", HTTP {status}: {count}")?;
        }
        if self.request_retries > 0 {
            write!(f, ", asked again: {}", self.request_retries)?;
        }
        writeln!(f)?;
        if !self.throttled.is_empty() {
            let hosts = self.throttled.iter();
            let hosts: Vec<String> = hosts
                .map(|(host, times)| format!("{host} ({times} × 429 or 503)"))
                .collect();
            writeln!(f, "slowed down: {}", hosts.join(", "))?;
        }
        self.print_proxies(f)
    }

    /// All of them together, and those that failed most.
    fn print_proxies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.blocked > 0 {
            writeln!(f, "turned away and gone elsewhere: {}", self.blocked)?;
        }
        if self.proxies.is_empty() {
            return Ok(());
        }
        let proxies = if self.proxies.len() == 1 {
            "proxy"
        } else {
            "proxies"
        };
        let (all, answered) = (self.proxies.len(), sum(self, |proxy| proxy.answered));
        let (failed, blocked) = (
            sum(self, |proxy| proxy.failed),
            sum(self, |proxy| proxy.blocked),
        );
        writeln!(
            f,
            "by {all} {proxies}: {answered} answers, {failed} failures, {blocked} times blocked"
        )?;
        let bad = |proxy: &ProxyReport| proxy.failed + proxy.blocked;
        let mut worst: Vec<_> = self
            .proxies
            .iter()
            .filter(|(_, proxy)| bad(proxy) > 0)
            .collect();
        worst.sort_by_key(|(_, proxy)| Reverse(bad(proxy)));
        for (name, proxy) in worst.iter().take(MESSAGES) {
            let ProxyReport {
                answered,
                failed,
                blocked,
            } = proxy;
            writeln!(
                f,
                "  {name}: {answered} answers, {failed} failures, {blocked} times blocked"
            )?;
        }
        if worst.len() > MESSAGES {
            writeln!(f, "  and {} others with failures", worst.len() - MESSAGES)?;
        }
        Ok(())
    }
}
