//! From a list to its pages: one workflow asks what there is, another visits each page of it. Two directories, so that
//! each page is a task of its own, with its status, its retries and its refresh.
//!
//!     cargo run -p scrapeflow-examples --example listing

use futures::TryStreamExt;
use scrapeflow::ready::scrape;
use scrapeflow::store::DirStore;
use scrapeflow::{outputs, prelude::*};
use scrapeflow_site::{Answer, Site};
use serde_json::{Value, json};

#[derive(Serialize, Deserialize)]
struct Shop {
    url: String,
}

#[derive(Deserialize)]
struct Batch {
    paths: Vec<String>,
    next: Option<u32>,
}

/// Addresses of all products. Older than a day, the list is asked for again.
#[executor(max_age = "1d")]
async fn products(Params(shop): Params<Shop>, fetch: Fetch) -> Result<Vec<String>> {
    let mut urls = Vec::new();
    let mut page = Some(1);
    while let Some(number) = page {
        let url = format!("{}/api/products?page={number}", shop.url);
        let batch: Batch = fetch.get(&url).send().await?.json().await?;
        urls.extend(batch.paths.iter().map(|path| format!("{}{path}", shop.url)));
        page = batch.next;
    }
    Ok(urls)
}

#[executor]
async fn title(page: Body<scrape>) -> Result<String> {
    let text = page.text();
    let (_, rest) = text
        .split_once("<title>")
        .recorded("the page has no title")?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}

workflow! {
    /// What shops have.
    Catalogue = products;
}

workflow! {
    /// Their products.
    Products = scrape -> title;
}

#[tokio::main]
async fn main() -> Result<()> {
    let site = Site::start();
    site.route("/api/products", |request| {
        let page: u32 = request
            .query("page")
            .and_then(|page| page.parse().ok())
            .unwrap_or(1);
        let paths: Vec<Value> = (0..2)
            .map(|n| json!(format!("/page/{}", 2 * page + n)))
            .collect();
        let next = (page < 3).then_some(page + 1);
        Answer::json(json!({ "paths": paths, "next": next }).to_string())
    });
    let shop = Shop {
        url: site.url("/").trim_end_matches('/').to_owned(),
    };
    let folder = tempfile::tempdir()?;
    let (catalogue, pages) = (folder.path().join("catalogue"), folder.path().join("pages"));

    let report = Catalogue::in_dir(&catalogue)
        .tasks(Tasks::from_pairs([("shop", shop)])?)
        .run()
        .await?;
    println!("{report}");

    let found: Vec<(Key, Vec<String>)> = outputs::<products>(&DirStore::new(&catalogue))
        .try_collect()
        .await?;
    let urls = found.into_iter().flat_map(|(_, urls)| urls);
    let report = Products::in_dir(&pages)
        .tasks(Tasks::from_urls(urls)?)
        .run()
        .await?;
    println!("{report}");
    Ok(())
}
