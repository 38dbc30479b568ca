//! Runs whose service gives no list.

use std::sync::{Arc, Mutex};

use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow::{IpRoyal, ProxyProvider, Proxyscrape, RunErrorKind};
use scrapeflow_tests::{Answer, Ending, Sandbox, Site};

use super::{FREE, LIST, ORDER, base, webshare};

#[executor]
async fn idle() -> Result<()> {
    Ok(())
}

workflow! { Pages = scrape; }
workflow! { Idle = idle; }
workflow! { Both = idle -> scrape; }

fn pages(sandbox: &Sandbox, site: &Site) -> Run<Pages> {
    let tasks =
        ["/page/1", "/status/404"].map(|path| (&path[1..5], ScrapeParams::new(site.url(path))));
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks).unwrap())
        .progress(Progress::Off)
}

#[tokio::test]
async fn a_run_without_its_list_fetches_nothing_touches_no_task_and_leaves_the_directory_free() {
    let site = Site::start();
    site.route(LIST, |_| Answer::text("who is geheim-key?").status(401));
    site.route(ORDER, |_| Answer::html("<title>Sign in</title>"));
    site.route(FREE, |_| {
        Answer::raw("HTTP/1.1 200 OK\r\n").ending(Ending::Hang)
    });
    let hanging = Proxyscrape::new()
        .base_url(base(&site))
        .timeout(Duration::from_millis(100));
    let services: [(Arc<dyn ProxyProvider>, &str); 3] = [
        (Arc::new(webshare(&site)), "Webshare answered HTTP 401"),
        (
            Arc::new(IpRoyal::new("geheim-key", "7").base_url(base(&site))),
            "IPRoyal gave an answer that is not the JSON that was expected",
        ),
        (
            Arc::new(hanging),
            "Proxyscrape gave no whole list within 0.1 s",
        ),
    ];
    let sandbox = Sandbox::new();
    let first = pages(&sandbox, &site).run().await.unwrap();
    assert_eq!((first.done(), first.failed()), (1, 1));
    let (before, fetched) = (
        sandbox.stamps(),
        site.hits_matching(|path| !path.contains("/api/")),
    );
    for (service, told) in services {
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = events.clone();
        let run = pages(&sandbox, &site)
            .force_all()
            .proxies(service)
            .on_event(move |event| seen.lock().unwrap().push(format!("{event:?}")));
        let error = run.run().await.unwrap_err();
        assert!(error.to_string().starts_with(told), "{error}");
        assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Setup, 2));
        assert!(error.report().is_none(), "it didn't begin");
        assert_eq!(sandbox.stamps(), before, "{told}");
        let events = events.lock().unwrap().join("\n");
        assert!(
            !events.contains("Task") && !events.contains("Fetched"),
            "{events}"
        );
        let shown = format!("{error} {error:?} {error:#?} {events}");
        assert!(!shown.contains("geheim"), "{shown}");
    }
    let now = site.hits_matching(|path| !path.contains("/api/") && !path.starts_with(FREE));
    assert_eq!(now, fetched);
    let again = pages(&sandbox, &site).force_all().run().await.unwrap();
    assert_eq!((again.done(), again.failed()), (1, 1));
}

#[tokio::test]
async fn a_run_that_is_stopped_while_its_service_hangs_ends() {
    let (site, sandbox) = (Arc::new(Site::start()), Sandbox::new());
    site.route(LIST, |_| Answer::text("").gate("never opened"));
    let asked = {
        let site = site.clone();
        async move { site.until(|site| site.hits(LIST) == 1).await }
    };
    let run = pages(&sandbox, &site)
        .proxies(webshare(&site))
        .stop_when(asked);
    let report = run.run().await.unwrap();
    assert!(report.interrupted);
    assert_eq!((report.total(), site.total_hits()), (0, 1));
    site.until(|site| site.open_connections() == 0).await;
}

#[tokio::test]
async fn a_plan_asks_no_service() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let plan = pages(&sandbox, &site).proxies(webshare(&site)).plan();
    assert_eq!(plan.await.unwrap().tasks.len(), 2);
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn a_run_that_fetches_nothing_asks_no_service() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let tasks = || Tasks::from_pairs([("page", ScrapeParams::new(site.url("/page/1")))]).unwrap();
    let idle_alone = Idle::in_dir(sandbox.dir())
        .tasks(tasks())
        .proxies(webshare(&site))
        .progress(Progress::Off);
    assert_eq!(idle_alone.run().await.unwrap().done(), 1);
    let selected = Both::in_dir(sandbox.dir())
        .tasks(tasks())
        .proxies(webshare(&site))
        .only::<idle>()
        .progress(Progress::Off);
    assert_eq!(selected.run().await.unwrap().failed(), 0);
    assert_eq!(site.connections(), 0);
}
