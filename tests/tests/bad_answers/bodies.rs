//! Where a body ends: lengths and chunks.

use super::server::{ok, say};
use super::{BROKEN_BODY, MALFORMED, OVER_THE_LIMIT, RAN_OVER, check};

#[tokio::test]
async fn lengths_that_are_none_or_lies() {
    let rows = [
        (
            "two",
            ok("Content-Length: 4\r\nContent-Length: 5\r\n", "page!"),
            MALFORMED,
        ),
        (
            "two in one",
            ok("Content-Length: 4, 5\r\n", "page!"),
            MALFORMED,
        ),
        (
            "the same twice",
            ok("Content-Length: 4\r\nContent-Length: 4\r\n", "page"),
            "SUCCESS 4",
        ),
        ("negative", ok("Content-Length: -1\r\n", "page"), MALFORMED),
        (
            "with a sign",
            ok("Content-Length: +4\r\n", "page"),
            MALFORMED,
        ),
        (
            "hexadecimal",
            ok("Content-Length: 0x4\r\n", "page"),
            MALFORMED,
        ),
        (
            "a fraction",
            ok("Content-Length: 4.0\r\n", "page"),
            MALFORMED,
        ),
        ("empty", ok("Content-Length: \r\n", "page"), MALFORMED),
        (
            "beyond 64 bits",
            ok("Content-Length: 18446744073709551616\r\n", "page"),
            MALFORMED,
        ),
        (
            "almost 64 bits",
            ok("Content-Length: 18446744073709551613\r\n", "page"),
            BROKEN_BODY,
        ),
        (
            "a gigabyte promised",
            ok("Content-Length: 1073741824\r\n", "page"),
            BROKEN_BODY,
        ),
        (
            "a gigabyte sent",
            ok("Content-Length: 1073741824\r\n", "").repeat("page", 1 << 30),
            OVER_THE_LIMIT,
        ),
        (
            "more than said",
            ok("Content-Length: 4\r\n", "page").forever("x"),
            "SUCCESS 4",
        ),
        (
            "with chunks",
            ok(
                "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                "6\r\nchunks\r\n0\r\n\r\n",
            ),
            "SUCCESS 6",
        ),
        (
            "no length and no end",
            ok("", "").forever("page"),
            OVER_THE_LIMIT,
        ),
        ("slowly without end", ok("", "").drip("page"), RAN_OVER),
        (
            "silence after half",
            ok("Content-Length: 4\r\n", "pa").hang(),
            RAN_OVER,
        ),
    ];
    check(&[], rows).await;
}

#[tokio::test]
async fn chunks_that_are_none_or_too_many() {
    let chunked = |body: &str| ok("Transfer-Encoding: chunked\r\n", body);
    let rows = [
        (
            "no number",
            chunked("page\r\npage\r\n0\r\n\r\n"),
            BROKEN_BODY,
        ),
        ("no digit", chunked("\r\npage\r\n"), BROKEN_BODY),
        ("negative", chunked("-4\r\npage\r\n0\r\n\r\n"), BROKEN_BODY),
        (
            "beyond 64 bits",
            chunked("10000000000000000\r\npage\r\n"),
            BROKEN_BODY,
        ),
        (
            "almost 64 bits",
            chunked("ffffffffffffffff\r\npage\r\n"),
            BROKEN_BODY,
        ),
        (
            "a gigabyte promised",
            chunked("40000000\r\npage\r\n"),
            BROKEN_BODY,
        ),
        (
            "longer than said",
            chunked("4\r\npages\r\n0\r\n\r\n"),
            BROKEN_BODY,
        ),
        ("cut", chunked("4\r\npa"), BROKEN_BODY),
        ("without the last", chunked("4\r\npage\r\n"), BROKEN_BODY),
        ("zeros without end", chunked("").forever("0"), RAN_OVER),
        ("ones without end", chunked("").forever("1"), BROKEN_BODY),
        (
            "an extension without end",
            chunked("4;").forever("x"),
            BROKEN_BODY,
        ),
        (
            "extensions without end",
            chunked("").forever("1;xxxxxxxx\r\ny\r\n"),
            BROKEN_BODY,
        ),
        (
            "chunks without end",
            chunked("").forever(format!("1000\r\n{}\r\n", "y".repeat(4096))),
            OVER_THE_LIMIT,
        ),
        (
            "trailers without end",
            chunked("4\r\npage\r\n0\r\n").forever("x: y\r\n"),
            BROKEN_BODY,
        ),
        (
            "a trailer without end",
            chunked("4\r\npage\r\n0\r\nx:").forever("y"),
            BROKEN_BODY,
        ),
        (
            "slowly without end",
            chunked("").drip("1\r\ny\r\n"),
            RAN_OVER,
        ),
        (
            "in HTTP/1.0",
            say("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            MALFORMED,
        ),
    ];
    check(&[], rows).await;
}
