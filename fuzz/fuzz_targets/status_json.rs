//! The text of a status.json. What has to hold for it is said in the library, beside what reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| scrapeflow::private::fuzz::status_json(data));
