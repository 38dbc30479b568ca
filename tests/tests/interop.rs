//! A directory that the Python predecessor made resumes here: by executors of the same names, what had
//! succeeded is skipped and what had failed runs again, while every field that need not change stays byte for
//! byte. Bodies are found by the `size` and `content` that the predecessor recorded; one that is gone is an
//! error only where somebody has to read it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use scrapeflow::prelude::*;
use scrapeflow::store::DirStore;
use scrapeflow::{RetryFailed, summary};
use scrapeflow_tests::{Answer, Site};
use tempfile::TempDir;

const STD: &str = "a195c406d8bcac189d220f992cb3c3d4";
const VEC: &str = "7a11bb0dd392fa2772d467c73d66783c";
const OPTION: &str = "3e92be5fc9ee728e23b17667eb2e0c5a";
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
        let (_, rest) = text.split_once("<title>").recorded("could not find a title")?;
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

/// The same names, with the ready-made `scrape`.
mod ready {
    use scrapeflow::prelude::*;
    use scrapeflow::ready::scrape;

    #[executor]
    async fn parse(page: Body<scrape>) -> Result<String> {
        Ok(page.text().into_owned())
    }

    workflow! { pub(super) Resumed = scrape -> parse; }
}

type Files = BTreeMap<String, String>;

/// A copy of the predecessor's directory.
fn copied() -> TempDir {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/predecessor");
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files(&made) {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn files(dir: &Path) -> Files {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths
        .filter(|path| path.is_file())
        .map(|path| (name(&path), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn status(dir: &Path, key: &str) -> String {
    fs::read_to_string(dir.join(format!("{key}.status.json"))).unwrap()
}

/// The fields of a file that is laid out as both libraries do it, each value as it is spelled.
fn fields(text: &str) -> Vec<(String, String)> {
    let inside = text.strip_prefix("{\n").and_then(|text| text.strip_suffix("\n}")).unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in inside.split('\n') {
        if let Some(field) = line.strip_prefix("  \"") {
            let (name, value) = field.split_once("\": ").unwrap();
            fields.push((name.to_owned(), value.to_owned()));
        } else {
            let (_, value) = fields.last_mut().unwrap();
            value.extend(["\n", line]);
        }
    }
    let (_, comma) = fields.split_last_mut().unwrap();
    for (_, value) in comma {
        assert_eq!(value.pop(), Some(','));
    }
    fields
}

/// Says of each field that was there whether it still is, byte for byte, and which are new, in their order.
fn compare(before: &str, after: &str) -> String {
    let (before, after) = (fields(before), fields(after));
    let gone = before.iter().filter(|(name, _)| after.iter().all(|(other, _)| other != name));
    let gone = gone.map(|(name, _)| format!("- {name}\n"));
    let now = after.iter().map(|(name, value)| {
        match before.iter().find(|(other, _)| other == name) {
            Some((_, earlier)) if earlier == value => format!("= {name}\n"),
            Some(_) => format!("! {name}\n"),
            None => format!("+ {name}\n"),
        }
    });
    now.chain(gone).collect()
}

/// What a server that was mended in part answers; `/short.html` still breaks off.
fn serve() -> Site {
    let site = Site::start();
    for path in ["/missing.html", "/drop.html", "/slow.html"] {
        site.route(path, move |_| Answer::html(format!("<title>{path}</title>")));
    }
    site.route("/short.html", |_| {
        Answer::text("abc").header("Content-Length", "1000").ending(scrapeflow_tests::Ending::Cut)
    });
    site
}

fn resume(dir: &TempDir, site: &Site) -> Run<Resumed> {
    let server = Server(site.url("/").trim_end_matches('/').to_owned());
    Resumed::in_dir(dir.path()).state(server).progress(Progress::Off)
}

#[tokio::test]
async fn what_succeeded_is_skipped_and_what_failed_runs_again() {
    let (dir, site) = (copied(), serve());
    let before = files(dir.path());
    let report = resume(&dir, &site).run().await.unwrap();
    assert_eq!((report.count(Outcome::Skipped), report.count(Outcome::Succeeded)), (3, 4));
    assert_eq!((report.failed(), report.total()), (3, 10));
    assert_eq!(site.total_hits(), 4, "only what had failed was asked for");
    for untouched in [STD, VEC, OPTION] {
        let name = format!("{untouched}.status.json");
        assert_eq!(before[&name], status(dir.path(), untouched), "nothing ran in {untouched}");
    }
    let again = files(dir.path());
    for (name, body) in before.iter().filter(|(name, _)| name.ends_with(".scrape")) {
        assert_eq!(&again[name], body, "the body {name}");
    }
    let summary = summary::of(&DirStore::new(dir.path())).await.unwrap().to_string();
    expect![[""]].assert_eq(&summary.replace(&site.address().to_string(), "SITE"));
}

#[tokio::test]
async fn fields_that_need_not_change_stay_byte_for_byte() {
    let (dir, site) = (copied(), serve());
    let before = files(dir.path());
    resume(&dir, &site).run().await.unwrap();
    let check = |key: &str, expected: Expect| {
        let after = status(dir.path(), key);
        expected.assert_eq(&compare(&before[&format!("{key}.status.json")], &after));
        assert_eq!(fields(&after)[0], ("name".to_owned(), format!("\"{key}\"")));
    };
    check(POST, expect![[""]]);
    check(SHORT, expect![[""]]);
    check("bad-url", expect![[""]]);
    check("129b0466c7f18db37abbe0d39defd6e3", expect![[""]]);

    // Whatever ran is done now; what still fails changes nothing where it is left alone.
    let before = files(dir.path());
    let run = resume(&dir, &site).retry_failed(RetryFailed::None);
    assert_eq!(run.run().await.unwrap().count(Outcome::Skipped), 7);
    assert!(files(dir.path()) == before, "a run in which nothing runs writes nothing");
}

#[tokio::test]
async fn a_body_is_asked_for_only_where_its_reader_has_to_run() {
    let (dir, site) = (copied(), serve());
    let before = files(dir.path());
    fs::write(dir.path().join(format!("{POST}.scrape")), "{}").unwrap();
    let tasks = Tasks::from_keys([STD, VEC, POST]).unwrap();
    let run = resume(&dir, &site).tasks(tasks).force::<parse>();
    let report = run.run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (1, 2));
    assert_eq!(site.total_hits(), 0, "nothing is fetched again in silence");
    let check = |key: &str, expected: Expect| {
        let after = status(dir.path(), key);
        let (_, told) = fields(&after).into_iter().find(|(name, _)| name == "parse_status").unwrap();
        let changes = compare(&before[&format!("{key}.status.json")], &after);
        expected.assert_eq(&format!("{changes}{told}\n"));
    };
    check(STD, expect![[""]]);
    check(VEC, expect![[""]]);
    check(POST, expect![[""]]);
}

#[tokio::test]
async fn the_ready_made_scrape_takes_over() {
    let dir = copied();
    let before = files(dir.path());
    let tasks = Tasks::from_keys([STD, VEC, OPTION, "refused", "bad-url"]).unwrap();
    let run = ready::Resumed::in_dir(dir.path()).tasks(tasks).progress(Progress::Off);
    // Its `parse` returns another type, so that one runs again, without the network.
    let report = run.run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (1, 4));
    assert_eq!(report.executors[0].skipped, 3);
    for (key, verdict) in [
        (STD, "\"SUCCESS\""),
        (VEC, "\"ERROR RuntimeError::"),
        ("refused", "\"ERROR ClientConnectorError::"),
        ("bad-url", "\"ERROR InvalidUrlClientError::"),
    ] {
        let executor = if key.len() == 32 { "parse_status" } else { "scrape_status" };
        let after = fields(&status(dir.path(), key));
        let (_, told) = after.iter().find(|(name, _)| name == executor).unwrap();
        assert!(told.starts_with(verdict), "{key}: {told}");
        let scraped = fields(&before[&format!("{key}.status.json")]);
        for field in scraped.iter().filter(|(name, _)| name == "params" || name == "scrape") {
            assert!(after.contains(field), "{key}: {}", field.0);
        }
    }
}
