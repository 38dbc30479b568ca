//! The part of a target behind its question mark.

use std::str::FromStr;

use super::paths::Refusal;

/// What every path understands, so that no path takes it for its own.
const OF_EVERY_PATH: [&str; 3] = ["times", "delay", "gate"];

/// Decoded names and values, in order.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=2`. It has no errors: what is not encoded well stays as it is.
    pub(super) fn parse(text: &str) -> Self {
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// The first value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// The first value of that name as a number.
    pub(super) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, Refusal> {
        let number = |value: &str| {
            let number = value.parse().ok();
            number.ok_or_else(|| {
                Refusal::bad_request(format!("`{name}={value}` is not a number that fits"))
            })
        };
        self.get(name).map(number).transpose()
    }

    /// The pairs that only this path understands.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self
            .0
            .iter()
            .filter(|(name, _)| !OF_EVERY_PATH.contains(&name.as_str()));
        own.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Undoes percent-encoding, and `+` for a space as forms have it.
fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, length) = match (first, escaped(tail)) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            _ => (*first, 1),
        };
        decoded.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The byte that these begin with as two hexadecimal digits.
fn escaped(bytes: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(bytes.get(..2)?).ok()?;
    // A number may have a sign, an escape may not.
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn values_are_decoded() {
        let query = Query::parse("a=1+%2B1&b=%C3%BC&a=2&times=3&bad=%2&worse=%+1&empty&");
        let own: Vec<_> = query.own().collect();
        assert_eq!(
            own,
            [
                ("a", "1 +1"),
                ("b", "ü"),
                ("a", "2"),
                ("bad", "%2"),
                ("worse", "% 1"),
                ("empty", "")
            ]
        );
        assert_eq!(query.get("a"), Some("1 +1"));
        assert_eq!(query.get("c"), None);
    }

    #[test]
    fn a_number_that_cannot_be_read_is_refused() {
        let query = Query::parse("n=300&no=x");
        assert_eq!(query.number::<u64>("n").unwrap(), Some(300));
        assert_eq!(query.number::<u64>("none").unwrap(), None);
        assert!(query.number::<u8>("n").is_err());
        assert!(query.number::<u64>("no").is_err());
    }
}
