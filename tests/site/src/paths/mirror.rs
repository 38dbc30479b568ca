//! `/echo` and `/cookies…`: what the client sent, for clients that must send the right thing.

use super::{Query, good};
use crate::{Answer, Request, json};

/// The request as a JSON object.
pub(super) fn echo(request: &Request) -> Answer {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Answer::json(format!(
        r#"{{"method":{},"target":{},"headers":{},"body":{}}}"#,
        json::string(request.method()),
        json::string(request.target()),
        json::pairs(headers),
        json::string(&String::from_utf8_lossy(request.body())),
    ))
}

/// The cookies of all `Cookie` headers as a JSON object.
pub(super) fn cookies(request: &Request) -> Answer {
    let parts = request
        .header_values("cookie")
        .flat_map(|value| value.split(';'));
    let pairs = parts.filter_map(|part| part.trim().split_once('='));
    Answer::json(json::object(pairs))
}

/// The good page, setting a cookie for each pair of the query.
pub(super) fn set_cookies(query: &Query) -> Answer {
    query.own().fold(good(), |answer, (name, value)| {
        answer.header("Set-Cookie", &format!("{name}={value}"))
    })
}
