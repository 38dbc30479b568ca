//! What holds for every answer of a service, whatever it is.
//!
//! Answers come from the fuzz target `proxy_services`, the first byte of each saying whose it is, and from its
//! corpus, which every test run replays.

use serde_json::Value;
use url::Url;

use super::{IpRoyal, Proxyscrape, Webshare};
use crate::error::Result;
use crate::proxy::Proxy;

/// The key that each service was asked with; it stands in an answer wherever that has a `KEY`.
const KEY: &str = "k3y/of %32ours\\";

/// The longest message, in characters: answers may be of any length.
const LONGEST: usize = 600;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let Some((whose, answer)) = data.split_first() else {
        return;
    };
    let answer = String::from_utf8_lossy(answer).replace("KEY", KEY);
    let json: Option<Value> = serde_json::from_str(&answer).ok();
    let (list, said) = match whose % 3 {
        0 => (webshare(answer.as_bytes()), listed(json, "results")),
        1 => (
            IpRoyal::new(KEY, "1").proxies(answer.as_bytes()),
            listed(json, "data"),
        ),
        _ => {
            let lines = answer.lines().filter(|line| !line.trim().is_empty());
            (
                Proxyscrape::new().country("de").proxies(answer.as_bytes()),
                lines.count(),
            )
        }
    };
    match list {
        Ok(proxies) => {
            assert_eq!(proxies.len(), said, "none is left out");
            for proxy in proxies {
                assert!(!proxy.expose_url().is_empty());
            }
        }
        Err(error) => {
            let told = error.to_string();
            assert!(!told.contains(KEY), "{told}");
            assert!(told.chars().count() <= LONGEST, "{told}");
            assert!(!told.contains(char::is_control), "{told:?}");
        }
    }
}

/// A page of a list, and where the next is.
fn webshare(answer: &[u8]) -> Result<Vec<Proxy>> {
    let url = Url::parse("https://proxy.webshare.io/api/proxy/list/?page=1").expect("a URL");
    let mut proxies = Vec::new();
    let next = Webshare::new(KEY).page(&url, answer, &mut proxies)?;
    assert!(
        next.is_none_or(|next| next.origin() == url.origin()),
        "the key goes to nobody else"
    );
    Ok(proxies)
}

/// How many entries a list has.
fn listed(json: Option<Value>, name: &str) -> usize {
    let list = json.and_then(|json| Some(json.get(name)?.as_array()?.len()));
    list.unwrap_or_default()
}
