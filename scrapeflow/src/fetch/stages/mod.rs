//! The stages that a request goes through on its way out, and its answer on the way back.
//!
//! Each is a layer around the next. From the outside in:
//!
//! 1. `retry` judges the answer by its status and tries again what may pass: everything below happens anew.
//! 2. `route` chooses a proxy and a session, and leaves them where the site blocks them: a try goes all its way by one.
//! 3. `redirect` goes on where the answer says so, at most 20 times: everything below happens for each hop.
//! 4. `robots` refuses what the hop's robots.txt disallows.
//! 5. `pace` lets those that are ready go on, waits for the host's turn, holds it until the body is read, and slows down when the host says so.
//! 6. `cookies` sends back what the host set, and keeps what it sets now.
//! 7. `middleware`: what the caller added with `layer`.
//! 8. `wire` puts the headers on, judges the address, and sends; by a proxy, it says how that fared.
//!
//! A body's size is limited where it is read, which is after all of them (`response`). What is kept from
//! earlier (`refresh`) is known before the first.

pub(super) mod cookies;
pub(super) mod middleware;
pub(super) mod pace;
pub(super) mod redirect;
pub(super) mod retry;
pub(super) mod robots;
pub(super) mod route;
pub(super) mod wire;

use std::sync::Arc;

use tower::ServiceBuilder;
use tower::layer::layer_fn;

use super::outgoing::{Answer, Outgoing};
use super::route::Routes;
use super::settings::Settings;
use crate::error::Result;
use cookies::Cookies;
use pace::Paced;
use redirect::Redirect;
use retry::Retry;
use robots::Robots;
use route::Routed;
use wire::Wire;

/// What takes a request and gives its answer, with the help of the stages inside of it. They are always ready and
/// shared by all requests, so it is less than a tower service: nobody polls it, and nobody clones it to call it.
pub(super) trait Stage: Send + Sync + 'static {
    fn send(&self, request: &Outgoing) -> impl Future<Output = Result<Answer>> + Send;
}

impl<S: Stage> Stage for Arc<S> {
    async fn send(&self, request: &Outgoing) -> Result<Answer> {
        S::send(self, request).await
    }
}

/// All stages.
pub(super) type Stack = Retry<Routed<Redirect<Robots<Paced<Cookies<Wire>>>>>>;

/// Puts the stages around each other, the outermost first.
pub(super) fn stack(
    settings: &Arc<Settings>,
    routes: Option<&Arc<Routes>>,
) -> Result<Stack, String> {
    let routes = || routes.cloned();
    Ok(ServiceBuilder::new()
        .layer(layer_fn(Retry::new))
        .layer(layer_fn(|inner| Routed::new(inner, routes())))
        .layer(layer_fn(Redirect::new))
        .layer(layer_fn(|inner| Robots::new(inner, settings, routes())))
        .layer(layer_fn(Paced::new))
        .layer(layer_fn(|inner| Cookies::new(inner, settings.cookie_store)))
        .service(Wire::new(settings, routes())?))
}
