//! Your workflow in a world where things go wrong, in simulated time: feature `testing`.
//!
//! A [`Simulation`] makes a [`World`] from each of many seeds. In it time is simulated (hours of waiting pass at once), the site
//! is a function of yours, and between it and your workflow stands a network that throttles, stalls, lies and dies, and a
//! store whose disk is slow and gets full. What goes wrong when follows from the seed alone. If your test panics in one of the
//! worlds, the seed is printed that makes the same world again: `SCRAPEFLOW_SEED=<seed> cargo test <your test>`.
//!
//! ```
//! use scrapeflow::prelude::*;
//! use scrapeflow::ready::scrape;
//! use scrapeflow::testing::{Fault, Simulation};
//! use scrapeflow::{http, middleware};
//!
//! /// The site lies at times: what isn't a product is refused here.
//! #[executor]
//! async fn price(page: Body<scrape>) -> Result<u32> {
//!     let text = page.text();
//!     let price = text.strip_prefix("price: ").recorded("the page has no price")?;
//!     Ok(price.parse().recorded("the price is no number")?)
//! }
//! workflow! { Shop = scrape -> price; }
//!
//! async fn shop(request: http::Request<middleware::Body>) -> http::Response<middleware::Body> {
//!     let number = request.uri().path().trim_start_matches('/').to_owned();
//!     http::Response::new(format!("price: {number}").into())
//! }
//!
//! // In a test.
//! let seen = Simulation::of(shop).seeds(0..10).run(async |world| {
//!     let run = || {
//!         let urls = (0..20).map(|number| format!("https://shop.example/{number}"));
//!         Shop::in_store(world.store())
//!             .layer(world.network())
//!             .tasks(Tasks::from_urls(urls).unwrap())
//!             .progress(Progress::Off)
//!     };
//!     // Whatever comes of it: it may be killed at any moment, or its disk be full.
//!     let _ = world.until_killed(run().run()).await;
//!     // Nothing fails any more. What was scraped while the site lied has to be scraped again.
//!     world.calm();
//!     run().run().await.unwrap();
//!     let report = run().force::<scrape>().run().await.unwrap();
//!     assert_eq!(report.done(), 20);
//! });
//! // In ten worlds; in one alone, of `SCRAPEFLOW_SEED`, it may not come to that.
//! assert!(seen.worlds == 1 || seen.count(Fault::Stalled) > 0);
//! ```
//!
//! # What is simulated
//!
//! | | how |
//! | --- | --- |
//! | time | tokio's [paused clock](https://docs.rs/tokio/latest/tokio/time/fn.pause.html): sleeps, timeouts, paces and pauses before retries end as soon as nothing else is left to do. The calendar's begins at the same moment in every world and goes with it, but for jumps ([`Fault::ClockJumped`]). What asks the system itself (`std::time`) sees the real one |
//! | network | [`World::network`], a layer over requests: robots.txt, redirects, retries, paces, cookies and decoding are the real ones. There are no sockets, no TLS and no proxies |
//! | store | [`World::store`], in memory and in time. Other stores can be taken as well |
//! | processes | [`World::until_killed`] drops a run at a moment of the seed's; [`World::moment`] is such a moment, as for `stop_when` |
//! | chance | the library's jitter and what it asks [`fastrand`](https://docs.rs/fastrand) for follow from the seed; take yours from [`World::below`]. What Rust and tokio draw themselves isn't seeded: the order of a `HashMap`, and which branch a `select!` without `biased` takes |
//!
//! A world has one thread, so that the same seed makes the same world; several worlds run beside each other. A run in which nothing
//! more can happen (a deadlock, a wait for what never comes) fails at once.

mod clock;
mod fault;
mod network;
mod simulation;
mod store;
mod world;

pub(crate) use clock::now;
pub use fault::Fault;
pub use simulation::{Seen, Simulation};
pub use store::SimulatedStore;
pub use world::{Asked, World};
