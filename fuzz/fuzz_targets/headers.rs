//! The headers of an answer, one a line, or those of a status. What has to hold for it is said in the library, beside what reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| scrapeflow::private::fuzz::headers(data));
