use std::fmt::Write;

use expect_test::{Expect, expect};

use super::super::Row;
use super::Filter;

const ROW: &str = r#"{"key": "lamp", "params": {"url": "https://a.example/lamp"},
    "scrape": {"size": 1500, "response_headers": {"Content-Type": "text/html", "a b": 1}, "big": 123456789012345678901234567890},
    "scrape_status": "SUCCESS", "parse": [{"price": 9.5, "is_new": true, "note": null, "odd": NaN}], "end": 3}"#;

#[test]
fn conditions_are_those_of_sql() {
    let row = Row::of_json(ROW).expect("JSON");
    for (condition, is_true) in [
        (r#"scrape.size > 1000 and scrape_status = "SUCCESS""#, true),
        ("scrape.size > 1000 AND scrape_status = 'FAILED'", false),
        ("scrape.size - 500 = 1000", true),
        ("scrape.size-500 = 1000", false),
        ("scrape.response_headers.Content-Type like 'TEXT/%'", true),
        ("scrape.response_headers.`a b` in (1, 2)", true),
        (
            "key glob 'l*p' and length(params.url) between 20 and 30",
            true,
        ),
        ("parse.`0`.price * 2 = 19", true),
        ("`parse`.0.price = 9.5e0", true),
        ("parse.0.is_new", true),
        ("not parse.0.is_new", false),
        (
            "parse.0.note is null and parse.0.odd is null and missing is null",
            true,
        ),
        ("missing > 1", false),
        ("not (missing > 1)", false),
        ("json_array_length(parse) = 1", true),
        ("scrape.big > 1e29", true),
        (
            "case when key = 'lamp' then scrape.size else 0 end > 1",
            true,
        ),
        ("`end` = 3", true),
        (
            r#"key = "la""mp" or key = 'it''s' or "it's" = 'it''s'"#,
            true,
        ),
        ("cast(scrape.size as text) = '1500'", true),
        ("cast(params.url as double) = 0", true),
        ("scrape.size > 1 -- and key = `", true),
        ("scrape.size > /* key = ( */ 1", true),
        ("scrape.size > 1 /* and false", true),
    ] {
        let filter = Filter::new(condition).unwrap_or_else(|wrong| panic!("{wrong}"));
        let evaluator = filter.evaluator().expect("it was good");
        assert_eq!(evaluator.is_true(&row), Ok(is_true), "{condition}");
    }
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let check = |conditions: &[&str], expected: Expect| {
        let mut said = String::new();
        for condition in conditions {
            match Filter::new(condition) {
                Ok(_) => writeln!(said, "{condition}: good"),
                Err(wrong) => writeln!(said, "{wrong}"),
            }
            .expect("strings take everything");
        }
        expected.assert_eq(&said);
    };
    check(
        &[
            "",
            "scrape.size >",
            "scrape.size > > 1",
            "key = 'lamp",
            "`key = 1",
            "key = 1; drop table t",
            "größe == 1 and lenght(key) = 4",
            "key = ?1",
            "(key = 1",
            "key = 1)",
            "key in (select 1)",
            "length(key, 1) = 2",
            "key = 1) or (1 = 1",
            "key scrape.size",
            "ä.`b",
            "count(*) > 1",
            "日本 = 1 and 本 本",
        ],
        expect![[r#"
            a condition is expected
            it ends too early
              scrape.size >
                           ^
            near ">": syntax error
              scrape.size > > 1
                            ^
            this quote is not closed
              key = 'lamp
                    ^
            this quote is not closed
              `key = 1
              ^
            no expression has this
              key = 1; drop table t
                     ^
            no such function: lenght
              größe == 1 and lenght(key) = 4
                             ^^^^^^
            no expression has this
              key = ?1
                    ^
            incomplete input
              (key = 1
                      ^
            nothing is open that this would close
              key = 1)
                     ^
            near "1": syntax error
              key in (select 1)
                             ^
            wrong number of arguments to function length()
              length(key, 1) = 2
              ^^^^^^
            nothing is open that this would close
              key = 1) or (1 = 1
                     ^
            near `scrape.size`: syntax error
              key scrape.size
                  ^^^^^^^^^^^
            a backtick after this is not closed
              ä.`b
              ^
            misuse of aggregate function count()
              count(*) > 1
              ^^^^^
            near `本`: syntax error
              日本 = 1 and 本 本
                              ^^
        "#]],
    );
}

#[test]
fn of_a_long_condition_the_culprit_is_shown() {
    let keys: Vec<String> = (0..10_000).map(|n| format!("'{n}'")).collect();
    let long = format!("key in ({}) andd 1", keys.join(", "));
    let said = Filter::new(&long).expect_err("a word too many").to_string();
    expect![[r#"
        near `andd`: syntax error"#]]
    .assert_eq(said.lines().next().unwrap_or_default());
    assert!(said.len() < 500, "{said}");
}
