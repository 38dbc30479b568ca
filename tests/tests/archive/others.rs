//! Archives as tools read them that others wrote: warcio and the shell of SQLite.

use std::path::Path;
use std::process::Command;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::store::ArchiveStore;
use scrapeflow_tests::{Sandbox, Site, python};
use serde_json::{Value, json};

#[executor]
async fn shout(page: Body<scrape>, files: Files) -> Result<Saved> {
    files.save("shout", page.text().to_uppercase()).await
}

workflow! { Pages = scrape -> shout; }

/// What warcio makes of the first file of pages, as JSON.
const READ: &str = r#"
import glob, json, sys
from warcio.archiveiterator import ArchiveIterator
records = []
for name in sorted(glob.glob(sys.argv[1] + "/pages-*")):
    with open(name, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            headers = record.http_headers
            records.append({
                "type": record.rec_type,
                "url": record.rec_headers.get_header("WARC-Target-URI"),
                "file": record.rec_headers.get_header("Scrapeflow-File"),
                "status": headers.get_statuscode() if headers and record.rec_type == "response" else None,
                "first": headers.statusline if headers and record.rec_type == "request" else None,
                "headers": {name.lower(): value for name, value in headers.headers} if headers else {},
                "body": record.content_stream().read().decode("utf-8"),
            })
print(json.dumps(records))
"#;

pub(super) fn warcio(archive: &Path) -> Vec<Value> {
    let records = python(archive, READ, &[archive]);
    records.as_array().expect("a list").clone()
}

#[tokio::test]
async fn warcio_reads_what_was_asked_and_answered() {
    let site = Site::start();
    site.route("/page", |_| scrapeflow_tests::Answer::html("<p>ä lamp</p>"));
    for plain in [false, true] {
        let sandbox = Sandbox::new();
        let store = ArchiveStore::new(sandbox.dir());
        let store = if plain { store.plain() } else { store };
        let report = Pages::in_store(store)
            .tasks(Tasks::from_urls([site.url("/page?a=1"), site.url("/gzip")]).unwrap())
            .headers([
                ("accept-language", "de"),
                ("authorization", "Bearer s3cret"),
            ])
            .cookies([("session", "s3cret")])
            .max_parallelism(1)
            .progress(Progress::Off)
            .run()
            .await
            .unwrap();
        assert_eq!(report.count(Outcome::Succeeded), 2, "{report}");
        let records = warcio(sandbox.dir());
        let types: Vec<&str> = records
            .iter()
            .map(|record| record["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            types,
            [
                "warcinfo", "response", "request", "resource", "response", "request", "resource"
            ]
        );
        let (response, request, shout) = (&records[1], &records[2], &records[3]);
        assert_eq!(response["url"], json!(site.url("/page?a=1")));
        assert_eq!(response["status"], json!("200"));
        assert_eq!(response["body"], json!("<p>ä lamp</p>"));
        assert_eq!(
            response["headers"]["content-type"],
            json!("text/html; charset=utf-8")
        );
        assert_eq!(request["first"], json!("/page?a=1 HTTP/1.1"));
        assert_eq!(request["headers"]["accept-language"], json!("de"));
        assert_eq!(
            request["headers"]["host"],
            json!(site.address().to_string())
        );
        let said = records.iter().map(Value::to_string).collect::<String>();
        assert!(!said.contains("s3cret"), "{said}");
        assert_eq!(shout["body"], json!("<P>Ä LAMP</P>"));
        assert!(
            shout["file"].as_str().unwrap().contains(".shout"),
            "{shout}"
        );
        // Stored as it was decoded.
        let encoded = &records[4];
        assert_eq!(
            encoded["headers"]["x-archive-orig-content-encoding"],
            json!("gzip")
        );
        assert_eq!(encoded["headers"].get("content-encoding"), None);
    }
}

#[tokio::test]
async fn the_shell_of_sqlite_reads_statuses() {
    let site = Site::start();
    let sandbox = Sandbox::new();
    Pages::in_archive(sandbox.dir())
        .tasks(Tasks::from_urls([site.url("/page/1"), site.url("/status/404")]).unwrap())
        .progress(Progress::Off)
        .run()
        .await
        .unwrap();
    let said = Command::new("sqlite3")
        .arg("-json")
        .arg(sandbox.dir().join("status.db"))
        .arg(
            "select status ->> '$.scrape.size' as size, messages ->> '$.scrape_status' as ended, count(suffix) as bodies
             from tasks join outcomes on outcome = outcomes.id left join bodies on task = tasks.id
             group by tasks.id order by ended",
        )
        .output()
        .expect("sqlite3: `cargo xtask test` installs it");
    let rows: Value = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(
        rows[0]["ended"],
        json!("ERROR RuntimeError::HTTP response 404")
    );
    assert_eq!(
        (&rows[0]["bodies"], &rows[1]["bodies"]),
        (&json!(0), &json!(2))
    );
    assert!(
        rows[1]["size"].as_u64().is_some_and(|size| size > 0),
        "{rows}"
    );
}
