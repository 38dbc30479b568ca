//! What an executor reads, as its signature says, and how it is told whether that changed.
//!
//! Each input has a name under which its fingerprint is stored (`params`, `scrape`, `scrape.files`,
//! `run.params`): the MD5 of its JSON with sorted keys and no white space.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::digest::md5_hex;
use crate::error::Result;
use crate::run::builder::Said;
use crate::status::{Record, SavedFile, Status, Validators, json};

/// What the arguments of an executor tell about it.
#[derive(Debug, Default)]
pub struct Needs {
    pub(crate) inputs: Vec<Input>,
    /// Whether it can reach the network.
    pub(crate) network: bool,
    /// What has to be there before the run.
    pub(crate) prepares: Vec<Prepare>,
    pub(crate) guess_host: Option<GuessHost>,
}

/// Makes ready what an argument hands out, or says what the caller has to give.
pub(crate) type Prepare = fn(&mut Said) -> Result<(), String>;

/// The host that an executor will ask first, as far as the task's params tell.
pub(crate) type GuessHost = fn(&str) -> Option<String>;

/// One input.
#[derive(Clone)]
pub(crate) enum Input {
    /// The task's params, as far as the executor's type reads them.
    Params(fn(&str) -> Result<String>),
    /// The output of an earlier executor.
    Output(&'static str),
    /// The files that an earlier executor saved.
    Files(&'static str),
    /// The params that all tasks of the run share.
    Shared,
}

/// Fields that differ at every fetch (dates, request ids) and say nothing of the content.
const VOLATILE: &str = "response_headers";

impl Needs {
    pub(crate) fn input(&mut self, input: Input) {
        self.inputs.push(input);
    }

    pub(crate) fn prepare(&mut self, prepare: Prepare) {
        self.prepares.push(prepare);
    }

    /// Tells the host that the executor will ask first, where the params do.
    #[cfg(feature = "fetch")]
    pub(crate) fn guess_host(&mut self, guess: GuessHost) {
        self.guess_host = Some(guess);
    }

    /// The fingerprints of all inputs, by name; without those that aren't there.
    pub(crate) fn fingerprints(&self, of: &Sources<'_>) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for input in &self.inputs {
            let Some(print) = input.fingerprint(of) else {
                continue;
            };
            let name = input.name().into_owned();
            // Two arguments of one name (params read as two types) make one fingerprint.
            let print = match all.get(&name) {
                Some(earlier) => md5_hex(format!("{earlier}{print}").as_bytes()),
                None => print,
            };
            all.insert(name, print);
        }
        all
    }
}

/// Where inputs are read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) status: &'a Status,
    pub(crate) shared: Option<&'a str>,
}

impl Input {
    /// Under which its fingerprint is stored. Executors' names have no dots, so nothing clashes.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Params(_) => Cow::Borrowed("params"),
            Self::Output(of) => Cow::Borrowed(of),
            Self::Files(of) => Cow::Owned([of, ".files"].concat()),
            Self::Shared => Cow::Borrowed("run.params"),
        }
    }

    fn fingerprint(&self, of: &Sources<'_>) -> Option<String> {
        match self {
            Self::Params(project) => fingerprint(&project(of.status.stored_params()?).ok()?, None),
            Self::Shared => fingerprint(of.shared.unwrap_or("{}"), None),
            Self::Output(name) => fingerprint(record(of.status, name)?.output?, Some(VOLATILE)),
            Self::Files(name) => {
                let files = saved_files(of.status, name);
                if files.is_empty() {
                    return None;
                }
                let mut text = String::with_capacity(128 * files.len());
                for file in &files {
                    let kind = file.content_type.as_deref().unwrap_or_default();
                    text.extend([&file.name, ":", &file.md5, ":", kind, "\n"]);
                }
                Some(md5_hex(text.as_bytes()))
            }
        }
    }
}

fn record<'a>(status: &'a Status, executor: &str) -> Option<Record<'a>> {
    Some(status.record(status.layout().step(executor)?))
}

/// The files that an executor saved, from its `_meta`, or, where it has none, from an output with `size` and
/// `content` as the predecessor's `scrape` left it.
pub(crate) fn saved_files(status: &Status, executor: &str) -> Vec<SavedFile> {
    let Some(record) = record(status, executor) else {
        return Vec::new();
    };
    let files = record.meta().files;
    if !files.is_empty() {
        return files;
    }
    record
        .output
        .and_then(|output| json::from_json::<Predecessors>(output).ok())
        .map(|output| output.into_file(format!("{}.{executor}", status.key())))
        .into_iter()
        .collect()
}

/// The output of the predecessor's `scrape`.
#[derive(serde::Deserialize)]
struct Predecessors {
    size: u64,
    content: String,
    #[serde(default)]
    response_headers: BTreeMap<String, Repeated>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Repeated {
    One(String),
    Many(Vec<String>),
}

impl Predecessors {
    fn into_file(self, name: String) -> SavedFile {
        let content_type = self
            .response_headers
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .and_then(|(_, value)| match value {
                Repeated::One(value) => Some(value),
                Repeated::Many(values) => values.into_iter().next(),
            });
        SavedFile {
            name,
            size: self.size,
            md5: self.content,
            content_type,
            validators: Validators::default(),
        }
    }
}

/// The MD5 of some JSON, however it is spelled, without fields of a name; `None` if it is none.
pub(crate) fn fingerprint(json: &str, without: Option<&str>) -> Option<String> {
    let canonical = json::canonical(json, without).ok()?;
    Some(md5_hex(canonical.as_bytes()))
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
