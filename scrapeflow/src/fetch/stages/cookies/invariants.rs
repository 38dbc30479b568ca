//! What holds for every cookie that a site sets, whatever it is.
//!
//! They come from the fuzz target `cookies` and from its corpus, which every test run replays: a line with the
//! URL that sets them, then a `Set-Cookie` a line.

use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};
use url::Url;

use super::{Jar, MOST, is_too_wide};
use crate::fetch::cookie::{self, Cookie};

/// Who has nothing to do with any site of the corpus, and those that all sites are below.
const STRANGERS: [&str; 4] = [
    "https://stranger.test/",
    "https://www.stranger.co.uk/",
    "https://example/",
    "https://com/",
];

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let site = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let site = Url::parse(&site)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let site = site.unwrap_or_else(|| Url::parse("https://www.shop.example/a/b").expect("a URL"));
    let headers: HeaderMap = lines
        .filter_map(|line| Some((SET_COOKIE, HeaderValue::from_bytes(line).ok()?)))
        .collect();

    let jar = Jar::default();
    jar.keep(&headers, &site);
    check_reach(&jar, &site);
    let kept = pairs(&jar, &site);
    assert!(kept.len() <= MOST);
    jar.keep(&headers, &site);
    assert_eq!(
        pairs(&jar, &site).len(),
        kept.len(),
        "set anew they are the same ones"
    );
    check_header(&jar.cookies(&site));
}

/// A site's cookies go to nobody else, not in the clear, and not beside their path.
fn check_reach(jar: &Jar, site: &Url) {
    let kept = pairs(jar, site);
    for stranger in STRANGERS {
        let stranger = Url::parse(stranger).expect("a URL");
        if super::site(&stranger) != super::site(site) {
            assert!(
                jar.cookies(&stranger).is_empty(),
                "{stranger} is sent {kept:?}"
            );
        }
    }
    let mut clear = site.clone();
    if clear.set_scheme("http").is_ok() {
        assert!(pairs(jar, &clear).iter().all(|pair| kept.contains(pair)));
    }
    let mut root = site.clone();
    root.set_path("/");
    assert!(pairs(jar, &root).iter().all(|pair| kept.contains(pair)));
    // A cookie that its host alone may have goes to no host below, and none to the hosts of a public suffix.
    let below = format!(
        "{}://below.{}/",
        site.scheme(),
        site.host_str().unwrap_or_default()
    );
    if site.domain().is_some()
        && let Ok(below) = Url::parse(&below)
    {
        let all = jar.sites();
        for cookie in all.values().flat_map(|of| of.cookies.matches(&below)) {
            assert!(!is_too_wide(cookie, site), "{cookie:?}");
            assert!(cookie.domain().is_some(), "{cookie:?} was said of one host");
        }
    }
}

/// All are sent in one header, after what was given, whose names they don't take.
fn check_header(kept: &[Cookie]) {
    let sent = cookie::header(None, [&[], kept, &[]]);
    assert_eq!(sent.is_some(), !kept.is_empty(), "each can be a header");
    let Some(sent) = sent else {
        return;
    };
    assert!(sent.is_sensitive());
    let again = cookie::header(Some(sent.clone()), [kept, kept, kept]);
    assert_eq!(again, Some(sent), "each name is there already");
}

/// What is sent to `url`, a `name=value` each.
fn pairs(jar: &Jar, url: &Url) -> Vec<String> {
    let sent = cookie::header(None, [&jar.cookies(url), &[], &[]]);
    let sent = sent.map(|sent| sent.to_str().expect("ASCII").to_owned());
    let pairs = sent.iter().flat_map(|sent| sent.split("; "));
    pairs.map(str::to_owned).collect()
}
