//! Which addresses a request may go to: the guard against server-side request forgery.
//!
//! Takes the address to connect to and the one that redirected there, gives leave or the reason why not.
//! It resolves no names and knows no URLs. What it is asked about must be the very address that is
//! connected to, since a name that is looked up twice may resolve to two.

mod reach;
mod registry;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use reach::NonPublic;

/// Which addresses requests may go to: the guard against pages that lead a crawler into its own network
/// (server-side request forgery). What is public is told by IANA's registries of special-purpose addresses,
/// IPv4 addresses inside of IPv6 ones included; the address that is connected to is judged, at every
/// redirect. Where a proxy connects, only literal addresses in URLs can be judged.
///
/// ```no_run
/// # use scrapeflow::prelude::*;
/// # use scrapeflow::ready::scrape;
/// # use scrapeflow::AddressPolicy;
/// # workflow! { Pages = scrape; }
/// // URLs that strangers handed in.
/// let run = Pages::in_dir("pages").address_policy(AddressPolicy::PublicOnly);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AddressPolicy {
    /// All.
    Any,
    /// All, but a public address redirects only to public ones. Tasks are trusted to name hosts of
    /// one's own network; what the internet answers isn't.
    #[default]
    NoPublicToPrivate,
    /// Only public ones, for tasks that are themselves not trusted.
    PublicOnly,
}

impl AddressPolicy {
    /// Whether whatever `from` redirected to has to be public.
    pub(crate) fn stays_public(self, from: Option<IpAddr>) -> bool {
        match self {
            Self::Any => false,
            Self::NoPublicToPrivate => from.is_some_and(|from| NonPublic::of(from).is_none()),
            Self::PublicOnly => true,
        }
    }

    /// Whether a request may go to `to`. `from` is the address that redirected there, `None` for the
    /// first request of a chain.
    ///
    /// One step back is enough: where every hop was checked, only a public address follows a public one.
    ///
    /// # Errors
    /// If it may not; the message says why.
    pub(crate) fn check(self, from: Option<IpAddr>, to: IpAddr) -> Result<(), Refused> {
        if !self.stays_public(from) {
            return Ok(());
        }
        match (NonPublic::of(to), from) {
            (None, _) => Ok(()),
            (Some(to), Some(from)) if self == Self::NoPublicToPrivate => {
                Err(Refused(to, Rule::Redirect { from }))
            }
            (Some(to), _) => Err(Refused(to, Rule::PublicOnly)),
        }
    }
}

/// Why a request may not go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(NonPublic, Rule);

/// The rule that a request breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Redirect { from: IpAddr },
    PublicOnly,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(to, rule) = self;
        write!(f, "{to}; ")?;
        match rule {
            Rule::Redirect { from } => write!(f, "the public `{from}` must not redirect there"),
            Rule::PublicOnly => f.write_str("only public addresses are allowed"),
        }
    }
}

impl Error for Refused {}
