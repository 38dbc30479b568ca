//! What holds for every text that claims to be a proxy, whatever it is.
//!
//! Texts come from the fuzz target `proxy` and from its corpus, which every test run replays.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::ExposeSecret;
use url::Url;

use super::{Proxy, Scheme, User, What};

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    if let Ok(proxy) = text.parse() {
        check_proxy(&proxy);
    }
    // Whatever user and password are, nobody is told.
    for spelled in [
        "USER:USER@TEXT",
        "http://USER:USER@TEXT",
        "TEXT:80:USER:USER",
        "10.0.0.1:80:USER:TEXT",
        "socks5://USER:TEXT@[::1]:1",
    ] {
        let as_user = |user: &str| {
            let said = spelled.replace("USER", user).replace("TEXT", text);
            match said.parse::<Proxy>() {
                Ok(proxy) => format!("{proxy} {proxy:?}"),
                Err(wrong) => wrong.to_string(),
            }
        };
        assert_eq!(as_user("s3cret"), as_user("other"));
    }
}

/// It is the same, however it is spelled.
fn check_proxy(proxy: &Proxy) {
    let What {
        scheme,
        host,
        port,
        user,
        ..
    } = &proxy.0.what;
    assert_ne!(*port, 0);
    let shown: Proxy = proxy
        .to_string()
        .parse()
        .expect("it is shown as it may be written");
    assert_eq!(shown.to_string(), proxy.to_string());
    assert!(shown.0.what.user.is_none());
    let url = proxy.url();
    assert_eq!(url, Url::parse(&proxy.expose_url()).expect("a URL"));
    assert_eq!(url.scheme(), scheme.to_string());
    assert_eq!(url.host_str(), Some(&*host.to_string()));
    assert_eq!(url.port_or_known_default(), Some(*port));
    reqwest::Proxy::all(url.clone()).expect("the client takes it");
    let decoded = |said: &str| {
        percent_decode_str(said)
            .decode_utf8()
            .expect("UTF-8")
            .into_owned()
    };
    let (name, password) = user.as_ref().map_or(("", ""), User::secrets);
    assert_eq!(decoded(url.username()), name);
    assert_eq!(decoded(url.password().unwrap_or_default()), password);
    let Some(User { name, password }) = user else {
        return;
    };
    let encoded = |said| utf8_percent_encode(said, NON_ALPHANUMERIC);
    let (user, secret) = (encoded(name), encoded(password.expose_secret()));
    let spelled: Proxy = format!("{scheme}://{user}:{secret}@{host}:{port}")
        .parse()
        .expect("a URL");
    assert_eq!(&spelled, proxy);
    let is_listed =
        *scheme == Scheme::Http && !name.contains(':') && !host.to_string().starts_with('[');
    let listed = format!("{host}:{port}:{name}:{}", password.expose_secret());
    let is_one_word = !listed.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_listed && is_one_word && !listed.contains("://") {
        assert_eq!(&listed.parse::<Proxy>().expect("as lists have it"), proxy);
    }
}
