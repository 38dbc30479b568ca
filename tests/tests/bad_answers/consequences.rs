//! What an answer makes a client do: go elsewhere, keep cookies, obey.

use super::bombs;
use super::server::{answer, ok, redirect, say};
use super::{INVALID_URL, MALFORMED, NOT_ACCEPTED, REFUSED, UNREADABLE, check, check_robots};

#[tokio::test]
async fn redirects_to_nowhere() {
    let rows = [
        ("file:", redirect("file:///etc/passwd"), INVALID_URL),
        ("javascript:", redirect("javascript:alert(1)"), INVALID_URL),
        ("data:", redirect("data:text/html,page"), INVALID_URL),
        ("about:", redirect("about:blank"), INVALID_URL),
        ("ftp:", redirect("ftp://127.0.0.1/"), INVALID_URL),
        ("no host", redirect("http://"), MALFORMED),
        ("half an address", redirect("http://[::1"), MALFORMED),
        (
            "a port that is none",
            redirect("http://127.0.0.1:99999/"),
            MALFORMED,
        ),
        ("itself", redirect("/page"), MALFORMED),
        ("ever longer", redirect(&"x/".repeat(4 << 10)), INVALID_URL),
        ("too long", redirect(&"x/".repeat(64 << 10)), INVALID_URL),
        (
            "without end",
            say("HTTP/1.1 302 Found\r\nLocation: /").forever("x"),
            MALFORMED,
        ),
        (
            "a body without end",
            answer("302 Found", "Location: /\r\n").forever("x"),
            MALFORMED,
        ),
        (
            "nowhere",
            answer("302 Found", "Content-Length: 0\r\n"),
            NOT_ACCEPTED,
        ),
    ];
    check(&[], rows).await;
}

#[tokio::test]
async fn cookies_that_are_none_or_too_many() {
    let cookie =
        |name: usize, size: usize| format!("Set-Cookie: c{name}={}; Path=/\r\n", "x".repeat(size));
    let many: String = (0..90).map(|name| cookie(name, 4000)).collect();
    let short: String = (0..90).map(|name| cookie(name, 1)).collect();
    let page = "Content-Length: 4\r\n";
    let good = |cookies: &str| ok(&format!("{cookies}{page}"), "page");
    let again = redirect(&format!("/page\r\n{}", many.trim_end()));
    let rows = [
        ("short ones", good(&short), "SUCCESS 4"),
        ("90 of 4 KB", good(&many), "SUCCESS 4"),
        ("one of 256 KB", good(&cookie(0, 256 << 10)), "SUCCESS 4"),
        ("one of 1 MB", good(&cookie(0, 1 << 20)), MALFORMED),
        (
            "none that can be read",
            good("Set-Cookie: \u{ff}=\u{ff};;=;\r\nSet-Cookie: =\r\nSet-Cookie:\r\n"),
            "SUCCESS 4",
        ),
        (
            "for everybody",
            good("Set-Cookie: a=b; Domain=0.0.1\r\nSet-Cookie: a=b; Domain=.\r\n"),
            "SUCCESS 4",
        ),
        ("to be sent back 20 times", again, MALFORMED),
        (
            "without end",
            say("HTTP/1.1 200 OK\r\nSet-Cookie: a=").forever("x"),
            MALFORMED,
        ),
    ];
    check(&["--cookies"], rows).await;
}

#[tokio::test]
async fn robots_that_say_nothing_or_too_much() {
    let rows = [
        (
            "100 MB of comments",
            ok("", "").repeat("# nothing\n", 100 << 20),
            "SUCCESS 4",
        ),
        (
            "100 MB in a line",
            ok("", "").repeat("#", 100 << 20),
            "SUCCESS 4",
        ),
        (
            "100 MB of rules",
            ok("", "User-agent: *\n").repeat("Disallow: /*a*b*c$\n", 100 << 20),
            "SUCCESS 4",
        ),
        (
            "100 MB that refuse",
            ok("", "User-agent: *\nDisallow: /page\n").repeat("#", 100 << 20),
            REFUSED,
        ),
        ("no end", ok("", "").forever("# nothing\n"), "SUCCESS 4"),
        (
            "a gigabyte in gzip",
            ok("Content-Encoding: gzip\r\n", bombs::gzip()),
            "SUCCESS 4",
        ),
        // What cannot say its rules may have some: RFC 9309, 2.3.1.4.
        ("nothing", say(""), UNREADABLE),
        ("no HTTP", say("User-agent: *\nAllow: /\n"), UNREADABLE),
        (
            "no end of headers",
            say("HTTP/1.1 200 OK\r\n").forever("X: y\r\n"),
            UNREADABLE,
        ),
        (
            "a body that breaks off",
            ok("Content-Length: 99\r\n", "User-agent: *\n"),
            UNREADABLE,
        ),
        (
            "garbage for gzip",
            ok("Content-Encoding: gzip\r\n", "Allow: /"),
            UNREADABLE,
        ),
        (
            "elsewhere than in HTTP",
            redirect("file:///robots.txt"),
            UNREADABLE,
        ),
        ("itself", redirect("/robots.txt"), "SUCCESS 4"),
    ];
    check_robots(rows).await;
}

/// They have 10 seconds of their own, in which the executor's time stands still.
#[tokio::test]
async fn robots_that_take_too_long_refuse() {
    let rows = [
        ("silence", say("").hang(), UNREADABLE),
        (
            "silence after the headers",
            ok("Content-Length: 9\r\n", "").hang(),
            UNREADABLE,
        ),
        (
            "slowly without end",
            ok("", "").drip("# nothing\n"),
            UNREADABLE,
        ),
        (
            "headers slowly without end",
            say("HTTP/1.1 200 OK\r\n").drip("X: y\r\n"),
            UNREADABLE,
        ),
    ];
    check_robots(rows).await;
}
