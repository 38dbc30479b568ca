//! What a site's robots.txt asks of a crawler, by RFC 9309.
//!
//! Takes the octets of the file and the crawler's product token, gives the
//! rules of the one group that applies to it; [`Answer`] says what it means
//! when there is no file to read. It fetches nothing, knows no clock and no
//! hosts: whoever asks keeps the rules per scheme, host and port.
//!
//! What is lenient is so in favour of the site: common typos, forgotten
//! colons, `User-agent: MyBot/1.0`. Google's parser, which most files were
//! tried on, is followed wherever the RFC leaves the choice.

use std::fmt;
use std::time::Duration;

use url::{Position, Url};

use crate::error::shortened;

mod answer;
mod group;
#[cfg(any(test, fuzzing))]
mod invariants;
mod pattern;
mod product;
mod record;
#[cfg(test)]
mod tests;

pub(crate) use answer::{Answer, MAX_REDIRECTS, Meaning};
#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;
pub(crate) use product::product_token;
pub(crate) use record::MAX_OCTETS;

/// The rules that one site has for one crawler.
///
/// Some 30 octets and the text of the rules: made to be kept for every host
/// of a large crawl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    /// A line for each rule, `+` or `-` and its pattern, those that win first:
    /// one allocation, whatever the number of rules.
    lines: Box<str>,
    crawl_delay: Option<Duration>,
    /// Whether the site cannot say what they are.
    unreadable: bool,
}

/// Why something is disallowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal<'a> {
    /// By the rule with this pattern.
    Rule(&'a str),
    /// Since the rules cannot be read.
    Unreadable,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(pattern) => {
                write!(f, "disallows it (`Disallow: {}`)", shortened(pattern))
            }
            Self::Unreadable => {
                f.write_str("cannot be read, which disallows everything (RFC 9309)")
            }
        }
    }
}

impl Rules {
    /// Reads the rules for `product_token`, see [`product_token()`], or for `*`
    /// if no group names it. Whatever the octets are: what cannot be read is skipped.
    ///
    /// Of the body at most [`MAX_OCTETS`] count.
    pub(crate) fn parse(body: &[u8], product_token: &str) -> Self {
        let group = group::group(body, product_token);
        let mut rules = group.rules;
        // The most octets win; of rules as long as each other, one that allows.
        rules.sort_unstable_by(|a, b| {
            let longer = b.pattern.len().cmp(&a.pattern.len());
            let kinder = b.allows.cmp(&a.allows);
            longer.then(kinder).then_with(|| a.pattern.cmp(&b.pattern))
        });
        rules.dedup_by(|a, b| a.pattern == b.pattern);
        let mut lines = String::with_capacity(rules.iter().map(|r| r.pattern.len() + 2).sum());
        for rule in rules {
            lines.push(if rule.allows { '+' } else { '-' });
            lines.push_str(&rule.pattern);
            lines.push('\n');
        }
        Self {
            lines: lines.into_boxed_str(),
            crawl_delay: group.crawl_delay,
            unreadable: false,
        }
    }

    /// The rules of a site that has none.
    pub(crate) fn allow_all() -> Self {
        Self {
            lines: "".into(),
            crawl_delay: None,
            unreadable: false,
        }
    }

    /// The rules of a site that cannot say what they are.
    pub(crate) fn disallow_all() -> Self {
        Self {
            lines: "".into(),
            crawl_delay: None,
            unreadable: true,
        }
    }

    /// Why `url` is disallowed, if it is; of it only path and query count.
    ///
    /// A rule is spelled canonically: percent-encoded where it need be, and only there.
    pub(crate) fn refusing(&self, url: &Url) -> Option<Refusal<'_>> {
        let path = pattern::spell(url[Position::BeforePath..Position::AfterQuery].as_bytes());
        if path == "/robots.txt" {
            return None;
        }
        if self.unreadable {
            return Some(Refusal::Unreadable);
        }
        let mut lines = self.lines.lines();
        let winner = lines.find(|line| pattern::matches(&line[1..], &path))?;
        winner.strip_prefix('-').map(Refusal::Rule)
    }

    /// Whether the crawler may fetch `url`.
    #[cfg(test)]
    pub(crate) fn allows(&self, url: &Url) -> bool {
        self.refusing(url).is_none()
    }

    /// The time to let pass between two requests, at most a day.
    ///
    /// Not in the RFC, but in many files. Of several the longest; one that is
    /// negative, no number or longer than a day is none.
    pub(crate) fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}
