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
        let saved = meta.into_iter().flat_map(Value::elements);
        let saved: Vec<String> = saved
            .filter_map(|file| Some(file.get("name")?.text()?.into_owned()))
            .collect();
        if saved.is_empty() && value.text().is_some() {
            suffixes.push(executor.to_owned());
        }
        suffixes.extend(saved);
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

/// The task's key and files, what belongs to it as a whole, then what each executor made of it.
fn describe(row: &Row<'_>, files: &[(String, u64)], out: &Out) -> String {
    let mut said = String::new();
    let mut line = |text: &str| {
        said.push_str(text);
        said.push('\n');
    };
    line(&out.styled(Style::Bold, &text(row, "key").unwrap_or_default()));
    for (name, size) in files {
        line(&format!("  {}  {size} bytes", shown(name)));
    }
    let executors: Vec<&str> = row
        .fields()
        .filter_map(|(name, _)| name.strip_suffix("_status"))
        .collect();
    for (name, value) in row.fields().skip(1) {
        if !executors.iter().any(|executor| is_of(executor, name)) {
            line("");
            line(&out.styled(Style::Bold, &shown(name)));
            line(&indented(value));
        }
    }
    for executor in &executors {
        line("");
        line(&ended(row, executor, out));
        if let Some(output) = row.get(&Path::new([*executor])) {
            line(&indented(output));
        }
    }
    said
}

/// Whether a field is one of an executor's four.
fn is_of(executor: &str, field: &str) -> bool {
    let rest = field.strip_prefix(executor);
    rest.is_some_and(|rest| matches!(rest, "" | "_status" | "_last_run" | "_meta"))
}

/// How an executor ended, when, and how long it took.
fn ended(row: &Row<'_>, executor: &str, out: &Out) -> String {
    let message = text(row, &format!("{executor}_status")).unwrap_or_default();
    let style = if is_failure(&message) {
        Style::Red
    } else {
        Style::Green
    };
    let mut parts = vec![out.styled(style, &message)];
    parts.extend(text(row, &format!("{executor}_last_run")));
    let meta = row.get(&Path::new([format!("{executor}_meta")]));
    let meta = |name: &str| meta.and_then(|meta| meta.get(name)).map(Value::json);
    parts.extend(meta("elapsed_ms").map(|elapsed| format!("{elapsed} ms")));
    let attempts = meta("attempts").filter(|attempts| attempts != "1");
    parts.extend(attempts.map(|attempts| format!("{attempts} attempts")));
    format!(
        "{}  {}",
        out.styled(Style::Bold, &shown(executor)),
        parts.join(", ")
    )
}

/// What a field says, if it is a text.
fn text(row: &Row<'_>, field: &str) -> Option<String> {
    let text = row.get(&Path::new([field]))?.text()?;
    Some(shown(&text))
}

/// A value as indented JSON, without what could steer a terminal.
fn indented(value: Value<'_>) -> String {
    let mut laid_out = String::new();
    json::indent(&mut laid_out, &value.json(), 0);
    let lines: Vec<String> = laid_out
        .lines()
        .map(|line| format!("  {}", shown(line)))
        .collect();
    lines.join("\n")
}
