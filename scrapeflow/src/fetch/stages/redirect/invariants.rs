//! What holds for every `Location`, whatever it is.
//!
//! They come from the fuzz target `location` and from its corpus, which every test run replays.

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{stays, target};
use crate::error::Class;
use crate::fetch::outgoing::{parse, presentable, take_credentials};

/// Where redirects are said.
const FROM: [&str; 3] = [
    "https://a.example/x/y?z#here",
    "http://127.0.0.1:8080/",
    "http://[::1]/%2e%2e/;a=b/../c",
];

/// Panics if `location` breaks a promise of this module.
pub(crate) fn check_invariants(location: &[u8]) {
    for from in FROM {
        let from = Url::parse(from).expect("a URL");
        match target(&from, location) {
            Ok(to) => check_target(&from, &to),
            Err(error) => {
                assert!(matches!(
                    error.class(),
                    Class::ClientResponse | Class::InvalidUrl
                ));
                assert!(error.to_string().chars().count() < 400, "{error}");
            }
        }
    }
    let text = String::from_utf8_lossy(location);
    if let Ok(url) = parse(&text) {
        assert_eq!(
            parse(url.as_str()).ok(),
            Some(url.clone()),
            "as it is written"
        );
        check_target(&url, &url);
    }
    check_secrets(&text);
}

/// A URL of HTTP, which is the same when it is said in full.
fn check_target(from: &Url, to: &Url) {
    assert!(
        matches!(to.scheme(), "http" | "https") && to.has_host(),
        "{to}"
    );
    assert_eq!(target(from, to.as_str().as_bytes()).ok().as_ref(), Some(to));
    assert!(stays(to, to));
    if stays(from, to) {
        assert_eq!(from.host(), to.host());
        assert!(
            from.scheme() == to.scheme() || to.scheme() == "https",
            "nothing goes on in the clear"
        );
    }
    let (mut bare, shown) = (to.clone(), presentable(to));
    let credentials = take_credentials(&mut bare);
    assert!(
        bare.username().is_empty() && bare.password().is_none(),
        "{bare}"
    );
    bare.set_fragment(None);
    assert_eq!(bare.as_str(), shown);
    let Some(credentials) = credentials else {
        return;
    };
    assert!(credentials.is_sensitive());
    let said = credentials
        .as_bytes()
        .strip_prefix(b"Basic ")
        .expect("RFC 7617");
    let mut user: Vec<u8> = percent_decode_str(to.username()).collect();
    user.push(b':');
    user.extend(percent_decode_str(to.password().unwrap_or_default()));
    assert_eq!(BASE64_STANDARD.decode(said).ok(), Some(user));
}

/// Whatever user and password are, nobody is told, also of what is no URL.
fn check_secrets(text: &str) {
    let from = Url::parse(FROM[0]).expect("a URL");
    let told = |location: String| {
        [
            target(&from, location.as_bytes())
                .map_or_else(|error| error.to_string(), |to| presentable(&to)),
            parse(&location).map_or_else(|error| error.to_string(), |to| presentable(&to)),
        ]
    };
    for location in ["http://USER:USER@", "//USER@"] {
        let as_user = |user: &str| told(location.replace("USER", user) + text);
        assert_eq!(as_user("s3cret"), as_user("other"));
    }
}
