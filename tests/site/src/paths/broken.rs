//! Paths that break the protocol or never come to an end.

use super::content::chunk;
use crate::{Answer, Ending, Page};

pub(super) fn hang() -> Answer {
    Answer::raw("").ending(Ending::Hang)
}

/// The first half of the good page under the length of the whole.
pub(super) fn hang_in_body() -> Answer {
    let html = Page::new(0).html();
    let declared = html.len().to_string();
    Answer::html(&html[..html.len() / 2])
        .header("Content-Length", &declared)
        .ending(Ending::Hang)
}

pub(super) fn close_before() -> Answer {
    Answer::raw("")
}

pub(super) fn close_in_headers() -> Answer {
    Answer::raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Le")
}

pub(super) fn reset() -> Answer {
    Answer::raw("").ending(Ending::Reset)
}

pub(super) fn short() -> Answer {
    Answer::text("abc")
        .header("Content-Length", "1000")
        .ending(Ending::Cut)
}

pub(super) fn bad_chunk() -> Answer {
    chunk_and(b"this is no size\r\n")
}

/// Three bytes of a thousand.
pub(super) fn cut_chunk() -> Answer {
    chunk_and(b"3e8\r\nabc")
}

pub(super) fn garbage() -> Answer {
    Answer::raw(*b"\x00\x16\x03 this is not HTTP \xff\xfe\r\n\r\n")
}

/// A good chunk, then these bytes and the end of the connection.
fn chunk_and(tail: &[u8]) -> Answer {
    let start = chunk(b"<p>a good start</p>");
    Answer::new("text/html; charset=utf-8", [&start, tail].concat())
        .header("Transfer-Encoding", "chunked")
        .ending(Ending::Cut)
}
