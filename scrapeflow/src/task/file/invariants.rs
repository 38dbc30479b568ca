//! What holds for every file of tasks, whatever it is.
//!
//! Files come from the fuzz targets `task_csv`, `task_jsonl` and `task_urls` and from their corpora, which every
//! test run replays. `csv` and `serde_json` say what is in them.

use std::fs;
use std::path::{Component, Path};

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Item;
use crate::status::json;
use crate::task::{Key, Task, TaskError};

/// Panics if a CSV file breaks a promise of this module.
pub(crate) fn check_csv(data: &[u8]) {
    let (tasks, error) = read(data, super::csv);
    check_tasks(data, &tasks, error.as_ref());
    if error.is_some() {
        return;
    }
    let mut reader = csv::Reader::from_reader(without_mark(data));
    let header = reader.headers().expect("it was one").clone();
    let theirs = reader.records().map(|record| {
        let record = record.expect("its rows were");
        let cells = || header.iter().zip(&record);
        let key = cells()
            .find(|(name, _)| *name == "key")
            .map(|(_, cell)| cell.to_owned());
        let url = cells()
            .find(|(name, _)| *name == "url")
            .map(|(_, cell)| cell);
        let params = cells().filter(|(name, _)| *name != "key");
        let params: Vec<String> = params
            .map(|(name, cell)| format!("{}:{}", Value::from(name), Value::from(cell)))
            .collect();
        let key = key.unwrap_or_else(|| {
            Key::from_url(url.expect("one of the two"))
                .as_str()
                .to_owned()
        });
        let params = (!params.is_empty()).then(|| format!("{{{}}}", params.join(",")));
        (key, params)
    });
    let ours = tasks.iter().map(|task| {
        (
            task.key().as_str().to_owned(),
            task.params().map(str::to_owned),
        )
    });
    assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
}

/// Panics if a JSONL file breaks a promise of this module.
pub(crate) fn check_jsonl(data: &[u8]) {
    let (tasks, error) = read(data, super::jsonl);
    check_tasks(data, &tasks, error.as_ref());
    let lines = lines(data);
    for task in &tasks {
        let line = TaskError::about(task, "").line().expect("it is of a line");
        let line = lines[usize::try_from(line - 1).expect("small")];
        let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(line) else {
            // Numbers and halves of surrogate pairs that only fit into text.
            continue;
        };
        match object.remove("key") {
            Some(key) => assert_eq!(key, task.key().as_str()),
            None => assert_eq!(&url_key(&object["url"]), task.key()),
        }
        let params = task
            .params()
            .map(|params| serde_json::from_str(params).expect("a JSON object"));
        assert_eq!(params, Some(object).filter(|object| !object.is_empty()));
    }
    if let Some(error) = error {
        let line = usize::try_from(error.line().expect("it is of a line")).expect("small");
        assert!(!is_good(lines[line - 1]), "{error}");
    }
}

/// Whether a line is an object with a key or a URL, and each name once.
fn is_good(line: &[u8]) -> bool {
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(line) else {
        return false;
    };
    let fields = str::from_utf8(line).map(json::split);
    let is_twofold = !fields.is_ok_and(|fields| fields.is_ok_and(|of| of.len() == object.len()));
    match (object.get("key"), object.get("url")) {
        _ if is_twofold => false,
        (Some(Value::String(key)), None | Some(Value::String(_))) => Key::new(key).is_ok(),
        (None, Some(Value::String(url))) => !url.trim().is_empty(),
        _ => false,
    }
}

/// Panics if a list of URLs breaks a promise of this module.
pub(crate) fn check_urls(data: &[u8]) {
    let (tasks, error) = read(data, super::url_list);
    check_tasks(data, &tasks, error.as_ref());
    let read = match &error {
        Some(error) => usize::try_from(error.line().expect("it is of a line") - 1).expect("small"),
        None => usize::MAX,
    };
    let lines = lines(data)
        .into_iter()
        .take(read)
        .map(|line| str::from_utf8(line).expect("UTF-8").trim());
    let urls = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let theirs = urls.map(|url| (Key::from_url(url), serde_json::json!({"url": url})));
    let ours = tasks.iter().map(|task| {
        let params = task.params().expect("each has its URL");
        (
            task.key().clone(),
            serde_json::from_str(params).expect("a JSON object"),
        )
    });
    assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
}

/// The tasks of a file up to its first error.
fn read<I: Iterator<Item = Item>>(
    data: &[u8],
    open: fn(&Path) -> Result<I, TaskError>,
) -> (Vec<Task>, Option<TaskError>) {
    let file = tempfile::NamedTempFile::new().expect("a file for a moment");
    fs::write(file.path(), data).expect("it is ours");
    let mut tasks = Vec::new();
    match open(file.path()) {
        Err(error) => return (tasks, Some(error)),
        Ok(items) => {
            for item in items {
                match item {
                    Ok(task) => tasks.push(task),
                    Err(error) => return (tasks, Some(error)),
                }
            }
        }
    }
    (tasks, None)
}

/// A key is a file's name, params are an object, and whatever is wrong is somewhere in the file.
fn check_tasks(data: &[u8], tasks: &[Task], error: Option<&TaskError>) {
    assert!(tasks.len() <= data.len());
    let count = lines(data).len() as u64;
    for task in tasks {
        let name = Path::new(task.key().as_str());
        let parts: Vec<_> = name.components().collect();
        assert_eq!(parts, [Component::Normal(name.as_os_str())]);
        assert!(
            name.as_os_str().len() <= Key::MAX_BYTES
                && !task.key().as_str().contains(char::is_control)
        );
        if let Some(params) = task.params() {
            let is_json = serde_json::from_str::<IgnoredAny>(params).is_ok();
            assert!(is_json && params.starts_with('{'), "{params}");
        }
        let line = TaskError::about(task, "").line();
        assert!(
            line.is_some_and(|line| (1..=count).contains(&line)),
            "{line:?}"
        );
    }
    if let Some(error) = error {
        assert!(
            error.line().is_none_or(|line| (1..=count).contains(&line)),
            "{error}"
        );
        assert!(error.source_name().is_some(), "{error}");
    }
}

fn lines(data: &[u8]) -> Vec<&[u8]> {
    let lines = without_mark(data).split(|byte| *byte == b'\n');
    lines.collect()
}

/// Without what Windows puts in front of a file.
fn without_mark(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)
}

fn url_key(url: &Value) -> Key {
    Key::from_url(url.as_str().expect("a text"))
}
