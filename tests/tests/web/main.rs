//! What requests, answers and politeness promise: a file a promise.

mod addresses;
mod asking;
mod bad_requests;
mod body_limit;
mod charsets;
mod cookie_store;
mod middleware;
mod middleware_bodies;
mod pacing;
mod politeness_polite;
mod redirect_credentials;
mod redirects;
mod refresh;
mod request_retries;
mod requests;
mod responses;
mod robots;
mod robots_redirects;
mod scrape;
mod scrape_posts;
mod validation;
mod waits_of_requests;
