//! What a row of a CSV file gives.

use std::fs;

use expect_test::expect;

use super::super::lines::Lines;
use super::super::rows::Rows;
use super::{check, read, relative};

#[test]
fn rows_become_tasks() {
    let contents = [
        "url\nhttp://a/\nhttp://b/\n",
        "key\na\nb",
        "name,key,url,\n\"Lamp, \"\"40\"\"\",a,http://a/,\n,b,,x\n",
        "key,\"a \"\"b\"\"\"\nx,\"two\nlines\"\n",
        "\u{FEFF}key,n\r\na,1\r\n\r\nb,2\r\n",
        "key,n\ra,1\rb,2",
        "\n\nkey\n",
    ];
    check(
        "t.csv",
        contents,
        &expect![[r#"
            url\nhttp://a/\nhttp://b/\n
                d2e30d023bacb13655cf2f69855ddd49 {"url":"http://a/"}
                9e43e3308c79a0a7c0f21d11cc0c9c70 {"url":"http://b/"}
            key\na\nb
                a stored
                b stored
            name,key,url,\n"Lamp, ""40""",a,http://a/,\n,b,,x\n
                a {"name":"Lamp, \"40\"","url":"http://a/","":""}
                b {"name":"","url":"","":"x"}
            key,"a ""b"""\nx,"two\nlines"\n
                x {"a \"b\"":"two\nlines"}
            \xef\xbb\xbfkey,n\r\na,1\r\n\r\nb,2\r\n
                a {"n":"1"}
                b {"n":"2"}
            key,n\ra,1\rb,2
                a {"n":"1"}
                b {"n":"2"}
            \n\nkey\n
        "#]],
    );
}

#[test]
fn mistakes_are_told_by_line() {
    let contents = [
        "",
        "\n\n",
        "id,URL\na,http://a/\n",
        "\nkey;url\na;http://a/\n",
        "key,n,n\n",
        "key,n\na,1\n\n\nb\nc,1\n",
        "key,n\r\na,1\r\n\r\nb,1,2\r\n",
        "key,n\n\"a\",\"1\n\n2\"\nb/c,1\n",
        "url\nhttp://a/\n\"\"\n",
        "key,url\n,http://a/\n",
        "key,n\na,1\nb,\"2\nc,3\n",
        "key,n\na,1\nb,\"",
    ];
    check(
        "t.csv",
        contents,
        &expect![[r#"

                error: t.csv: there is no header row
            \n\n
                error: t.csv: there is no header row
            id,URL\na,http://a/\n
                error: t.csv:1: the header needs a column `key` or `url`, found `id`, `URL`; columns are separated by commas
            \nkey;url\na;http://a/\n
                error: t.csv:2: the header needs a column `key` or `url`, found `key;url`; columns are separated by commas
            key,n,n\n
                error: t.csv:1: two columns are named `n`; rename or remove one
            key,n\na,1\n\n\nb\nc,1\n
                a {"n":"1"}
                error: t.csv:5: the row has 1 cell, the header 2; a cell with a comma or a line break needs quotes
            key,n\r\na,1\r\n\r\nb,1,2\r\n
                a {"n":"1"}
                error: t.csv:4: the row has 3 cells, the header 2; a cell with a comma or a line break needs quotes
            key,n\n"a","1\n\n2"\nb/c,1\n
                a {"n":"1\n\n2"}
                error: t.csv:5: key `b/c` contains `/`, which separates folders; replace it, or take `Key::from_url`
            url\nhttp://a/\n""\n
                d2e30d023bacb13655cf2f69855ddd49 {"url":"http://a/"}
                error: t.csv:3: the `url` is empty, and there is no `key`
            key,url\n,http://a/\n
                error: t.csv:2: key `` is empty; it names the task's files, so it needs a character
            key,n\na,1\nb,"2\nc,3\n
                a {"n":"1"}
                error: t.csv:3: a quote in this row is never closed; a quote in a cell is written as two
            key,n\na,1\nb,"
                a {"n":"1"}
                error: t.csv:3: a quote in this row is never closed; a quote in a cell is written as two
        "#]],
    );
}

#[test]
fn wide_and_long_rows_fit() {
    let names: Vec<_> = (0..100).map(|n| format!("c{n}")).collect();
    let cell = "x".repeat(5_000);
    let content = format!("key,{}\na,{cell}{}\n", names.join(","), ",".repeat(99));
    let read = read("t.csv", content);
    assert!(
        read.starts_with(&format!(r#"a {{"c0":"{cell}","c1":"","#)),
        "{read}"
    );
    assert!(read.ends_with("\"c99\":\"\"}\n"), "{read}");
}

#[test]
fn a_line_without_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    let read = |content: &str| {
        fs::write(&path, content).unwrap();
        let mut lines = Lines::open(&path).unwrap();
        lines.max_line_bytes = 20;
        let mut rows = Rows::new(lines);
        loop {
            match rows.advance() {
                Ok(true) => {}
                Ok(false) => break "fits\n".to_owned(),
                Err(error) => break relative(&dir, &format!("{error}\n")),
            }
        }
    };
    let told = [
        read("1234567890123456789\n"),
        read("12345678901234567890"),
        read("12345678901234567890\n"),
        read("key\n123456789012345678901234567890\n"),
        read(&format!("key\n\"{}\"", "a line\n".repeat(9))),
    ];
    expect![[r#"
        fits
        fits
        t:1: the line is longer than 20 bytes; is there a task on each line?
        t:2: the line is longer than 20 bytes; is there a task on each line?
        t:2: a quote in this row is never closed; a quote in a cell is written as two
    "#]]
    .assert_eq(&told.concat());
}
