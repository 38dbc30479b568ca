//! What holds for every robots.txt, whatever it is.
//!
//! Files come from the fuzz target `robots` and from its corpus, which every test run replays. What a file
//! means is said twice: by the rules that are kept, and by the letter of the RFC, which tries all that a
//! star can stand for.

use std::collections::HashSet;

use url::{Position, Url};

use super::group::{self, Rule};
use super::{MAX_OCTETS, Meaning, Refusal, Rules, pattern};

/// Crawlers that the corpus names, one that it doesn't, and what no crawler may be called.
const TOKENS: [&str; 4] = ["bot", "scrapeflow", "", "*"];

/// What is asked for in any case; beside that, what the rules are about.
const PATHS: [&str; 6] = [
    "",
    "?",
    "a/b?c=d",
    "%2F%e4*$",
    "aaaaaaaaaaaaaaaaaaaa",
    "robots.txt",
];

/// The letter of the RFC takes the square of these, in octets.
const LONGEST: usize = 300;

/// So many rules are asked about.
const MOST: usize = 20;

/// Panics if `file` breaks a promise of this module.
pub(crate) fn check_invariants(file: &[u8]) {
    for token in TOKENS {
        let rules = Rules::parse(file, token);
        assert_eq!(Meaning::Parse.rules(file, token), rules);
        assert!(
            rules
                .crawl_delay()
                .is_none_or(|delay| delay.as_secs() <= 86_400)
        );
        check_spellings(file, token, &rules);
        check_lines(&rules);
        let group = group::group(file, token).rules;
        for url in urls(&group) {
            check_url(&url, &rules, &group);
        }
    }
}

/// What says the same means the same.
fn check_spellings(file: &[u8], token: &str, rules: &Rules) {
    let limit = file.len().min(MAX_OCTETS + 1);
    assert_eq!(
        &Rules::parse(&file[..limit], token),
        rules,
        "what is over the limit"
    );
    assert_eq!(&Rules::parse(file, &token.to_uppercase()), rules, "loud");
    if file.len() * 2 >= MAX_OCTETS {
        return;
    }
    let commented = [file, b"\n# disallow: /"].concat();
    assert_eq!(&Rules::parse(&commented, token), rules, "with a comment");
    let lines: Vec<&[u8]> = file.split(|octet| *octet == b'\n').collect();
    assert_eq!(
        &Rules::parse(&lines.join(&b"\r\n"[..]), token),
        rules,
        "CR LF"
    );
    assert_eq!(&Rules::parse(&lines.join(&b"\r"[..]), token), rules, "CR");
    if file.first().is_none_or(u8::is_ascii) {
        let marked = [b"\xef\xbb\xbf", file].concat();
        assert_eq!(&Rules::parse(&marked, token), rules, "with a mark");
    }
}

/// Each rule is kept once, those that win first, spelled so that it stays as it is.
fn check_lines(rules: &Rules) {
    let mut seen = HashSet::new();
    let mut longest = usize::MAX;
    for line in rules.lines.lines() {
        assert!(
            matches!(line.as_bytes(), [b'+' | b'-', b'/' | b'*', ..]),
            "{line}"
        );
        assert!(seen.insert(line), "{line} comes twice");
        assert!(line.len() <= longest, "{line} comes too late");
        longest = line.len();
        assert_eq!(pattern::of_rule(&line.as_bytes()[1..]), line[1..]);
    }
}

/// Some that every file is asked about, and some that its own rules are about.
fn urls(group: &[Rule]) -> Vec<Url> {
    let own = group.iter().take(MOST).map(|rule| rule.pattern.as_str());
    let own = own.flat_map(|pattern| {
        let bare = pattern.trim_start_matches(['/', '*']);
        [bare.to_owned(), bare.replace('*', "x").replace('$', "")]
    });
    let paths = PATHS.into_iter().map(str::to_owned).chain(own);
    paths
        .filter(|path| path.len() <= LONGEST)
        .map(|path| format!("https://example.com/{path}"))
        .map(|url| url.parse().expect("a path can hold anything"))
        .collect()
}

/// The longest rule that matches decides, of equal ones that which allows.
fn check_url(url: &Url, rules: &Rules, group: &[Rule]) {
    let refusing = rules.refusing(url);
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let path = pattern::spell(path.as_bytes());
    if path == "/robots.txt" {
        assert_eq!(refusing, None, "how would one know?");
        return;
    }
    if group.iter().any(|rule| rule.pattern.len() > LONGEST) || group.len() > MOST {
        return;
    }
    let matching = group
        .iter()
        .filter(|rule| by_the_letter(rule.pattern.as_bytes(), path.as_bytes()));
    let winner = matching.max_by_key(|rule| (rule.pattern.len(), rule.allows));
    let refused = winner.is_some_and(|rule| !rule.allows);
    assert_eq!(refusing.is_some(), refused, "{path} {rules:?}");
    if let Some(Refusal::Rule(rule)) = refusing {
        let alone = format!("user-agent: *\ndisallow: {rule}");
        assert_eq!(
            Rules::parse(alone.as_bytes(), "bot").refusing(url),
            Some(Refusal::Rule(rule))
        );
    }
}

/// Whether the pattern matches the path from its beginning: every way in which stars can match is followed
/// at once.
fn by_the_letter(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix(b"$") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    // Where in the path the pattern may have got to.
    let mut at = vec![false; path.len() + 1];
    at[0] = true;
    for octet in pattern {
        if *octet == b'*' {
            let first = at.iter().position(|here| *here).unwrap_or(at.len());
            at[first..].fill(true);
        } else {
            let before = at.clone();
            at[0] = false;
            for (place, found) in path.iter().enumerate() {
                at[place + 1] = before[place] && found == octet;
            }
        }
    }
    if to_the_end {
        at[path.len()]
    } else {
        at.contains(&true)
    }
}
