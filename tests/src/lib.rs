//! What the tests of the workspace share: servers and proxies on loopback, so that no test needs the internet, programs, and a
//! directory that is easily looked into.

mod daemon;
mod mounts;
pub mod nginx;
mod port;
mod programs;
pub mod proxies;
mod readers;
pub mod sandbox;

pub use mounts::Mounts;
pub use nginx::Nginx;
pub use programs::{AT_MOST, Running, alone, send, until};
pub use proxies::{Microsocks, Tinyproxy};
pub use readers::python;
pub use sandbox::Sandbox;
pub use scrapeflow_site::{self as site, Answer, Ending, Page, Request, Site};
