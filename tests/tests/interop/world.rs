//! The predecessor's directory, executors of the names that it ran, and a site that stands in for the server
//! that its params name.

use std::fs;
use std::path::Path;

use scrapeflow::prelude::*;
use scrapeflow_tests::{Answer, Ending, Sandbox, Site};

/// The site that stands in for the server that the params name.
pub(crate) struct Server(String);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    url: String,
}

/// What the predecessor's `parse` returned.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Parsed {
    title: String,
    links: usize,
    länge: usize,
    nested: Vec<Nested>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Nested {
    a: f64,
    b: Option<f64>,
}

#[executor]
pub(crate) async fn scrape(
    Params(page): Params<Page>,
    fetch: Fetch,
    server: State<Server>,
) -> Result<Scraped> {
    let url = page.url.replace("http://127.0.0.1:8099", &server.0);
    fetch.get(&url).accept_status([200]).save("scrape").await
}

/// As the predecessor's, but for JSON, which failed there.
#[executor]
pub(crate) async fn parse(page: Body<scrape>) -> Result<Parsed> {
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
pub(crate) async fn nothing(_parsed: Output<parse>) -> Result<()> {
    Ok(())
}

workflow! { pub(crate) Resumed = scrape -> parse -> nothing; }

/// A copy of the predecessor's directory.
pub(crate) fn copied() -> Sandbox {
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
pub(crate) fn serve() -> Site {
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

pub(crate) fn resume(sandbox: &Sandbox, site: &Site) -> Run<Resumed> {
    let server = Server(site.url("/").trim_end_matches('/').to_owned());
    Resumed::in_dir(sandbox.dir())
        .state(server)
        .request_retries(0)
        .progress(Progress::Off)
}
