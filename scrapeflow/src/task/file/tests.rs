//! What files give, and how each mistake in them is told.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod csv;
mod jsonl;

use std::fmt::Write;
use std::fs;

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;
use crate::task::Tasks;
use crate::task::tasks::tests::listed;

/// Reads `content` as the file `name`.
fn read(name: &str, content: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    let listed = Tasks::from_file(&path).map_or_else(|error| format!("error: {error}\n"), listed);
    relative(&dir, &listed)
}

/// A message without the folder that differs in every run.
fn relative(dir: &TempDir, message: &str) -> String {
    message.replace(&format!("{}/", dir.path().display()), "")
}

/// Lists what each content gives, as a file of its own.
fn check<const N: usize>(name: &str, contents: [impl AsRef<[u8]>; N], expect: &Expect) {
    let mut told = String::new();
    for content in contents {
        let content = content.as_ref();
        let shown = content.escape_ascii().to_string().replace("\\\"", "\"");
        writeln!(told, "{shown}").unwrap();
        for line in read(name, content).lines() {
            writeln!(told, "    {line}").unwrap();
        }
    }
    expect.assert_eq(&told);
}

#[test]
fn the_extension_names_the_format() {
    let names = [
        "a.jsonl",
        "dir.csv/a.NDJSON",
        "a.tar.csv",
        "a.txt",
        "a.json",
        "jsonl",
    ];
    let told = names.map(|name| match Format::of(Path::new(name)) {
        Ok(format) => format!("{name}: {format:?}\n"),
        Err(error) => format!("{error}\n"),
    });
    expect![[r#"
        a.jsonl: Jsonl
        dir.csv/a.NDJSON: Jsonl
        a.tar.csv: Csv
        a.txt: UrlList
        a.json: the file's extension tells no format: .jsonl and .ndjson hold a JSON object a line, .csv has a header row, .txt has a URL a line; rename it, or name the format by `Tasks::from_jsonl`, `from_csv` or `from_url_list`
        jsonl: the file's extension tells no format: .jsonl and .ndjson hold a JSON object a line, .csv has a header row, .txt has a URL a line; rename it, or name the format by `Tasks::from_jsonl`, `from_csv` or `from_url_list`
    "#]].assert_eq(&told.concat());
}

#[test]
fn a_file_has_to_be_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    let mut told = String::new();
    for open in [Tasks::from_jsonl, Tasks::from_csv, Tasks::from_url_list] {
        for name in ["missing", "folder"] {
            let path = dir.path().join(name);
            let error = open(path.clone()).unwrap_err();
            assert_eq!(error.source_name(), path.to_str());
            writeln!(told, "{}", relative(&dir, &error.to_string())).unwrap();
        }
    }
    expect![[r#"
        missing: cannot open it: No such file or directory (os error 2)
        folder: cannot open it: is a directory
        missing: cannot open it: No such file or directory (os error 2)
        folder: cannot open it: is a directory
        missing: cannot open it: No such file or directory (os error 2)
        folder: cannot open it: is a directory
    "#]]
    .assert_eq(&told);
}

#[test]
fn url_lists() {
    let content = "\u{FEFF}# pages\r\nhttp://a/\r\n\r\n  http://b/#top  \n # no\nhttp://c/";
    check(
        "t.txt",
        [content],
        &expect![[r#"
        \xef\xbb\xbf# pages\r\nhttp://a/\r\n\r\n  http://b/#top  \n # no\nhttp://c/
            d2e30d023bacb13655cf2f69855ddd49 {"url":"http://a/"}
            cb49bff35f1cc352cd1a56584f971885 {"url":"http://b/#top"}
            f1d1aad5acfe0174da4399bbd8b20117 {"url":"http://c/"}
    "#]],
    );
}

#[test]
fn other_encodings_are_told_by_line() {
    let latin1: &[u8] = b"{\"key\":\"a\"}\n{\"key\":\"\xe9\"}\n";
    check(
        "t.jsonl",
        [latin1, b"\xff\xfe{\0\"\0k\0"],
        &expect![[r#"
            {"key":"a"}\n{"key":"\xe9"}\n
                a stored
                error: t.jsonl:2: the line is not UTF-8; convert the file, e.g. by `iconv -f latin1 -t utf-8`
            \xff\xfe{\x00"\x00k\x00
                error: t.jsonl:1: the line is not UTF-8; convert the file, e.g. by `iconv -f utf-16 -t utf-8`
        "#]],
    );
    check(
        "t.csv",
        [b"key,name\na,b\n\"c\nd\",\xe9\n"],
        &expect![[r#"
            key,name\na,b\n"c\nd",\xe9\n
                a {"name":"b"}
                error: t.csv:4: the line is not UTF-8; convert the file, e.g. by `iconv -f latin1 -t utf-8`
        "#]],
    );
    check(
        "t.txt",
        [b"http://a/\nhttp://\xe9/\n"],
        &expect![[r#"
        http://a/\nhttp://\xe9/\n
            d2e30d023bacb13655cf2f69855ddd49 {"url":"http://a/"}
            error: t.txt:2: the line is not UTF-8; convert the file, e.g. by `iconv -f latin1 -t utf-8`
    "#]],
    );
}

#[test]
fn tasks_and_their_errors_know_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.csv");
    fs::write(&path, "\nkey\n\na\n\n..\n").unwrap();
    let mut tasks = super::csv(&path).unwrap();
    let task = tasks.next().unwrap().unwrap();
    assert_eq!(TaskError::about(&task, "").line(), Some(4));
    let error = tasks.next().unwrap().unwrap_err();
    assert_eq!(error.source_name(), path.to_str());
    assert_eq!((error.line(), error.key()), (Some(6), Some("..")));
}
