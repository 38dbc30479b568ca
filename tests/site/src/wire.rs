//! An answer as bytes: the one place that knows how HTTP/1.1 frames it, so that a broken one breaks by intent.

use super::answer::{Body, Head};
use super::noise::Noise;
use super::reason::reason;
use super::{Answer, Ending, Request};

/// What is written for an answer, and what becomes of the connection.
pub(super) struct Wire {
    /// At least one, which may be empty: what ends an answer is written with its last piece.
    pub(super) pieces: Box<dyn Iterator<Item = Vec<u8>> + Send>,
    pub(super) ending: Ending,
    pub(super) keeps_alive: bool,
}

impl Wire {
    pub(super) fn new(answer: Answer, request: &Request) -> Self {
        let (head, body, ending) = answer.into_parts();
        let Some(head) = head else {
            return Self {
                pieces: pieces(Vec::new(), body),
                ending,
                keeps_alive: false,
            };
        };
        let keeps_alive = request.keeps_alive() && !head.closes() && body.length().is_some();
        let bare = request.method() == "HEAD" || !has_body(head.status);
        let written = render(&head, &body, keeps_alive);
        Self {
            pieces: pieces(written, if bare { Body::default() } else { body }),
            ending,
            keeps_alive,
        }
    }
}

fn pieces(head: Vec<u8>, body: Body) -> Box<dyn Iterator<Item = Vec<u8>> + Send> {
    let (bytes, noise) = match body {
        Body::Bytes(bytes) => (bytes, 0),
        Body::Noise(length) => (Vec::new(), length),
        // Nobody reads 16 EiB.
        Body::Endless => (Vec::new(), u64::MAX),
    };
    let first = [head, bytes].concat();
    Box::new(std::iter::once(first).chain(Noise::new(noise)))
}

fn render(head: &Head, body: &Body, keeps_alive: bool) -> Vec<u8> {
    let mut lines = vec![format!("HTTP/1.1 {} {}", head.status, reason(head.status))];
    lines.extend(
        head.headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    if let Some(length) = body.length()
        && has_body(head.status)
        && !head.declares_length()
    {
        lines.push(format!("Content-Length: {length}"));
    }
    if !keeps_alive && !head.closes() {
        lines.push("Connection: close".to_owned());
    }
    lines.push("\r\n".to_owned());
    lines.join("\r\n").into_bytes()
}

/// Not a 204 or a 304, which end with their headers.
fn has_body(status: u16) -> bool {
    !matches!(status, 204 | 304)
}
