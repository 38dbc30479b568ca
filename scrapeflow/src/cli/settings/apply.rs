//! What settings do to a run.

use std::fs;
use std::time::Duration;

use super::Settings;
use crate::cli::exit::Failure;
use crate::fetch::Politeness;
use crate::proxy::ProxyList;
use crate::run::builder::Run;
use crate::workflow::Workflow;

impl Settings {
    /// Says it all to a run, over what was said before.
    pub(in crate::cli) fn apply<W: Workflow>(&self, mut run: Run<W>) -> Result<Run<W>, Failure> {
        if let Some(tasks) = self.parallelism {
            run = run.max_parallelism(tasks);
        }
        if let Some(timeout) = self.timeout {
            run = run.timeout(timeout);
        }
        if let Some(retries) = self.retries {
            run = run.retries(retries);
        }
        if let Some(retries) = self.request_retries {
            run = run.request_retries(retries);
        }
        for age in &self.max_age {
            run = max_age(run, age)?;
        }
        run = self.polite_to_hosts(run)?;
        if let Some(proxies) = self.proxies()? {
            run = run.proxies(proxies);
        }
        if let Some(user_agent) = &self.user_agent {
            run = run.user_agent(user_agent);
        }
        if !self.header.is_empty() {
            run = run.headers(pairs(
                "--header",
                &self.header,
                ':',
                "'Accept-Language: de'",
            )?);
        }
        if !self.cookie.is_empty() {
            run = run.cookies(pairs("--cookie", &self.cookie, '=', "session=1f3a")?);
        }
        if let Some(keep) = self.cookie_store {
            run = run.cookie_store(keep);
        }
        if !self.accept_status.is_empty() {
            run = run.accept_status(self.accept_status.iter().copied());
        }
        if self.public_only == Some(true) {
            run = run.public_only();
        }
        Ok(run)
    }

    /// The parts that are said over whatever the program's own politeness is.
    fn polite_to_hosts<W: Workflow>(&self, run: Run<W>) -> Result<Run<W>, Failure> {
        let pace = self.pace.as_deref().map(pace).transpose()?;
        Ok(run.politely(|mut politeness| {
            match self.polite {
                Some(true) => politeness = Politeness::polite(),
                Some(false) => politeness = Politeness::default(),
                None => {}
            }
            if let Some(robots) = self.robots {
                politeness = politeness.robots(robots);
            }
            let mut own = politeness.pace;
            if let Some(delay) = pace {
                own = own.delay(delay).jitter(0.0);
            }
            if let Some(requests) = self.per_host {
                own = own.concurrency(requests);
            }
            politeness.pace(own)
        }))
    }

    fn proxies(&self) -> Result<Option<ProxyList>, Failure> {
        let mut proxies = self.proxy.clone();
        if let Some(path) = &self.proxies {
            let file = fs::read_to_string(path);
            let file = file.map_err(|error| {
                Failure::usage(format!(
                    "--proxies: cannot read {}: {error}",
                    path.display()
                ))
            })?;
            proxies.extend(lines(&file));
        }
        if proxies.is_empty() {
            return Ok(None);
        }
        let list = ProxyList::new(proxies);
        list.map(Some)
            .map_err(|wrong| Failure::usage(format!("--proxy: {wrong}")))
    }
}

/// The lines of a list of proxies, without blank ones and comments.
pub(in crate::cli) fn lines(file: &str) -> impl Iterator<Item = String> {
    let lines = file.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
}

/// `7d`, or `scrape=7d`.
fn max_age<W: Workflow>(mut run: Run<W>, said: &str) -> Result<Run<W>, Failure> {
    let usage = |wrong: String| Failure::usage(format!("--max-age: {wrong}"));
    let (step, age) = match said.split_once('=') {
        Some((step, age)) => (Some(step.trim()), age.trim()),
        None => (None, said),
    };
    let age = humantime::parse_duration(age)
        .map_err(|error| usage(format!("`{age}` is no time: {error}")))?;
    let steps = match step {
        Some(step) => vec![W::step(step).map_err(|unknown| usage(unknown.to_string()))?],
        None => W::executors()
            .into_iter()
            .filter_map(|name| W::step(name).ok())
            .collect(),
    };
    for step in steps {
        run = run.configure_step(step, |settings| settings.max_age(age));
    }
    Ok(run)
}

/// `2/s`, `30/m`, `100/h` as the time between two requests.
fn pace(said: &str) -> Result<Duration, Failure> {
    let parts = said.split_once('/').and_then(|(requests, time)| {
        let seconds = match time.trim() {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let requests: f64 = requests.trim().parse().ok()?;
        (requests > 0.0).then(|| Duration::try_from_secs_f64(seconds / requests).ok())?
    });
    parts.ok_or_else(|| {
        Failure::usage(format!(
            "--pace: `{said}` is no rate; write it as 2/s, 30/m or 100/h"
        ))
    })
}

/// Names and values; what is wrong with one is told without it, since it may be a secret.
fn pairs<'s>(
    flag: &str,
    said: &'s [String],
    separator: char,
    example: &str,
) -> Result<Vec<(&'s str, &'s str)>, Failure> {
    let pairs = said.iter().enumerate().map(|(nth, said)| {
        let pair = said
            .split_once(separator)
            .map(|(name, value)| (name.trim(), value.trim()));
        pair.filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Failure::usage(format!(
                "{flag}: number {} has no `{separator}` after a name; write it as {example}",
                nth + 1
            ))
        })
    });
    pairs.collect()
}
