//! A directory that the Python predecessor made resumes here: by executors of the same names, what had
//! succeeded is skipped and what had failed runs again, while every field that need not change stays byte for
//! byte. Bodies are found by the `size` and `content` that the predecessor recorded; one that is gone is an
//! error only where somebody has to read it.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod ready;
mod spelling;
mod world;

use std::fmt::Write;

use expect_test::expect;
use scrapeflow::prelude::*;
use scrapeflow::store::DirStore;
use scrapeflow::{RetryFailed, summary};
use spelling::{compare, field};
use world::{copied, parse, resume, serve};

const STD: &str = "a195c406d8bcac189d220f992cb3c3d4";
const VEC: &str = "7a11bb0dd392fa2772d467c73d66783c";
const OPTION: &str = "3e92be5fc9ee728e23b17667eb2e0c5a";
const MISSING: &str = "129b0466c7f18db37abbe0d39defd6e3";
const SHORT: &str = "edbdbac0cec0eca394b81bb1be45bcc1";
const POST: &str = "post é 1";

#[tokio::test]
async fn what_succeeded_is_skipped_and_what_failed_runs_again() {
    let (sandbox, site) = (copied(), serve());
    let before = sandbox.stamps();
    let report = resume(&sandbox, &site).run().await.unwrap();
    assert_eq!(
        (
            report.count(Outcome::Skipped),
            report.count(Outcome::Succeeded)
        ),
        (3, 4)
    );
    assert_eq!((report.failed(), report.total()), (3, 10));
    assert_eq!(site.total_hits(), 4, "only what had failed was asked for");
    let after = sandbox.stamps();
    let statuses = [STD, VEC, OPTION].map(|key| format!("{key}.status.json"));
    let bodies = [STD, POST].map(|key| format!("{key}.scrape"));
    for name in statuses.iter().chain(&bodies) {
        assert_eq!(after[name], before[name], "{name} wasn't written again");
    }
    let summary = summary::of(&DirStore::new(sandbox.dir())).await.unwrap();
    let classes = summary.rows.iter().map(|(message, counts)| {
        let class = message.split("::").next().unwrap_or_default();
        format!("{class}: {counts:?}\n")
    });
    expect![[r#"
        SUCCESS: [6, 7, 7]
        ERROR ClientConnectorError: [1, 0, 0]
        ERROR ClientPayloadError: [1, 0, 0]
        ERROR InvalidUrlClientError: [1, 0, 0]
        SKIPPED: [1, 0, 0]
    "#]]
    .assert_eq(&classes.collect::<String>());
}

#[tokio::test]
async fn fields_that_need_not_change_stay_byte_for_byte() {
    let (sandbox, site) = (copied(), serve());
    let keys = [POST, SHORT, "bad-url", MISSING];
    let before = keys.map(|key| sandbox.text(key));
    resume(&sandbox, &site).run().await.unwrap();
    let mut told = String::new();
    for (key, before) in keys.iter().zip(&before) {
        let after = sandbox.text(key);
        assert!(after.starts_with(&format!("{{\n  \"name\": \"{key}\",\n")));
        writeln!(told, "{key}\n{}", compare(before, &after)).unwrap();
    }
    expect![[r#"
        post é 1
        + name
        = params
        = scrape
        ! scrape_status
        = scrape_last_run
        ! parse_status
        ! parse_last_run
        + parse_meta
        + parse
        + nothing
        + nothing_status
        + nothing_last_run
        + nothing_meta

        edbdbac0cec0eca394b81bb1be45bcc1
        + name
        = params
        ! scrape_status
        ! scrape_last_run
        + scrape_meta

        bad-url
        + name
        = params
        ! scrape_status
        ! scrape_last_run
        + scrape_meta

        129b0466c7f18db37abbe0d39defd6e3
        + name
        = params
        ! scrape_status
        ! scrape_last_run
        + scrape_meta
        + scrape
        + parse
        + parse_status
        + parse_last_run
        + parse_meta
        + nothing
        + nothing_status
        + nothing_last_run
        + nothing_meta

    "#]]
    .assert_eq(&told);

    let before = sandbox.stamps();
    let run = resume(&sandbox, &site).retry_failed(RetryFailed::None);
    assert_eq!(run.run().await.unwrap().count(Outcome::Skipped), 7);
    assert!(
        sandbox.stamps() == before,
        "a run in which nothing runs writes nothing"
    );
}

#[tokio::test]
async fn a_body_is_asked_for_only_where_its_reader_has_to_run() {
    let (sandbox, site) = (copied(), serve());
    let keys = [STD, VEC, POST];
    let before = keys.map(|key| sandbox.text(key));
    sandbox.write(&format!("{POST}.scrape"), "{}");
    let run = resume(&sandbox, &site).tasks(Tasks::from_keys(keys).unwrap());
    let report = run.force::<parse>().run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (1, 2));
    assert_eq!(site.total_hits(), 0, "nothing is fetched again in silence");
    let mut told = String::new();
    for (key, before) in keys.iter().zip(&before) {
        let after = sandbox.text(key);
        let status = field(&after, "parse_status");
        writeln!(told, "{key}: {status}\n{}", compare(before, &after)).unwrap();
    }
    expect![[r#"
        a195c406d8bcac189d220f992cb3c3d4: "SUCCESS"
        + name
        = params
        = scrape
        ! scrape_status
        = scrape_last_run
        ! parse
        = parse_status
        ! parse_last_run
        + parse_meta
        = nothing
        ! nothing_status
        = nothing_last_run

        7a11bb0dd392fa2772d467c73d66783c: "ERROR RuntimeError::`7a11bb0dd392fa2772d467c73d66783c.scrape` is missing; run `scrape` again: on it by `scrapeflow reset DIR --executor scrape --where 'key = \"KEY\"'`, on all tasks by force::<scrape>()"
        + name
        = params
        = scrape
        ! scrape_status
        = scrape_last_run
        ! parse_status
        ! parse_last_run
        + parse_meta
        = nothing
        = nothing_status
        = nothing_last_run
        + nothing_meta
        - parse

        post é 1: "ERROR RuntimeError::`post é 1.scrape` has 2 bytes instead of 37; run `scrape` again: on it by `scrapeflow reset DIR --executor scrape --where 'key = \"KEY\"'`, on all tasks by force::<scrape>()"
        + name
        = params
        = scrape
        ! scrape_status
        = scrape_last_run
        ! parse_status
        ! parse_last_run
        + parse_meta

    "#]].assert_eq(&told);
}
