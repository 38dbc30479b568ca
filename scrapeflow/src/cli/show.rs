//! `show`: one task.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt;

use super::exit::{Failure, WELL};
use super::out::{Out, Style, json_shown, shown};
use super::place::{LinkArgs, open};
use crate::rows::{Path, Row, Value, batches};
use crate::status::{is_failure, json};
use crate::store::{BodyName, Store, StoreErrorKind};
use crate::task::Key;
use crate::workflow::nearest;

/// Shows one task: what each executor made of it, and its files
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow show pages 6a0f0731d84afa4082031e3a72354991
  scrapeflow show pages 6a0f
  scrapeflow show pages lamp --json | jq .scrape
  scrapeflow show pages lamp --body scrape > lamp.html")]
pub(super) struct ShowCommand {
    /// The directory of a run
    dir: PathBuf,
    /// The task's key, its URL, or how the key begins
    key: String,
    /// Prints the status as it is stored
    #[arg(long)]
    json: bool,
    /// Prints a file of the task's, such as scrape, as it is
    #[arg(long, value_name = "SUFFIX", conflicts_with = "json")]
    body: Option<String>,
    #[command(flatten)]
    links: LinkArgs,
}

impl ShowCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        self.links.allow(&*store)?;
        let (key, status) = self.find(&store).await?;
        if let Some(suffix) = &self.body {
            return print_body(&*store, &key, suffix, out).await;
        }
        if self.json {
            let text = String::from_utf8_lossy(&status).into_owned();
            let text = text.trim_end();
            if out.is_terminal() {
                out.data(&json_shown(text))?;
            } else {
                out.data(text)?;
            }
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

    /// The status of that key; of that URL, in its params or by its MD5; or of the only key that begins so.
    async fn find(&self, store: &Arc<dyn Store>) -> Result<(Key, bytes::Bytes), Failure> {
        let exact = Key::new(&self.key).ok();
        for key in exact.into_iter().chain([Key::from_url(&self.key)]) {
            if let Some(status) = store.read(&key).await? {
                return Ok((key, status));
            }
        }
        let name = shown(&self.key);
        let key = match self.search(store).await? {
            Found {
                of_url: Some(key), ..
            } => key,
            Found { begin_so, .. } if begin_so.len() == 1 => begin_so[0].clone(),
            Found { begin_so, .. } if begin_so.len() > 1 => {
                return Err(Failure::usage(format!(
                    "{} keys begin with `{name}`, as `{}` and `{}`; say more of it",
                    begin_so.len(),
                    begin_so[0],
                    begin_so[1]
                )));
            }
            Found { similar, .. } => {
                let place = store.location();
                let remedy = match similar {
                    Some((_, similar)) => format!("did you mean `{similar}`?"),
                    None => "`ls` lists those that there are".to_owned(),
                };
                return Err(Failure::usage(format!(
                    "{place} has no task `{name}`; {remedy}"
                )));
            }
        };
        match store.read(&key).await? {
            Some(status) => Ok((key, status)),
            None => Err(Failure::usage(format!("the task `{key}` is gone"))),
        }
    }

    /// What there is that could be meant.
    async fn search(&self, store: &Arc<dyn Store>) -> Result<Found, Failure> {
        let asked = self.key.clone();
        let url = Path::new(["params", "url"]);
        let searched = batches(store, move |found: &mut Found, key, status| {
            let name = key.as_str();
            if name.starts_with(&asked) {
                found.begin_so.push(key.clone());
            } else if nearest(&asked, [name]).is_some() {
                found.note_similar(strsim::jaro_winkler(&asked, name), key);
            }
            // What is broken has no URL, and is told when it is shown.
            let is_of_url = Row::with(key, status, |row| {
                let of = row.get(&url).and_then(Value::text);
                of.is_some_and(|of| of == asked)
            });
            if is_of_url == Ok(true) {
                found.of_url = Some(key.clone());
            }
            Ok(())
        });
        let mut searched = std::pin::pin!(searched);
        let mut all = Found::default();
        while let Some(some) = searched.try_next().await? {
            let found = some.made;
            all.of_url = all.of_url.or(found.of_url);
            all.begin_so.extend(found.begin_so);
            let unreadable = some.broken.into_iter().filter_map(|(key, _)| key);
            let unreadable = unreadable.filter(|key| key.as_str().starts_with(&self.key));
            all.begin_so.extend(unreadable);
            if let Some((similarity, key)) = found.similar {
                all.note_similar(similarity, &key);
            }
        }
        Ok(all)
    }
}

/// A body's bytes, which no terminal is given.
async fn print_body(
    store: &dyn Store,
    key: &Key,
    suffix: &str,
    out: &mut Out,
) -> Result<u8, Failure> {
    let name = BodyName::new(key, suffix).map_err(|error| Failure::usage(error.to_string()))?;
    let Some(mut chunks) = store.open(&name).await? else {
        return Err(Failure::usage(format!(
            "`{key}` has no file `{name}`; `show` without --body lists those that there are"
        )));
    };
    if out.is_terminal() {
        return Err(Failure::usage(
            "what a page holds may steer a terminal: say > FILE, or | less",
        ));
    }
    while let Some(chunk) = chunks.try_next().await? {
        out.bytes(&chunk)?;
    }
    out.flush()?;
    Ok(WELL)
}

/// Tasks that could be meant.
#[derive(Debug, Default)]
struct Found {
    of_url: Option<Key>,
    begin_so: Vec<Key>,
    similar: Option<(f64, Key)>,
}

impl Found {
    fn note_similar(&mut self, similarity: f64, key: &Key) {
        let is_nearer = self.similar.as_ref().is_none_or(|(of, _)| similarity > *of);
        if is_nearer {
            self.similar = Some((similarity, key.clone()));
        }
    }
}

/// The files that a task's executors say they saved, and those that the predecessor's did without saying.
fn named_files(row: &Row<'_>) -> Vec<String> {
    let mut files = Vec::new();
    for executor in executors(row) {
        let meta = row.get(&Path::new([&format!("{executor}_meta"), "files"]));
        let saved = meta.into_iter().flat_map(Value::elements);
        let saved: Vec<String> = saved
            .filter_map(|file| Some(file.get("name")?.text()?.into_owned()))
            .collect();
        if saved.is_empty() {
            files.push(executor.to_owned());
        }
        files.extend(saved);
    }
    files
}

/// Those that have left anything but params, in the order in which they stand.
fn executors<'r>(row: &'r Row<'_>) -> Vec<&'r str> {
    let mut executors: Vec<&str> = Vec::new();
    for (name, _) in row.fields() {
        let ends = ["_status", "_last_run", "_meta"];
        let executor = ends.iter().find_map(|end| name.strip_suffix(end));
        executors.extend(executor.filter(|executor| !executors.contains(executor)));
    }
    executors
}

/// How large they are, or why that cannot be said.
async fn sizes(
    store: &dyn Store,
    key: &Key,
    names: Vec<String>,
) -> Result<Vec<(String, Result<u64, String>)>, Failure> {
    let mut sizes = Vec::new();
    for name in names {
        let suffix = name
            .strip_prefix(key.as_str())
            .and_then(|rest| rest.strip_prefix('.'));
        // What the predecessor's executors saved is only guessed.
        let is_named = suffix.is_some();
        let Ok(body) = BodyName::new(key, suffix.unwrap_or(&name)) else {
            continue;
        };
        let size = match store.stat(&body).await {
            Ok(Some(stat)) => Ok(stat.size),
            Ok(None) if is_named => Err("missing; --force or `reset` has it made again".to_owned()),
            Ok(None) => continue,
            Err(error) if error.kind() == StoreErrorKind::Broken => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        sizes.push((body.to_string(), size));
    }
    Ok(sizes)
}

/// The task's key and files, what belongs to it as a whole, then what each executor made of it.
fn describe(row: &Row<'_>, files: &[(String, Result<u64, String>)], out: &Out) -> String {
    let mut said = String::new();
    let mut line = |text: &str| {
        said.push_str(text);
        said.push('\n');
    };
    line(&out.styled(Style::Bold, &text(row, "key").unwrap_or_default()));
    for (name, size) in files {
        let size = match size {
            Ok(size) => format!("{size} bytes"),
            Err(why) => out.styled(Style::Red, &shown(why)),
        };
        line(&format!("  {}  {size}", shown(name)));
    }
    let executors = executors(row);
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
    let mut parts = Vec::new();
    match text(row, &format!("{executor}_status")) {
        None => parts.push("to run again".to_owned()),
        Some(message) if is_failure(&message) => parts.push(out.styled(Style::Red, &message)),
        Some(message) => parts.push(out.styled(Style::Green, &message)),
    }
    parts.extend(text(row, &format!("{executor}_last_run")));
    let meta = row.get(&Path::new([format!("{executor}_meta")]));
    let meta = |name: &str| Some(shown(&meta?.get(name)?.json()));
    parts.extend(meta("elapsed_ms").map(|elapsed| format!("{elapsed} ms")));
    let url = meta("url").map(|url| url.trim_matches('"').to_owned());
    let attempts = meta("attempts").filter(|attempts| attempts != "1");
    parts.extend(attempts.map(|attempts| format!("{attempts} attempts")));
    let ended = format!(
        "{}  {}",
        out.styled(Style::Bold, &shown(executor)),
        parts.join(", ")
    );
    // Of the request that failed, where redirects had led elsewhere.
    let asked = row.get(&Path::new(["params", "url"])).and_then(Value::text);
    let asked = asked.map(|url| shown(&url));
    match url.filter(|url| asked.as_ref() != Some(url)) {
        Some(url) => format!("{ended}\n  at {url}"),
        None => ended,
    }
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
