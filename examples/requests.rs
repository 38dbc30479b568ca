//! Requests of one's own: an executor that pages through a JSON API, and one that rejects pages which aren't
//! what was asked for.
//!
//!     cargo run -p scrapeflow-examples --example requests

use scrapeflow::prelude::*;
use scrapeflow_site::{Answer, Site};
use serde_json::json;

#[derive(Serialize, Deserialize)]
struct Shop {
    url: String,
}

#[derive(Deserialize)]
struct Batch {
    names: Vec<String>,
    next: Option<u32>,
}

/// One request that fails for a moment is tried again by itself: the executor doesn't begin anew.
#[executor(timeout = "60s")]
async fn names(Params(shop): Params<Shop>, fetch: Fetch) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut page = Some(0);
    while let Some(number) = page {
        let batch: Batch = fetch
            .post_json(&format!("{}/names", shop.url), &json!({ "page": number }))
            .header("x-api-version", "2")
            .send()
            .await?
            .json()
            .await?;
        names.extend(batch.names);
        page = batch.next;
    }
    Ok(names)
}

/// A notice in place of the page is no success, whatever its status says.
#[executor]
async fn offer(Params(shop): Params<Shop>, fetch: Fetch) -> Result<Scraped> {
    fetch
        .get(&format!("{}/offer", shop.url))
        .validate(|page| {
            ensure!(page.text().contains("data-price"), "the page has no price");
            Ok(())
        })
        .save("offer")
        .await
}

workflow! {
    /// What a shop has.
    Shops = names -> offer;
}

#[tokio::main]
async fn main() -> Result<()> {
    let site = Site::start();
    site.route("/names", |request| {
        let asked: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let page = asked["page"].as_u64().unwrap_or_default();
        let next = (page < 2).then_some(page + 1);
        Answer::json(json!({ "names": [format!("lamp {page}")], "next": next }).to_string())
    });
    site.route("/offer", |_| {
        Answer::html("<p>Please prove that you are human.")
    });

    let store = scrapeflow::store::MemoryStore::new();
    let shop = Shop {
        url: site.url("/").trim_end_matches('/').to_owned(),
    };
    let report = Shops::in_store(store.clone())
        .tasks(Tasks::from_pairs([("shop", shop)])?)
        .run()
        .await?;
    println!("{report}");
    println!("{}", scrapeflow::summary::of(&store).await?);
    Ok(())
}
