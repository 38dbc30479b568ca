//! Rules and paths.

use super::check;

#[test]
fn allow_disallow_value_case_sensitive() {
    check("user-agent: bot\ndisallow: /a/", "bot", &["/A/"], &["/a/"]);
}

#[test]
fn longest_match() {
    for (rules, allowed, refused) in [
        (
            "disallow: /a/b.html\nallow: /a/",
            &["/a/", "/a/c"][..],
            &["/a/b.html"][..],
        ),
        (
            "allow: /a/b.html\ndisallow: /a/",
            &["/a/b.html"],
            &["/a/", "/a/c"],
        ),
        ("disallow:\nallow:", &["/", "/a"], &[]),
        ("disallow: /\nallow: /", &["/", "/a"], &[]),
        ("disallow: /a\nallow: /a/", &["/a/", "/a/b"], &["/a", "/ab"]),
        ("disallow: /a/b\nallow: /a/b", &["/a/b"], &[]),
        ("allow: /a\ndisallow: /*.html", &["/a"], &["/a.html"]),
        (
            "allow: /dir/a.\ndisallow: /*.html",
            &["/dir/a.html"],
            &["/dir/b.html"],
        ),
    ] {
        check(
            &format!("user-agent: bot\n{rules}"),
            "bot",
            allowed,
            refused,
        );
    }
    check(
        "user-agent: *\ndisallow: /a\nuser-agent: bot\ndisallow: /b",
        "bot",
        &["/a"],
        &["/b"],
    );
}

#[test]
fn encoding() {
    let allowing = |path| format!("user-agent: bot\ndisallow: /\nallow: {path}");
    let nested = "/go?from=a&to=https://example.com?b&c";
    check(&allowing(nested), "bot", &[nested], &["/go"]);
    for path in ["/wiki/日", "/wiki/%E6%97%A5", "/wiki/%e6%97%a5"] {
        check(&allowing(path), "bot", &["/wiki/%E6%97%A5"], &["/wiki/"]);
    }
    check(&allowing("/%63%61%74"), "bot", &["/%63%61%74"], &[]);
}

#[test]
fn special_characters() {
    for (rules, allowed, refused) in [
        (
            "disallow: /a/b/c\nallow: /a/*/d",
            &["/a/c", "/a//c", "/a/x/c"][..],
            &["/a/b/c"][..],
        ),
        (
            "disallow: /a$\nallow: /a/b",
            &["/a/", "/a/b", "/a/c", "/ab"],
            &["/a"],
        ),
        ("# disallow: /\ndisallow: /a#b\nallow: /", &["/b"], &["/a"]),
    ] {
        check(
            &format!("user-agent: bot\n{rules}"),
            "bot",
            allowed,
            refused,
        );
    }
}

#[test]
fn line_too_long() {
    let counting = 8 * 2083 - 1 - "disallow: ".len();
    let path = |fill: &str| format!("/{}", fill.repeat(counting - 1));
    let (a, b) = (path("a"), path("b"));
    let beyond = format!("{a}-x");
    check(
        &format!("user-agent: bot\ndisallow: {a}-y"),
        "bot",
        &["/b", &a[1..]],
        &[&a, &beyond],
    );
    let file = format!("user-agent: bot\ndisallow: /\nallow:    {a}-y\nallow:    {b}-y");
    check(&file, "bot", &[&a, &beyond, &b], &["/", "/a"]);
}

#[test]
fn documentation_checks() {
    let most = [
        "/pie",
        "/pie.html",
        "/pie/apple.html",
        "/pies",
        "/pies/all.html",
        "/pie.html?size=1",
    ];
    for (path, allowed, refused) in [
        (
            "/pie",
            &most[..],
            &["/tart", "/Pie.asp", "/magpie", "/?id=pie"][..],
        ),
        (
            "/pie*",
            &most,
            &["/tart", "/Pie.asp", "/magpie", "/?id=pie"],
        ),
        (
            "/pie/",
            &["/pie/", "/pie/apple", "/pie/?apple", "/pie/apple.html"],
            &["/tart", "/pie", "/pie.html", "/Pie/Apple.html"],
        ),
        (
            "/*.php",
            &[
                "/a.php",
                "/b/a.php",
                "/b/a.php?c",
                "//b/a.php.c.html",
                "/a.php/",
                "/a?b=c.php/",
            ],
            &["/a", "/php/", "/a?php", "/a.PHP"],
        ),
        (
            "/*.php$",
            &["/a.php", "/b/a.php"],
            &[
                "/a", "/a.php?b", "/a.php/", "/a.php5", "/php/", "/a?php", "/xphpx", "//a.PHP",
            ],
        ),
        (
            "/pie*.php",
            &["/pie.php", "/pies/magpie.php?a"],
            &["/tart", "/Pie.PHP"],
        ),
    ] {
        check(
            &format!("user-agent: bot\ndisallow: /\nallow: {path}"),
            "bot",
            allowed,
            refused,
        );
    }
    for (rules, allowed, refused) in [
        ("allow: /t\ndisallow: /", &["/tart"][..], &["/pie"][..]),
        ("allow: /dir\ndisallow: /dir", &["/dir/a"], &[]),
        ("allow: /tart\ndisallow: /*.htm", &["/tart"], &["/tart.htm"]),
        ("allow: /$\ndisallow: /", &["/", ""], &["/tart.html"]),
    ] {
        check(
            &format!("user-agent: bot\n{rules}"),
            "bot",
            allowed,
            refused,
        );
    }
}

#[test]
fn get_path_params_query() {
    let file = "user-agent: bot\ndisallow: /\nallow: /$\nallow: /a/b?c=https://d.e/$\nallow: /a;b$\nallow: /?a$";
    check(
        file,
        "bot",
        &["", "/", "#a", "/a/b?c=https://d.e/#f", "/a;b#c", "?a"],
        &["/a", "/a;b/c", "?ab"],
    );
}
