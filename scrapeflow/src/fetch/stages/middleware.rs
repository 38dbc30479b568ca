//! What the caller puts around requests: any tower layer over [`Transport`].

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Body;
use tower::layer::layer_fn;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use super::wire;
use crate::fetch::clients::Clients;
use crate::fetch::route::Routes;
use crate::proxy::Proxy;

/// What carries requests out, for layers: a service from `http::Request<Body>` to `http::Response<Body>`.
#[derive(Debug, Clone)]
pub struct Transport(BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>);

impl Service<http::Request<Body>> for Transport {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<http::Response<Body>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

/// What a layer around a [`Transport`] has to be: a service of the same requests, whose answers may have
/// bodies of another type. Implemented for all that fit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service that requests can go through",
    label = "made by a layer that doesn't fit",
    note = "around a `Transport` a layer makes a `tower::Service<http::Request<Body>>` that is `Clone + Send + Sync`, \
            with an error that converts into `tower::BoxError`; a body of its answers is an `http_body::Body` of `Bytes`"
)]
pub trait HttpService: Sized {
    /// It, its types erased.
    #[doc(hidden)]
    fn erase(self) -> Transport;
}

#[diagnostic::do_not_recommend]
impl<S, B> HttpService for S
where
    S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    fn erase(self) -> Transport {
        let service = self
            .map_response(|response: http::Response<B>| response.map(Body::wrap))
            .map_err(Into::into);
        Transport(BoxCloneSyncService::new(service))
    }
}

/// A layer that answers in place of the network: for tests of executors that fetch.
///
/// ```
/// use scrapeflow::http;
/// use scrapeflow::middleware::{Body, answering};
/// use scrapeflow::prelude::*;
/// use scrapeflow::ready::scrape;
/// use scrapeflow::store::MemoryStore;
///
/// workflow! { Pages = scrape; }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let report = Pages::in_store(MemoryStore::new())
///     .tasks(Tasks::from_urls(["https://shop.example/lamp", "https://shop.example/none"])?)
///     .layer(answering(async |request: http::Request<Body>| match request.uri().path() {
///         "/lamp" => http::Response::new(Body::from("<h1>A lamp</h1>")),
///         _ => http::Response::builder().status(404).body(Body::from("")).unwrap(),
///     }))
///     .run()
///     .await?;
/// assert_eq!((report.done(), report.failed()), (1, 1));
/// # Ok(())
/// # }
/// ```
pub fn answering<F, A>(
    answer: F,
) -> impl Layer<Transport, Service: HttpService> + Clone + Send + Sync + 'static
where
    F: Fn(http::Request<Body>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = http::Response<Body>> + Send + 'static,
{
    layer_fn(move |_: Transport| {
        let answer = answer.clone();
        service_fn(move |request| answer(request).map(Ok::<_, Infallible>))
    })
}

/// A layer, its types erased.
pub(in crate::fetch) trait Middleware: Send + Sync {
    fn wrap(&self, inner: Transport) -> Transport;
}

/// A layer as [`Middleware`].
pub(in crate::fetch) struct Erased<L>(pub(in crate::fetch) L);

impl<L> Middleware for Erased<L>
where
    L: Layer<Transport> + Send + Sync,
    L::Service: HttpService,
{
    fn wrap(&self, inner: Transport) -> Transport {
        self.0.layer(inner).erase()
    }
}

/// Where a request may go, and by which way.
#[derive(Debug, Clone)]
pub(super) struct Via {
    pub(super) stays: Stays,
    pub(super) proxy: Option<Proxy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stays {
    Anywhere,
    Public,
}

/// The clients with all layers around them, the first outermost; `None` without any. What a layer asks for of its own
/// goes where it may `otherwise`, by any proxy of the run.
pub(super) fn transport(
    layers: &[Arc<dyn Middleware>],
    clients: &Arc<Clients>,
    otherwise: Stays,
    routes: Option<Arc<Routes>>,
) -> Option<Transport> {
    let clients = clients.clone();
    let send = move |request: http::Request<Body>| {
        let (clients, routes) = (clients.clone(), routes.clone());
        async move {
            let via = match request.extensions().get::<Via>() {
                Some(via) => via.clone(),
                // A layer that makes a request of its own loses where it may go.
                None => Via {
                    stays: otherwise,
                    proxy: any(routes.as_deref())?,
                },
            };
            let request = reqwest::Request::try_from(request)?;
            let sent = wire::send(&clients, request, via).await;
            sent.map(http::Response::from)
        }
    };
    let innermost = Transport(BoxCloneSyncService::new(service_fn(send)));
    let (last, others) = layers.split_last()?;
    let wrap = |inner, layer: &Arc<dyn Middleware>| layer.wrap(inner);
    Some(others.iter().rev().fold(last.wrap(innermost), wrap))
}

/// A proxy of the run, if it has some.
fn any(routes: Option<&Routes>) -> Result<Option<Proxy>, BoxError> {
    let Some(routes) = routes else {
        return Ok(None);
    };
    Ok(routes.one(None, &[])?)
}

impl fmt::Debug for dyn Middleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Middleware")
    }
}
