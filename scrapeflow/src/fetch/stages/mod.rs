//! The stages that a request goes through on its way out, and its answer on the way back.
//!
//! Each is a layer around the next. From the outside in:
//!
//! 1. `retry` judges the answer by its status and tries again what may pass: everything below happens anew.
//! 2. `redirect` goes on where the answer says so, at most 20 times: everything below happens for each hop.
//! 3. `robots` refuses what the hop's robots.txt disallows.
//! 4. `pace` waits for the host's turn, holds it until the body is read, and slows down when the host says so.
//! 5. `cookies` sends back what the host set, and keeps what it sets now.
//! 6. `middleware`: what the caller added with `layer`.
//! 7. `wire` puts the headers on, judges the address, and sends.
//!
//! A body's size is limited where it is read, which is after all of them (`response`). What is kept from
//! earlier (`refresh`) is known before the first.

pub(super) mod cookies;
pub(super) mod middleware;
pub(super) mod pace;
pub(super) mod redirect;
pub(super) mod retry;
pub(super) mod robots;
pub(super) mod wire;

use std::sync::Arc;

use tower::ServiceBuilder;
use tower::layer::layer_fn;

use super::outgoing::{Answer, Outgoing};
use super::settings::Settings;
use crate::error::Result;
use cookies::Cookies;
use pace::Paced;
use redirect::Redirect;
use retry::Retry;
use robots::Robots;
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
pub(super) type Stack = Retry<Redirect<Robots<Paced<Cookies<Wire>>>>>;

/// Puts the stages around each other, the outermost first.
pub(super) fn stack(settings: &Arc<Settings>) -> Result<Stack, String> {
    Ok(ServiceBuilder::new()
        .layer(layer_fn(Retry::new))
        .layer(layer_fn(Redirect::new))
        .layer(layer_fn(|inner| Robots::new(inner, settings)))
        .layer(layer_fn(Paced::new))
        .layer(layer_fn(|inner| Cookies::new(inner, settings.cookie_store)))
        .service(Wire::new(settings)?))
}
