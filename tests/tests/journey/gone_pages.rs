//! A page that is gone is an answer where the run says so: its status is told, an executor may succeed without a file,
//! and a refresh asks whether a page has changed whatever the executor made of it.

use scrapeflow::Outcome;
use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::{Value, json};

#[derive(Serialize, Deserialize)]
enum Page {
    Gone,
    There { bytes: u64 },
}

impl scrapeflow::HasBody for Page {}

#[executor]
async fn page(Params(task): Params<ScrapeParams>, fetch: Fetch) -> Result<Page> {
    match fetch.get(&task.url).save("page").await {
        Ok(saved) => Ok(Page::There { bytes: saved.size }),
        Err(error) if error.http_status() == Some(404) => Ok(Page::Gone),
        Err(error) => Err(error),
    }
}

#[executor]
async fn title(page: Option<Body<page>>) -> Result<Option<String>> {
    Ok(page.map(|page| page.text().into_owned()))
}

workflow! { Titles = page -> title; }
workflow! { Pages = scrape; }

fn titles(sandbox: &Sandbox, url: String) -> Run<Titles> {
    Titles::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", ScrapeParams::new(url))]).unwrap())
        .configure::<page>(|step| step.max_age(Duration::ZERO))
        .progress(Progress::Off)
}

async fn title_of(sandbox: &Sandbox, url: String) -> Value {
    let report = titles(sandbox, url).run().await.unwrap();
    assert_eq!(report.count(Outcome::Succeeded), 1, "{report}");
    sandbox.status("page")["title"].clone()
}

#[tokio::test]
async fn who_reads_a_file_that_may_be_missing_runs_again_when_it_comes_and_when_it_goes() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    for (status, title) in [
        (404, Value::Null),
        (200, json!("lamp")),
        (404, Value::Null),
        (200, json!("lamp")),
    ] {
        site.route("/lamp", move |_| Answer::text("lamp").status(status));
        assert_eq!(title_of(&sandbox, site.url("/lamp")).await, title);
    }
}

#[tokio::test]
async fn a_refresh_asks_whether_a_page_has_changed_whatever_came_of_it() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    site.route("/lamp", |request| {
        if request.header("if-none-match") == Some("\"1\"") {
            Answer::text("").status(304).header("ETag", "\"1\"")
        } else {
            Answer::text("lamp").header("ETag", "\"1\"")
        }
    });
    for status in [200, 304, 304] {
        assert_eq!(title_of(&sandbox, site.url("/lamp")).await, json!("lamp"));
        assert_eq!(
            sandbox.status("page")["page"],
            json!({ "There": { "bytes": 4 } })
        );
        let asked = site.requests().pop().unwrap();
        let condition = asked.header("if-none-match");
        assert_eq!(condition.is_some(), status == 304);
    }
}

#[tokio::test]
async fn the_status_of_a_page_is_stored_where_it_is_not_200() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let urls = [("there", "/page/1"), ("gone", "/status/404")];
    let tasks = urls.map(|(key, path)| (key, ScrapeParams::new(site.url(path))));
    let run = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .accept_status([200, 404])
        .progress(Progress::Off);
    assert_eq!(run.run().await.unwrap().done(), 2);
    assert_eq!(sandbox.status("there")["scrape"]["status"], Value::Null);
    assert_eq!(sandbox.status("gone")["scrape"]["status"], 404);
    let gone: Scraped = serde_json::from_value(sandbox.status("gone")["scrape"].clone()).unwrap();
    assert_eq!(gone.status, 404);
}
