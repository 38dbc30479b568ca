//! `errors`: what failed, in groups.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use futures::TryStreamExt;
use serde::{Serialize, Serializer};
use serde_json::Value;
use url::{Position, Url};

use super::exit::Failure;
use super::out::Out;
use super::place::{Unreadable, open};
use super::select::Select;
use super::table::table;
use crate::error::Class;
use crate::rows::{self, Path, Row, Shape};
use crate::status::is_failure;
use crate::status::url::without_credentials;

/// Groups failures by class, executor, host and HTTP status, with an example each
///
/// Classes that only the Python predecessor writes count among their kin.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow errors pages
  scrapeflow errors pages --by host
  scrapeflow errors pages --by class,message --where 'scrape_last_run > \"2026-11-01\"'")]
pub(super) struct ErrorsCommand {
    /// The directory of a run
    dir: PathBuf,
    /// What makes a group
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "class,executor,host,status"
    )]
    by: Vec<By>,
    /// Only tasks for which this is true, as of `ls`
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum By {
    Class,
    Executor,
    /// Of the request that failed, else of params.url
    Host,
    /// The HTTP status
    Status,
    Message,
}

/// Failures that are alike.
#[derive(Debug)]
struct Group {
    count: u64,
    example: Example,
}

/// One of them: its task, the URL at which it failed or else that of its params, and what was said.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Example {
    key: String,
    url: Option<String>,
    message: String,
}

/// A group for machines.
#[derive(Serialize)]
struct GroupJson<'a> {
    #[serde(flatten, serialize_with = "fields")]
    by: Vec<(By, &'a str)>,
    count: u64,
    example: &'a str,
    example_url: Option<&'a str>,
    example_message: &'a str,
}

fn fields<S: Serializer>(by: &[(By, &str)], serializer: S) -> Result<S::Ok, S::Error> {
    let fields = by.iter().map(|(by, value)| {
        let value = match (by, value.parse::<u16>()) {
            (By::Status, Ok(status)) => Value::from(status),
            _ if value.is_empty() => Value::Null,
            _ => Value::from(*value),
        };
        (by, value)
    });
    serializer.collect_map(fields)
}

impl ErrorsCommand {
    pub(super) async fn run(self, out: &mut Out) -> Result<u8, Failure> {
        let store = open(&self.dir, out).await?;
        let select = Select {
            failed: true,
            condition: self.condition,
        };
        let selected = Arc::new(select.of(&store, &[], None).await?);
        let by = self.by.clone();
        let mut failures =
            std::pin::pin!(selected.gather(&store, move |row, failures: &mut Vec<_>| {
                failures.extend(groups_of(row, &by));
            }));
        let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
        let mut broken = Unreadable::default();
        while let Some(some) = failures.try_next().await? {
            broken.add(some.broken);
            for (group, example) in some.made.of_rows {
                match groups.entry(group) {
                    Entry::Vacant(new) => {
                        new.insert(Group { count: 1, example });
                    }
                    Entry::Occupied(mut group) => {
                        let group = group.get_mut();
                        group.count += 1;
                        // The same one, in whatever order a directory is listed.
                        if example < group.example {
                            group.example = example;
                        }
                    }
                }
            }
        }
        let mut groups: Vec<(Vec<String>, Group)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| Reverse(group.count));
        if self.json {
            let groups: Vec<GroupJson> = groups
                .iter()
                .map(|(of, group)| GroupJson {
                    by: self
                        .by
                        .iter()
                        .copied()
                        .zip(of.iter().map(String::as_str))
                        .collect(),
                    count: group.count,
                    example: &group.example.key,
                    example_url: group.example.url.as_deref(),
                    example_message: &group.example.message,
                })
                .collect();
            out.json(&groups)?;
        } else if groups.is_empty() {
            out.say("no failures");
        } else {
            print(out, &self.by, groups)?;
        }
        broken.told(out)
    }
}

fn print(out: &mut Out, by: &[By], groups: Vec<(Vec<String>, Group)>) -> Result<(), Failure> {
    let names = by.iter().filter_map(ValueEnum::to_possible_value);
    let mut head = vec!["count".to_owned()];
    head.extend(names.map(|name| name.get_name().to_owned()));
    head.extend(["example", "url", "what it says"].map(str::to_owned));
    let rows = groups.into_iter().map(|(of, group)| {
        let Example { key, url, message } = group.example;
        let count = [group.count.to_string()];
        let example = [key, url.unwrap_or_default(), message];
        count.into_iter().chain(of).chain(example).collect()
    });
    table(out, &head, rows, usize::MAX)
}

/// The groups that the failures of a task belong to, each with the task as an example.
fn groups_of(row: &Row<'_>, by: &[By]) -> Vec<(Vec<String>, Example)> {
    let failed = row.fields().filter_map(|(name, value)| {
        let message = value.text().filter(|message| is_failure(message))?;
        Some((name.strip_suffix("_status")?, message.into_owned()))
    });
    let key = text(row, ["key"]).unwrap_or_default();
    failed
        .map(|(executor, message)| {
            let (class, said) = parted(&message);
            let url = url(row, executor);
            let group = by.iter().map(|by| match by {
                By::Class => class.to_owned(),
                By::Executor => executor.to_owned(),
                By::Host => url.as_deref().and_then(host).unwrap_or_default(),
                By::Status => http_status(row, executor, said).unwrap_or_default(),
                By::Message => said.to_owned(),
            });
            let group = group.collect();
            let example = Example {
                key: key.clone(),
                url: url.and_then(|url| without_credentials(&url)),
                message: said.to_owned(),
            };
            (group, example)
        })
        .collect()
}

/// The class, under the name of its kin that we write ourselves, and what was said.
fn parted(message: &str) -> (&str, &str) {
    let error = message.strip_prefix("ERROR ").unwrap_or(message);
    match error.split_once("::") {
        Some((class, said)) => (
            Class::from_name(class).map_or(class, |class| class.name()),
            said,
        ),
        None => (error, ""),
    }
}

/// At which an executor failed, else that of the task.
fn url(row: &Row<'_>, executor: &str) -> Option<String> {
    text(row, [&format!("{executor}_meta"), "url"]).or_else(|| text(row, ["params", "url"]))
}

fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    // With a port that isn't the usual one.
    let host = &url[Position::BeforeHost..Position::AfterPort];
    (!host.is_empty()).then(|| host.to_owned())
}

fn http_status(row: &Row<'_>, executor: &str, said: &str) -> Option<String> {
    let recorded = row.get(&Path::new([&format!("{executor}_meta"), "http_status"]));
    match recorded.map(rows::Value::shape) {
        Some(Shape::Number(raw)) => Some(raw.to_owned()),
        _ => said.strip_prefix("HTTP response ").map(str::to_owned),
    }
}

fn text<const N: usize>(row: &Row<'_>, names: [&str; N]) -> Option<String> {
    Some(row.get(&Path::new(names))?.text()?.into_owned())
}
