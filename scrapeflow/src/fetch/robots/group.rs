//! The group of a robots.txt that applies to a crawler.
//!
//! Takes records in their order, gives what all groups that name the crawler
//! say together, or what those for `*` say if none names it.

use std::time::Duration;

use super::pattern;
use super::product::identifier;
use super::record::{Record, records};

/// Longer than this is a mistake: the rules themselves count for a day (2.4).
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that is said to one crawler.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) rules: Vec<Rule>,
    pub(super) crawl_delay: Option<Duration>,
    /// The lines being read are for this group.
    open: bool,
    named: bool,
}

/// A rule, its pattern spelled as `pattern` matches it.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) allows: bool,
    pub(super) pattern: String,
}

/// Finds the group for `product_token`.
pub(super) fn group(body: &[u8], product_token: &str) -> Group {
    let mut own = Group::default();
    let mut everyones = Group::default();
    let mut naming = false;
    for record in records(body) {
        match record {
            Record::UserAgent(value) => {
                if !naming {
                    own.open = false;
                    everyones.open = false;
                }
                naming = true;
                if is_everyone(value) {
                    everyones.open = true;
                } else if names(value, product_token) {
                    own.open = true;
                    own.named = true;
                }
            }
            Record::Allow(value) | Record::Disallow(value) => {
                naming = false;
                let allows = matches!(record, Record::Allow(_));
                own.add(allows, value);
                everyones.add(allows, value);
            }
            // Doesn't end the naming: of what the RFC doesn't define, nothing may (2.2.4).
            Record::CrawlDelay(value) => {
                own.wait(value);
                everyones.wait(value);
            }
        }
    }
    if own.named { own } else { everyones }
}

impl Group {
    /// A pattern must begin with `/`, or with the `*` that stands for it; without one it matches nothing.
    fn add(&mut self, allows: bool, value: &[u8]) {
        if self.open && matches!(value.first(), Some(b'/' | b'*')) {
            let pattern = pattern::of_rule(value);
            self.rules.push(Rule { allows, pattern });
        }
    }

    fn wait(&mut self, value: &[u8]) {
        if self.open {
            self.crawl_delay = self.crawl_delay.max(delay(value));
        }
    }
}

fn is_everyone(value: &[u8]) -> bool {
    value
        .strip_prefix(b"*")
        .is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// The value counts as far as it is an identifier: many files say `MyBot/1.0`.
fn names(value: &[u8], product_token: &str) -> bool {
    let named = identifier(value);
    !named.is_empty() && named.eq_ignore_ascii_case(product_token.as_bytes())
}

fn delay(seconds: &[u8]) -> Option<Duration> {
    let seconds = str::from_utf8(seconds).ok()?.parse().ok()?;
    let delay = Duration::try_from_secs_f64(seconds).ok()?;
    (delay <= MAX_CRAWL_DELAY).then_some(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, millis: Option<u64>) {
        let found = group(body.as_bytes(), "bot").crawl_delay;
        assert_eq!(found, millis.map(Duration::from_millis), "{body:?}");
    }

    #[test]
    fn a_delay_is_a_sensible_number_of_seconds() {
        for (value, millis) in [
            ("10", Some(10_000)),
            ("0.25 # seconds", Some(250)),
            (".5", Some(500)),
            ("0", Some(0)),
            ("86400", Some(86_400_000)),
            ("86401", None),
            ("1e300", None),
            ("inf", None),
            ("NaN", None),
            ("-1", None),
            ("-0.0", Some(0)),
            ("", None),
            ("10s", None),
            ("0,5", None),
            ("１", None),
        ] {
            check(&format!("user-agent: bot\ncrawl-delay: {value}"), millis);
        }
    }

    #[test]
    fn a_delay_is_for_those_named_before_it() {
        check("crawl-delay: 1\nuser-agent: bot", None);
        check(
            "user-agent: other\ncrawl-delay: 9\nuser-agent: bot\ndisallow: /",
            None,
        );
        check(
            "user-agent: bot\ncrawl-delay: 1\nuser-agent: other\ncrawl-delay: 2",
            Some(2000),
        );
        check(
            "user-agent: bot\ncrawl-delay: 3\ndisallow:\nuser-agent: other\ncrawl-delay: 9",
            Some(3000),
        );
        check(
            "user-agent: bot\ncrawl-delay: 3\nuser-agent: *\ncrawl-delay: x\nuser-agent: bot\ncrawl-delay: 2",
            Some(3000),
        );
        check(
            "user-agent: *\ncrawl-delay: 4\ndisallow:\nuser-agent: other\ndisallow: /",
            Some(4000),
        );
        check(
            "user-agent: *\ncrawl-delay: 4\ndisallow:\nuser-agent: bot\ndisallow: /",
            None,
        );
    }

    #[test]
    fn only_the_rules_of_the_group_are_kept() {
        let body = b"user-agent: a\ndisallow: /a\nuser-agent: *\ndisallow: /b\nuser-agent: BOT/2 (x)\nallow: /c\ndisallow: d";
        let patterns = |token| -> Vec<_> {
            group(body, token)
                .rules
                .into_iter()
                .map(|rule| rule.pattern)
                .collect()
        };
        assert_eq!(patterns("a"), ["/a"]);
        assert_eq!(patterns("Bot"), ["/c"]);
        assert_eq!(patterns("bots"), ["/b"]);
        assert_eq!(patterns(""), ["/b"]);
        assert_eq!(patterns("*"), ["/b"]);
    }
}
