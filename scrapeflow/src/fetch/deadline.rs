//! The time of a request where a layer carries it, which the HTTP client then does not look after.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::Body;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tower::BoxError;

/// When the head and the body of an answer have to be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    at: Instant,
}

impl Deadline {
    /// So long from now.
    pub(super) fn after(limit: Duration) -> Option<Self> {
        let at = Instant::now().checked_add(limit)?;
        Some(Self { limit, at })
    }

    fn over(self) -> io::Error {
        let why = format!("the request took longer than {:?}", self.limit);
        io::Error::new(io::ErrorKind::TimedOut, why)
    }

    /// The answer, if its head comes in time; its body has to as well.
    pub(super) async fn keep(
        self,
        answer: impl Future<Output = Result<http::Response<Body>, BoxError>>,
    ) -> Result<http::Response<Body>, BoxError> {
        match timeout_at(self.at, answer).await {
            Ok(answer) => Ok(answer?.map(|body| Body::wrap(Until::new(body, self)))),
            Err(_) => Err(self.over().into()),
        }
    }
}

/// A body that has to be there by then.
struct Until {
    body: Body,
    deadline: Deadline,
    over: Pin<Box<Sleep>>,
}

impl Until {
    fn new(body: Body, deadline: Deadline) -> Self {
        Self {
            body,
            deadline,
            over: Box::pin(sleep_until(deadline.at)),
        }
    }
}

impl http_body::Body for Until {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // First, since some bodies never let wait.
        if self.over.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(self.deadline.over().into())));
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures::stream;
    use http_body::Body as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_lets_wait_has_its_time_too() {
        let endless = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(b"x")));
        let answer = http::Response::new(Body::wrap_stream(endless));
        let deadline = Deadline::after(Duration::from_secs(1)).unwrap();
        let kept = deadline.keep(async { Ok(answer) }).await.unwrap();
        let mut body = kept.into_body();
        let mut next = async || poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        assert!(next().await.unwrap().is_ok());
        tokio::time::advance(Duration::from_secs(2)).await;
        let error = next().await.unwrap().unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "the request took longer than 1s");
    }
}
