//! `show`: one task.

use std::path::PathBuf;

use clap::Args;
use futures::TryStreamExt;

use super::exit::{Failure, WELL};
use super::out::{Out, Style, shown};
use super::place::open;
use super::select::is_failure;
use crate::rows::{Path, Row, Value};
use crate::status::json;
use crate::store::{BodyName, Store};
use crate::task::Key;
use crate::workflow::nearest;

/// Shows one task: what each executor made of it, and its files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow show pages 6a0f0731d84afa4082031e3a72354991
  scrapeflow show pages 6a0f
  scrapeflow show pages lamp --json | jq .scrape")]
pub(super) struct ShowCommand {
    /// The directory of a run
    dir: PathBuf,
    /// The task's key, its URL, or how the key begins
    key: String,
    /// Prints the status as it is stored
    #[arg(long)]
    json: bool,
}

impl ShowCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        let (key, status) = self.find(&*store).await?;
        if self.json {
            let text = String::from_utf8_lossy(&status).into_owned();
            let text = out.json_shown(text);
            out.data(text.trim_end())?;
            out.data("\n")?;
            out.flush()?;
            return Ok(WELL);
        }
        let files = Row::with(&key, &status, |row| named_files(row));
        let files = files
            .map_err(|why| Failure::store(format!("{key} {why}; --json shows it as it is")))?;
        let sizes = sizes(&*store, &key, files).await?;
        let text = Row::with(&key, &status, |row| describe(row, &sizes, out)).unwrap_or_default();
        out.data(&text)?;
        out.flush()?;
        Ok(WELL)
    }

    /// The status of that key; of that URL; or of the only key that begins so.
    async fn find(&self, store: &dyn Store) -> Result<(Key, bytes::Bytes), Failure> {
        let exact = Key::new(&self.key).ok();
        for key in exact.into_iter().chain([Key::from_url(&self.key)]) {
            if let Some(status) = store.read(&key).await? {
                return Ok((key, status));
            }
        }
        let mut begin_so: Vec<Key> = Vec::new();
        let mut similar: Option<(f64, Key)> = None;
        let mut keys = store.keys();
        while let Some(key) = keys.try_next().await? {
            if key.as_str().starts_with(&self.key) {
                begin_so.push(key);
            } else if nearest(&self.key, [key.as_str()]).is_some() {
                let similarity = strsim::jaro_winkler(&self.key, key.as_str());
                if similar.as_ref().is_none_or(|(of, _)| similarity > *of) {
                    similar = Some((similarity, key));
                }
            }
        }
        let name = shown(&self.key);
        match (begin_so.as_slice(), similar) {
            ([key], _) => match store.read(key).await? {
                Some(status) => Ok((key.clone(), status)),
                None => Err(Failure::usage(format!("the task `{key}` is gone"))),
            },
            ([], Some((_, similar))) => Err(Failure::usage(format!(
                "{} has no task `{name}`; did you mean `{similar}`?",
                store.location()
            ))),
            ([], None) => Err(Failure::usage(format!(
                "{} has no task `{name}`; `scrapeflow ls` lists those that there are",
                store.location()
            ))),
            ([first, second, ..], _) => Err(Failure::usage(format!(
                "{} keys begin with `{name}`, as `{first}` and `{second}`; say more of it",
                begin_so.len()
            ))),
        }
    }
}

/// The files that a task's executors say they saved, and those that the predecessor's did without saying.
fn named_files(row: &Row<'_>) -> Vec<String> {
    let mut suffixes = Vec::new();
    for (name, value) in row.fields() {
        let Some(executor) = name.strip_suffix("_status") else {
            continue;
        };
        let meta = row.get(&Path::new([&format!("{executor}_meta"), "files"]));
        let named = meta.into_iter().flat_map(Value::elements);
        let names: Vec<String> = named
            .filter_map(|file| Some(file.get("name")?.text()?.into_owned()))
            .collect();
        if names.is_empty() && value.text().is_some() {
            suffixes.push(executor.to_owned());
        }
        suffixes.extend(names);
    }
    suffixes
}

/// Which of them are there, and how large.
async fn sizes(
    store: &dyn Store,
    key: &Key,
    names: Vec<String>,
) -> Result<Vec<(String, u64)>, Failure> {
    let mut sizes = Vec::new();
    for name in names {
        let suffix = name
            .strip_prefix(key.as_str())
            .and_then(|rest| rest.strip_prefix('.'));
        let Ok(body) = BodyName::new(key, suffix.unwrap_or(&name)) else {
            continue;
        };
        if let Some(stat) = store.stat(&body).await? {
            sizes.push((body.to_string(), stat.size));
        }
    }
    Ok(sizes)
}

fn describe(row: &Row<'_>, files: &[(String, u64)], out: &Out) -> String {
    let text = |path: &Path| row.get(path).and_then(Value::text).map(|text| shown(&text));
    let mut said = format!(
        "{}\n",
        out.styled(Style::Bold, &text(&Path::new(["key"])).unwrap_or_default())
    );
    for (name, size) in files {
        said.push_str(&format!("  {}  {size} bytes\n", shown(name)));
    }
    let executors: Vec<&str> = row
        .fields()
        .filter_map(|(name, _)| name.strip_suffix("_status"))
        .collect();
    let is_of_executor = |name: &str| {
        executors.iter().any(|executor| {
            name.strip_prefix(executor)
                .is_some_and(|rest| matches!(rest, "" | "_status" | "_last_run" | "_meta"))
        })
    };
    for (name, value) in row.fields() {
        if name != "key" && !is_of_executor(name) {
            said.push_str(&format!(
                "\n{}\n{}",
                out.styled(Style::Bold, &shown(name)),
                indented(value)
            ));
        }
    }
    for executor in &executors {
        let part = |suffix: &str| Path::new([format!("{executor}{suffix}")]);
        let message = text(&part("_status")).unwrap_or_default();
        let style = if is_failure(&message) {
            Style::Red
        } else {
            Style::Green
        };
        said.push_str(&format!(
            "\n{}  {}",
            out.styled(Style::Bold, &shown(executor)),
            out.styled(style, &message)
        ));
        if let Some(at) = text(&part("_last_run")) {
            said.push_str(&format!(", {at}"));
        }
        let meta = |name: &str| {
            row.get(&part("_meta"))
                .and_then(|meta| meta.get(name))
                .map(Value::json)
        };
        if let Some(elapsed) = meta("elapsed_ms") {
            said.push_str(&format!(", {elapsed} ms"));
        }
        if let Some(attempts) = meta("attempts").filter(|attempts| attempts != "1") {
            said.push_str(&format!(", {attempts} attempts"));
        }
        said.push('\n');
        if let Some(output) = row.get(&part("")) {
            said.push_str(&indented(output));
        }
    }
    said
}

/// A value as indented JSON, without what could steer a terminal.
fn indented(value: Value<'_>) -> String {
    let mut laid_out = String::new();
    json::indent(&mut laid_out, &value.json(), 0);
    let mut lines = String::new();
    for line in laid_out.lines() {
        lines.push_str("  ");
        lines.push_str(&shown(line));
        lines.push('\n');
    }
    lines
}
