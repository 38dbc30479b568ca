//! Status lines and headers.

use super::server::{ok, say};
use super::{MALFORMED, NOT_ACCEPTED, ON_THE_WAY, RAN_OVER, RESET, check};

#[tokio::test]
async fn status_lines_that_are_none() {
    let rows = [
        ("nothing", say(""), ON_THE_WAY),
        ("empty lines", say("\r\n\r\n"), ON_THE_WAY),
        ("reset", say("HTTP/1.1").reset(), RESET),
        ("HTTP/0.9", say("<html><p>a page</p></html>\r\n"), MALFORMED),
        ("another protocol", say("220 ESMTP ready\r\n"), MALFORMED),
        (
            "TLS",
            say([0x15, 3, 1, 0, 2, 2, 80, 13, 10, 13, 10]),
            MALFORMED,
        ),
        (
            "HTTP/2",
            say(*b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0"),
            MALFORMED,
        ),
        (
            "a version to come",
            say("HTTP/4.0 200 OK\r\n\r\n"),
            MALFORMED,
        ),
        ("no version", say("HTTP/ 200 OK\r\n\r\n"), MALFORMED),
        ("no status", say("HTTP/1.1\r\n\r\n"), MALFORMED),
        ("two digits", say("HTTP/1.1 20 OK\r\n\r\n"), MALFORMED),
        ("four digits", say("HTTP/1.1 2000 OK\r\n\r\n"), MALFORMED),
        ("letters", say("HTTP/1.1 2x0 OK\r\n\r\n"), MALFORMED),
        (
            "a negative status",
            say("HTTP/1.1 -20 OK\r\n\r\n"),
            MALFORMED,
        ),
        ("status 099", say("HTTP/1.1 099 OK\r\n\r\n"), MALFORMED),
        ("NUL bytes", say([0; 4096]), MALFORMED),
        ("no end", say("HTTP/1.1 200 ").forever("OK "), MALFORMED),
        (
            "slowly without end",
            say("HTTP/1.1 200 ").drip("OK"),
            RAN_OVER,
        ),
        ("silence", say("").hang(), RAN_OVER),
    ];
    check(&[], rows).await;
}

#[tokio::test]
async fn headers_that_are_none_or_too_many() {
    let huge = "x".repeat(1 << 20);
    let many: String = (0..10_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let rows = [
        ("no colon", ok("no header\r\n", ""), MALFORMED),
        ("no name", ok(": x\r\n", ""), MALFORMED),
        ("a name of two words", ok("two words: x\r\n", ""), MALFORMED),
        ("a NUL in a value", ok("a: \0\r\n", ""), MALFORMED),
        ("cut", say("HTTP/1.1 200 OK\r\nContent-Le"), ON_THE_WAY),
        ("cut at a line", say("HTTP/1.1 200 OK\r\n"), ON_THE_WAY),
        (
            "silence after a line",
            say("HTTP/1.1 200 OK\r\n").hang(),
            RAN_OVER,
        ),
        ("a long name", ok(&format!("{huge}: x\r\n"), ""), MALFORMED),
        ("a long value", ok(&format!("x: {huge}\r\n"), ""), MALFORMED),
        ("ten thousand", ok(&many, ""), MALFORMED),
        (
            "a name without end",
            say("HTTP/1.1 200 OK\r\n").forever("x"),
            MALFORMED,
        ),
        (
            "a value without end",
            say("HTTP/1.1 200 OK\r\nx:").forever(" y"),
            MALFORMED,
        ),
        (
            "no end of them",
            say("HTTP/1.1 200 OK\r\n").forever("X: y\r\n"),
            MALFORMED,
        ),
        (
            "slowly without end",
            say("HTTP/1.1 200 OK\r\nx: ").drip("y"),
            RAN_OVER,
        ),
        (
            "slowly line by line",
            say("HTTP/1.1 200 OK\r\n").drip("X: y\r\n"),
            RAN_OVER,
        ),
        (
            "100 forever",
            say("").forever("HTTP/1.1 100 Continue\r\n\r\n"),
            RAN_OVER,
        ),
        (
            "103 forever",
            say("").forever("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"),
            RAN_OVER,
        ),
        (
            "100 slowly forever",
            say("").drip("HTTP/1.1 100 Continue\r\n\r\n"),
            RAN_OVER,
        ),
        (
            "101 unasked",
            say("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").forever("x"),
            NOT_ACCEPTED,
        ),
    ];
    check(&[], rows).await;
}
