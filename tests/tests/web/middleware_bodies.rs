//! A layer around requests may change the type of bodies, as tower-http's do, and make bodies of its own.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::asking::{Asking, ask};
use bytes::Bytes;
use futures::future::pending;
use futures::{StreamExt, stream};
use http_body::Frame;
use scrapeflow::http;
use scrapeflow::middleware::tower::layer::layer_fn;
use scrapeflow::middleware::tower::{self, BoxError, service_fn};
use scrapeflow::middleware::{Body, Transport, answering};
use scrapeflow::prelude::{Fetch, Result, Run};
use scrapeflow_tests::{Answer, Site};
use serde_json::{Value, json};

type Request = http::Request<Body>;

async fn text(fetch: Fetch, url: String) -> Result<Value> {
    Ok(json!(fetch.get(&url).send().await?.text().await?))
}

/// A body in capitals.
struct Capitals<B>(Pin<Box<B>>);

impl<B: http_body::Body<Data = Bytes>> http_body::Body for Capitals<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let capitals = |data: Bytes| Bytes::from(data.to_ascii_uppercase());
        let frame = self.0.as_mut().poll_frame(cx);
        frame.map_ok(|frame| frame.map_data(capitals))
    }
}

/// Generic, as tower-http's are.
#[derive(Debug, Clone)]
struct Shout<S>(S);

impl<S, B> tower::Service<Request> for Shout<S>
where
    S: tower::Service<Request, Response = http::Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
{
    type Response = http::Response<Capitals<B>>;
    type Error = S::Error;
    type Future = futures::future::BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Capitals(Box::pin(body)))) })
    }
}

#[tokio::test]
async fn it_may_change_the_type_of_bodies() {
    let site = Site::start();
    site.route("/words", |_| Answer::text("some words"));
    let set_up = |run: Run<Asking>| run.layer(layer_fn(Shout)).layer(layer_fn(Shout));
    let told = ask(&site.url("/words"), set_up, text).await;
    assert_eq!(told, Ok(json!("SOME WORDS")));
    // Made of its own: `Infallible` is an error like others.
    let own = layer_fn(|_: Transport| {
        service_fn(async |_: Request| Ok::<_, Infallible>(http::Response::new("own".to_owned())))
    });
    let told = ask(
        &site.url("/words"),
        |run| run.layer(own).layer(layer_fn(Shout)),
        text,
    )
    .await;
    assert_eq!(told, Ok(json!("own")));
    assert_eq!(site.hits("/words"), 1);
}

/// Also where it never comes to the HTTP client, which looks after it elsewhere.
#[tokio::test(start_paused = true)]
async fn what_a_layer_waits_for_is_time_of_the_request() {
    let never_answers = answering(async |_| pending::<http::Response<Body>>().await);
    let stays_silent = answering(async |_| {
        let chunks = stream::iter([Ok::<_, io::Error>("half")]).chain(stream::pending());
        http::Response::new(Body::wrap_stream(chunks))
    });
    let bounded = |run: Run<Asking>| {
        run.request_timeout(Duration::from_secs(20))
            .request_retries(1)
            .timeout(Duration::from_secs(600))
    };
    for told in [
        ask(
            "http://a.example/",
            |run| bounded(run.layer(never_answers)),
            text,
        )
        .await,
        ask(
            "http://a.example/",
            |run| bounded(run.layer(stays_silent)),
            text,
        )
        .await,
    ] {
        let told = told.unwrap_err();
        assert!(told.starts_with("TimeoutError retryable: "), "{told}");
        assert!(told.contains("longer than 20s"), "{told}");
    }
}
