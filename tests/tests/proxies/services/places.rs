//! Where services are, and what is asked for there.

use scrapeflow::{IpRoyal, Proxyscrape, Webshare};
use scrapeflow_tests::{Answer, Site};

use super::{base, loaded};

#[tokio::test]
async fn a_base_url_may_have_a_path_and_a_password_and_one_that_is_none_is_told() {
    let site = Site::start();
    for path in ["/v2/", "/gate/v2/"] {
        site.route(path, |_| Answer::text("10.0.0.1:80"));
    }
    let with_password = format!("http://ann:geheim@{}", site.address());
    for at in [site.url("/"), site.url("/gate"), with_password] {
        let found = loaded(&Proxyscrape::new().base_url(&at)).await;
        assert_eq!(found.unwrap(), ["http://10.0.0.1:80 -"]);
    }
    for at in [
        "",
        "10.0.0.1",
        "http://",
        "http://[::1",
        "http://ann:geheim@a b",
        "ann:geheim@10.0.0.1",
        "ftp://ann:geheim@10.0.0.1",
        "mailto:ann",
    ] {
        for (name, found) in [
            (
                "Proxyscrape",
                loaded(&Proxyscrape::new().base_url(at)).await,
            ),
            ("Webshare", loaded(&Webshare::new("key").base_url(at)).await),
            (
                "IPRoyal",
                loaded(&IpRoyal::new("key", "7").base_url(at)).await,
            ),
        ] {
            let found = found.unwrap_err();
            let told = format!("the base URL of {name}: ");
            assert!(found.starts_with(&told), "{at:?}: {found}");
        }
    }
}

#[tokio::test]
async fn an_order_stays_one_part_of_the_path_and_one_that_cannot_be_is_told() {
    let site = Site::start();
    for (order, escaped) in [
        ("7", "7"),
        ("../8", "..%2F8"),
        ("a?b#c", "a%3Fb%23c"),
        ("\u{fc} 1", "%C3%BC%201"),
        ("%2F", "%252F"),
    ] {
        let service = IpRoyal::new("geheim-key", order).base_url(base(&site));
        loaded(&service).await.unwrap_err();
        let path = format!("/api/servers/proxies/reseller/{escaped}/credentials");
        assert_eq!(site.hits(&path), 1, "{order}");
    }
    let asked = site.total_hits();
    for order in ["", " ", ".", ".."] {
        let service = IpRoyal::new("geheim-key", order).base_url(base(&site));
        let found = loaded(&service).await.unwrap_err();
        assert!(found.starts_with("IPRoyal has "), "{order:?}: {found}");
    }
    assert_eq!(site.total_hits(), asked);
}
