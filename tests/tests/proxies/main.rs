//! What proxies and sessions promise: a file a promise.

#[path = "../web/asking.rs"]
mod asking;
mod bad_proxies;
mod blocked;
mod carried;
mod proxy_check;
mod proxy_health;
mod proxy_services;
mod proxy_ways;
mod sessions;
