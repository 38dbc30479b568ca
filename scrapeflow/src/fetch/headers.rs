//! Response headers as the predecessor stored them: names in Title-Case, a repeated header as an array.

use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

pub(super) fn as_stored(headers: &HeaderMap) -> Map<String, Value> {
    let mut stored = Map::new();
    for name in headers.keys() {
        let values: Vec<Value> = headers
            .get_all(name)
            .iter()
            .map(|value| Value::String(String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let value = match <[Value; 1]>::try_from(values) {
            Ok([one]) => one,
            Err(several) => Value::Array(several),
        };
        stored.insert(title_case(name.as_str()), value);
    }
    stored
}

/// `content-type` as `Content-Type`.
fn title_case(name: &str) -> String {
    let mut at_start = true;
    name.chars()
        .map(|c| {
            let c = if at_start {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
            at_start = c == '-';
            c
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_title_case_and_repeated_ones_an_array() {
        let mut headers = HeaderMap::new();
        headers.append("content-type", "text/html".parse().unwrap());
        headers.append("set-cookie", "a=1".parse().unwrap());
        headers.append("set-cookie", "b=2".parse().unwrap());
        headers.append("x-utf8", "gr\u{fc}n".parse().unwrap());
        let stored = Value::Object(as_stored(&headers)).to_string();
        assert_eq!(
            stored,
            r#"{"Content-Type":"text/html","Set-Cookie":["a=1","b=2"],"X-Utf8":"grün"}"#
        );
    }
}
