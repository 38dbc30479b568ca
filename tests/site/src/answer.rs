//! What a handler returns: an answer, whole or broken, before it becomes bytes.

use std::time::Duration;

/// An answer to one request.
///
/// It is well-formed unless told otherwise: `Content-Length` is added where neither it nor
/// `Transfer-Encoding` is given, and the connection stays open for the next request.
///
/// ```
/// use std::time::Duration;
/// use scrapeflow_site::{Answer, Ending};
///
/// let busy = Answer::text("busy").status(429).header("Retry-After", "1");
/// let slow = Answer::html("<p>at last</p>").delay(Duration::from_millis(50));
/// let lies = Answer::text("abc").header("Content-Length", "10").ending(Ending::Cut);
/// let strange = Answer::raw("HTTP/4.0 maybe\r\n\r\n");
/// # drop((busy, slow, lies, strange));
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    /// Raw answers have none.
    head: Option<Head>,
    body: Body,
    ending: Ending,
    delay: Duration,
    gate: Option<String>,
}

/// What happens when the bytes of an answer are written. Only [`Ending::Whole`] counts as served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The answer is complete: the connection waits for the next request, or closes if that was agreed.
    Whole,
    /// The connection closes, whatever was promised.
    Cut,
    /// The connection is reset.
    Reset,
    /// The connection stays open until the client closes it, and nothing more comes.
    Hang,
}

#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    /// So many bytes of noise.
    Noise(u64),
    Endless,
}

impl Answer {
    /// A 200 with that content type and body.
    pub fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::with_body(content_type, Body::Bytes(body.into()))
    }

    /// A 200 with a page in UTF-8.
    pub fn html(page: impl Into<String>) -> Self {
        Self::new("text/html; charset=utf-8", page.into())
    }

    /// A 200 with plain text in UTF-8.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new("text/plain; charset=utf-8", text.into())
    }

    /// A 200 with JSON, which is not checked.
    pub fn json(json: impl Into<String>) -> Self {
        Self::new("application/json", json.into())
    }

    /// A 302 to that address, which is written as it is.
    pub fn redirect(location: &str) -> Self {
        Self::text("").status(302).header("Location", location)
    }

    /// These bytes instead of an answer; then the connection closes, unless it has another
    /// [`ending`](Self::ending).
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            head: None,
            body: Body::Bytes(bytes.into()),
            ending: Ending::Cut,
            delay: Duration::ZERO,
            gate: None,
        }
    }

    pub(super) fn noise(length: u64) -> Self {
        Self::with_body("application/octet-stream", Body::Noise(length))
    }

    pub(super) fn endless() -> Self {
        Self::with_body("application/octet-stream", Body::Endless)
    }

    fn with_body(content_type: &str, body: Body) -> Self {
        Self {
            head: Some(Head {
                status: 200,
                headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            }),
            body,
            ending: Ending::Whole,
            delay: Duration::ZERO,
            gate: None,
        }
    }

    /// Answers by this status.
    ///
    /// # Panics
    /// If the answer is raw, which has none.
    #[must_use]
    #[track_caller]
    pub fn status(mut self, status: u16) -> Self {
        self.head_mut().status = status;
        self
    }

    /// Adds a header, also one that is there already.
    ///
    /// # Panics
    /// If the answer is raw, which has none.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head_mut()
            .headers
            .push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ends like this instead.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Waits so long before it answers, on top of an earlier delay.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay += delay;
        self
    }

    /// Waits until the test has called [`Site::open`](super::Site::open) with this name, before any delay.
    #[must_use]
    pub fn gate(mut self, name: &str) -> Self {
        self.gate = Some(name.to_owned());
        self
    }

    #[track_caller]
    fn head_mut(&mut self) -> &mut Head {
        self.head
            .as_mut()
            .expect("a raw answer has neither a status nor headers")
    }

    pub(super) fn delay_length(&self) -> Duration {
        self.delay
    }

    pub(super) fn gate_name(&self) -> Option<&str> {
        self.gate.as_deref()
    }

    pub(super) fn into_parts(self) -> (Option<Head>, Body, Ending) {
        (self.head, self.body, self.ending)
    }
}

impl Head {
    /// Whether the length of the body is declared, truly or not.
    pub(super) fn declares_length(&self) -> bool {
        self.values("content-length").next().is_some()
            || self.values("transfer-encoding").next().is_some()
    }

    /// Whether it announces that the connection closes.
    pub(super) fn closes(&self) -> bool {
        self.values("connection")
            .any(|value| value.eq_ignore_ascii_case("close"))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_that_name = self
            .headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        of_that_name.map(|(_, value)| value.as_str())
    }
}

impl Body {
    /// Its length, unless it has no end.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Noise(length) => Some(*length),
            Self::Endless => None,
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}
