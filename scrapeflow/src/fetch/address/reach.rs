//! From where an address can be reached, IPv6 addresses that stand for IPv4 ones included.
//!
//! Some that aren't public cannot be told from public ones: a network's own translation prefix (RFC 6052)
//! and ISATAP (RFC 5214) put IPv4 addresses into what is, everywhere else, ordinary global unicast.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::registry::{Block, Reach, smallest};

/// An address that isn't public, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NonPublic {
    address: IpAddr,
    ipv4: Option<Ipv4Addr>,
    reach: Reach,
    block: &'static Block,
}

impl NonPublic {
    /// `None` for a public address.
    pub(super) fn of(address: IpAddr) -> Option<Self> {
        let ipv4 = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => embedded(address),
        };
        let (reach, block) = smallest(ipv4.map_or(address, IpAddr::V4))?;
        (reach != Reach::Public).then_some(Self {
            address,
            ipv4,
            reach,
            block,
        })
    }
}

/// The IPv4 address to which this machine, a translator or a relay takes what is sent to `address`.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        // Unspecified and loopback: they only look IPv4-compatible.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // IPv4-compatible and IPv4-mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => {
            let bits = u32::from(high) << 16 | u32::from(low);
            Some(Ipv4Addr::from_bits(bits))
        }
        _ => None,
    }
}

impl fmt::Display for NonPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.address)?;
        if let Some(ipv4) = self.ipv4 {
            write!(f, "stands for `{ipv4}`, which ")?;
        }
        write!(f, "is {} ({})", self.reach, self.block)
    }
}
