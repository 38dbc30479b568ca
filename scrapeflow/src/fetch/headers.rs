//! Response headers as status files have them, which is as the predecessor stored them: names in Title-Case, a
//! repeated header as an array. For `#[serde(with = "headers")]`.

#[cfg(any(test, fuzzing))]
mod invariants;

use std::borrow::Cow;

use http::header::{GetAll, HeaderMap, HeaderName, HeaderValue};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;

pub(super) fn serialize<S: Serializer>(
    headers: &HeaderMap,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut stored = serializer.serialize_map(Some(headers.keys_len()))?;
    let mut name_cased = String::new();
    for name in headers.keys() {
        title_case(name, &mut name_cased);
        stored.serialize_entry(&name_cased, &Values(headers.get_all(name)))?;
    }
    stored.end()
}

/// What no header can be is left out: files are others' to write, too.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<HeaderMap, D::Error> {
    let stored = Map::deserialize(deserializer)?;
    let mut headers = HeaderMap::with_capacity(stored.len());
    for (name, value) in &stored {
        let Ok(name) = HeaderName::try_from(name) else {
            continue;
        };
        let values = match value {
            Value::Array(values) => &values[..],
            one => std::slice::from_ref(one),
        };
        for value in values.iter().filter_map(Value::as_str) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(&name, value);
            }
        }
    }
    Ok(headers)
}

/// The values of one header.
struct Values<'a>(GetAll<'a, HeaderValue>);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut values = self.0.iter();
        match (values.next(), values.next()) {
            (Some(one), None) => text(one).serialize(serializer),
            _ => serializer.collect_seq(self.0.iter().map(text)),
        }
    }
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// `content-type` as `Content-Type`: `HeaderName` is in lower case.
fn title_case(name: &HeaderName, cased: &mut String) {
    cased.clear();
    for word in name.as_str().split_inclusive('-') {
        let start = cased.len();
        cased.push_str(word);
        cased[start..=start].make_ascii_uppercase();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scraped;
    use super::*;

    #[test]
    fn names_get_title_case_and_repeated_ones_an_array() {
        let mut response_headers = HeaderMap::new();
        response_headers.append("content-type", "text/html".parse().unwrap());
        response_headers.append("set-cookie", "a=1".parse().unwrap());
        response_headers.append("set-cookie", "b=2".parse().unwrap());
        response_headers.append("x--utf8-", "gr\u{fc}n".parse().unwrap());
        let scraped = Scraped {
            response_headers,
            ..Scraped::default()
        };
        let stored = serde_json::to_value(&scraped).unwrap();
        assert_eq!(
            stored["response_headers"].to_string(),
            r#"{"Content-Type":"text/html","Set-Cookie":["a=1","b=2"],"X--Utf8-":"grün"}"#
        );
        assert_eq!(serde_json::from_value::<Scraped>(stored).unwrap(), scraped);
    }

    #[test]
    fn what_no_header_can_be_is_left_out_when_it_is_read() {
        let stored = r#"{"size":0,"content":"","response_headers":
            {"A":"1","B B":"2","C":"3\u0000","D":4,"E":["5",6,"7"]}}"#;
        let scraped: Scraped = serde_json::from_str(stored).unwrap();
        let read = serde_json::to_value(&scraped).unwrap();
        assert_eq!(
            read["response_headers"].to_string(),
            r#"{"A":"1","E":["5","7"]}"#
        );
    }
}
