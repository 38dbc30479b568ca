//! The lines of a robots.txt that say something, in their order.
//!
//! Knows the words and their typos, not what they mean together.

/// How much of a robots.txt counts, in octets: the 500 KiB that RFC 9309 (2.5) asks for at least.
///
/// Whoever fetches reads one octet more, so that it shows when the last line is cut.
pub(crate) const MAX_OCTETS: usize = 500 * 1024;

/// As much of a line as counts: what Google's parser reads, eight times the longest URL of old browsers.
const MAX_LINE: usize = 8 * 2083 - 1;

const BYTE_ORDER_MARK: [u8; 3] = *b"\xef\xbb\xbf";

/// A line with its value, free of white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record<'a> {
    UserAgent(&'a [u8]),
    Allow(&'a [u8]),
    Disallow(&'a [u8]),
    CrawlDelay(&'a [u8]),
}

/// Reads the records of a file. Lines end with CR, LF or both.
pub(super) fn records(body: &[u8]) -> impl Iterator<Item = Record<'_>> {
    whole_lines(without_mark(body))
        .split(|&octet| octet == b'\n' || octet == b'\r')
        .filter_map(record)
}

/// Also without the half of a mark that some editors leave.
fn without_mark(mut body: &[u8]) -> &[u8] {
    for octet in BYTE_ORDER_MARK {
        match body.split_first() {
            Some((&first, rest)) if first == octet => body = rest,
            _ => break,
        }
    }
    body
}

/// Without the line that the limit cuts: half of `Allow: /private` is `Allow: /`.
fn whole_lines(body: &[u8]) -> &[u8] {
    let Some(within) = body.get(..=MAX_OCTETS) else {
        return body;
    };
    let end = within.iter().rposition(|octet| b"\r\n".contains(octet));
    &within[..end.unwrap_or(0)]
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    let line = &line[..line.len().min(MAX_LINE)];
    let line = line.split(|&octet| octet == b'#').next()?.trim_ascii();
    let colon = line.iter().position(|&octet| octet == b':');
    let end = colon.or_else(|| forgotten_colon(line))?;
    let value = line[end + 1..].trim_ascii();
    let known = |words: &[&str]| {
        let key = line[..end].trim_ascii_end();
        words
            .iter()
            .any(|word| key.eq_ignore_ascii_case(word.as_bytes()))
    };
    if known(&[
        "disallow",
        "dissallow",
        "dissalow",
        "disalow",
        "diasllow",
        "disallaw",
    ]) {
        Some(Record::Disallow(value))
    } else if known(&["allow"]) {
        Some(Record::Allow(value))
    } else if known(&["user-agent", "useragent", "user agent"]) {
        Some(Record::UserAgent(value))
    } else if known(&["crawl-delay", "crawldelay", "crawl delay"]) {
        Some(Record::CrawlDelay(value))
    } else {
        None
    }
}

/// White space stands for the colon if there are two words and no more: all else is prose.
fn forgotten_colon(line: &[u8]) -> Option<usize> {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let end = line.iter().position(blank)?;
    let value = line[end..].trim_ascii_start();
    (!value.iter().any(blank)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], expected: &[Record<'_>]) {
        let found: Vec<_> = records(body).collect();
        assert_eq!(found, expected, "{:?}", body.escape_ascii().to_string());
    }

    #[test]
    fn words_are_known_in_any_case_and_with_their_typos() {
        use Record::{Allow, CrawlDelay, Disallow, UserAgent};
        for (line, record) in [
            ("User-agent: a", UserAgent(b"a")),
            ("useragent:a", UserAgent(b"a")),
            ("USER AGENT : a", UserAgent(b"a")),
            ("user-agent a", UserAgent(b"a")),
            ("  allow \t:\t /x y # z", Allow(b"/x y")),
            ("Allow /x#y", Allow(b"/x")),
            ("Disallow:", Disallow(b"")),
            ("disalow: /a:b", Disallow(b"/a:b")),
            ("Dissallow: /", Disallow(b"/")),
            ("crawldelay: 1", CrawlDelay(b"1")),
            ("Crawl Delay: .5", CrawlDelay(b".5")),
        ] {
            check(line.as_bytes(), &[record]);
        }
        for line in [
            "",
            "#",
            ":",
            ": /",
            "disallow",
            "disallow ",
            "disallow / x",
            "allowed: /",
            "sitemap: /",
            "# allow: /",
            "<p>disallow: /</p>",
        ] {
            check(line.as_bytes(), &[]);
        }
    }

    #[test]
    fn what_the_limit_cuts_does_not_count() {
        let first = "allow: /a\n";
        for (padding, counts) in [(MAX_OCTETS - 20, true), (MAX_OCTETS - 19, false)] {
            let second = format!("{first}{}\nallow: /bb", "#".repeat(padding - 1));
            for after in ["c", "\n", "\r\nallow: /c"] {
                let body = format!("{second}{after}");
                let whole = counts && after != "c";
                let expected = [Record::Allow(b"/a"), Record::Allow(b"/bb")];
                check(body.as_bytes(), &expected[..=usize::from(whole)]);
            }
        }
        check(&vec![b'x'; MAX_OCTETS + 1], &[]);
    }
}
