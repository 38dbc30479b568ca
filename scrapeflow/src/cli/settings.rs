//! How a run is to go: flags over environment over `scrapeflow.toml` over what the program says itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

mod apply;
mod file;
#[cfg(any(test, fuzzing))]
mod invariants;

use super::exit::Failure;
use super::fail_if::FailIf;
use crate::store::Durability;
pub(super) use apply::lines;
#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;

/// The file that is read where `--config` names no other.
const FILE: &str = "scrapeflow.toml";

/// What flags, environment and file may say; what none of them says stays as it is. One struct for all three, so that none
/// knows a setting that another doesn't.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[command(next_help_heading = "Settings, also by environment and scrapeflow.toml")]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Tasks at work at once [default: 100]
    #[arg(long, value_name = "TASKS", env = "SCRAPEFLOW_PARALLELISM")]
    pub(super) parallelism: Option<usize>,
    /// Bounds one attempt of one executor, such as 20s [default: 30s]
    #[arg(long, value_name = "TIME", env = "SCRAPEFLOW_TIMEOUT", value_parser = humantime::parse_duration)]
    #[serde(deserialize_with = "time")]
    pub(super) timeout: Option<Duration>,
    /// How long what is under way may go on after Ctrl-C or SIGTERM, such as 1m; a second one ends it at once [default: 10s]
    #[arg(long, value_name = "TIME", env = "SCRAPEFLOW_GRACE", value_parser = humantime::parse_duration)]
    #[serde(deserialize_with = "time")]
    pub(super) grace: Option<Duration>,
    /// What a power cut may take of what was saved: process (what the system had not written yet), batched=1s (the last second), power-cut (nothing) [default: process]
    #[arg(long, value_name = "HOW", env = "SCRAPEFLOW_DURABILITY")]
    #[serde(deserialize_with = "read")]
    pub(super) durability: Option<Durable>,
    /// Further attempts of an executor after a failure that may pass [default: 0]
    #[arg(long, value_name = "TIMES", env = "SCRAPEFLOW_RETRIES")]
    pub(super) retries: Option<u32>,
    /// Further tries of a request after a failure that may pass [default: 2]
    #[arg(long, value_name = "TIMES", env = "SCRAPEFLOW_REQUEST_RETRIES")]
    pub(super) request_retries: Option<u32>,
    /// Makes again what is older, such as 7d; STEP=TIME for one executor [default: nothing is too old]
    #[arg(
        long,
        value_name = "TIME",
        env = "SCRAPEFLOW_MAX_AGE",
        value_delimiter = ','
    )]
    #[serde(deserialize_with = "ages")]
    pub(super) max_age: Vec<MaxAge>,
    /// One request at a time to a host, at least a second apart, as its robots.txt allows [default: false]
    #[arg(long, value_name = "BOOL", env = "SCRAPEFLOW_POLITE", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub(super) polite: Option<bool>,
    /// How fast each host is asked, such as 2/s or 30/m [default: no limit]
    #[arg(long, value_name = "RATE", env = "SCRAPEFLOW_PACE")]
    #[serde(deserialize_with = "read")]
    pub(super) pace: Option<Rate>,
    /// Requests at once to a host, 0 for no limit [default: 0]
    #[arg(long, value_name = "REQUESTS", env = "SCRAPEFLOW_PER_HOST")]
    pub(super) per_host: Option<u32>,
    /// Obeys robots.txt [default: false]
    #[arg(long, value_name = "BOOL", env = "SCRAPEFLOW_ROBOTS", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub(super) robots: Option<bool>,
    /// A proxy, such as http://user:password@10.0.0.1:8080; given again, further ones
    #[arg(
        long,
        value_name = "URL",
        env = "SCRAPEFLOW_PROXY",
        value_delimiter = ',',
        hide_env_values = true
    )]
    #[serde(deserialize_with = "one_or_many")]
    pub(super) proxy: Vec<String>,
    /// A file of proxies, one a line
    #[arg(long, value_name = "FILE", env = "SCRAPEFLOW_PROXIES")]
    pub(super) proxies: Option<PathBuf>,
    /// Says who asks [default: scrapeflow/VERSION and where to complain]
    #[arg(long, value_name = "TEXT", env = "SCRAPEFLOW_USER_AGENT")]
    pub(super) user_agent: Option<String>,
    /// Sends a header, such as 'Accept-Language: de'; given again, further ones
    #[arg(
        long,
        value_name = "NAME: VALUE",
        env = "SCRAPEFLOW_HEADER",
        hide_env_values = true
    )]
    #[serde(deserialize_with = "one_or_many")]
    pub(super) header: Vec<String>,
    /// Sends a cookie, such as session=1f3a; given again, further ones
    #[arg(
        long,
        value_name = "NAME=VALUE",
        env = "SCRAPEFLOW_COOKIE",
        hide_env_values = true
    )]
    #[serde(deserialize_with = "one_or_many")]
    pub(super) cookie: Vec<String>,
    /// Sends back the cookies that sites set, as long as the run lasts [default: false]
    #[arg(long, value_name = "BOOL", env = "SCRAPEFLOW_COOKIE_STORE", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub(super) cookie_store: Option<bool>,
    /// HTTP statuses that are no failures, such as 200,404 [default: 200 for scrape, else any 2xx]
    #[arg(
        long,
        value_name = "STATUSES",
        env = "SCRAPEFLOW_ACCEPT_STATUS",
        value_delimiter = ','
    )]
    pub(super) accept_status: Vec<u16>,
    /// Refuses addresses that aren't public, also those that tasks name [default: false]
    #[arg(long, value_name = "BOOL", env = "SCRAPEFLOW_PUBLIC_ONLY", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new())]
    pub(super) public_only: Option<bool>,
    /// When to exit with 1, such as 'failed>5%' of the tasks or 'failed>10' [default: failed>0]
    #[arg(long, value_name = "THRESHOLD", env = "SCRAPEFLOW_FAIL_IF")]
    #[serde(deserialize_with = "read")]
    pub(super) fail_if: Option<FailIf>,
}

impl Settings {
    /// What the file says where nothing else does.
    ///
    /// # Errors
    /// If a file that was named isn't there, or it says something that it cannot.
    pub(super) fn over_file(self, named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.unwrap_or(Path::new(FILE));
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {
                return Ok(self);
            }
            Err(error) => {
                return Err(Failure::usage(format!(
                    "cannot read {}: {error}",
                    path.display()
                )));
            }
        };
        let file: Self = toml::from_str(&text)
            .map_err(|error| Failure::usage(file::told(path, &text, &error)))?;
        Ok(self.over(file))
    }

    fn over(self, file: Self) -> Self {
        Self {
            parallelism: self.parallelism.or(file.parallelism),
            timeout: self.timeout.or(file.timeout),
            grace: self.grace.or(file.grace),
            durability: self.durability.or(file.durability),
            retries: self.retries.or(file.retries),
            request_retries: self.request_retries.or(file.request_retries),
            max_age: or(self.max_age, file.max_age),
            polite: self.polite.or(file.polite),
            pace: self.pace.or(file.pace),
            per_host: self.per_host.or(file.per_host),
            robots: self.robots.or(file.robots),
            proxy: or(self.proxy, file.proxy),
            proxies: self.proxies.or(file.proxies),
            user_agent: self.user_agent.or(file.user_agent),
            header: or(self.header, file.header),
            cookie: or(self.cookie, file.cookie),
            cookie_store: self.cookie_store.or(file.cookie_store),
            accept_status: or(self.accept_status, file.accept_status),
            public_only: self.public_only.or(file.public_only),
            fail_if: self.fail_if.or(file.fail_if),
        }
    }
}

fn or<T>(said: Vec<T>, file: Vec<T>) -> Vec<T> {
    if said.is_empty() { file } else { said }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text)
        .map(Some)
        .map_err(|error| D::Error::custom(no_time(&text, &error)))
}

fn no_time(said: &str, error: &humantime::DurationError) -> String {
    format!("`{said}` is no time: {error}; write it as 20s or 7d")
}

/// What flags read in the same way.
fn read<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

fn ages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MaxAge>, D::Error> {
    let said = one_or_many(deserializer)?;
    let ages = said.iter().flat_map(|said| said.split(','));
    ages.map(|age| age.parse().map_err(D::Error::custom))
        .collect()
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a text or a list of texts is expected")]
    enum Said {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Said::deserialize(deserializer)? {
        Said::One(one) => vec![one],
        Said::Many(many) => many,
    })
}

/// `7d`, or `scrape=7d` for one executor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MaxAge {
    step: Option<String>,
    age: Duration,
}

impl FromStr for MaxAge {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let (step, age) = match said.split_once('=') {
            Some((step, age)) => (Some(step.trim().to_owned()), age.trim()),
            None => (None, said.trim()),
        };
        let age = humantime::parse_duration(age).map_err(|error| no_time(age, &error))?;
        Ok(Self { step, age })
    }
}

/// `process`, `batched=1s`, `power-cut`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Durable(Durability);

impl FromStr for Durable {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        Ok(Self(match said.trim().split_once('=') {
            None if said.trim() == "process" => Durability::Process,
            None if said.trim() == "power-cut" => Durability::PowerCut,
            Some(("batched", window)) => humantime::parse_duration(window)
                .map_err(|error| no_time(window, &error))
                .and_then(|window| {
                    if window.is_zero() {
                        return Err("batches take some time, such as batched=1s".to_owned());
                    }
                    Ok(Durability::Batched(window))
                })?,
            _ => {
                return Err(format!(
                    "`{said}` is no durability; write it as process, batched=1s or power-cut"
                ));
            }
        }))
    }
}

/// `2/s`, `30/m`, `100/h`: the time between two requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate(Duration);

impl FromStr for Rate {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let delay = said.split_once('/').and_then(|(requests, time)| {
            let seconds = match time.trim() {
                "s" => 1.0,
                "m" | "min" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
            let requests: f64 = requests.trim().parse().ok()?;
            (requests > 0.0).then(|| Duration::try_from_secs_f64(seconds / requests).ok())?
        });
        delay
            .map(Self)
            .ok_or_else(|| format!("`{said}` is no rate; write it as 2/s, 30/m or 100/h"))
    }
}
