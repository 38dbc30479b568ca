//! Scrapes pages, takes titles and links out of them, and finds out which are the hubs.
//!
//!     cargo run --release -p scrapeflow-examples --example quickstart                    # the Rust documentation, on loopback
//!     cargo run --release -p scrapeflow-examples --example quickstart -- https://…       # pages of your choice
//!     cargo run --release -p scrapeflow-examples --example quickstart -- --force parse   # one executor again
//!
//! Press Ctrl-C in the middle and run it again: only what is missing is done.

use std::process::ExitCode;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::store::DirStore;
use scrapeflow_examples::Docs;
use scraper::{Html, Selector};

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    /// A page that only redirects may have none.
    title: Option<String>,
    links: Vec<String>,
}

/// Takes no `Fetch`, so it can never touch the network.
#[executor]
async fn parse(page: Body<scrape>) -> Result<Page> {
    let html = Html::parse_document(&page.text());
    let title = Selector::parse("title").recorded("selector")?;
    let link = Selector::parse("a[href]").recorded("selector")?;
    let title = html.select(&title).next();
    let links = html.select(&link).filter_map(|a| a.value().attr("href"));
    Ok(Page {
        title: title.map(|title| title.text().collect()),
        links: links.map(str::to_owned).collect(),
    })
}

#[derive(Debug, Serialize, Deserialize)]
struct Degree {
    links: usize,
    hub: bool,
}

/// Reads what `parse` returned, so it runs again when that changes, and only then.
#[executor]
async fn degree(page: Output<parse>) -> Result<Degree> {
    let links = page.links.len();
    Ok(Degree {
        links,
        hub: links > 100,
    })
}

workflow! {
    /// Pages, what they link to, and which are hubs.
    pub Quickstart = scrape -> parse -> degree;
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (mut urls, mut forced) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--force" => {
                let name = rest
                    .next()
                    .recorded("--force needs the name of an executor")?;
                forced.push(Quickstart::step(name)?);
            }
            option if option.starts_with('-') => bail!("there is no option {option}, only --force"),
            url => urls.push(url.to_owned()),
        }
    }
    let docs = if urls.is_empty() {
        Some(Docs::serve(500)?)
    } else {
        None
    };
    if let Some(docs) = &docs {
        eprintln!("scraping {}", docs.origin());
        urls = docs.urls();
    }

    let mut run = Quickstart::in_dir("quickstart-pages")
        .tasks(Tasks::from_urls(urls)?)
        // Sites of others are asked one page at a time, a second apart, as their robots.txt allows.
        .politeness(Politeness::polite())
        .host("127.0.0.1", |loopback| {
            loopback.pace(Pace::default()).robots(false)
        })
        .stop_when(shutdown_signal());
    for step in forced {
        run = run.force_step(step);
    }
    let report = run.run().await?;

    println!("{report}");
    println!(
        "{}",
        scrapeflow::summary::of(&DirStore::new("quickstart-pages")).await?
    );
    println!("Next: look into quickstart-pages/*.status.json, or run this again.");
    Ok(report.exit_code().into())
}
