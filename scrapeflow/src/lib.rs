//! Scrape and process the web in steps that can be stopped, resumed, inspected and trusted.
//!
//! A **task** (a key and its params, usually a URL) goes through the **executors** of a **workflow**, in
//! sequence; many tasks go in parallel. After each executor the task's **status** is stored, so that a rerun
//! does only what is missing. Executors are plain async fns with [`#[executor]`](macro@executor);
//! [`workflow!`] composes them, and the compiler checks names, order, and what each hands to the next.
//!
//! ```no_run
//! use scrapeflow::prelude::*;
//! use scrapeflow::ready::scrape;
//!
//! /// Takes no `Fetch`, so it can never touch the network.
//! #[executor]
//! async fn title(page: Body<scrape>) -> Result<String> {
//!     let text = page.text();
//!     let (_, rest) = text.split_once("<title>").recorded("the page has no title")?;
//!     Ok(rest.split('<').next().unwrap_or_default().to_owned())
//! }
//!
//! workflow! {
//!     /// Pages and their titles.
//!     pub Titles = scrape -> title;
//! }
//!
//! #[tokio::main]
//! async fn main() -> scrapeflow::Result<()> {
//!     let report = Titles::in_dir("titles")
//!         .tasks(Tasks::from_urls(["https://example.com/"])?)
//!         .stop_when(shutdown_signal())
//!         .run()
//!         .await?;
//!     println!("{report}");
//!     Ok(())
//! }
//! ```
//!
//! # Where to look
//!
//! - What an executor can take: [`Key`], [`Params`], [`Output`], [`Body`], [`Bodies`], [`Previous`],
//!   [`Status`], [`Fetch`], [`Files`], [`State`], [`Context`].
//! - What a run can be told: [`Run`]. What it answers: [`Report`], [`RunError`], [`Plan`], [`Event`].
//! - Where tasks come from: [`Tasks`]. Where everything is kept: [`store`].
//! - What went wrong: [`Error`] and its [`Class`].
//! - What a store holds: [`summary`], [`outcomes`], [`outputs`]; from a shell: `cli`; as a
//!   table: `frames`.
//!
//! # Features
//!
//! | feature | on by default | brings |
//! | --- | --- | --- |
//! | `archive` | no | `store::archive`: millions of tasks in one database and WARC files |
//! | `cli` | no | `cli`, the command line of a workflow, and the program `scrapeflow` |
//! | `parquet` | no | exports of the command line as Parquet |
//! | `polars` | no | `frames`: statuses as data frames |
//! | `fetch` | yes | [`Fetch`] and [`ready::scrape()`]: HTTP by reqwest, TLS by rustls |
//! | `images` | no | `images` and the ready-made executors for them |
//! | `progress` | yes | a progress bar on terminals |
//! | `testing` | no | `testing`: workflows in simulated time, against a site and a disk that fail from a seed |

// Executors of this crate name the paths that everybody's do.
extern crate self as scrapeflow;

// A task's journey, in its order.
mod digest;
mod error;
mod executor;
mod report;
mod run;
mod schedule;
mod status;
pub mod store;
mod task;
mod workflow;

// What features bring, and the one place where the journey learns of them.
#[cfg(feature = "cli")]
#[expect(
    clippy::doc_markdown,
    reason = "what documents arguments is shown as it is"
)]
pub mod cli;
#[cfg(feature = "cli")]
mod export;
mod features;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "polars")]
pub mod frames;
#[cfg(feature = "images")]
pub mod images;
#[cfg(feature = "fetch")]
mod proxy;
#[cfg(feature = "fetch")]
pub mod ready;
#[cfg(feature = "rows")]
mod rows;
#[cfg(feature = "testing")]
pub mod testing;

/// The code of the README, which has to compile; it shows what features bring, too.
#[cfg(all(doctest, feature = "polars", feature = "testing"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// What middleware is made of: see [`Run::layer`].
#[cfg(feature = "fetch")]
pub mod middleware {
    pub use reqwest::Body;
    pub use tower;

    pub use crate::fetch::{HttpService, Transport, answering};
}

pub mod prelude;
#[doc(hidden)]
pub mod private;

#[cfg(feature = "cli")]
pub use cli::cli;
pub use error::{Class, Error, Result, ResultExt};
pub use executor::argument::{
    Bodies, Body, Context, FileWriter, Files, Output, Params, Previous, Saved, State,
};
pub use executor::contract::{Executor, HasBody, HasStep, Stored};
pub use executor::decide::{RetryFailed, Why};
pub use executor::settings::{Backoff, StepSettings};
#[cfg(feature = "fetch")]
pub use fetch::{
    AddressPolicy, BROWSER_USER_AGENT, Fetch, Host, Pace, Page, Politeness, ProxyFallback, Request,
    Response, Scraped, Sessions,
};
/// Whose types say what is sent and received.
#[cfg(feature = "fetch")]
pub use http::{self, Method};
#[cfg(feature = "fetch")]
pub use proxy::{
    Check, Checked, Checking, InvalidProxy, IpRoyal, NoProxy, Proxy, ProxyByCountry, ProxyList,
    ProxyPool, ProxyProvider, Proxyscrape, Webshare,
};
pub use report::progress::Progress;
pub use report::{
    EXAMPLES, End, ErrorReport, Event, Events, ExecutorReport, Failure, Outcome, ProxyReport,
    Report, Tally,
};
pub use run::builder::Run;
pub use run::error::{RunError, RunErrorKind};
pub use run::plan::{Plan, PlannedStep, PlannedTask};
pub use run::signal::{Shutdown, StopSignal, shutdown_signal};
pub use run::unhandled::OnUnhandled;
pub use schedule::{Heard, Taken, Turn, Turns};
pub use scrapeflow_macros::{executor, workflow};
pub use status::Status;
pub use status::summary::{self, Summary};
pub use store::Durability;
pub use task::{IntoTask, Key, Task, TaskError, Tasks};
pub use workflow::outcomes::outcomes;
pub use workflow::outputs::outputs;
pub use workflow::{StepName, UnknownStep, Workflow};
