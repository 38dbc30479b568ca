//! Between a workflow and the site: what may go wrong with a request.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::pending;
use futures::stream;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use reqwest::Body;
use tower::layer::layer_fn;
use tower::{BoxError, Layer, service_fn};

use super::fault::Fault;
use super::world::World;
use crate::fetch::{HttpService, Transport, retry_after};

/// How long a request takes, in milliseconds.
const LATENCY: (u64, u64) = (5, 500);

pub(super) fn layer(
    world: &World,
) -> impl Layer<Transport, Service: HttpService> + Clone + Send + Sync + 'static {
    let world = world.clone();
    layer_fn(move |_: Transport| {
        let world = world.clone();
        service_fn(move |request| {
            let world = world.clone();
            async move { carry(&world, request).await }
        })
    })
}

async fn carry(world: &World, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let fault = world.fate(Fault::is_of_network);
    if let Some(fault) = fault {
        world.note(fault);
    }
    let number = world.asks(&request, fault);
    world.pass(LATENCY.0, LATENCY.1).await;
    let answer = answer(world, request, fault).await;
    let wait = answer.as_ref().ok().and_then(asked_for);
    world.answers(number, wait);
    Ok(answer?)
}

/// How long an answer asks to be left alone.
fn asked_for(answer: &Response<Body>) -> Option<Duration> {
    match answer.status().as_u16() {
        429 | 503 => retry_after(answer.headers(), crate::features::now().into()),
        _ => None,
    }
}

async fn answer(
    world: &World,
    request: Request<Body>,
    fault: Option<Fault>,
) -> io::Result<Response<Body>> {
    let uri = request.uri().to_string();
    let truth = async { (world.site())(request).await };
    Ok(match fault {
        Some(Fault::Refused) => return Err(io::ErrorKind::ConnectionRefused.into()),
        Some(Fault::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Fault::Stalled) => pending().await,
        Some(Fault::Slow) => {
            world.pass(1000, 120_000).await;
            truth.await
        }
        Some(Fault::Throttled) => {
            let seconds = 1 + world.below(90);
            let mut answer = bare(StatusCode::TOO_MANY_REQUESTS);
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
            answer
        }
        Some(Fault::Unavailable) => {
            let mut answer = bare(StatusCode::SERVICE_UNAVAILABLE);
            if world.below(2) == 0 {
                let wait = Duration::from_secs(1 + world.below(90));
                let date = httpdate::fmt_http_date((crate::features::now() + wait).into());
                answer.headers_mut().insert(RETRY_AFTER, value(&date));
            }
            answer
        }
        Some(Fault::ServerError) => {
            let status = [500, 502, 504][one_of(world, 3)];
            bare(StatusCode::from_u16(status).unwrap_or_default())
        }
        Some(Fault::Cut) => truth.await.map(|body| {
            let breaks = stream::iter([Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
            Body::wrap_stream(stream::iter([Ok(half(&body))]).chain(breaks))
        }),
        Some(Fault::Hung) => truth.await.map(|body| {
            let first = stream::iter([Ok::<_, io::Error>(half(&body))]);
            Body::wrap_stream(first.chain(stream::pending()))
        }),
        Some(Fault::Garbled) => truth.await.map(|body| garbled(world, &body)),
        Some(Fault::Missing) => bare(StatusCode::NOT_FOUND),
        Some(Fault::Circle) => {
            let mut answer = bare(StatusCode::FOUND);
            answer.headers_mut().insert(LOCATION, value(&uri));
            answer
        }
        Some(Fault::ClockJumped) => {
            world.jump();
            truth.await
        }
        // Those of the store.
        None | Some(Fault::SlowDisk | Fault::DiskFull | Fault::Killed) => truth.await,
    })
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::from("something is wrong here\n"));
    *answer.status_mut() = status;
    answer
}

/// What the site said is a lie.
fn garbled(world: &World, body: &Body) -> Body {
    match world.below(4) {
        0 => Body::from(half(body)),
        1 => Body::from("<html><body>Please wait while we check your browser</body></html>"),
        2 => {
            let bytes: Vec<u8> = (0..64).map(|_| world.below(256).to_le_bytes()[0]).collect();
            Body::from(bytes)
        }
        _ => Body::from(""),
    }
}

/// The first half of a body, nothing of one that comes in pieces.
fn half(body: &Body) -> Bytes {
    let all = body.as_bytes().unwrap_or_default();
    Bytes::copy_from_slice(&all[..all.len() / 2])
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("dates and URIs have the characters of headers")
}

fn one_of(world: &World, many: u64) -> usize {
    usize::try_from(world.below(many)).unwrap_or_default()
}
