//! What settings do to a run.

use std::fs;

use super::{Durable, MaxAge, Rate, Settings};
use crate::cli::exit::Failure;
use crate::fetch::{AddressPolicy, Politeness};
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
        if let Some(grace) = self.grace {
            run = run.grace(grace);
        }
        if let Some(Durable(durability)) = self.durability {
            run = run.durability(durability);
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
        run = self.polite_to_hosts(run);
        if let Some(proxies) = self.proxies()? {
            run = run.proxies(proxies);
        }
        if let Some(user_agent) = &self.user_agent {
            run = run.user_agent(user_agent);
        }
        if !self.header.is_empty() {
            run = run.headers(pairs("header", &self.header, ':', "'Accept-Language: de'")?);
        }
        if !self.cookie.is_empty() {
            run = run.cookies(pairs("cookie", &self.cookie, '=', "session=1f3a")?);
        }
        if let Some(keep) = self.cookie_store {
            run = run.cookie_store(keep);
        }
        if !self.accept_status.is_empty() {
            run = run.accept_status(self.accept_status.iter().copied());
        }
        if let Some(public_only) = self.public_only {
            run = run.address_policy(if public_only {
                AddressPolicy::PublicOnly
            } else {
                AddressPolicy::default()
            });
        }
        Ok(run)
    }

    /// The parts that are said over whatever the program's own politeness is.
    fn polite_to_hosts<W: Workflow>(&self, run: Run<W>) -> Run<W> {
        let pace = self.pace;
        run.politely(|mut politeness| {
            match self.polite {
                Some(true) => politeness = Politeness::polite(),
                Some(false) => politeness = Politeness::default(),
                None => {}
            }
            if let Some(robots) = self.robots {
                politeness = politeness.robots(robots);
            }
            let mut own = politeness.pace;
            if let Some(Rate(delay)) = pace {
                own = own.delay(delay).jitter(0.0);
            }
            if let Some(requests) = self.per_host {
                own = own.concurrency(requests);
            }
            politeness.pace(own)
        })
    }

    fn proxies(&self) -> Result<Option<ProxyList>, Failure> {
        let mut proxies = self.proxy.clone();
        if let Some(path) = &self.proxies {
            let file = fs::read_to_string(path);
            let file = file.map_err(|error| {
                Failure::usage(format!("proxies: cannot read {}: {error}", path.display()))
            })?;
            proxies.extend(lines(&file));
        }
        if proxies.is_empty() {
            return Ok(None);
        }
        let list = ProxyList::new(proxies);
        list.map(Some)
            .map_err(|wrong| Failure::usage(format!("proxy: {wrong}")))
    }
}

/// The lines of a list of proxies, without blank ones and comments.
pub(in crate::cli) fn lines(file: &str) -> impl Iterator<Item = String> {
    let lines = file.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
}

/// For one executor or, unless one is named, for all.
fn max_age<W: Workflow>(mut run: Run<W>, said: &MaxAge) -> Result<Run<W>, Failure> {
    let named = said.step.as_deref().map(W::step).transpose();
    let named = named.map_err(|unknown| Failure::usage(format!("max-age: {unknown}")))?;
    let all = W::executors().into_iter();
    let steps = match named {
        Some(step) => vec![step],
        None => all.filter_map(|name| W::step(name).ok()).collect(),
    };
    for step in steps {
        run = run.configure_step(step, |settings| settings.max_age(said.age));
    }
    Ok(run)
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
