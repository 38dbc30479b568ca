//! Lines, groups and crawlers.

use super::super::super::{Rules, product_token};
use super::check;

#[test]
fn system_test() {
    check("", "bot", &["/", "/a"], &[]);
    check("", "", &["/"], &[]);
    check("user-agent: bot\ndisallow: /", "", &["/"], &[]);
    check("user-agent: bot\ndisallow: /", "bot", &[], &["", "/"]);
}

#[test]
fn line_syntax_line() {
    check("user-agent: bot\ndisallow: /", "bot", &[], &["/a"]);
    check("robot: bot\nforbid: /", "bot", &["/a"], &[]);
    check("user-agent bot\ndisallow\t/", "bot", &[], &["/a"]);
}

#[test]
fn line_syntax_groups() {
    let file = "
        allow: /nobodys/

        user-agent: one
        disallow: /
        allow: /a/
        user-agent: two
        disallow: /
        allow: /b/


        allow: /c/
        user-agent: three

        user-agent: one
        disallow: /
        allow: /d/";
    check(
        file,
        "one",
        &["/a/", "/d/"],
        &["/", "/b/", "/c/", "/nobodys/"],
    );
    check(
        file,
        "two",
        &["/b/", "/c/"],
        &["/", "/a/", "/d/", "/nobodys/"],
    );
    check(
        file,
        "three",
        &["/d/"],
        &["/", "/a/", "/b/", "/c/", "/nobodys/"],
    );
    check(file, "four", &["/", "/a/"], &[]);
}

#[test]
fn line_syntax_groups_other_rules() {
    for line in [
        "Sitemap: https://example.com/map.xml",
        "Noindex: /a",
        "Crawl-delay: 2",
        "Host",
        "",
    ] {
        let file = format!("User-agent: one\n{line}\nUser-agent: *\nDisallow: /");
        check(&file, "one", &[], &["/"]);
        check(&file, "two", &[], &["/"]);
    }
}

#[test]
fn rep_line_names_case_insensitive() {
    let file = "user-agent: bot\nallow: /a/\ndisallow: /";
    let (allow, disallow) = (&["/a/b"], &["/b/a"]);
    check(file, "bot", allow, disallow);
    check(
        &file
            .replace("user-agent", "USER-AGENT")
            .replace("allow", "ALLOW"),
        "bot",
        allow,
        disallow,
    );
    check(
        &file.replace("user", "UsEr").replace("low", "lOw"),
        "bot",
        allow,
        disallow,
    );
}

#[test]
fn verify_valid_user_agents_to_obey() {
    for valid in ["Bot", "My-Bot", "My_Bot"] {
        assert_eq!(product_token(valid), valid);
    }
    for invalid in ["ツ", "Bot*", " Bot ", "Bot/2.1", "My Bot"] {
        assert_ne!(product_token(invalid), invalid);
    }
    assert_eq!(product_token(""), "");
}

#[test]
fn user_agent_value_case_insensitive() {
    for named in [
        "BOT",
        "bot",
        "BoT",
        "BOT EXTRA",
        "bot extra",
        "bOt/2.1",
        "Bot*",
    ] {
        let file = format!("User-Agent: {named}\nAllow: /a/\nDisallow: /");
        for token in ["Bot", "bot"] {
            check(&file, token, &["/a/b"], &["/b/a"]);
        }
    }
}

#[test]
fn accept_user_agent_up_to_first_space() {
    let file = "User-Agent: *\nDisallow: /\nUser-Agent: My Bot\nAllow: /a/\nDisallow: /";
    check(file, "My", &["/a/b"], &["/b"]);
    check(file, "My Bot", &[], &["/a/b"]);
}

#[test]
fn global_groups_secondary() {
    check(
        "user-agent: *\nallow: /\nuser-agent: one\ndisallow: /",
        "one",
        &[],
        &["/a"],
    );
    check(
        "user-agent: *\nallow: /\nuser-agent: one\ndisallow: /",
        "two",
        &["/a"],
        &[],
    );
    check(
        "user-agent: one\ndisallow: /\nuser-agent: two\ndisallow: /",
        "three",
        &["/a"],
        &[],
    );
    check(
        "user-agent: * everyone\ndisallow: /\nuser-agent: *one\nallow: /",
        "one",
        &[],
        &["/a"],
    );
}

#[test]
fn line_numbers_are_counted_correctly() {
    let file = "user-agent: one\nallow: /a\nuser-agent: two\n\n\ndisallow: /";
    for end in ["\n", "\r\n", "\r", "\n\r", "\r\r\n"] {
        for last in ["", end] {
            let file = file.replace('\n', end) + last;
            check(&file, "one", &["/a", "/b"], &[]);
            check(&file, "two", &[], &["/a", "/b"]);
        }
    }
    check(
        "user-agent: one\r\nallow: /a\ruser-agent: two\n\r\n\r\rdisallow: /",
        "two",
        &[],
        &["/b"],
    );
}

#[test]
fn utf8_byte_order_mark_is_skipped() {
    let refuses = |file: &[u8]| {
        let url = "https://example.com/a".parse().unwrap();
        !Rules::parse(file, "bot").allows(&url)
    };
    assert!(refuses(b"\xef\xbb\xbfuser-agent: bot\ndisallow: /"));
    assert!(refuses(b"\xef\xbbuser-agent: bot\ndisallow: /"));
    assert!(refuses(b"\xefuser-agent: bot\ndisallow: /"));
    assert!(!refuses(b"\xef\x11\xbfuser-agent: bot\ndisallow: /"));
    assert!(!refuses(b"user-agent: bot\n\xef\xbb\xbfdisallow: /"));
}

#[test]
fn non_standard_line_example_sitemap() {
    let sitemap = "Sitemap: https://example.com/map.xml\n";
    let rules = "user-agent: bot\ndisallow: /a\n";
    check(&format!("{sitemap}{rules}"), "bot", &["/b"], &["/a"]);
    check(
        &format!("{rules}{sitemap}disallow: /b"),
        "bot",
        &["/c"],
        &["/a", "/b"],
    );
}
