//! A run that stays welcome: robots.txt is obeyed, each host is asked at its own pace, and whoever runs it can
//! be found.
//!
//!     cargo run -p scrapeflow-examples --example polite

use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_site::Site;

workflow! {
    /// Pages as they are.
    Pages = scrape;
}

#[tokio::main]
async fn main() -> Result<()> {
    // A site on loopback, with a page that crawlers are to leave alone.
    let site = Site::start();
    site.robots("User-agent: *\nDisallow: /page/3\nCrawl-delay: 0.1\n");
    let urls = (1..=4).map(|page| site.url(&format!("/page/{page}")));

    let folder = tempfile::tempdir()?;
    let report = Pages::in_dir(folder.path())
        .tasks(Tasks::from_urls(urls)?)
        // One at a time per host, at least a second between two, robots.txt obeyed.
        .politeness(Politeness::polite())
        // Who asks, and where to complain.
        .user_agent("ExampleBot/1.0 (+https://example.com/bot)")
        // This site is our own: ten a second, or as slow as its robots.txt asks for.
        .host("127.0.0.1", |host| host.pace(Pace::per_second(10.0)))
        .run()
        .await?;
    println!("{report}");
    Ok(())
}
