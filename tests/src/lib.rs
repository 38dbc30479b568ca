//! What the tests of the workspace share: a local web site that misbehaves on request, so that no test
//! needs the internet, and a directory that is easily looked into.
//!
//! ```
//! use scrapeflow_tests::Site;
//!
//! let site = Site::start();
//! let flaky = site.url("/status/503?retry_after=1&times=2");
//! assert!(flaky.starts_with("http://127.0.0.1:"));
//! assert_eq!(site.hits("/status/503?retry_after=1&times=2"), 0);
//! ```

mod daemon;
mod mounts;
pub mod nginx;
mod port;
mod programs;
pub mod proxies;
mod readers;
pub mod sandbox;
pub mod site;

pub use mounts::Mounts;
pub use nginx::Nginx;
pub use programs::{AT_MOST, Running, alone, send, until};
pub use proxies::{Microsocks, Tinyproxy};
pub use readers::python;
pub use sandbox::Sandbox;
pub use site::{Answer, Ending, Page, Request, Site};
