//! The report in the making: a listener that counts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::event::{End, Event, Failure, Listener};
use super::{EXAMPLES, ErrorReport, ExecutorReport, ProxyReport, Report};
use crate::task::Key;

/// Counts what it hears.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    report: Arc<Mutex<Report>>,
    /// By a clock that nobody sets.
    pub(crate) began: Instant,
}

impl Counter {
    pub(crate) fn new(
        workflow: &str,
        executors: impl Iterator<Item = &'static str>,
        started: DateTime<Utc>,
    ) -> Self {
        let executors = executors
            .map(|name| ExecutorReport {
                name,
                ..ExecutorReport::default()
            })
            .collect();
        let report = Report {
            workflow: workflow.to_owned(),
            started,
            elapsed: Duration::ZERO,
            interrupted: false,
            stopped: false,
            abandoned: 0,
            unyielding: Vec::new(),
            tasks: std::collections::BTreeMap::new(),
            duplicates: 0,
            executors,
            classes: std::collections::BTreeMap::new(),
            http_statuses: std::collections::BTreeMap::new(),
            requests: 0,
            retries: 0,
            request_retries: 0,
            throttled: std::collections::BTreeMap::new(),
            proxies: std::collections::BTreeMap::new(),
            blocked: 0,
            bytes: 0,
            broken: Vec::new(),
        };
        Self {
            report: Arc::new(Mutex::new(report)),
            began: Instant::now(),
        }
    }

    pub(crate) fn listener(&self) -> Listener {
        let counter = self.clone();
        Box::new(move |event| counter.report().count_event(event))
    }

    /// The report as it stands.
    pub(crate) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    fn count_event(&mut self, event: &Event) {
        match event {
            Event::Duplicate { .. } => self.duplicates += 1,
            Event::Skipped { executor, .. } => self.executor(executor).skipped += 1,
            Event::Retry { executor, .. } => {
                self.executor(executor).retries += 1;
                self.retries += 1;
            }
            Event::RequestRetry { .. } => self.request_retries += 1,
            Event::Throttled { host, .. } => self.count_throttled(host),
            Event::Fetched { status, proxy, .. } => {
                self.requests += 1;
                *self.http_statuses.entry(*status).or_default() += 1;
                if let Some(proxy) = proxy {
                    self.proxy(proxy).answered += 1;
                }
            }
            Event::ProxyFailed { proxy, .. } => self.proxy(proxy).failed += 1,
            Event::Blocked { proxy, .. } => {
                self.blocked += 1;
                if let Some(proxy) = proxy {
                    self.proxy(proxy).blocked += 1;
                }
            }
            Event::Received { bytes, .. } => self.bytes += bytes,
            Event::ExecutorFinished {
                key, executor, end, ..
            } => match end {
                End::Success => self.executor(executor).succeeded += 1,
                End::Failed(failure) => {
                    self.executor(executor).failed += 1;
                    self.count_failure(key, executor, failure);
                }
                End::Kept(failure) => {
                    self.executor(executor).kept += 1;
                    self.count_failure(key, executor, failure);
                }
            },
            Event::Broken { key, why } => {
                if self.broken.len() < EXAMPLES {
                    self.broken.push((key.clone(), why.to_string()));
                }
            }
            Event::TaskFinished { key, outcome } => {
                let tally = self.tasks.entry(*outcome).or_default();
                tally.count += 1;
                if tally.examples.len() < EXAMPLES {
                    tally.examples.push(key.clone());
                }
            }
            Event::RunStarted { .. }
            | Event::TaskStarted { .. }
            | Event::ExecutorStarted { .. }
            | Event::Unyielding { .. }
            | Event::Stopping { .. }
            | Event::RunFinished
            | Event::CrawlDelay { .. }
            | Event::Missed(_) => {}
        }
    }

    fn count_throttled(&mut self, host: &str) {
        if let Some(count) = self.throttled.get_mut(host) {
            *count += 1;
        } else if self.throttled.len() < EXAMPLES {
            self.throttled.insert(host.to_owned(), 1);
        }
    }

    fn proxy(&mut self, name: &str) -> &mut ProxyReport {
        if !self.proxies.contains_key(name) {
            self.proxies.insert(name.to_owned(), ProxyReport::default());
        }
        self.proxies.get_mut(name).expect("it was put there")
    }

    fn count_failure(&mut self, key: &Key, executor: &str, failure: &Failure) {
        *self.classes.entry(failure.class.name()).or_default() += 1;
        let message = format!("{}::{}", failure.class, failure.message);
        let errors = &mut self.executor(executor).errors;
        let is_room = errors.len() < EXAMPLES;
        match errors.iter_mut().find(|error| error.message == message) {
            Some(error) => error.count += 1,
            None if is_room => errors.push(ErrorReport {
                message,
                count: 1,
                example: key.clone(),
                example_url: failure.url.as_deref().map(str::to_owned),
            }),
            None => {}
        }
    }

    /// Every event names one of the workflow's executors.
    fn executor(&mut self, name: &str) -> &mut ExecutorReport {
        let at = self
            .executors
            .iter()
            .position(|executor| executor.name == name);
        &mut self.executors[at.expect("an event of an executor of the workflow")]
    }
}
