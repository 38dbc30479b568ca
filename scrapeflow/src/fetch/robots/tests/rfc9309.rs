//! The examples of RFC 9309.

use super::check;

/// 5.1, Simple Example.
const SIMPLE: &str = "
    User-Agent: *
    Disallow: *.gif$
    Disallow: /example/
    Allow: /publications/

    User-Agent: foobot
    Disallow:/
    Allow:/example/page.html
    Allow:/example/allowed.gif

    User-Agent: barbot
    User-Agent: bazbot
    Disallow: /example/page.html

    User-Agent: quxbot
";

#[test]
fn simple_example() {
    check(
        SIMPLE,
        "anybot",
        &[
            "/",
            "/publications/",
            "/publications/a.html",
            "/a.gif.html",
            "/a.gif?b",
        ],
        &["/a.gif", "/b/a.gif", "/example/", "/example/page.html"],
    );
    // As long as `*.gif$` is, `/publications/` is longer.
    check(SIMPLE, "anybot", &["/publications/a.gif"], &[]);
    check(
        SIMPLE,
        "foobot",
        &[
            "/example/page.html",
            "/example/allowed.gif",
            "/example/page.html?a",
        ],
        &["/", "/example/", "/publications/", "/a.gif"],
    );
    for token in ["barbot", "bazbot", "BazBot"] {
        check(
            SIMPLE,
            token,
            &["/", "/a.gif", "/example/", "/publications/"],
            &["/example/page.html"],
        );
    }
    check(
        SIMPLE,
        "quxbot",
        &["/", "/a.gif", "/example/page.html"],
        &[],
    );
}

#[test]
fn longest_match() {
    let file = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif";
    check(
        file,
        "foobot",
        &["/example/page/", "/example/page/a.gif"],
        &["/example/page/disallowed.gif"],
    );
}

/// 2.2.1: groups for the same crawler are one.
#[test]
fn user_agent_line() {
    let merged = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz";
    check(merged, "examplebot", &["/"], &["/foo", "/bar", "/baz"]);
    let others =
        "user-agent: *\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: BazBot\ndisallow: /baz";
    check(others, "ExampleBot", &["/baz"], &["/foo", "/bar"]);
}

/// 2.2.2 and 2.2.3: how paths are encoded, and characters that are special in rules.
#[test]
fn percent_encoding() {
    for (rule, path) in [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        (
            "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
            "/foo/bar?baz=https%3A%2F%2Ffoo.bar",
        ),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"),
        ("/path/foo-%24", "/path/foo-$"),
        ("/this/path/exactly$", "/this/path/exactly"),
        ("/this/*/exactly", "/this/path/exactly"),
    ] {
        check(
            &format!("user-agent: *\ndisallow: {rule}"),
            "bot",
            &["/foo", "/path/foo-a", "/this"],
            &[path],
        );
    }
}

/// 2.2.2: the file itself, whatever it says.
#[test]
fn robots_txt_is_allowed() {
    let file = "user-agent: *\ndisallow: /";
    check(
        file,
        "bot",
        &["/robots.txt", "/robots.txt#a"],
        &["/Robots.txt", "/robots.txt/", "/a/robots.txt"],
    );
}
