#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use expect_test::{Expect, expect};
use futures::{FutureExt, StreamExt};

use super::*;

/// All tasks of a source, or its error, one a line.
pub(in crate::task) fn listed(tasks: Tasks) -> String {
    let mut listed = String::new();
    for part in tasks.into_parts() {
        let items = match part {
            Source::Memory { tasks, .. } => tasks.into_iter().map(Ok).collect(),
            Source::Lazy { stream, .. } => stream.collect::<Vec<_>>().now_or_never().unwrap(),
            Source::Stored => {
                listed.push_str("stored\n");
                continue;
            }
        };
        for item in items {
            match item {
                Ok(task) => {
                    let params = task.params().unwrap_or("stored");
                    writeln!(listed, "{} {params}", task.key()).unwrap();
                }
                Err(error) => writeln!(listed, "error: {error}").unwrap(),
            }
        }
    }
    listed
}

fn check<const N: usize>(sources: [Result<Tasks, TaskError>; N], expect: &Expect) {
    let told = sources.map(|tasks| match tasks {
        Ok(tasks) => listed(tasks) + "\n",
        Err(error) => format!("refused: {error}\n\n"),
    });
    expect.assert_eq(&told.concat());
}

fn params(n: u8) -> BTreeMap<&'static str, u8> {
    BTreeMap::from([("n", n)])
}

#[test]
fn pairs() {
    let (a, b) = (("a", params(1)), ("b", params(2)));
    check(
        [
            Tasks::from_pairs([b.clone(), a.clone(), b.clone()]),
            Tasks::from_pairs(BTreeMap::from([b.clone(), a.clone()])),
            Tasks::from_pairs(&BTreeMap::from([(Key::from_url("x"), params(2))])),
            Tasks::from_pairs([a.clone(), ("a/b", params(1))]),
            Tasks::from_pairs([("a", [1])]),
            Tasks::from_pairs([a, b, ("a", params(2))]),
        ],
        &expect![[r#"
            b {"n":2}
            a {"n":1}
            b {"n":2}

            a {"n":1}
            b {"n":2}

            9dd4e461268c8034f5c8564e155c67a6 {"n":2}

            refused: item 2 of the pairs: key `a/b` contains `/`, which separates folders; replace it, or take `Key::from_url`

            refused: item 1 of the pairs: params of key `a` must be a JSON object, found an array; give a struct or a map

            refused: item 3 of the pairs: key `a` comes with two different params; give each its own key

        "#]],
    );
}

#[test]
fn keys_and_urls() {
    check(
        [
            Tasks::from_keys(["a", "b", "a"]),
            Tasks::from_keys(["a".to_owned(), String::new()]),
            Tasks::from_urls(["http://a/", "not a URL"]),
            Tasks::from_urls(["http://a/", " "]),
            Tasks::from_urls::<&str>([]),
        ],
        &expect![[r#"
            a stored
            b stored
            a stored

            refused: item 2 of the keys: key `` is empty; it names the task's files, so it needs a character

            d2e30d023bacb13655cf2f69855ddd49 {"url":"http://a/"}
            8e5c53b1a536f0b8612e54edc3c98fa0 {"url":"not a URL"}

            refused: item 2 of the URLs: the URL is empty; leave it out


        "#]],
    );
}

#[test]
fn iterators_and_streams_end_with_their_first_bad_item() {
    let row = |n: u8| match n {
        1 | 2 => Ok(Task::from_url(n.to_string())),
        3 => Err(io::Error::other("connection lost")),
        _ => panic!("asked again after an error"),
    };
    check(
        [
            Ok(Tasks::from_iterator(["a", "b/c", "d"].map(Key::new))),
            Ok(Tasks::from_iterator([("a", params(1)), ("", params(2))])),
            Ok(Tasks::from_iterator(
                (1..3).map(|n| Task::new(n.to_string(), &params(n))),
            )),
            Ok(Tasks::from_iterator((1..9).map(row))),
            Ok(Tasks::from_stream(stream::iter((1..9).map(row)))),
        ],
        &expect![[r#"
            a stored
            error: item 2 of the iterator: key `b/c` contains `/`, which separates folders; replace it, or take `Key::from_url`

            a {"n":1}
            error: item 2 of the iterator: key `` is empty; it names the task's files, so it needs a character

            1 {"n":1}
            2 {"n":2}

            c4ca4238a0b923820dcc509a6f75849b {"url":"1"}
            c81e728d9d4c2f636f067f89cc14862c {"url":"2"}
            error: item 3 of the iterator: connection lost

            c4ca4238a0b923820dcc509a6f75849b {"url":"1"}
            c81e728d9d4c2f636f067f89cc14862c {"url":"2"}
            error: item 3 of the stream: connection lost

        "#]],
    );
}

#[test]
fn an_iterator_is_pulled_as_far_as_asked() {
    let endless = Tasks::from_iterator((1_u64..).map(|n| Task::from_url(n.to_string())));
    let Some(Source::Lazy { mut stream, .. }) = endless.into_parts().pop() else {
        panic!("an iterator is lazy");
    };
    let third = stream
        .by_ref()
        .skip(2)
        .next()
        .now_or_never()
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(third.key(), &Key::from_url("3"));
}

#[test]
fn sources_chain_and_what_is_stored_comes_last_and_once() {
    let tasks = Tasks::stored()
        .and(Tasks::from_keys(["a"]).unwrap())
        .and(Tasks::stored());
    let more = Tasks::from_iterator([Key::new("b").unwrap()]);
    expect![[r#"
        a stored
        b stored
        stored
    "#]]
    .assert_eq(&listed(tasks.and(more)));
}

#[test]
fn debug_keeps_params_to_itself() {
    let tasks = Tasks::from_urls(["http://user:secret@a/"]).unwrap();
    let more = Tasks::from_iterator([Task::from_url("http://user:secret@b/")]);
    expect!["Tasks[1 URLs, iterator, stored]"]
        .assert_eq(&format!("{:?}", tasks.and(more).and(Tasks::stored())));
}
