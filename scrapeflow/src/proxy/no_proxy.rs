//! That there is no proxy to be had.

use std::fmt;
use std::time::Duration;

/// Why there is no proxy for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoProxy {
    /// There is none that goes out from that country.
    Country {
        /// What was asked for.
        wanted: String,
        /// Where there are some.
        there: Vec<Box<str>>,
    },
    /// All have failed, and none is due to be tried again.
    NoneLive {
        /// What was asked for.
        country: Option<String>,
        /// How many there are.
        of: usize,
        /// When the first is tried again.
        next: Duration,
    },
}

impl fmt::Display for NoProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country { wanted, there } if there.is_empty() => {
                write!(
                    f,
                    "no proxy is said to be of country `{wanted}`, nor of any other"
                )
            }
            Self::Country { wanted, there } => {
                const MOST: usize = 20;
                let more = if there.len() > MOST { ", …" } else { "" };
                let there = &there[..there.len().min(MOST)];
                write!(
                    f,
                    "no proxy of country `{wanted}`; there are {}{more}",
                    there.join(", ")
                )
            }
            Self::NoneLive { country, of, .. } => {
                let country = country.as_deref().map(|country| format!(" of `{country}`"));
                let country = country.unwrap_or_default();
                write!(
                    f,
                    "no live proxy{country}: all {of} have failed and are left alone for a while"
                )
            }
        }
    }
}

impl std::error::Error for NoProxy {}
