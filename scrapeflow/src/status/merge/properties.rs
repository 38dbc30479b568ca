//! What holds for any news of any status. How each of them looks is in the tables of cases beside.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::Value;

use super::*;
use crate::error::Class;
use crate::status::invariants::check_merged;
use crate::task::Key;

const STEPS: [&str; 3] = ["scrape", "scrape2", "parse"];

/// Fields that a status may have, some spelled as nobody spells them, and some that are nobody's.
const NAMES: [&str; 16] = [
    "name",
    "params",
    "scrape",
    "scr\\u0061pe_status",
    "scrape_last_run",
    "scrape_meta",
    "scrape2",
    "scrape2_status",
    "parse_status",
    "parse_meta",
    "parse_last_run",
    "other",
    "other",
    "\\u00e4 \\\"",
    "scrape_",
    "",
];

/// What one step has to do with the news.
#[derive(Debug, Clone)]
enum Role {
    None,
    Succeeded(Value),
    Failed(String),
    Skipped,
    Noted,
    SkippedAndNoted,
    Reset,
}

/// News that can be owned.
#[derive(Debug, Clone)]
struct Told {
    params: Option<String>,
    /// Of one step that ran at most.
    roles: [Role; 3],
    at: DateTime<Utc>,
    meta: Meta,
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner)
        ]
    })
}

fn object(member: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    btree_map("[a-c]{0,2}", member, 0..3).prop_map(|members| members.into_iter().collect())
}

/// As somebody may have spelled it.
fn spelled() -> impl Strategy<Value = String> {
    prop_oneof![
        value().prop_map(|value| value.to_string()),
        value().prop_map(|value| format!("{value:#}")),
        Just("\"SUCCESS\"".to_owned()),
        Just("\"SKIPPED\"".to_owned()),
        Just("[ NaN,\t-Infinity ]".to_owned()),
    ]
}

/// Some of the fields, in any order.
fn status() -> impl Strategy<Value = Status> {
    let names = subsequence(NAMES.to_vec(), 0..NAMES.len()).prop_shuffle();
    let space = prop_oneof![Just(""), Just(" "), Just("\n  "), Just("\r\n\t")];
    (names, vec((spelled(), space), NAMES.len())).prop_map(|(names, values)| {
        let fields = names
            .iter()
            .zip(&values)
            .map(|(name, (value, space))| format!("{space}\"{name}\"{space}:{value}"));
        let text = format!("{{{}}}\n", fields.collect::<Vec<_>>().join(","));
        let layout = Arc::new(Layout::new(STEPS));
        let key = Key::new("key").expect("a key");
        Status::read(key, layout, Bytes::from(text)).expect("each name of ours comes once")
    })
}

fn told() -> impl Strategy<Value = Told> {
    let end = prop_oneof![
        value().prop_map(Role::Succeeded),
        any::<String>().prop_map(Role::Failed),
    ];
    let other = prop_oneof![
        Just(Role::None),
        Just(Role::Skipped),
        Just(Role::Noted),
        Just(Role::SkippedAndNoted),
        Just(Role::Reset),
    ];
    let params = prop::option::of(object(value()).prop_map(|params| params.to_string()));
    let meta = (
        0..3_u32,
        btree_map("[a-z.]{1,6}", "[0-9a-f]{4}", 0..3),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(version, inputs, retryable)| Meta {
            version,
            inputs,
            retryable,
            ..Meta::default()
        });
    let ran = prop::option::of((any::<Index>(), end));
    let at = (0..i64::from(u32::MAX))
        .prop_map(|micros| DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros));
    (params, [other.clone(), other.clone(), other], ran, at, meta).prop_map(
        |(params, mut roles, ran, at, meta)| {
            if let Some((step, end)) = ran {
                roles[step.index(STEPS.len())] = end;
            }
            Told {
                params,
                roles,
                at,
                meta,
            }
        },
    )
}

impl Told {
    /// Merges it, checks what came out, and gives it.
    fn merged_into(&self, status: &Status) -> Status {
        let mut ended = None;
        let (mut skipped, mut noted, mut reset) = (Vec::new(), Vec::new(), Vec::new());
        for (step, role) in self.roles.iter().enumerate() {
            match role {
                Role::None => {}
                Role::Succeeded(output) => {
                    let output = json::laid_out(output).expect("a value is JSON");
                    ended = Some((step, Ok(output)));
                }
                Role::Failed(why) => {
                    ended = Some((step, Err(Error::recorded(Class::Runtime, why))));
                }
                Role::Skipped => skipped.push(step),
                Role::Noted => noted.push((step, self.meta.clone())),
                Role::SkippedAndNoted => {
                    skipped.push(step);
                    noted.push((step, self.meta.clone()));
                }
                Role::Reset => reset.push(step),
            }
        }
        let ran = ended.as_ref().map(|(step, ended)| Ran {
            step: *step,
            at: self.at,
            ended: match ended {
                Ok(output) => Ended::Success(output),
                Err(error) => Ended::Error(error),
            },
            meta: &self.meta,
        });
        let news = News {
            params: self.params.as_deref(),
            ran,
            skipped: &skipped,
            noted: &noted,
            reset: &reset,
        };
        check_merged(status, &news)
    }

    /// The same, without what `other` is about.
    fn beside(mut self, other: &Self) -> Self {
        if other.params.is_some() {
            self.params = None;
        }
        for (own, others) in self.roles.iter_mut().zip(&other.roles) {
            if !matches!(others, Role::None) {
                *own = Role::None;
            }
        }
        self
    }
}

/// All that is known, without the order in which it stands.
fn known(status: &Status) -> Vec<String> {
    let mut known: Vec<String> = (0..STEPS.len())
        .map(|step| format!("{:?}", status.record(step)))
        .collect();
    known.push(format!("{:?}", status.stored_params()));
    known
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn news_are_taken_in_and_nothing_else_is_touched(status in status(), news in vec(told(), 1..5)) {
        let mut now = status;
        for told in news {
            now = told.merged_into(&now);
            let text = Bytes::copy_from_slice(now.as_str().as_bytes());
            let read = Status::read(now.key.clone(), now.layout.clone(), text).expect("a status");
            prop_assert_eq!(&read.fields, &now.fields);
        }
    }

    #[test]
    fn news_of_different_things_may_come_in_any_order(status in status(), first in told(), second in told()) {
        let second = second.beside(&first);
        prop_assert_eq!(
            known(&second.merged_into(&first.merged_into(&status))),
            known(&first.merged_into(&second.merged_into(&status)))
        );
    }

    #[test]
    fn what_is_made_from_nothing_is_json_for_everybody(news in vec(told(), 1..5)) {
        let layout = Arc::new(Layout::new(STEPS));
        let mut status = Status::empty(Key::new("k\"ey").expect("a key"), layout);
        for told in &news {
            status = told.merged_into(&status);
        }
        let read: Value = serde_json::from_str(status.as_str()).expect("JSON");
        prop_assert_eq!(&read["name"], "k\"ey");
        prop_assert!(status.as_str().starts_with("{\n  \"name\": \"k\\\"ey\""), "{}", status.as_str());
    }
}
