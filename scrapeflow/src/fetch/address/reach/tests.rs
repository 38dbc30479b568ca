use super::super::registry::BLOCKS;
use super::Reach::{LinkLocal, Loopback, Metadata, Multicast, Private, Public, Reserved};
use super::*;

/// Blocks, with the reach of the address before one, of its first and last, and of the one after; the
/// last address is before the first. Every row of IANA's registries has a line, in their order, those
/// that are globally reachable too.
const EDGES: &[(&str, Reach, Reach, Reach)] = &[
    // IPv4 Special-Purpose Address Registry.
    ("0.0.0.0/8", Reserved, Reserved, Public),
    ("0.0.0.0/32", Reserved, Reserved, Reserved),
    ("10.0.0.0/8", Public, Private, Public),
    ("100.64.0.0/10", Public, Private, Public),
    ("127.0.0.0/8", Public, Loopback, Public),
    ("169.254.0.0/16", Public, LinkLocal, Public),
    ("172.16.0.0/12", Public, Private, Public),
    ("192.0.0.0/24", Public, Reserved, Public),
    ("192.0.0.0/29", Public, Reserved, Reserved),
    ("192.0.0.8/32", Reserved, Reserved, Public),
    ("192.0.0.9/32", Reserved, Public, Public),
    ("192.0.0.10/32", Public, Public, Reserved),
    ("192.0.0.170/31", Reserved, Reserved, Reserved),
    ("192.0.2.0/24", Public, Reserved, Public),
    ("192.31.196.0/24", Public, Public, Public),
    ("192.52.193.0/24", Public, Public, Public),
    ("192.88.99.0/24", Public, Reserved, Public),
    ("192.88.99.2/32", Reserved, Reserved, Reserved),
    ("192.168.0.0/16", Public, Private, Public),
    ("192.175.48.0/24", Public, Public, Public),
    ("198.18.0.0/15", Public, Reserved, Public),
    ("198.51.100.0/24", Public, Reserved, Public),
    ("203.0.113.0/24", Public, Reserved, Public),
    ("240.0.0.0/4", Multicast, Reserved, Reserved),
    ("255.255.255.255/32", Reserved, Reserved, Reserved),
    // IPv6 Special-Purpose Address Registry.
    ("::1/128", Reserved, Loopback, Reserved),
    ("::/128", Multicast, Reserved, Loopback),
    ("::ffff:0:0/96", Reserved, Reserved, Reserved),
    ("64:ff9b::/96", Reserved, Reserved, Reserved),
    ("64:ff9b:1::/48", Reserved, Reserved, Reserved),
    ("100::/64", Reserved, Reserved, Reserved),
    ("100:0:0:1::/64", Reserved, Reserved, Reserved),
    ("2001::/23", Public, Reserved, Public),
    ("2001::/32", Public, Reserved, Reserved),
    ("2001:1::1/128", Reserved, Public, Public),
    ("2001:1::2/128", Public, Public, Public),
    ("2001:1::3/128", Public, Public, Reserved),
    ("2001:2::/48", Reserved, Reserved, Reserved),
    ("2001:3::/32", Reserved, Public, Reserved),
    ("2001:4:112::/48", Reserved, Public, Reserved),
    ("2001:10::/28", Reserved, Reserved, Public),
    ("2001:20::/28", Reserved, Public, Public),
    ("2001:30::/28", Public, Public, Reserved),
    ("2001:db8::/32", Public, Reserved, Public),
    ("2002::/16", Public, Reserved, Public),
    ("2620:4f:8000::/48", Public, Public, Public),
    ("3fff::/20", Public, Reserved, Public),
    ("5f00::/16", Reserved, Reserved, Reserved),
    ("fc00::/7", Reserved, Private, Reserved),
    ("fe80::/10", Reserved, LinkLocal, Reserved),
    // In other registries.
    ("224.0.0.0/4", Public, Multicast, Reserved),
    ("ff00::/8", Reserved, Multicast, Reserved),
    ("2000::/3", Reserved, Public, Reserved),
    ("fec0::/10", LinkLocal, Reserved, Multicast),
    // At clouds.
    ("100.100.100.200/32", Private, Metadata, Private),
    ("168.63.129.16/32", Public, Metadata, Public),
    ("169.254.169.254/32", LinkLocal, Metadata, LinkLocal),
    ("fd00:ec2::254/128", Private, Metadata, Private),
    ("fd20:ce::254/128", Private, Metadata, Private),
];

/// How an address of each block that isn't public is told.
const TOLD: &str = "\
`0.1.2.3` is reserved (0.0.0.0/8, this network, RFC 791)
`0.0.0.0` is reserved (0.0.0.0/32, this host, RFC 1122)
`10.0.0.1` is private (10.0.0.0/8, RFC 1918)
`100.64.0.1` is private (100.64.0.0/10, carrier-grade NAT, RFC 6598)
`127.0.0.1` is loopback (127.0.0.0/8, RFC 1122)
`169.254.0.1` is link-local (169.254.0.0/16, RFC 3927)
`172.16.0.1` is private (172.16.0.0/12, RFC 1918)
`192.0.0.11` is reserved (192.0.0.0/24, IETF protocols, RFC 6890)
`192.0.0.1` is reserved (192.0.0.0/29, IPv4 service continuity, RFC 7335)
`192.0.0.8` is reserved (192.0.0.8/32, dummy, RFC 7600)
`192.0.0.170` is reserved (192.0.0.170/31, NAT64/DNS64 discovery, RFC 8880)
`192.0.2.1` is reserved (192.0.2.0/24, documentation, RFC 5737)
`192.88.99.1` is reserved (192.88.99.0/24, 6to4 relays, deprecated, RFC 7526)
`192.88.99.2` is reserved (192.88.99.2/32, 6a44 relays, RFC 6751)
`192.168.0.1` is private (192.168.0.0/16, RFC 1918)
`198.18.0.1` is reserved (198.18.0.0/15, benchmarking, RFC 2544)
`198.51.100.1` is reserved (198.51.100.0/24, documentation, RFC 5737)
`203.0.113.1` is reserved (203.0.113.0/24, documentation, RFC 5737)
`224.0.0.1` is multicast (224.0.0.0/4, RFC 5771)
`240.0.0.1` is reserved (240.0.0.0/4, for future use, RFC 1112)
`255.255.255.255` is reserved (255.255.255.255/32, broadcast, RFC 919)
`100.100.100.200` is a cloud metadata address (100.100.100.200/32, Alibaba Cloud)
`168.63.129.16` is a cloud metadata address (168.63.129.16/32, Azure)
`169.254.169.254` is a cloud metadata address (169.254.169.254/32, link-local, RFC 3927)
`::1` is loopback (::1/128, RFC 4291)
`::` is reserved (::/128, unspecified, RFC 4291)
`64:ff9b:1::1` is reserved (64:ff9b:1::/48, local NAT64, RFC 8215)
`100::1` is reserved (100::/64, discard-only, RFC 6666)
`100:0:0:1::1` is reserved (100:0:0:1::/64, dummy, RFC 9780)
`2001:1::` is reserved (2001::/23, IETF protocols, RFC 2928)
`2001::1` is reserved (2001::/32, Teredo, RFC 4380)
`2001:2::1` is reserved (2001:2::/48, benchmarking, RFC 5180)
`2001:10::1` is reserved (2001:10::/28, ORCHID, deprecated, RFC 4843)
`2001:db8::1` is reserved (2001:db8::/32, documentation, RFC 3849)
`3fff::1` is reserved (3fff::/20, documentation, RFC 9637)
`5f00::1` is reserved (5f00::/16, segment routing, RFC 9602)
`fc00::1` is private (fc00::/7, unique local, RFC 4193)
`fe80::1` is link-local (fe80::/10, RFC 4291)
`fec0::1` is reserved (fec0::/10, site-local, deprecated, RFC 3879)
`ff02::1` is multicast (ff00::/8, RFC 4291)
`4000::1` is reserved (::/0, not global unicast, RFC 4291)
`fd00:ec2::254` is a cloud metadata address (fd00:ec2::254/128, AWS)
`fd20:ce::254` is a cloud metadata address (fd20:ce::254/128, Google Cloud)
`::a00:1` stands for `10.0.0.1`, which is private (10.0.0.0/8, RFC 1918)
`::ffff:169.254.169.254` stands for `169.254.169.254`, which is a cloud metadata address (169.254.169.254/32, link-local, RFC 3927)
`64:ff9b::7f00:1` stands for `127.0.0.1`, which is loopback (127.0.0.0/8, RFC 1122)
`2002:a00:1::1` stands for `10.0.0.1`, which is private (10.0.0.0/8, RFC 1918)
";

fn reach(address: IpAddr) -> Reach {
    NonPublic::of(address).map_or(Public, |found| found.reach)
}

/// The address before a block, its first, its last, and the one after it.
fn edges(block: &str) -> [IpAddr; 4] {
    let (network, length) = block.split_once('/').unwrap();
    let length = length.parse().unwrap();
    match network.parse().unwrap() {
        IpAddr::V4(network) => {
            let first = network.to_bits();
            let last = first | u32::MAX.checked_shr(length).unwrap_or(0);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                .map(|bits| Ipv4Addr::from_bits(bits).into())
        }
        IpAddr::V6(network) => {
            let first = network.to_bits();
            let last = first | u128::MAX.checked_shr(length).unwrap_or(0);
            [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                .map(|bits| Ipv6Addr::from_bits(bits).into())
        }
    }
}

#[test]
fn blocks_end_where_the_registries_say() {
    for &(block, before, inside, after) in EDGES {
        let addresses = edges(block);
        assert_eq!(
            addresses.map(reach),
            [before, inside, inside, after],
            "{block}: {addresses:?}"
        );
    }
}

#[test]
fn every_block_is_told_and_has_edges() {
    for line in TOLD.lines() {
        let address = line.split('`').nth(1).unwrap().parse().unwrap();
        assert_eq!(NonPublic::of(address).unwrap().to_string(), line);
    }
    for (reach, blocks) in BLOCKS {
        for block in blocks.iter().map(Block::to_string) {
            let told = TOLD.contains(&format!(" is {reach} ({block})"));
            assert!(told || reach == Public, "{block}");
            let prefix = block.split(',').next();
            let has_edges = EDGES.iter().any(|&(edges, ..)| Some(edges) == prefix);
            assert!(has_edges || prefix == Some("::/0"), "{block}");
        }
    }
}

#[test]
fn an_embedded_ipv4_address_counts() {
    let forms: [fn(u128) -> u128; 4] = [
        |ipv4| ipv4,
        |ipv4| 0xffff << 32 | ipv4,
        |ipv4| 0x0064_ff9b << 96 | ipv4,
        |ipv4| 0x2002 << 112 | ipv4 << 80 | 0xabcd,
    ];
    let mut judged = 0;
    for address in EDGES.iter().flat_map(|&(block, ..)| edges(block)) {
        let IpAddr::V4(ipv4) = address else { continue };
        for form in forms {
            let ipv6 = Ipv6Addr::from_bits(form(ipv4.to_bits().into()));
            // These two are what they say, not `0.0.0.0` and `0.0.0.1`.
            if !ipv6.is_unspecified() && !ipv6.is_loopback() {
                assert_eq!(reach(ipv6.into()), reach(address), "{ipv6}");
                judged += 1;
            }
        }
    }
    assert!(judged > 400, "{judged}");
}

#[test]
fn what_only_looks_embedded_counts_for_itself() {
    for (address, expected) in [
        ("::", Reserved),
        ("::1", Loopback),
        // Public IPv4 addresses in forms that no public address has.
        ("::ffff:0:8.8.8.8", Reserved),
        ("::1:0:8.8.8.8", Reserved),
        ("64:ff9b::1:0:808:808", Reserved),
        ("64:ff9b:1::8.8.8.8", Reserved),
        ("2001:0:808:808::f7f7:f7f7", Reserved),
        ("fd00::8.8.8.8", Private),
        ("fe80::5efe:8.8.8.8", LinkLocal),
        // Private ones in ordinary public addresses.
        ("2606:4700::10.0.0.1", Public),
        ("2003:a00:1::", Public),
    ] {
        assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
    }
}
