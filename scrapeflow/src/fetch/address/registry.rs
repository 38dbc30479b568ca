//! The blocks of addresses that aren't public.
//!
//! They are what IANA's special-purpose registries ([IPv4], [IPv6]; as of July 2026) don't call globally
//! reachable, multicast, all of IPv6 that isn't global unicast, and the addresses at which clouds tell
//! machines their credentials. A block lies inside another where it has an answer of its own, and the
//! smallest one counts. Knows nothing of IPv4 addresses inside of IPv6 ones.
//!
//! [IPv4]: https://www.iana.org/assignments/iana-ipv4-special-registry
//! [IPv6]: https://www.iana.org/assignments/iana-ipv6-special-registry

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The smallest block that `address` is in, and from where that can be reached. An address in none is public.
pub(super) fn smallest(address: IpAddr) -> Option<(Reach, &'static Block)> {
    BLOCKS
        .iter()
        .flat_map(|&(reach, blocks)| blocks.iter().map(move |block| (reach, block)))
        .filter(|(_, block)| block.contains(address))
        .max_by_key(|(_, block)| block.length)
}

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// From the whole internet.
    Public,
    /// From this machine.
    Loopback,
    /// From this link.
    LinkLocal,
    /// From one network, or those that an agreement joins.
    Private,
    /// From a machine in a cloud, which is told its credentials there.
    Metadata,
    /// From whoever joined a group; no single host.
    Multicast,
    /// From nowhere, or not as a host.
    Reserved,
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Private => "private",
            Self::Metadata => "a cloud metadata address",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
        })
    }
}

/// The addresses that share a prefix, and who says what they are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    network: IpAddr,
    length: u8,
    source: &'static str,
}

impl Block {
    fn contains(&self, address: IpAddr) -> bool {
        let shared = match (self.network, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => return false,
        };
        shared >= u32::from(self.length)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, {}", self.network, self.length, self.source)
    }
}

const fn v4(octets: [u8; 4], length: u8, source: &'static str) -> Block {
    Block {
        network: IpAddr::V4(Ipv4Addr::from_octets(octets)),
        length,
        source,
    }
}

/// The segments after the `leading` ones are zero.
const fn v6(leading: &[u16], length: u8, source: &'static str) -> Block {
    let mut segments = [0; 8];
    let (start, _) = segments.split_at_mut(leading.len());
    start.copy_from_slice(leading);
    Block {
        network: IpAddr::V6(Ipv6Addr::from_segments(segments)),
        length,
        source,
    }
}

/// All blocks.
pub(super) const BLOCKS: [(Reach, &[Block]); 7] = [
    (Reach::Public, PUBLIC),
    (Reach::Loopback, LOOPBACK),
    (Reach::LinkLocal, LINK_LOCAL),
    (Reach::Private, PRIVATE),
    (Reach::Metadata, METADATA),
    (Reach::Multicast, MULTICAST),
    (Reach::Reserved, RESERVED),
];

/// Only those that lie inside a block that isn't.
const PUBLIC: &[Block] = &[
    v4([192, 0, 0, 9], 32, "Port Control Protocol, RFC 7723"),
    v4([192, 0, 0, 10], 32, "TURN, RFC 8155"),
    v6(&[0x2000], 3, "global unicast, RFC 4291"),
    v6(&[0x2001, 1, 0, 0, 0, 0, 0, 1], 128, "PCP, RFC 7723"),
    v6(&[0x2001, 1, 0, 0, 0, 0, 0, 2], 128, "TURN, RFC 8155"),
    v6(&[0x2001, 1, 0, 0, 0, 0, 0, 3], 128, "DNS-SD, RFC 9665"),
    v6(&[0x2001, 3], 32, "AMT, RFC 7450"),
    v6(&[0x2001, 4, 0x112], 48, "AS112, RFC 7535"),
    v6(&[0x2001, 0x20], 28, "ORCHIDv2, RFC 7343"),
    v6(&[0x2001, 0x30], 28, "Drone Remote ID, RFC 9374"),
];

const LOOPBACK: &[Block] = &[
    v4([127, 0, 0, 0], 8, "RFC 1122"),
    v6(&[0, 0, 0, 0, 0, 0, 0, 1], 128, "RFC 4291"),
];

const LINK_LOCAL: &[Block] = &[
    v4([169, 254, 0, 0], 16, "RFC 3927"),
    v6(&[0xfe80], 10, "RFC 4291"),
];

const PRIVATE: &[Block] = &[
    v4([10, 0, 0, 0], 8, "RFC 1918"),
    v4([100, 64, 0, 0], 10, "carrier-grade NAT, RFC 6598"),
    v4([172, 16, 0, 0], 12, "RFC 1918"),
    v4([192, 168, 0, 0], 16, "RFC 1918"),
    v6(&[0xfc00], 7, "unique local, RFC 4193"),
];

/// Told apart for what they give away; all but Azure's lie in a block that isn't public anyway.
const METADATA: &[Block] = &[
    v4([100, 100, 100, 200], 32, "Alibaba Cloud"),
    // Looks like any public address, and answers only inside of Azure.
    v4([168, 63, 129, 16], 32, "Azure"),
    v4([169, 254, 169, 254], 32, "link-local, RFC 3927"),
    v6(&[0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, "AWS"),
    v6(&[0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, "Google Cloud"),
];

const MULTICAST: &[Block] = &[
    v4([224, 0, 0, 0], 4, "RFC 5771"),
    v6(&[0xff00], 8, "RFC 4291"),
];

const RESERVED: &[Block] = &[
    v4([0, 0, 0, 0], 8, "this network, RFC 791"),
    v4([0, 0, 0, 0], 32, "this host, RFC 1122"),
    v4([192, 0, 0, 0], 24, "IETF protocols, RFC 6890"),
    v4([192, 0, 0, 0], 29, "IPv4 service continuity, RFC 7335"),
    v4([192, 0, 0, 8], 32, "dummy, RFC 7600"),
    v4([192, 0, 0, 170], 31, "NAT64/DNS64 discovery, RFC 8880"),
    v4([192, 0, 2, 0], 24, "documentation, RFC 5737"),
    v4([192, 88, 99, 0], 24, "6to4 relays, deprecated, RFC 7526"),
    v4([192, 88, 99, 2], 32, "6a44 relays, RFC 6751"),
    v4([198, 18, 0, 0], 15, "benchmarking, RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation, RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation, RFC 5737"),
    v4([240, 0, 0, 0], 4, "for future use, RFC 1112"),
    v4([255, 255, 255, 255], 32, "broadcast, RFC 919"),
    v6(&[], 0, "not global unicast, RFC 4291"),
    v6(&[], 128, "unspecified, RFC 4291"),
    // Of the network that one is in: what it translates to isn't known from outside.
    v6(&[0x64, 0xff9b, 1], 48, "local NAT64, RFC 8215"),
    v6(&[0x100], 64, "discard-only, RFC 6666"),
    v6(&[0x100, 0, 0, 1], 64, "dummy, RFC 9780"),
    v6(&[0x2001], 23, "IETF protocols, RFC 2928"),
    // Holds two IPv4 addresses, a server's and a NAT's, and no host that serves the web.
    v6(&[0x2001], 32, "Teredo, RFC 4380"),
    v6(&[0x2001, 2], 48, "benchmarking, RFC 5180"),
    v6(&[0x2001, 0x10], 28, "ORCHID, deprecated, RFC 4843"),
    v6(&[0x2001, 0xdb8], 32, "documentation, RFC 3849"),
    v6(&[0x3fff], 20, "documentation, RFC 9637"),
    v6(&[0x5f00], 16, "segment routing, RFC 9602"),
    v6(&[0xfec0], 10, "site-local, deprecated, RFC 3879"),
];
