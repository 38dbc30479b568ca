//! What a line of a JSONL file gives.

use std::fmt::Write;

use expect_test::expect;

use super::{check, read};

#[test]
fn objects_become_tasks() {
    let contents = [
        r#"{"key": "a", "url": "http://a/"}"#,
        r#"{"url": "http://a/"}"#,
        r#"{"url": "http:\/\/a\/"}"#,
        r#"{"key": "a"}"#,
        r#"{"n": 1, "key": "a"}"#,
        r#"{"key": "a", "url": ""}"#,
        r#"{"k\u0065y": "\u0061", "\u0075rl": "http://a/"}"#,
        r#"  { "x" : 1.00e400 , "key":"a","y" : [ 1, {"z":2} ], "n\n":null }  "#,
        "",
        "\u{FEFF}{\"key\":\"a\"}\r\n\r\n  \n{\"key\":\"b\"}\r\n\t{\"key\":\"c\"}",
    ];
    check(
        "t.jsonl",
        contents,
        &expect![[r#"
            {"key": "a", "url": "http://a/"}
                a {"url":"http://a/"}
            {"url": "http://a/"}
                d2e30d023bacb13655cf2f69855ddd49 {"url":"http://a/"}
            {"url": "http:\\/\\/a\\/"}
                d2e30d023bacb13655cf2f69855ddd49 {"url":"http:\/\/a\/"}
            {"key": "a"}
                a stored
            {"n": 1, "key": "a"}
                a {"n":1}
            {"key": "a", "url": ""}
                a {"url":""}
            {"k\\u0065y": "\\u0061", "\\u0075rl": "http://a/"}
                a {"\u0075rl":"http://a/"}
              { "x" : 1.00e400 , "key":"a","y" : [ 1, {"z":2} ], "n\\n":null }  
                a {"x":1.00e400,"y":[ 1, {"z":2} ],"n\n":null}

            \xef\xbb\xbf{"key":"a"}\r\n\r\n  \n{"key":"b"}\r\n\t{"key":"c"}
                a stored
                b stored
                c stored
        "#]],
    );
}

#[test]
fn mistakes_are_told_by_line() {
    let mistakes = [
        "{",
        "[1]",
        "http://a/",
        r#"{"key":"x"} {"key":"y"}"#,
        r#"{"key":"x","n":01}"#,
        r#"{"key":"x","n":NaN}"#,
        r#"{"key":"x","n":-Infinity}"#,
        "{'key':'x'}",
        "{}",
        r#"{"Key":"x"}"#,
        r#"{"key":null,"url":"http://a/"}"#,
        r#"{"key":7}"#,
        r#"{"key":"x","url":["http://a/"]}"#,
        r#"{"key":"x/y"}"#,
        r#"{"key":""}"#,
        r#"{"url":" "}"#,
        r#"{"key":"x","key":"x"}"#,
        r#"{"key":"x","n":1,"\u006e":1}"#,
        r#"{"key":"\ud800"}"#,
    ];
    let mut told = String::new();
    for mistake in mistakes {
        let read = read(
            "t.jsonl",
            format!("{{\"key\":\"a\"}}\n\n{mistake}\n{{\"key\":\"b\"}}\n"),
        );
        let error = read.strip_prefix("a stored\nerror: ").unwrap();
        write!(told, "{mistake}\n    {error}").unwrap();
    }
    expect![[r#"
        {
            t.jsonl:3: the line is not one JSON object: EOF while parsing an object at column 1
        [1]
            t.jsonl:3: the line is not one JSON object: it doesn't begin with `{`
        http://a/
            t.jsonl:3: the line is not one JSON object: it doesn't begin with `{`
        {"key":"x"} {"key":"y"}
            t.jsonl:3: the line is not one JSON object: trailing characters at column 13
        {"key":"x","n":01}
            t.jsonl:3: the line is not one JSON object: invalid number at column 17
        {"key":"x","n":NaN}
            t.jsonl:3: the line is not one JSON object: expected value at column 16 (`NaN` is not JSON; write `null`)
        {"key":"x","n":-Infinity}
            t.jsonl:3: the line is not one JSON object: invalid number at column 17 (`Infinity` is not JSON; write `null`)
        {'key':'x'}
            t.jsonl:3: the line is not one JSON object: key must be a string at column 2
        {}
            t.jsonl:3: there is neither a `key` nor a `url`; a task needs one of them
        {"Key":"x"}
            t.jsonl:3: there is neither a `key` nor a `url`; a task needs one of them
        {"key":null,"url":"http://a/"}
            t.jsonl:3: the `key` must be a string, found null
        {"key":7}
            t.jsonl:3: the `key` must be a string, found a number
        {"key":"x","url":["http://a/"]}
            t.jsonl:3: the `url` must be a string, found an array
        {"key":"x/y"}
            t.jsonl:3: key `x/y` contains `/`, which separates folders; replace it, or take `Key::from_url`
        {"key":""}
            t.jsonl:3: key `` is empty; it names the task's files, so it needs a character
        {"url":" "}
            t.jsonl:3: the `url` is empty, and there is no `key`
        {"key":"x","key":"x"}
            t.jsonl:3: the field `key` comes twice; remove one
        {"key":"x","n":1,"\u006e":1}
            t.jsonl:3: the field `n` comes twice; remove one
        {"key":"\ud800"}
            t.jsonl:3: the `key` is not a text: unexpected end of hex escape at column 8
    "#]].assert_eq(&told);
}
