//! `State<T>`: what the caller put into the run.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::{Class, Error, Result};
use crate::executor::call::Call;
use crate::executor::contract::Argument;
use crate::executor::input::Needs;
use crate::run::builder::Said;

/// A value that the caller gave to the run with `state`: a database pool, a model, a counter. One value of
/// each type; it is shared, never cloned. No input: when what it does changes, nothing runs again by itself;
/// raise the executor's `version`, or give what decides results as the run's `params`.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// struct Rates { euro: f64 }
///
/// #[executor]
/// async fn price(Params(dollars): Params<std::collections::HashMap<String, f64>>, rates: State<Rates>) -> Result<f64> {
///     Ok(dollars["price"] * rates.euro)
/// }
/// workflow! { Prices = price; }
///
/// let run = Prices::in_dir("prices").state(Rates { euro: 0.9 });
/// ```
#[derive(Debug)]
pub struct State<T>(Arc<T>);

impl<S, T: Send + Sync + 'static> Argument<S> for State<T> {
    fn describe(needs: &mut Needs) {
        needs.prepare(given::<T>);
    }

    async fn get(call: &Call) -> Result<Self> {
        call.site()
            .scope
            .extensions
            .get()
            .map(Self)
            .ok_or_else(|| Error::recorded(Class::Unhandled, missing::<T>()))
    }
}

fn given<T: Send + Sync + 'static>(said: &mut Said) -> Result<(), String> {
    said.extensions
        .get::<T>()
        .map(drop)
        .ok_or_else(missing::<T>)
}

fn missing<T>() -> String {
    let name = std::any::type_name::<T>();
    format!(
        "takes State<{name}>, which the run was not given; add .state(…) with a value of that type"
    )
}

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> From<T> for State<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> From<Arc<T>> for State<T> {
    fn from(value: Arc<T>) -> Self {
        Self(value)
    }
}
