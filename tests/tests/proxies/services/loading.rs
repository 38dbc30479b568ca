//! Lists that a check loads, or cannot.

use futures::future::{self, BoxFuture, FutureExt};
use scrapeflow::prelude::*;
use scrapeflow::{Proxy, ProxyList, ProxyPool, ProxyProvider, Proxyscrape, Webshare};
use scrapeflow_tests::{Answer, Site};

use super::{PAGE, SECOND, proxy};

/// Has a list with nobody in it.
#[derive(Debug, Default)]
struct Nobody(ProxyPool);

impl ProxyProvider for Nobody {
    fn pool(&self) -> &ProxyPool {
        &self.0
    }

    fn load(&self) -> BoxFuture<'_, Result<Vec<Proxy>>> {
        future::ready(Ok(Vec::new())).boxed()
    }
}

#[tokio::test]
async fn a_list_is_loaded_once_and_one_that_is_empty_or_cannot_be_had_is_told() {
    let untold = |so_far| panic!("{so_far:?}");
    let proxies = ProxyList::new(["127.0.0.1:1"]).unwrap();
    let told = proxies
        .check(SECOND, 1)
        .url("no url")
        .on_progress(untold)
        .run()
        .await;
    let told = told.unwrap_err().to_string();
    assert!(told.contains("`no url` has no scheme"), "{told}");
    let told = Nobody::default()
        .check(SECOND, 1)
        .url(PAGE)
        .on_progress(untold)
        .run()
        .await;
    assert_eq!(
        told.unwrap_err().to_string(),
        "the list of proxies is empty"
    );

    let (service, good) = (Site::start(), proxy(|_| Answer::text("")));
    let base = format!("http://{}", service.address());
    let webshare = Webshare::new("geheim-key").base_url(&base);
    service.route("/api/proxy/list/", |_| {
        Answer::text("geheim-key?").status(401)
    });
    let told = webshare
        .check(SECOND, 1)
        .url(PAGE)
        .on_progress(untold)
        .run()
        .await;
    let told = told.unwrap_err().to_string();
    assert!(told.starts_with("Webshare answered HTTP 401"), "{told}");
    assert!(!told.contains("geheim"), "{told}");

    let lines = format!("{}\r\n", good.address());
    service.route("/v2/", move |_| Answer::text(lines.clone()));
    let free = Proxyscrape::new().base_url(base);
    for _ in 0..2 {
        let checked = free.check(SECOND * 20, 1).url(PAGE).run().await.unwrap();
        assert_eq!((checked.live, checked.bad.len()), (1, 0));
    }
    free.ready().await.unwrap();
    assert_eq!((service.total_hits(), good.total_hits()), (2, 2));
}
