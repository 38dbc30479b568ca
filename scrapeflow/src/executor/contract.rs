//! The contract between an executor's code and the run: what `#[executor]` and `workflow!` generate meets
//! these traits, and their messages are what a user reads when something doesn't fit.
//!
//! One mistake is one error, however many places name the executor. Two rules see to it:
//!
//! - What is wrong with a signature is reported in [`Executor::CHECKED`] and nowhere else. That constant then
//!   fails to compile, and of a type that holds a constant that failed rustc says nothing more: so all other
//!   code asks with such a type, [`Sound`] or the scope of a workflow's step.
//! - [`Runs`] is implemented under the condition that arguments and result fit the scope `S`. Its body is
//!   checked as if they did, and is no second place that reports them.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::input::Needs;
use super::settings::Options;
use super::step::Step;
use crate::error::{Error, ResultExt};
use crate::status::json;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An async fn with `#[executor]`, as a type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an executor",
    label = "not an executor",
    note = "an executor is an `async fn` with `#[executor]`; its name stands for it"
)]
pub trait Executor: Sized + Send + Sync + 'static {
    /// Under which it is stored.
    const NAME: &'static str;
    /// What its attribute says.
    const OPTIONS: Options;
    /// Fails to compile if an argument or the result doesn't fit.
    #[doc(hidden)]
    const CHECKED: bool;
    /// What it returns when it succeeds.
    type Output: Stored;
}

/// An executor that can run where scope `S` says which outputs there are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an executor",
    label = "not an executor",
    note = "an executor is an `async fn` with `#[executor]`; its name stands for it"
)]
pub trait Runs<S>: Executor {
    /// Tells what its arguments need.
    fn describe(needs: &mut Needs);

    /// Runs it once and gives its output as JSON.
    fn call(call: Call) -> BoxFuture<'static, Result<String, Error>>;
}

/// What an executor can take where scope `S` says which outputs there are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an executor argument",
    label = "not an executor argument",
    note = "an executor takes `Key`, `Params<T>`, `Output<executor>`, `Body<executor>`, `Bodies<executor>`, \
            `Previous`, `Status`, `Fetch`, `Files`, `State<T>` and `Context`",
    note = "a value of your own comes in as `State<{Self}>`, a part of the task's params as `Params<{Self}>`"
)]
pub trait Argument<S>: Sized + Send {
    /// Tells what it needs.
    fn describe(needs: &mut Needs);

    /// Makes it for one attempt.
    fn get(call: &Call) -> impl Future<Output = Result<Self, Error>> + Send;
}

/// All arguments of an executor as nested pairs: `(first, (second, ()))`.
pub trait Arguments<S>: Sized + Send {
    /// Tells what they need.
    fn describe(needs: &mut Needs);

    /// Makes them for one attempt, in their order.
    fn get(call: &Call) -> impl Future<Output = Result<Self, Error>> + Send;
}

impl<S> Arguments<S> for () {
    fn describe(_: &mut Needs) {}

    async fn get(_: &Call) -> Result<Self, Error> {
        Ok(())
    }
}

impl<S, First: Argument<S>, Rest: Arguments<S>> Arguments<S> for (First, Rest) {
    fn describe(needs: &mut Needs) {
        First::describe(needs);
        Rest::describe(needs);
    }

    async fn get(call: &Call) -> Result<Self, Error> {
        Ok((First::get(call).await?, Rest::get(call).await?))
    }
}

/// Makes the arguments, calls the function with them and gives its output as JSON.
pub fn call<S, A, R, F>(
    call: Call,
    function: impl FnOnce(A) -> F + Send + 'static,
) -> BoxFuture<'static, Result<String, Error>>
where
    S: 'static,
    A: Arguments<S> + 'static,
    R: Returned<S>,
    F: Future<Output = R> + Send + 'static,
{
    Box::pin(async move { function(A::get(&call).await?).await.store() })
}

/// What an executor returns: a [`Result`] under any alias. `S` is any scope: see the rules above.
#[diagnostic::on_unimplemented(
    message = "an executor returns `Result<T>`, not `{Self}`",
    label = "not a `Result`",
    note = "wrap it: `Result<{Self}>`, and end with `Ok(…)`"
)]
pub trait Returned<S> {
    /// The output.
    type Ok;

    /// The output as JSON.
    ///
    /// # Errors
    ///
    /// When the executor failed, or its output's `Serialize`.
    fn store(self) -> Result<String, Error>;
}

impl<S, T: Stored, E: Fails> Returned<S> for Result<T, E> {
    type Ok = T;

    fn store(self) -> Result<String, Error> {
        self.map_err(Fails::into_error)?.to_json()
    }
}

/// An error that an executor can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into `scrapeflow::Error`",
    label = "not an error that an executor can return",
    note = "return `Result<T>` and make its errors by `bail!`, by `.recorded(\"…\")` on a `Result` or an \
            `Option`, or of a boxed error by `.map_err(Error::from_boxed)`",
    note = "or implement `std::error::Error` for it"
)]
pub trait Fails {
    /// The conversion.
    fn into_error(self) -> Error;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> Fails for E {
    fn into_error(self) -> Error {
        self.into()
    }
}

/// An output that status.json can keep.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as an executor's output",
    label = "cannot be stored",
    note = "derive `Serialize` and `Deserialize` for it; it also owns what it holds and is `Send + Sync`"
)]
pub trait Stored: Send + Sync + 'static {
    /// Its JSON, laid out for the status file.
    ///
    /// # Errors
    ///
    /// When its `Serialize` fails.
    fn to_json(&self) -> Result<String, Error>;

    /// It, read back.
    ///
    /// # Errors
    ///
    /// When the JSON doesn't fit the type.
    fn from_json(text: &str) -> Result<Self, serde_json::Error>
    where
        Self: Sized;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Stored for T {
    fn to_json(&self) -> Result<String, Error> {
        if is_unit::<T>() {
            return Ok("{}".to_owned());
        }
        json::laid_out(self).recorded("its output cannot be written as JSON")
    }

    fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        json::from_json(if is_unit::<T>() { "null" } else { text })
    }
}

/// `()` is stored as `{}`, as the predecessor stored what returned nothing.
fn is_unit<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<()>()
}

/// A scope in which the output of `E` is there.
#[diagnostic::on_unimplemented(
    message = "the output of `{E}` is read here, but no earlier step provides it",
    label = "reads the output of `{E}`",
    note = "move `{E}` before this step, or drop the argument"
)]
pub trait Provides<E> {}

/// An output type whose executor has saved files.
///
/// ```
/// use scrapeflow::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Shop { name: String, pages: Vec<Saved> }
///
/// impl scrapeflow::HasBody for Shop {}
/// ```
#[diagnostic::on_unimplemented(
    message = "the output `{Self}` says of no file that it was saved",
    note = "return `Scraped` or `Saved`, or write `impl HasBody for {Self} {{}}`"
)]
pub trait HasBody {}

/// An executor whose output says that it saved files.
#[diagnostic::on_unimplemented(
    message = "`{Self}` saves no file",
    label = "there is no body to read",
    note = "`Body` and `Bodies` read the files of an executor that returns `Scraped`, `Saved`, or a type with \
            `impl HasBody`",
    note = "`Output<{Self}>` reads what it returned"
)]
pub trait SavesFiles: Executor {}

#[diagnostic::do_not_recommend]
impl<E: Executor> SavesFiles for E where E::Output: HasBody {}

/// A workflow of which `E` is a step.
#[diagnostic::on_unimplemented(
    message = "`{E}` is not a step of `{Self}`",
    label = "not a step of `{Self}`"
)]
pub trait HasStep<E> {}

/// A scope in which every output is there: what a signature is checked in.
#[derive(Debug)]
pub struct AnyScope;

impl<E> Provides<E> for AnyScope {}

/// A scope that is an error where an executor's `CHECKED` is one.
#[derive(Debug)]
pub struct Sound<const CHECKED: bool>;

/// `A` fits as an argument.
pub const fn assert_argument<A: Argument<AnyScope>>() {}

/// `R` fits as a result.
pub const fn assert_returned<R: Returned<AnyScope>>() {}

/// A step as `workflow!` lists it.
#[derive(Clone, Copy)]
pub struct Entry {
    name: &'static str,
    step: fn() -> Step,
}

impl Entry {
    /// Executor `E` in the scope of the steps before it.
    #[must_use]
    pub const fn of<S, E: Runs<S>>() -> Self {
        Self {
            name: E::NAME,
            step: Step::of::<S, E>,
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.name).finish()
    }
}

/// The steps of a workflow.
#[must_use]
pub fn steps(entries: &[Entry]) -> Vec<Step> {
    entries.iter().map(|entry| (entry.step)()).collect()
}

/// No step before `nth` is stored under its name.
///
/// # Panics
///
/// If one is, at compile time.
pub const fn assert_distinct(entries: &[Entry], nth: usize) {
    let mut earlier = 0;
    while earlier < nth {
        assert!(
            !is_equal(entries[earlier].name, entries[nth].name),
            "an earlier step is stored under the same name; give one of the two executors another by \
             `#[executor(name = \"…\")]`"
        );
        earlier += 1;
    }
}

const fn is_equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
