//! How rules and paths are spelled so that they can be compared, and how they are.
//!
//! Both are spelled alike (2.2.2): unreserved characters plainly, reserved ones
//! as they stand, since `/` is not `%2F`, all else percent-encoded. A rule's `*`
//! and its last `$` stay bare, any other is `%2A` and `%24` (2.2.3), so that
//! what is bare is special.

use std::fmt::Write as _;

/// Spells a rule's path.
pub(super) fn of_rule(value: &[u8]) -> String {
    let (value, end) = match value.strip_suffix(b"$") {
        Some(value) => (value, "$"),
        None => (value, ""),
    };
    let parts: Vec<_> = value.split(|&octet| octet == b'*').map(spell).collect();
    parts.join("*") + end
}

/// Spells a URL's path and query, or a part of a rule without special characters.
pub(super) fn spell(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((&octet, after)) = rest.split_first() {
        let encoded = if octet == b'%' { octet_of(after) } else { None };
        let (octet, plain) = match encoded {
            Some(octet) => (octet, is_unreserved(octet)),
            None => (octet, is_unreserved(octet) || is_reserved(octet)),
        };
        rest = if encoded.is_some() {
            &after[2..]
        } else {
            after
        };
        if plain {
            out.push(char::from(octet));
        } else {
            write!(out, "%{octet:02X}").expect("a string takes whatever is written");
        }
    }
    out
}

/// Whether the pattern matches the path from its beginning, each part as early as it can.
///
/// That finds a match if there is one, in one pass over both, whatever the number of `*`.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*').peekable();
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return if to_the_end {
                rest.ends_with(part)
            } else {
                rest.contains(part)
            };
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    !to_the_end || rest.is_empty()
}

fn octet_of(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
}

/// RFC 3986's, without `*` and `$`, and without `'`, which URLs encode in one place and not in another.
fn is_reserved(octet: u8) -> bool {
    b":/?#[]@!&()+,;=".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_paths_are_spelled_alike() {
        for (value, rule, path) in [
            ("/a-b_c.d~e", "/a-b_c.d~e", "/a-b_c.d~e"),
            ("/%61%7e%2D", "/a~-", "/a~-"),
            ("/%2f%3f/?a=b&c", "/%2F%3F/?a=b&c", "/%2F%3F/?a=b&c"),
            ("/ä ツ", "/%C3%A4%20%E3%83%84", "/%C3%A4%20%E3%83%84"),
            (
                "/\"<>\\^`{|}'\u{7f}",
                "/%22%3C%3E%5C%5E%60%7B%7C%7D%27%7F",
                "/%22%3C%3E%5C%5E%60%7B%7C%7D%27%7F",
            ),
            (
                "/100%/%4/%zz%",
                "/100%25/%254/%25zz%25",
                "/100%25/%254/%25zz%25",
            ),
            ("/*a$b%2A%24$", "/*a%24b%2A%24$", "/%2Aa%24b%2A%24%24"),
            ("/**%4*1$$", "/**%254*1%24$", "/%2A%2A%254%2A1%24%24"),
        ] {
            assert_eq!(of_rule(value.as_bytes()), rule, "{value}");
            assert_eq!(of_rule(rule.as_bytes()), rule, "{value}");
            assert_eq!(spell(value.as_bytes()), path, "{value}");
            assert_eq!(spell(path.as_bytes()), path, "{value}");
        }
        assert_eq!(spell(b"/\xff\0\n"), "/%FF%00%0A");
    }

    #[test]
    fn stars_match_anything_and_the_dollar_the_end() {
        for (pattern, matching, others) in [
            ("/a", &["/a", "/ab", "/a/b"][..], &["/", "/A", "/b/a"][..]),
            ("/a$", &["/a"], &["/a/", "/aa"]),
            ("/a*", &["/a", "/ab"], &["/b"]),
            ("/*a", &["/a", "/ba", "/bab"], &["/", "/b"]),
            ("*/a*b/c", &["/a/b/c", "/x/abb/cd"], &["/a/c/b", "/b/a/c"]),
            ("/a*a$", &["/aa", "/aba", "/aaaa"], &["/a", "/ab", "/aab"]),
            ("/*ab$", &["/ab", "/abab", "/xab"], &["/aba", "/b"]),
            ("/a*$", &["/a", "/abc"], &["/b"]),
            ("/**a", &["/a", "/ba"], &["/"]),
            ("$", &[""], &["/"]),
            ("*", &["", "/"], &[]),
            ("*$", &["", "/"], &[]),
        ] {
            for path in matching {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in others {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
    }
}
