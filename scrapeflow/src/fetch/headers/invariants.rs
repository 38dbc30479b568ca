//! What holds for all headers of an answer, whatever they are, and for all that a status may have in their place.
//!
//! They come from the fuzz target `headers` and from its corpus, which every test run replays: lines as they are
//! sent, or JSON as it is stored.

use http::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};
use serde_json::Value;

use super::super::Scraped;
use super::super::refresh::validators;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    check_answer(data);
    let json: Option<Value> = serde_json::from_slice(data).ok();
    if let Some(Value::Object(stored)) = json {
        let stored = serde_json::json!({"size": 0, "content": "", "response_headers": stored});
        let scraped: Scraped = serde_json::from_value(stored).expect("any object will do");
        check_stored(&scraped.response_headers);
    }
}

/// Each line that can be a header is stored; what isn't UTF-8 as it is shown.
fn check_answer(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(parts.next().unwrap_or_default());
        let value = HeaderValue::from_bytes(parts.next().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let known = validators(&headers);
    for (kept, name) in [(known.etag, ETAG), (known.last_modified, LAST_MODIFIED)] {
        let asked = kept.map(|kept| HeaderValue::try_from(kept).expect("it was one"));
        let sent = headers.get(&name).filter(|sent| sent.to_str().is_ok());
        assert_eq!(asked.as_ref(), sent, "{name}");
    }
    let shown = headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (
            name.clone(),
            HeaderValue::try_from(text).expect("none has control characters"),
        )
    });
    let shown: HeaderMap = shown.collect();
    assert_eq!(check_stored(&headers), shown);
}

/// What is stored is read back, and stays as it is.
fn check_stored(headers: &HeaderMap) -> HeaderMap {
    let scraped = |response_headers| Scraped {
        response_headers,
        ..Scraped::default()
    };
    let stored = serde_json::to_value(scraped(headers.clone())).expect("headers are JSON");
    let read: Scraped = serde_json::from_value(stored.clone()).expect("it was stored so");
    assert_eq!(read.response_headers.len(), headers.len(), "none is lost");
    let again =
        serde_json::to_value(scraped(read.response_headers.clone())).expect("headers are JSON");
    assert_eq!(again, stored);
    read.response_headers
}
