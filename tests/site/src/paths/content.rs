//! Paths on which nothing is wrong.

use super::{Query, Refusal};
use crate::{Answer, Page};

pub(super) fn page(number: u64, query: &Query) -> Result<Answer, Refusal> {
    let mut page = Page::new(number);
    if let Some(size) = query.number("size")? {
        page = page.size(size);
    }
    if let Some(version) = query.get("version") {
        page = page.version(version);
    }
    Ok(page.into())
}

/// The good page in three chunks, the last of which is the shortest.
pub(super) fn chunked() -> Answer {
    let html = Page::new(0).html();
    let size = html.len().div_ceil(3);
    let chunks = html.as_bytes().chunks(size).map(chunk);
    let body = chunks.chain([chunk(b"")]).collect::<Vec<_>>().concat();
    Answer::new("text/html; charset=utf-8", body).header("Transfer-Encoding", "chunked")
}

/// A chunk in its frame; an empty one ends a body.
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
