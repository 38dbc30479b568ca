//! Feeds robots.txts that nobody would write to what reads them, and asks it about URLs.
//!
//! From the root of the repository, `corpus` being the seeds that every test
//! run replays and `target/found` whatever is new:
//!
//! ```text
//! mkdir -p fuzz/target/found
//! cargo +nightly fuzz run robots fuzz/target/found fuzz/corpus/robots -- -max_total_time=300
//! ```
//!
//! An input that broke a promise goes to `corpus` under a name that says which.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| scrapeflow::private::fuzz::robots(data));
