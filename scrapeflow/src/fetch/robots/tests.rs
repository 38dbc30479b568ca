//! Whole files against whole URLs.

use super::Rules;

mod google;
mod hostile;
mod rfc9309;

/// Asserts which paths `file` allows to the crawler and which it doesn't.
#[track_caller]
fn check(file: &str, product_token: &str, allowed: &[&str], refused: &[&str]) {
    let rules = Rules::parse(file.as_bytes(), product_token);
    for (paths, allows) in [(allowed, true), (refused, false)] {
        for path in paths {
            let url = format!("https://example.com{path}").parse().unwrap();
            assert_eq!(
                rules.allows(&url),
                allows,
                "{product_token} {path} {rules:?}"
            );
        }
    }
}
