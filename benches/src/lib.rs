//! What the benchmarks share. They report and never assert.
//!
//! Each benchmark is one binary, which starts itself anew for every figure: a [`child`] does the work of one
//! contestant once and prints what it took ([`usage`]), and the parent interleaves the contestants in
//! [`rounds`]. So nothing that one left behind (a heap, warm threads) helps or hinders the next.

pub mod child;
pub mod finished;
pub mod folders;
pub mod forgetful;
pub mod results;
pub mod rounds;
pub mod server;
pub mod usage;

use std::str::FromStr;

/// The value of `--name` on the command line, or `otherwise` where it isn't given.
///
/// # Panics
/// If the value cannot be read.
pub fn option<T: FromStr>(name: &str, otherwise: T) -> T {
    let flag = format!("--{name}");
    let mut arguments = std::env::args()
        .skip_while(|argument| *argument != flag)
        .skip(1);
    match arguments.next() {
        None => otherwise,
        Some(value) => value
            .parse()
            .unwrap_or_else(|_| panic!("{flag} cannot be {value}")),
    }
}

/// A count, as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts here are below 2⁵³")]
pub fn number(count: u64) -> f64 {
    count as f64
}
