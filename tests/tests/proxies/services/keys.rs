//! Where keys come from, that they go to their service alone, and that nobody is told one, nor a password of a list.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use scrapeflow::{IpRoyal, Proxyscrape, Webshare};
use scrapeflow_tests::{Answer, Site};

use super::{ENTRY, FREE, LIST, ORDER, base, loaded, page, webshare};

#[tokio::test]
async fn a_key_is_told_nobody_however_it_is_given_and_repeated() {
    for (key, said) in [
        ("geheim/7+8", "who is geheim/7+8, and again geheim/7+8?"),
        ("geheim/7+8", r#"{"detail": "no token geheim\/7+8"}"#),
        ("geheim/7+8", "/login?key=geheim%2F7%2B8"),
        ("geheim/7+8", r#""geheim/7+8""#),
        (" geheim/7+8\t", "who is geheim/7+8?"),
        ("geheim%2F7", "who is geheim%2F7?"),
        (r"geheim\7", r"who is geheim\7?"),
    ] {
        for status in [200, 401] {
            let site = Site::start();
            for path in [LIST, ORDER] {
                site.route(path, move |_| Answer::text(said).status(status));
            }
            let own = Webshare::new(key).base_url(base(&site));
            let order = IpRoyal::new(key, "7").base_url(base(&site));
            for told in [loaded(&own).await, loaded(&order).await] {
                assert!(told.unwrap_err().contains("it said `") || said.starts_with('{'));
            }
            assert_eq!(site.total_hits(), 2, "both had the key");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_missing_or_cannot_be_one_is_told_before_anything_is_asked() {
    let site = Site::start();
    for (key, why) in [
        ("", "has no key; give it one"),
        (" \n", "has no key; give it one"),
        (
            "gehe\nim",
            "has a key with characters that no header can have",
        ),
    ] {
        let own = Webshare::new(key).base_url(base(&site));
        let order = IpRoyal::new(key, "7").base_url(base(&site));
        assert_eq!(loaded(&own).await.unwrap_err(), format!("Webshare {why}"));
        assert_eq!(loaded(&order).await.unwrap_err(), format!("IPRoyal {why}"));
    }
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn passwords_of_a_list_are_told_nobody_whatever_is_wrong_with_it() {
    let entry_without = |field: &str| ENTRY.replace(field, "other");
    for (answer, told) in [
        (
            Answer::json(page(ENTRY)).status(203),
            "Webshare answered HTTP 203",
        ),
        (
            Answer::json(page(ENTRY)).status(404),
            "Webshare answered HTTP 404",
        ),
        (
            Answer::json(format!("\u{feff}{}", page(ENTRY))),
            "Webshare gave an answer that is not the JSON",
        ),
        (
            Answer::json(format!(")]}}',\n{}", page(ENTRY))),
            "Webshare gave an answer that is not the JSON",
        ),
        (
            Answer::json(page(&entry_without("country_code")).replace("US", "U\u{1}")),
            "Webshare gave an answer that is not the JSON",
        ),
        (
            Answer::json(page(&entry_without("proxy_address"))),
            "Webshare gave an answer that is not the JSON",
        ),
    ] {
        let site = Site::start();
        site.route(LIST, move |_| answer.clone());
        let found = loaded(&webshare(&site)).await.unwrap_err();
        assert!(found.starts_with(told), "{found}");
    }
    for line in [
        "http://ann:s3cret@10.0.0.1:0",
        "10.0.0.1:0:ann:s3cret",
        "ann:s3cret@10.0.0.1",
    ] {
        let site = Site::start();
        site.route(FREE, move |_| Answer::text(line));
        let service = Proxyscrape::new().base_url(base(&site));
        let found = loaded(&service).await.unwrap_err();
        assert!(
            found.starts_with("Proxyscrape gave no proxy in line 1: "),
            "{found}"
        );
    }
}

#[tokio::test]
async fn a_key_goes_to_no_other_host_by_a_next_page_nor_by_a_redirect() {
    let (site, other) = (Site::start(), Site::start());
    let (here, there) = (site.address(), other.address());
    for next in [
        format!("http://{there}{LIST}?page=2"),
        format!("//{there}{LIST}"),
        format!(r"\\{there}\api"),
        format!("http://{here}@{there}/"),
        format!("https://{here}{LIST}"),
        format!("http://localhost:{}/", here.port()),
        "http://127.0.0.1:99999/".to_owned(),
        "file:///etc/hostname".to_owned(),
    ] {
        let list = serde_json::json!({"results": [], "next": next}).to_string();
        site.route(LIST, move |_| Answer::json(list.clone()));
        let asked = site.total_hits();
        let told = loaded(&webshare(&site)).await.unwrap_err();
        assert!(
            told.starts_with("Webshare names a next page that is not its own: "),
            "{told}"
        );
        assert_eq!(site.total_hits(), asked + 1, "{next}");
    }
    for status in [301, 302, 303, 307, 308] {
        let to = other.url(LIST);
        site.route(LIST, move |_| Answer::redirect(&to).status(status));
        let told = loaded(&webshare(&site)).await.unwrap_err();
        assert!(
            told.starts_with(&format!("Webshare answered HTTP {status}")),
            "{told}"
        );
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_next_page_may_be_named_relative_to_this_one() {
    for next in ["?page=2", "/api/proxy/list/?page=2", "../list/?page=2"] {
        let site = Site::start();
        site.route(LIST, move |request| {
            assert_eq!(request.header("authorization"), Some("Token geheim-key"));
            match request.query("page") {
                None => Answer::json(format!(r#"{{"results": [], "next": "{next}"}}"#)),
                Some(_) => Answer::json(page(ENTRY)),
            }
        });
        assert_eq!(loaded(&webshare(&site)).await.unwrap().len(), 1, "{next}");
        assert_eq!(site.total_hits(), 2);
    }
    let site = Site::start();
    site.route("/v2/", |_| Answer::text("10.0.0.1:80"));
    let keyless = Proxyscrape::new().base_url(base(&site));
    loaded(&keyless).await.unwrap();
    assert_eq!(site.requests()[0].header("authorization"), None);
}

/// A service, the variables that it finds, and what it then loads or says.
type Case<'a> = (&'a str, &'a [(&'a str, &'a [u8])], &'a str);

/// In a child process: the service to load, and where it is.
const SERVICE: &str = "TEST_SERVICE";
const AT: &str = "TEST_SERVICE_AT";

#[tokio::test]
async fn keys_are_taken_from_the_environment_and_a_variable_that_is_missing_is_named() {
    if let (Ok(service), Ok(at)) = (env::var(SERVICE), env::var(AT)) {
        let told = match &*service {
            "webshare" => match Webshare::from_env() {
                Ok(service) => loaded(&service.base_url(at)).await,
                Err(error) => Err(error.to_string()),
            },
            _ => match IpRoyal::from_env() {
                Ok(service) => loaded(&service.base_url(at)).await,
                Err(error) => Err(error.to_string()),
            },
        };
        println!(
            "told: {}",
            told.unwrap_or_else(|error| vec![error]).join(" ")
        );
        return;
    }
    let site = Site::start();
    site.route(LIST, |request| match request.header("authorization") {
        Some("Token geheim-key") => Answer::json(page(ENTRY)),
        _ => Answer::text("who are you?").status(401),
    });
    site.route(ORDER, |request| match request.header("x-access-token") {
        Some("Bearer geheim-key") => {
            Answer::json(r#"{"data": [{"username": "ann", "password": "x", "ip": "10.0.0.1"}]}"#)
        }
        _ => Answer::text("who are you?").status(401),
    });
    let (webshare, iproyal, order) = ("WEBSHARE_API_KEY", "IPROYAL_API_KEY", "IPROYAL_ORDER_ID");
    let key = b"geheim-key\n";
    let cases: [Case<'_>; 8] = [
        ("webshare", &[(webshare, key)], "http://10.0.0.1:8080 US"),
        (
            "webshare",
            &[],
            "the environment variable WEBSHARE_API_KEY is not set",
        ),
        (
            "webshare",
            &[(webshare, b" ")],
            "the environment variable WEBSHARE_API_KEY is empty",
        ),
        (
            "webshare",
            &[(webshare, b"geheim\xff")],
            "the environment variable WEBSHARE_API_KEY is no UTF-8",
        ),
        (
            "iproyal",
            &[(iproyal, key), (order, b"7")],
            "http://10.0.0.1:12323 -",
        ),
        (
            "iproyal",
            &[(order, b"7")],
            "the environment variable IPROYAL_API_KEY is not set",
        ),
        (
            "iproyal",
            &[(iproyal, key)],
            "the environment variable IPROYAL_ORDER_ID is not set",
        ),
        (
            "iproyal",
            &[(iproyal, key), (order, b"")],
            "the environment variable IPROYAL_ORDER_ID is empty",
        ),
    ];
    let this = "proxy_services::keys::keys_are_taken_from_the_environment_and_a_variable_that_is_missing_is_named";
    for (service, variables, expected) in cases {
        let mut child = Command::new(env::current_exe().unwrap());
        child
            .args(["--exact", this, "--nocapture"])
            .env_remove(webshare)
            .env_remove(iproyal)
            .env_remove(order)
            .env(SERVICE, service)
            .env(AT, base(&site));
        for (name, value) in variables {
            child.env(name, OsStr::from_bytes(value));
        }
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let (_, told) = said.split_once("told: ").expect(&said);
        assert!(told.starts_with(expected), "{told}");
    }
}
