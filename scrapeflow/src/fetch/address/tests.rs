use super::AddressPolicy::{Any, NoPublicToPrivate, PublicOnly};
use super::*;

const PUBLIC: [&str; 4] = ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "192.0.0.9"];

const NON_PUBLIC: [&str; 8] = [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "fd00::1",
    "169.254.169.254",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "198.18.0.1",
];

fn ip(address: &str) -> IpAddr {
    address.parse().unwrap()
}

/// Whether all requests from one of `from` to one of `to` are allowed, in the order of the policies;
/// `None` where some are and others aren't.
fn allowed(from: &[Option<&str>], to: &[&str]) -> [Option<bool>; 3] {
    [Any, NoPublicToPrivate, PublicOnly].map(|policy| {
        let mut verdicts = from.iter().flat_map(|from| {
            to.iter()
                .map(|to| policy.check(from.map(ip), ip(to)).is_ok())
        });
        let first = verdicts.next()?;
        verdicts.all(|verdict| verdict == first).then_some(first)
    })
}

#[test]
fn a_policy_looks_at_both_ends_of_a_redirect() {
    let yes = Some(true);
    let no = Some(false);
    let first = &[None];
    let public = &PUBLIC.map(Some);
    let non_public = &NON_PUBLIC.map(Some);
    assert_eq!(allowed(first, &PUBLIC), [yes, yes, yes]);
    assert_eq!(allowed(first, &NON_PUBLIC), [yes, yes, no]);
    assert_eq!(allowed(public, &PUBLIC), [yes, yes, yes]);
    assert_eq!(allowed(public, &NON_PUBLIC), [yes, no, no]);
    assert_eq!(allowed(non_public, &PUBLIC), [yes, yes, yes]);
    assert_eq!(allowed(non_public, &NON_PUBLIC), [yes, yes, no]);
}

#[test]
fn by_default_a_chain_that_was_public_stays_public() {
    let follow = |chain: &[&str]| {
        let mut from = None;
        chain.iter().position(|to| {
            let to = ip(to);
            let refused = AddressPolicy::default().check(from, to).is_err();
            from = Some(to);
            refused
        })
    };
    assert_eq!(follow(&["127.0.0.1", "::1", "10.0.0.1", "fd00::1"]), None);
    assert_eq!(follow(&["127.0.0.1", "1.1.1.1", "8.8.8.8"]), None);
    assert_eq!(follow(&["127.0.0.1", "1.1.1.1", "127.0.0.1"]), Some(2));
    assert_eq!(follow(&["1.1.1.1", "8.8.8.8", "::ffff:127.0.0.1"]), Some(2));
    assert_eq!(follow(&["1.1.1.1", "169.254.169.254"]), Some(1));
}

#[test]
fn a_refusal_names_the_address_its_block_and_the_rule() {
    for (policy, from, to, told) in [
        (
            PublicOnly,
            None,
            "10.0.0.1",
            "`10.0.0.1` is private (10.0.0.0/8, RFC 1918); only public addresses are allowed",
        ),
        (
            PublicOnly,
            Some("1.1.1.1"),
            "::1",
            "`::1` is loopback (::1/128, RFC 4291); only public addresses are allowed",
        ),
        (
            NoPublicToPrivate,
            Some("1.1.1.1"),
            "169.254.169.254",
            "`169.254.169.254` is a cloud metadata address (169.254.169.254/32, link-local, RFC 3927); \
             the public `1.1.1.1` must not redirect there",
        ),
        (
            NoPublicToPrivate,
            Some("::ffff:1.1.1.1"),
            "2002:a00:1::1",
            "`2002:a00:1::1` stands for `10.0.0.1`, which is private (10.0.0.0/8, RFC 1918); \
             the public `::ffff:1.1.1.1` must not redirect there",
        ),
    ] {
        let refused = policy.check(from.map(ip), ip(to)).unwrap_err();
        assert_eq!(refused.to_string(), told);
    }
}
