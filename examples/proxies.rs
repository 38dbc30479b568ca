//! Through proxies: those that don't work are found beforehand, and whoever is turned away comes back as somebody else.
//!
//!     cargo run -p scrapeflow-examples --example proxies -- http://user:password@10.0.0.1:8080 socks5://10.0.0.2:1080

use std::env;

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{ProxyList, ProxyProvider, Sessions};
use scrapeflow_site::{Answer, Site};

workflow! {
    /// Pages as they are.
    Pages = scrape;
}

#[tokio::main]
async fn main() -> Result<()> {
    // A site on loopback that lets nobody in who has no cookie of its own after the third page.
    let site = Site::start();
    site.route("/", |request| match request.header("cookie") {
        Some("visits=3") => Answer::text("go away").status(403),
        Some("visits=2") => Answer::text("welcome").header("Set-Cookie", "visits=3"),
        Some("visits=1") => Answer::text("welcome").header("Set-Cookie", "visits=2"),
        _ => Answer::text("welcome").header("Set-Cookie", "visits=1"),
    });
    let urls = (1..=10).map(|page| site.url(&format!("/?page={page}")));

    let proxies = ProxyList::new(env::args().skip(1))?;
    let checked = proxies
        .check(Duration::from_secs(5), 1)
        .url(site.url("/page/1"))
        .run()
        .await?;
    for (proxy, why) in &checked.bad {
        println!("{proxy} doesn't work: {why}");
    }

    let folder = tempfile::tempdir()?;
    let report = Pages::in_dir(folder.path())
        .tasks(Tasks::from_urls(urls)?)
        .proxies(proxies)
        // A proxy and the cookies that came by it belong together.
        .sessions(Sessions::new().max_uses(20))
        .max_parallelism(2)
        .run()
        .await?;
    println!("{report}");
    Ok(())
}
