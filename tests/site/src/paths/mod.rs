//! The built-in paths: which answer belongs to a request. Nothing here touches a connection.

mod broken;
mod charset;
mod content;
mod encoding;
mod headers;
mod mirror;
mod redirect;
mod status;

use std::str::FromStr;
use std::time::Duration;

use super::query::Query;
use super::{Answer, Page, Request};

pub use charset::CHARSET_TEXT;
pub use encoding::compressed_text;

/// The answer to the `hit`-th request for this target.
pub(super) fn answer(request: &Request, hit: usize) -> Answer {
    composed(request, &request.parsed_query(), hit).unwrap_or_else(Answer::from)
}

/// What every path understands, in one place.
fn composed(request: &Request, query: &Query, hit: usize) -> Result<Answer, Refusal> {
    let answer = by_path(request.path(), request, query)?;
    let times: Option<usize> = query.number("times")?;
    let delay: Option<u64> = query.number("delay")?;
    if times.is_some_and(|times| hit > times) {
        return Ok(good());
    }
    let answer = answer.delay(Duration::from_millis(delay.unwrap_or(0)));
    Ok(match query.get("gate") {
        Some(gate) => answer.gate(gate),
        None => answer,
    })
}

/// The table of paths, in the order in which the documentation has them.
fn by_path(path: &str, request: &Request, query: &Query) -> Result<Answer, Refusal> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments[..] {
        ["page", page] => content::page(number(page)?, query),
        ["status", code] => status::answer(number(code)?, query),
        ["delay", millis] => Ok(good().delay(Duration::from_millis(number(millis)?))),
        ["hang"] => Ok(broken::hang()),
        ["hang", "body"] => Ok(broken::hang_in_body()),
        ["close", "before"] => Ok(broken::close_before()),
        ["close", "headers"] => Ok(broken::close_in_headers()),
        ["reset"] => Ok(broken::reset()),
        ["short"] => Ok(broken::short()),
        ["chunk", "good"] => Ok(content::chunked()),
        ["chunk", "bad"] => Ok(broken::bad_chunk()),
        ["chunk", "cut"] => Ok(broken::cut_chunk()),
        ["redirect", "to"] => redirect::to(query),
        ["redirect", "loop"] => redirect::forever(query),
        ["redirect", left] => redirect::chain(number(left)?, query),
        ["garbage"] => Ok(broken::garbage()),
        ["headers"] => Ok(headers::given(query)),
        ["headers", "repeated"] => Ok(headers::repeated()),
        ["headers", "huge"] => headers::huge(query),
        ["gzip"] => encoding::gzip(query),
        ["gzip", "broken"] => Ok(encoding::broken()),
        ["deflate"] => encoding::deflate(query),
        ["deflate", "raw"] => encoding::raw_deflate(query),
        ["br"] => Ok(encoding::brotli()),
        ["zstd"] => Ok(encoding::zstd()),
        ["charset", name] => charset::answer(name, query).ok_or_else(|| Refusal::not_found(path)),
        ["cookies", "set"] => Ok(mirror::set_cookies(query)),
        ["cookies"] => Ok(mirror::cookies(request)),
        ["echo"] => Ok(mirror::echo(request)),
        ["bytes", length] => Ok(Answer::noise(number(length)?)),
        ["endless"] => Ok(Answer::endless()),
        _ => Err(Refusal::not_found(path)),
    }
}

/// What stands for success.
fn good() -> Answer {
    Page::new(0).into()
}

/// A number in a path.
fn number<N: FromStr>(segment: &str) -> Result<N, Refusal> {
    segment
        .parse()
        .map_err(|_| Refusal::bad_request(format!("`{segment}` is not a number that fits")))
}

/// A request that the site cannot make sense of: most likely a test has a typing error.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    why: String,
}

impl Refusal {
    pub(super) fn bad_request(why: String) -> Self {
        Self { status: 400, why }
    }

    fn not_found(path: &str) -> Self {
        Self {
            status: 404,
            why: format!("the site has no path `{path}`"),
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::text(refusal.why).status(refusal.status)
    }
}
