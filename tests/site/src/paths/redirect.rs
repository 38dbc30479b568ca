//! `/redirect/…`.

use super::{Query, Refusal, good};
use crate::Answer;

/// A redirect to one fewer, in the end the good page.
pub(super) fn chain(left: u64, query: &Query) -> Result<Answer, Refusal> {
    match left.checked_sub(1) {
        Some(left) => onward(&format!("/redirect/{left}"), query),
        None => Ok(good()),
    }
}

pub(super) fn forever(query: &Query) -> Result<Answer, Refusal> {
    onward("/redirect/loop", query)
}

pub(super) fn to(query: &Query) -> Result<Answer, Refusal> {
    let url = query.get("url");
    let url = url.ok_or_else(|| Refusal::bad_request("`url` is missing".to_owned()))?;
    redirect(url, query.number("status")?)
}

/// A redirect to a path that redirects by the same status.
fn onward(path: &str, query: &Query) -> Result<Answer, Refusal> {
    let status: Option<u16> = query.number("status")?;
    let status_too = status
        .map(|status| format!("?status={status}"))
        .unwrap_or_default();
    redirect(&format!("{path}{status_too}"), status)
}

fn redirect(location: &str, status: Option<u16>) -> Result<Answer, Refusal> {
    let answer = Answer::redirect(location);
    match status {
        None => Ok(answer),
        Some(status @ 300..=399) => Ok(answer.status(status)),
        Some(status) => Err(Refusal::bad_request(format!(
            "`{status}` is not the status of a redirect"
        ))),
    }
}
