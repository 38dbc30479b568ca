//! The name under which a robots.txt knows a crawler.

/// The product token in a `User-Agent` header, by RFC 9309 (2.2.1), which may be empty.
///
/// It is the first product's name. What poses as a browser is named by what it
/// says to be compatible, like the RFC's own example; a browser proper stays
/// `Mozilla`, which almost no file names, so that the rules for `*` apply.
pub(crate) fn product_token(user_agent: &str) -> &str {
    let first = name(user_agent);
    let compatible = user_agent.split_once("compatible;");
    match compatible.map(|(_, after)| name(after.trim_start())) {
        Some(name) if first == "Mozilla" && !name.is_empty() => name,
        _ => first,
    }
}

/// As much of the value as is an identifier.
///
/// The RFC's has letters, `-` and `_`. Digits are added, since crawlers have
/// them in their names: `MJ12bot` would be `MJ` otherwise.
pub(super) fn identifier(value: &[u8]) -> &[u8] {
    let belongs = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_".contains(octet);
    let end = value.iter().position(|octet| !belongs(octet));
    &value[..end.unwrap_or(value.len())]
}

fn name(text: &str) -> &str {
    // All ASCII, so that it ends where a character does.
    &text[..identifier(text.as_bytes()).len()]
}

#[cfg(test)]
mod tests {
    use super::product_token;

    #[test]
    fn a_crawler_is_named_by_its_first_product() {
        for (user_agent, token) in [
            ("scrapeflow/0.1 (+https://example.com)", "scrapeflow"),
            ("MyBot/1.0 OtherBot/2.0", "MyBot"),
            ("my_bot-2", "my_bot-2"),
            ("MJ12bot/v1.4.8", "MJ12bot"),
            ("my bot", "my"),
            ("bot.example/1", "bot"),
            ("MyBot/1.0 (compatible; OtherBot/2.0)", "MyBot"),
            ("Bötchen", "B"),
            ("ツ", ""),
            ("(none)", ""),
            (" bot", ""),
            ("*", ""),
            ("", ""),
        ] {
            assert_eq!(product_token(user_agent), token, "{user_agent}");
        }
    }

    #[test]
    fn what_poses_as_a_browser_is_named_by_what_is_compatible() {
        for (user_agent, token) in [
            (
                "Mozilla/5.0 (compatible; ExampleBot/0.1; https://www.example.com/bot.html)",
                "ExampleBot",
            ),
            (
                "Mozilla/5.0 (Linux) AppleWebKit/537 (KHTML, like Gecko;compatible;  MyBot/2)",
                "MyBot",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0",
                "Mozilla",
            ),
            ("Mozilla/5.0 (compatible; +https://example.com)", "Mozilla"),
            ("Mozilla/5.0 (compatible;", "Mozilla"),
        ] {
            assert_eq!(product_token(user_agent), token, "{user_agent}");
        }
    }
}
