use std::sync::Arc;

use chrono::DateTime;
use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::error::{Class, Error};
use crate::task::Key;

/// The status of a task in a workflow of `scrape` and `parse`.
fn status(text: &str) -> Status {
    let layout = Arc::new(Layout::new(["scrape", "parse"]));
    let bytes = bytes::Bytes::copy_from_slice(text.as_bytes());
    Status::read(Key::new("a").unwrap(), layout, bytes).unwrap()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a table of cases reads better so"
)]
fn check(before: &str, news: News<'_>, after: Expect) {
    let merged = merge(&status(before), &news);
    after.assert_eq(merged.as_str());
    // It reads back as what it was returned as.
    let again = status(merged.as_str());
    assert_eq!(again.fields, merged.fields);
}

fn meta() -> Meta {
    Meta {
        attempts: 1,
        elapsed_ms: 5,
        version: 1,
        ..Meta::default()
    }
}

fn ran<'a>(step: usize, ended: Ended<'a>, meta: &'a Meta) -> News<'a> {
    News {
        ran: Some(Ran {
            step,
            at: DateTime::from_timestamp(1_659_715_432, 336_815_000).unwrap(),
            ended,
            meta,
        }),
        ..News::default()
    }
}

#[test]
fn a_first_success_begins_the_file() {
    let meta = meta();
    let output = crate::status::json::laid_out(&json!({ "size": 5, "empty": {} })).unwrap();
    let news = News {
        params: Some(r#"{"url":"http://a/"}"#),
        ..ran(0, Ended::Success(&output), &meta)
    };
    check(
        "{}",
        news,
        expect![[r#"
            {
              "name": "a",
              "params": {
                "url": "http://a/"
              },
              "scrape": {
                "empty": {},
                "size": 5
              },
              "scrape_status": "SUCCESS",
              "scrape_last_run": "2022-08-05 16:03:52.336815",
              "scrape_meta": {
                "attempts": 1,
                "elapsed_ms": 5,
                "version": 1
              }
            }"#]],
    );
}

#[test]
fn an_error_takes_the_output_away_and_says_why() {
    let error = Error::recorded(Class::Runtime, "HTTP response \"503\"").with_http_status(503);
    let meta = Meta {
        kind: Some("http_status".to_owned()),
        http_status: Some(503),
        retryable: Some(true),
        ..meta()
    };
    check(
        r#"{"name": "a", "scrape": {"size": 5}, "scrape_status": "SUCCESS", "scrape_last_run": "x", "mine": 1e-07}"#,
        ran(0, Ended::Error(&error), &meta),
        expect![[r#"
            {
              "name": "a",
              "scrape_status": "ERROR RuntimeError::HTTP response \"503\"",
              "scrape_last_run": "2022-08-05 16:03:52.336815",
              "scrape_meta": {
                "attempts": 1,
                "elapsed_ms": 5,
                "version": 1,
                "kind": "http_status",
                "http_status": 503,
                "retryable": true
              },
              "mine": 1e-07
            }"#]],
    );
}

#[test]
fn what_is_not_ours_keeps_its_bytes_and_place() {
    check(
        r#"{"l\u00e4nge": NaN, "scrape_status": "FAILED", "x": [ 1,2 ], "x": -Infinity, "parse": 123456789012345678901234567890}"#,
        ran(0, Ended::Success("{}"), &meta()),
        expect![[r#"
            {
              "name": "a",
              "l\u00e4nge": NaN,
              "scrape_status": "SUCCESS",
              "scrape_last_run": "2022-08-05 16:03:52.336815",
              "scrape_meta": {
                "attempts": 1,
                "elapsed_ms": 5,
                "version": 1
              },
              "x": [ 1,2 ],
              "x": -Infinity,
              "parse": 123456789012345678901234567890,
              "scrape": {}
            }"#]],
    );
}

#[test]
fn skipped_successes_say_so_and_keep_their_time() {
    let meta = meta();
    let news = News {
        skipped: &[0],
        ..ran(1, Ended::Success("7"), &meta)
    };
    check(
        r#"{"name": "a", "scrape": {}, "scrape_status": "SUCCESS", "scrape_last_run": "then"}"#,
        news,
        expect![[r#"
            {
              "name": "a",
              "scrape": {},
              "scrape_status": "SKIPPED",
              "scrape_last_run": "then",
              "parse": 7,
              "parse_status": "SUCCESS",
              "parse_last_run": "2022-08-05 16:03:52.336815",
              "parse_meta": {
                "attempts": 1,
                "elapsed_ms": 5,
                "version": 1
              }
            }"#]],
    );
}

#[test]
fn a_note_stands_among_its_kin() {
    let noted = Meta {
        inputs: [("scrape".to_owned(), "abc".to_owned())].into(),
        ..Meta::default()
    };
    check(
        r#"{"name": "a", "parse": 7, "parse_status": "SUCCESS", "parse_last_run": "then", "z": 0}"#,
        News {
            noted: &[(1, noted)],
            ..News::default()
        },
        expect![[r#"
            {
              "name": "a",
              "parse": 7,
              "parse_status": "SUCCESS",
              "parse_last_run": "then",
              "parse_meta": {
                "attempts": 0,
                "elapsed_ms": 0,
                "version": 0,
                "inputs": {
                  "scrape": "abc"
                }
              },
              "z": 0
            }"#]],
    );
}

#[test]
fn new_params_take_the_place_of_the_old() {
    let meta = meta();
    let news = News {
        params: Some(r#"{"url":"http://b/"}"#),
        ..ran(0, Ended::Success("{}"), &meta)
    };
    check(
        r#"{"name": "a", "params": {"url": "http://a/"}, "other": true}"#,
        news,
        expect![[r#"
            {
              "name": "a",
              "params": {
                "url": "http://b/"
              },
              "other": true,
              "scrape": {},
              "scrape_status": "SUCCESS",
              "scrape_last_run": "2022-08-05 16:03:52.336815",
              "scrape_meta": {
                "attempts": 1,
                "elapsed_ms": 5,
                "version": 1
              }
            }"#]],
    );
}
