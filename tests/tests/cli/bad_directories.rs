//! A directory that is missing, empty, not a run's, or half broken: what can be shown is, and the rest is named.

use std::fs;

use expect_test::expect;

use crate::{folder, scrapeflow};

const LOOKING: [&[&str]; 6] = [
    &["summary", "pages"],
    &["ls", "pages"],
    &["errors", "pages"],
    &["export", "pages", "--format", "jsonl"],
    &["reset", "pages", "--executor", "scrape"],
    &["show", "pages", "a"],
];

#[test]
fn one_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for command in LOOKING {
        let said = scrapeflow(folder.path(), command);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{command:?}");
        assert_eq!(said.err, "error: there is no directory pages\n");
    }
    fs::write(folder.path().join("pages"), "").unwrap();
    for command in LOOKING {
        let said = scrapeflow(folder.path(), command);
        assert_eq!(
            (said.code, said.err.as_str()),
            (2, "error: pages is no directory\n")
        );
    }
}

#[test]
fn one_that_no_run_has_used_is_told_from_one_without_tasks() {
    let folder = folder::<&str, &str>(&[]);
    fs::write(folder.path().join("pages/notes.txt"), "mine").unwrap();
    for command in LOOKING {
        let said = scrapeflow(folder.path(), command);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{command:?}");
        let nothing = "error: pages has no statuses (<key>.status.json), so no run has used it\n";
        assert_eq!(said.err, nothing);
    }
    fs::create_dir(folder.path().join("pages/.scrapeflow")).unwrap();
    for command in &LOOKING[..4] {
        let said = scrapeflow(folder.path(), command);
        assert_eq!(said.code, 0, "{command:?}: {}", said.err);
        assert!(
            said.err.starts_with("pages has no tasks yet\n"),
            "{}",
            said.err
        );
    }
    // A run without tasks is no mistake of a script that exports what there is.
    let said = scrapeflow(
        folder.path(),
        &["export", "pages", "-o", "x.csv", "--columns", "key"],
    );
    assert_eq!(
        (
            said.code,
            fs::read_to_string(folder.path().join("x.csv"))
                .unwrap()
                .as_str()
        ),
        (0, "key\n")
    );
}

const GOOD: &str = r#"{"name": "good", "params": {"url": "https://a.example/"}, "scrape": {"size": 7}, "scrape_status": "SUCCESS"}"#;

const BROKEN: [&str; 7] = [
    "error: 6 statuses cannot be read; all else is shown. Mend or delete them",
    "warning: broken: cut: is no JSON object: cut off inside a string at line 1, column 41 (byte 40)",
    "warning: broken: deep: is no JSON object: cut off inside an array at line 1, column 100007 (byte 100006)",
    "warning: broken: dir: pages/dir.status.json is a directory where a status file should be",
    "warning: broken: empty: is no JSON object: empty",
    "warning: broken: latin: is not UTF-8: invalid utf-8 sequence of 1 bytes from index 7",
    "warning: broken: list: is no JSON object: expected an object, found an array at line 1, column 1 (byte 0)",
];

#[test]
fn what_is_broken_is_listed_and_the_rest_shown() {
    let folder = folder(&[
        ("good", GOOD),
        ("cut", &GOOD[..40]),
        ("list", "[1, 2]"),
        ("empty", ""),
        ("deep", &format!("{{\"a\": {}", "[".repeat(100_000))),
    ]);
    let pages = folder.path().join("pages");
    fs::write(pages.join("latin.status.json"), b"{\"a\": \"\xe9\"}").unwrap();
    fs::create_dir(pages.join("dir.status.json")).unwrap();
    for (command, shown) in [
        (LOOKING[0], "SUCCESS              1"),
        (LOOKING[1], "good\thttps://a.example/\tSUCCESS"),
        (
            LOOKING[3],
            r#"{"key":"good","params":{"url":"https://a.example/"},"scrape":{"size":7},"scrape_status":"SUCCESS"}"#,
        ),
    ] {
        let said = scrapeflow(folder.path(), command);
        assert_eq!(said.code, 3, "{command:?}");
        assert!(said.out.contains(shown), "{}", said.out);
        let mut told: Vec<&str> = said.err.lines().filter(|line| *line != "1 row").collect();
        told.sort_unstable();
        assert_eq!(told, BROKEN, "{command:?}");
    }
    let said = scrapeflow(folder.path(), &["show", "pages", "cut"]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("cut is no JSON object"), "{}", said.err);
    let said = scrapeflow(folder.path(), &["show", "pages", "cut", "--json"]);
    assert_eq!((said.code, said.out.trim_end()), (0, &GOOD[..40]));
}

#[test]
fn the_predecessors_directory_is_one_like_any_other() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/predecessor");
    let folder = tempfile::tempdir().unwrap();
    let said = scrapeflow(folder.path(), &["errors", fixture, "--by", "class,status"]).well();
    expect![[r#"
        count  class                    status  example                           url                                 what it says
        1      ClientConnectorError             refused                           http://127.0.0.1:9/                 Cannot connect to host 127.0.0.1:9 ssl:False [Connect call failed ('127.0.0.1', 9)]
        1      ClientPayloadError               edbdbac0cec0eca394b81bb1be45bcc1  http://127.0.0.1:8099/short.html    Response payload is not completed: <ContentLengthError: 400, message='Not enough data to satisfy content length header (received 3 of 1000 bytes).'>
        1      InvalidUrlClientError            bad-url                                                               http://
        1      RuntimeError                     post é 1                          http://127.0.0.1:8099/echo          could not find a title
        1      RuntimeError             404     129b0466c7f18db37abbe0d39defd6e3  http://127.0.0.1:8099/missing.html  HTTP response 404
        1      ServerDisconnectedError          360136bc9c89d1a10dda9ff62738c365  http://127.0.0.1:8099/drop.html     Server disconnected
        1      TimeoutError                     fe4cec74781881ac233dcf5d1620de96  http://127.0.0.1:8099/slow.html
    "#]]
    .assert_eq(&said);
    let said = scrapeflow(
        folder.path(),
        &[
            "ls",
            fixture,
            "--where",
            "scrape.size > 100",
            "--columns",
            "key,params.url",
            "--sort",
            "key",
        ],
    );
    expect![[r#"
        key	params.url
        3e92be5fc9ee728e23b17667eb2e0c5a	http://127.0.0.1:8099/option.html
        7a11bb0dd392fa2772d467c73d66783c	http://127.0.0.1:8099/vec.html
        a195c406d8bcac189d220f992cb3c3d4	http://127.0.0.1:8099/std.html
    "#]]
    .assert_eq(&said.well());
}
