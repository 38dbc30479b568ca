//! What a service that has proxies answers, after a byte that says which. What has to hold for it is said in the library, beside what reads it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| scrapeflow::private::fuzz::proxy_services(data));
