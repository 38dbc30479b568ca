//! What the fuzz targets drive: everything that reads what others wrote, with all that has to hold whatever
//! they wrote.
//!
//! From this one list come the functions that the targets in `fuzz/fuzz_targets` call, the tests that replay
//! the corpora in `fuzz/corpus`, and the test that none of the three lacks what another has.

macro_rules! targets {
    ($($(#[$attribute:meta])+ $name:ident: $check:path;)+) => {
        $(
            $(#[$attribute])+
            pub fn $name(data: &[u8]) {
                $check(data);
            }
        )+

        #[cfg(test)]
        mod replayed {
            $(
                $(#[$attribute])+
                #[test]
                fn $name() {
                    super::tests::replay(stringify!($name), super::$name);
                }
            )+
        }

        #[cfg(test)]
        const TARGETS: &[&str] = &[$(stringify!($name)),+];
    };
}

targets! {
    /// The text of a status.json.
    status_json: crate::status::json::check_invariants;
    /// A status, with all that is merged into it.
    status: crate::status::check_invariants;
    /// Statuses as rows, one a line.
    #[cfg(feature = "cli")]
    rows: crate::rows::check_invariants;
    /// A list of columns.
    #[cfg(feature = "cli")]
    columns: crate::rows::check_columns;
    /// A condition, as `--where` has it.
    #[cfg(feature = "cli")]
    condition: crate::rows::filter::check_invariants;
    /// A file of tasks with a header.
    #[cfg(feature = "cli")]
    task_csv: crate::task::check_csv;
    /// A file of tasks with an object a line.
    #[cfg(feature = "cli")]
    task_jsonl: crate::task::check_jsonl;
    /// A file of tasks with a URL a line.
    #[cfg(feature = "cli")]
    task_urls: crate::task::check_urls;
    /// A `scrapeflow.toml`.
    #[cfg(feature = "cli")]
    settings: crate::cli::check_settings;
    /// A body, after a line with its content type.
    text: crate::executor::argument::check_text;
    /// The value of a `Content-Type`.
    content_type: crate::executor::argument::check_content_type;
    /// The value of a `Retry-After`.
    #[cfg(feature = "fetch")]
    retry_after: crate::fetch::check_retry_after;
    /// The value of a `Location`, or a task's URL.
    #[cfg(feature = "fetch")]
    location: crate::fetch::check_location;
    /// The headers of an answer, one a line, or those of a status.
    #[cfg(feature = "fetch")]
    headers: crate::fetch::check_headers;
    /// The values of `Set-Cookie`, one a line, after a line with who sets them.
    #[cfg(feature = "fetch")]
    cookies: crate::fetch::check_cookies;
    /// A robots.txt.
    #[cfg(feature = "fetch")]
    robots: crate::fetch::check_robots;
    /// A proxy, as somebody writes it.
    #[cfg(feature = "fetch")]
    proxy: crate::proxy::check_proxy;
    /// What a service that has proxies answers, after a byte that says which.
    #[cfg(feature = "fetch")]
    proxy_services: crate::proxy::check_service;
    /// A record of a WARC file.
    #[cfg(feature = "archive")]
    warc: crate::store::archive::check_invariants;
}

#[cfg(test)]
mod tests;
