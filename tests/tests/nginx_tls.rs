//! Sites over TLS, as nginx serves them: HTTP/2 where it is offered, and nobody is asked for anything who cannot
//! prove who he is, unless the run says that it doesn't care.

#[path = "nginx/authority.rs"]
mod authority;

use authority::Authority;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::{Nginx, Sandbox};
use serde_json::json;

workflow! { Pages = scrape; }

/// A run over a page of this host, which is `site`, under the key `page`.
fn run(sandbox: &Sandbox, host: &str, site: &Nginx) -> Run<Pages> {
    let url = format!("https://{host}/page");
    Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("page", json!({ "url": url }))]).unwrap())
        .resolve(host, site.tls_address())
        .request_retries(0)
        .progress(Progress::Off)
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let authority = Authority::new("ours");
    for (offered, protocol) in [(true, "HTTP/2.0"), (false, "HTTP/1.1")] {
        let site = authority.site(false, offered);
        let sandbox = Sandbox::new();
        let report = run(&sandbox, "shop.example", &site)
            .add_root_certificates(authority.pem().as_bytes())
            .run()
            .await
            .unwrap();
        assert_eq!(report.done(), 1, "{:#}", sandbox.status("page"));
        assert_eq!(sandbox.read("page.scrape"), b"hello");
        let log = site.log();
        let found: Vec<_> = log
            .iter()
            .map(|row| (&*row.protocol, &*row.host, &*row.target, row.status))
            .collect();
        assert_eq!(found, [(protocol, "shop.example", "/page", 200)]);
    }
}

#[tokio::test]
async fn who_cannot_prove_who_he_is_is_asked_for_nothing() {
    let authority = Authority::new("ours");
    let (good, over) = (authority.site(false, true), authority.site(true, true));
    let (ours, another) = (authority.pem(), Authority::new("another").pem());
    for (host, site, root, wrong) in [
        (
            "shop.example",
            &good,
            None,
            "`add_root_certificates` takes further authorities",
        ),
        ("shop.example", &good, Some(&another), "UnknownIssuer"),
        (
            "other.example",
            &good,
            Some(&ours),
            "not valid for name \"other.example\"",
        ),
        ("shop.example", &over, Some(&ours), "expired"),
    ] {
        let sandbox = Sandbox::new();
        let mut run = run(&sandbox, host, site);
        if let Some(root) = root {
            run = run.add_root_certificates(root.as_bytes());
        }
        let report = run.run().await.unwrap();
        assert_eq!(report.failed(), 1, "{wrong}");
        let status = sandbox.status("page");
        let text = status["scrape_status"].as_str().unwrap();
        assert!(text.starts_with("ERROR ClientConnectionError::"), "{text}");
        assert!(text.contains("certificate"), "{text}");

        assert!(text.contains(wrong), "{text} has no {wrong:?}");
        assert_eq!(status["scrape_meta"]["retryable"], true);
        assert_eq!(sandbox.files(), ["page.status.json"]);
    }
    assert_eq!(([good.log(), over.log()]), [[], []]);
}

#[tokio::test]
async fn anybody_is_asked_where_the_run_accepts_that() {
    let authority = Authority::new("ours");
    for (host, is_over) in [
        ("shop.example", false),
        ("other.example", false),
        ("shop.example", true),
    ] {
        let site = authority.site(is_over, true);
        let sandbox = Sandbox::new();
        let report = run(&sandbox, host, &site)
            .danger_accept_invalid_certs(true)
            .run()
            .await
            .unwrap();
        assert_eq!(report.done(), 1, "{:#}", sandbox.status("page"));
        assert_eq!(sandbox.read("page.scrape"), b"hello");
        assert_eq!(site.log().len(), 1, "{host}");
    }
}
