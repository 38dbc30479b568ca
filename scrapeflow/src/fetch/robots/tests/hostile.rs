//! Files that nobody wrote in good faith, or at all.

use proptest::prelude::*;
use url::Url;

use super::super::{Answer, MAX_OCTETS, Refusal, Rules, product_token};

#[track_caller]
fn refuses(file: &[u8], path: &str) -> bool {
    let url = format!("https://example.com{path}").parse().unwrap();
    !Rules::parse(file, "bot").allows(&url)
}

/// None of these ends if matching tries every way in which stars can match.
#[test]
fn stars_without_end_are_matched_in_one_pass() {
    let rule = |part: &str, end: &str| {
        format!(
            "user-agent: *\ndisallow: /{}{end}",
            part.repeat(MAX_OCTETS / part.len() - 40)
        )
    };
    let path = format!("/{}", "a".repeat(10_000));
    assert!(!refuses(rule("*a", "").as_bytes(), "/aaa"));
    assert!(refuses(rule("*a", "").as_bytes(), &path));
    assert!(refuses(rule("*", "a$").as_bytes(), &path));
    let lines = (0..2000).map(|n| format!("disallow: /*a*a*a*a*{n}b\n"));
    let lines = String::from("user-agent: *\n") + &lines.collect::<String>();
    assert!(!refuses(lines.as_bytes(), &path));
}

#[test]
fn files_of_another_kind_have_no_rules() {
    for file in [
        "<!doctype html><html><body>disallow: /<p>user-agent: *</body></html>".as_bytes(),
        b"{\"user-agent\": \"*\", \"disallow\": \"/\"}",
        b"\0\0\0\0",
        &vec![b'\n'; 2 * MAX_OCTETS],
        &vec![b':'; 2 * MAX_OCTETS],
        &[0xff; 1000],
    ] {
        assert_eq!(Rules::parse(file, "bot"), Rules::allow_all());
    }
}

#[test]
fn rules_that_match_nothing_are_not_kept() {
    let file = b"user-agent: bot\ndisallow:\ndisallow: a\ndisallow: https://example.com/\nallow: ?a\ndisallow: $";
    assert_eq!(Rules::parse(file, "bot"), Rules::allow_all());
}

#[test]
fn rules_said_twice_are_kept_once() {
    let file = "user-agent: *\ndisallow: /a\ndisallow: /%61\nallow: /a\n".repeat(1000);
    assert_eq!(
        Rules::parse(file.as_bytes(), "bot"),
        Rules::parse(b"user-agent: *\nallow: /a", "bot")
    );
}

/// Lines that mean something, mostly, and mixed as they may not be.
fn files() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("user-agent: "),
        Just("allow: "),
        Just("disallow: "),
        Just("crawl-delay: "),
        Just("user-agent: *"),
        Just("user-agent: bot"),
        Just(""),
    ];
    let value = prop_oneof![
        "[/a*$%4]{0,9}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..9)
    ];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("#"), Just("")];
    prop::collection::vec((word, value, end), 0..12).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|(word, value, end)| [word.as_bytes(), &value, end.as_bytes()].concat())
            .collect()
    })
}

fn urls() -> impl Strategy<Value = Url> {
    "[/a*$%4?ä'é ]{0,12}".prop_map(|path| format!("https://example.com/{path}").parse().unwrap())
}

proptest! {
    #[test]
    fn whatever_is_answered_can_be_asked(file in files(), url in urls(), token in "(bot|\\PC{0,4})", status in 0_u16..700) {
        let rules = Rules::parse(&file, &token);
        prop_assert_eq!(rules.allows(&url), rules.refusing(&url).is_none());
        if let Some(delay) = rules.crawl_delay() {
            prop_assert!(delay.as_secs() <= 86_400);
        }
        let _ = Answer::Status(status).meaning().rules(&file, &token);
    }

    #[test]
    fn a_rule_that_refuses_is_a_rule_again(file in files(), url in urls()) {
        if let Some(Refusal::Rule(rule)) = Rules::parse(&file, "bot").refusing(&url) {
            let alone = format!("user-agent: bot\ndisallow: {rule}");
            let again = Rules::parse(alone.as_bytes(), "bot");
            prop_assert_eq!(again.refusing(&url), Some(Refusal::Rule(rule)));
        }
    }

    #[test]
    fn a_product_token_begins_the_header_or_is_in_it(user_agent in "\\PC{0,20}") {
        prop_assert!(user_agent.contains(product_token(&user_agent)));
    }
}
