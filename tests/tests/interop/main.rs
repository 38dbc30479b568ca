//! A directory that the Python predecessor made resumes here: by executors of the same names, what had
//! succeeded is skipped and what had failed runs again, while every field that need not change stays byte for
//! byte. Bodies are found by the `size` and `content` that the predecessor recorded; one that is gone is an
//! error only where somebody has to read it.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod ready;
mod spelling;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use expect_test::expect;
use scrapeflow::prelude::*;
use scrapeflow::store::DirStore;
use scrapeflow::{RetryFailed, summary};
use scrapeflow_tests::{Answer, Ending, Sandbox, Site};
use spelling::{compare, field};

const STD: &str = "a195c406d8bcac189d220f992cb3c3d4";
const VEC: &str = "7a11bb0dd392fa2772d467c73d66783c";
const OPTION: &str = "3e92be5fc9ee728e23b17667eb2e0c5a";
const MISSING: &str = "129b0466c7f18db37abbe0d39defd6e3";
const SHORT: &str = "edbdbac0cec0eca394b81bb1be45bcc1";
const POST: &str = "post é 1";

/// The site that stands in for the server that the params name.
struct Server(String);

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    url: String,
}

/// What the predecessor's `parse` returned.
#[derive(Debug, Serialize, Deserialize)]
struct Parsed {
    title: String,
    links: usize,
    länge: usize,
    nested: Vec<Nested>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Nested {
    a: f64,
    b: Option<f64>,
}

#[executor]
async fn scrape(
    Params(page): Params<Page>,
    fetch: Fetch,
    server: State<Server>,
) -> Result<Scraped> {
    let url = page.url.replace("http://127.0.0.1:8099", &server.0);
    fetch.get(&url).accept_status(200).save("scrape").await
}

/// As the predecessor's, but for JSON, which failed there.
#[executor]
async fn parse(page: Body<scrape>) -> Result<Parsed> {
    let text = page.text();
    let title = if text.starts_with('{') {
        "JSON"
    } else {
        let (_, rest) = text
            .split_once("<title>")
            .recorded("could not find a title")?;
        rest.split('<').next().unwrap_or_default()
    };
    Ok(Parsed {
        title: title.to_owned(),
        links: text.matches("<a ").count(),
        länge: text.chars().count(),
        nested: vec![Nested { a: 1.5, b: None }],
    })
}

#[executor]
async fn nothing(_parsed: Output<parse>) -> Result<()> {
    Ok(())
}

workflow! { Resumed = scrape -> parse -> nothing; }

/// A copy of the predecessor's directory.
fn copied() -> Sandbox {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/predecessor");
    let sandbox = Sandbox::new();
    for entry in fs::read_dir(made).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        sandbox.write(name, fs::read(&path).unwrap());
    }
    sandbox
}

/// What a server that was mended in part answers; `/short.html` still breaks off.
fn serve() -> Site {
    let site = Site::start();
    for path in ["/missing.html", "/drop.html", "/slow.html"] {
        site.route(path, move |_| {
            Answer::html(format!("<title>{path}</title>"))
        });
    }
    site.route("/short.html", |_| {
        Answer::text("abc")
            .header("Content-Length", "1000")
            .ending(Ending::Cut)
    });
    site
}

fn resume(sandbox: &Sandbox, site: &Site) -> Run<Resumed> {
    let server = Server(site.url("/").trim_end_matches('/').to_owned());
    Resumed::in_dir(sandbox.dir())
        .state(server)
        .progress(Progress::Off)
}

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

        7a11bb0dd392fa2772d467c73d66783c: "ERROR RuntimeError::`7a11bb0dd392fa2772d467c73d66783c.scrape` is missing; run `scrape` again with force::<scrape>()"
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

        post é 1: "ERROR RuntimeError::`post é 1.scrape` has 2 bytes instead of 37; run `scrape` again with force::<scrape>()"
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
