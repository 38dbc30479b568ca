//! What an executor fails with.
//!
//! [`Error`] works like `anyhow::Error`: `?` turns every `std::error::Error` into one. It is asked by
//! consequence: is it recorded on the task ([`Error::is_recorded`]), is another attempt worth it
//! ([`Error::is_retryable`]), does it stop the run ([`Error::aborts_run`])? The answers follow from its
//! [`Class`], which is either said by whoever made the error or found by `executor::classify`.

mod class;
mod ext;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

pub use class::Class;
pub(crate) use class::may_pass;
pub use ext::ResultExt;

use crate::executor::classify::classify;
use crate::store::{StoreError, StoreErrorKind};

/// `Result` with scrapeflow's [`Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of an executor, or of anything that an executor calls.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// fn price(text: &str) -> Result<f64> {
///     ensure!(!text.is_empty(), "the page has no price");
///     Ok(text.parse().recorded("price")?)
/// }
///
/// let error = price("12,50").unwrap_err();
/// assert!(error.is_recorded() && !error.is_retryable());
/// assert_eq!(error.to_string(), "price: invalid float literal");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    /// Outermost last.
    contexts: Vec<String>,
    cause: Cause,
    class: Option<Class>,
    retryable: Option<bool>,
    http_status: Option<u16>,
    /// Without user and password.
    url: Option<String>,
    blocked: bool,
    panicked: bool,
}

enum Cause {
    Message(String),
    Source(Box<dyn StdError + Send + Sync>),
}

impl Error {
    fn new(cause: Cause) -> Self {
        Self(Box::new(Inner {
            contexts: Vec::new(),
            cause,
            class: None,
            retryable: None,
            http_status: None,
            url: None,
            blocked: false,
            panicked: false,
        }))
    }

    /// An error that is recorded on the task as `ERROR <class>::<message>` and lets the run go on
    /// (unless the class is [`Class::Unhandled`]).
    pub fn recorded(class: Class, message: impl Into<String>) -> Self {
        let mut error = Self::new(Cause::Message(message.into()));
        error.0.class = Some(class);
        error
    }

    /// An error that asks for another attempt, as far as the executor's `retries` go; recorded as a
    /// `RuntimeError` after the last.
    pub fn retry(message: impl Into<String>) -> Self {
        Self::recorded(Class::Runtime, message).with_retryable(true)
    }

    /// The site has blocked us: asks for another attempt, as [`retry`](Error::retry) does. In a run with proxies or sessions that is
    /// made at once by another proxy, as another visitor, at most 3 times, whatever the retries are; of a request's
    /// [`validate`](crate::Request::validate) only the request is made again.
    pub fn blocked(message: impl Into<String>) -> Self {
        let mut error = Self::retry(message);
        error.0.blocked = true;
        error
    }

    /// Takes a boxed error, as `anyhow::Error` turns into with `.into()`; its class is found from its
    /// chain of causes.
    pub fn from_boxed(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Cause::Source(source.into()))
    }

    pub(crate) fn panicked(message: String) -> Self {
        let mut error = Self::recorded(Class::Unhandled, message);
        error.0.panicked = true;
        error
    }

    /// Notes the URL of the request that failed, unless one is noted.
    pub(crate) fn at_url(mut self, url: String) -> Self {
        self.0.url.get_or_insert(url);
        self
    }

    /// Says in front of the message what was being done; keeps the class.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.contexts.push(context.to_string());
        self
    }

    /// Sets the class.
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.0.class = Some(class);
        self
    }

    /// Says whether another attempt is worth it, whatever the class says.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }

    /// Notes the HTTP status that led here; it is stored in `<executor>_meta` and counted in the report.
    #[must_use]
    pub fn with_http_status(mut self, status: u16) -> Self {
        self.0.http_status = Some(status);
        self
    }

    /// The class under which the error is recorded.
    pub fn class(&self) -> Class {
        self.0
            .class
            .unwrap_or_else(|| self.causes().find_map(classify).unwrap_or(Class::Unhandled))
    }

    /// Whether the error belongs to the task and lets the run go on.
    pub fn is_recorded(&self) -> bool {
        !self.aborts_run()
    }

    /// Whether another attempt may succeed.
    pub fn is_retryable(&self) -> bool {
        self.0
            .retryable
            .unwrap_or_else(|| self.class().is_retryable())
    }

    /// Whether nobody foresaw this error, so that the run stops and the user can debug it.
    pub fn aborts_run(&self) -> bool {
        self.class() == Class::Unhandled
    }

    /// Whether another attempt should go by another proxy or session.
    pub fn is_blocked(&self) -> bool {
        self.0.blocked
    }

    /// The HTTP status that led here, if any.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The URL of the request that failed, if it was one, without user and password. It is stored in
    /// `<executor>_meta` and is no part of the message, so that like failures are counted together.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The first cause of type `E`, if there is one.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.causes().find_map(|cause| cause.downcast_ref())
    }

    /// What kind of failure this is, as stored in `<executor>_meta`: a finer word than the class.
    pub(crate) fn kind(&self) -> &'static str {
        match self.class() {
            _ if self.0.panicked => "panic",
            _ if self.0.blocked => "blocked",
            Class::Runtime if self.0.http_status.is_some() => "http_status",
            class => class.kind(),
        }
    }

    /// The failure of the store that this is, which says nothing about the task; else itself.
    pub(crate) fn into_store_error(self) -> Result<StoreError, Self> {
        let store = self.downcast_ref::<StoreError>();
        if store.is_none_or(|error| error.kind() != StoreErrorKind::Io) {
            return Err(self);
        }
        match self.0.cause {
            Cause::Source(source) => source
                .downcast::<StoreError>()
                .map(|error| *error)
                .map_err(Self::from_boxed),
            Cause::Message(_) => Err(self),
        }
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        let first: Option<&(dyn StdError + 'static)> = match &self.0.cause {
            Cause::Source(source) => Some(&**source),
            Cause::Message(_) => None,
        };
        std::iter::successors(first, |&cause| cause.source())
    }
}

/// What a site or a server said, for a message: nothing in it may steer a terminal, or fill it.
pub(crate) fn shortened(said: &str) -> String {
    const MOST: usize = 320;
    let mut characters = said
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut short: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

/// What a panic said, if it said anything in words.
pub(crate) fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(source: E) -> Self {
        Self::from_boxed(source)
    }
}

/// Contexts from the outside in, then the message and its causes, joined by `: `. A cause whose text the
/// one above it already ends with is not said twice.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in self.0.contexts.iter().rev() {
            write!(f, "{context}: ")?;
        }
        if let Cause::Message(message) = &self.0.cause {
            f.write_str(message)?;
        }
        let mut above = String::new();
        for cause in self.causes() {
            let text = cause.to_string();
            if above.is_empty() {
                f.write_str(&text)?;
            } else if !above.contains(&text) {
                write!(f, ": {text}")?;
            }
            above = text;
        }
        Ok(())
    }
}

/// What `main` prints of an error that it returns: the message with its causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn consequences_follow_the_class() {
        let reset = Error::from(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(reset.is_recorded() && reset.is_retryable());
        let unknown = Error::from(io::Error::from(io::ErrorKind::NotFound));
        assert!(unknown.aborts_run() && !unknown.is_retryable());
        let told = Error::recorded(Class::Runtime, "no");
        assert!(told.is_recorded() && !told.is_retryable());
        assert!(Error::retry("again").is_retryable());
        assert!(Error::blocked("captcha").is_blocked());
    }

    #[test]
    fn context_keeps_class_and_comes_first() {
        let error = Error::from(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"))
            .context("page 2")
            .context("shop");
        assert_eq!(error.class(), Class::ClientConnector);
        assert_eq!(error.to_string(), "shop: page 2: refused");
        assert!(error.downcast_ref::<io::Error>().is_some());
    }
}
