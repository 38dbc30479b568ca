//! What it means how the fetch of a robots.txt ended, by RFC 9309 (2.3.1 and 2.4).

use std::time::Duration;

use super::Rules;

/// Redirects to follow from a robots.txt, also to other hosts; what they lead to is the first host's.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// How the fetch of a robots.txt ended, redirects followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The status of the last answer, its body whole or read up to the limit.
    Status(u16),
    /// More redirects than [`MAX_REDIRECTS`].
    TooManyRedirects,
    /// No answer, or one that broke off: no address, no connection, TLS, a timeout.
    Unreachable,
}

/// What a crawler may do after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// What [`Rules::parse`] reads from the body.
    Parse,
    /// Everything: the site has no rules.
    AllowAll,
    /// Nothing: the site has rules, or not, but cannot say.
    DisallowAll,
}

impl Answer {
    /// Says what the answer means.
    ///
    /// `429 Too Many Requests` is among those that tell of trouble, as Google has it: whoever asks for
    /// fewer requests does not give leave for all of them. The RFC lets a crawler fetch after any 4xx,
    /// it doesn't ask for it. `401` and `403` say that there is nothing to read, and mean no more.
    pub(crate) fn meaning(self) -> Meaning {
        match self {
            Self::Status(200..=299) => Meaning::Parse,
            Self::Status(429) | Self::Unreachable => Meaning::DisallowAll,
            Self::Status(300..=499) | Self::TooManyRedirects => Meaning::AllowAll,
            Self::Status(_) => Meaning::DisallowAll,
        }
    }
}

impl Meaning {
    /// For how long it counts: a day, but five minutes where the site only was in trouble.
    ///
    /// Rules that were read before the trouble may count on (2.4).
    pub(crate) fn lasts(self) -> Duration {
        match self {
            Self::Parse | Self::AllowAll => Duration::from_secs(24 * 60 * 60),
            Self::DisallowAll => Duration::from_secs(5 * 60),
        }
    }

    /// The rules that follow. The body is read only if it means something.
    pub(crate) fn rules(self, body: &[u8], product_token: &str) -> Rules {
        match self {
            Self::Parse => Rules::parse(body, product_token),
            Self::AllowAll => Rules::allow_all(),
            Self::DisallowAll => Rules::disallow_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_decides() {
        for (answer, meaning) in [
            (Answer::Status(200), Meaning::Parse),
            (Answer::Status(204), Meaning::Parse),
            (Answer::Status(299), Meaning::Parse),
            (Answer::Status(301), Meaning::AllowAll),
            (Answer::Status(400), Meaning::AllowAll),
            (Answer::Status(401), Meaning::AllowAll),
            (Answer::Status(403), Meaning::AllowAll),
            (Answer::Status(404), Meaning::AllowAll),
            (Answer::Status(410), Meaning::AllowAll),
            (Answer::Status(429), Meaning::DisallowAll),
            (Answer::Status(499), Meaning::AllowAll),
            (Answer::Status(500), Meaning::DisallowAll),
            (Answer::Status(503), Meaning::DisallowAll),
            (Answer::Status(599), Meaning::DisallowAll),
            (Answer::Status(100), Meaning::DisallowAll),
            (Answer::Status(999), Meaning::DisallowAll),
            (Answer::TooManyRedirects, Meaning::AllowAll),
            (Answer::Unreachable, Meaning::DisallowAll),
        ] {
            assert_eq!(answer.meaning(), meaning, "{answer:?}");
        }
    }

    #[test]
    fn the_body_counts_only_if_it_is_one_of_a_robots_txt() {
        let body = b"user-agent: *\ndisallow: /a";
        assert_eq!(Meaning::Parse.rules(body, "bot"), Rules::parse(body, "bot"));
        assert_eq!(Meaning::AllowAll.rules(body, "bot"), Rules::allow_all());
        assert_eq!(
            Meaning::DisallowAll.rules(body, "bot"),
            Rules::disallow_all()
        );
    }
}
