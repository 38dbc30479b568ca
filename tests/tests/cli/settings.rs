//! Flags over environment over `scrapeflow.toml` over defaults; what is wrong in the file is named with its line.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use scrapeflow_tests::Site;

use crate::{Said, program, scrapeflow};

/// By what name the site was asked, with these flags, environment and file.
fn user_agent(flags: &[&str], environment: &[(&str, &str)], file: Option<&str>) -> String {
    let site = Site::start();
    let folder = tempfile::tempdir().unwrap();
    if let Some(file) = file {
        fs::write(folder.path().join("scrapeflow.toml"), file).unwrap();
    }
    let said = program(folder.path())
        .args(["scrape", "pages", &site.url("/page/1")])
        .args(flags)
        .envs(environment.iter().copied())
        .output();
    Said::from(said.unwrap()).well();
    site.requests()[0].header("user-agent").unwrap().to_owned()
}

#[test]
fn the_nearer_word_counts() {
    let file = Some("user-agent = \"file\"\n");
    let environment = &[("SCRAPEFLOW_USER_AGENT", "environment")][..];
    assert!(user_agent(&[], &[], None).starts_with("scrapeflow/"));
    assert_eq!(user_agent(&[], &[], file), "file");
    assert_eq!(user_agent(&[], environment, file), "environment");
    assert_eq!(
        user_agent(&["--user-agent", "flag"], environment, file),
        "flag"
    );
    // A file of another name instead.
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.toml");
    fs::write(&other, "user-agent = \"other\"").unwrap();
    assert_eq!(
        user_agent(&["--config", other.to_str().unwrap()], &[], file),
        "other"
    );
}

#[test]
fn every_setting_can_be_said_in_all_three_places() {
    let help = scrapeflow(Path::new("."), &["scrape", "--help"]).well();
    let said = [
        ("parallelism", "4", "4"),
        ("timeout", "20s", "\"20s\""),
        ("grace", "3s", "\"3s\""),
        ("durability", "batched=1s", "\"power-cut\""),
        ("retries", "2", "2"),
        ("request-retries", "1", "1"),
        ("max-age", "7d", "[\"scrape=7d\"]"),
        ("polite", "true", "true"),
        ("pace", "900/s", "\"900/s\""),
        ("per-host", "3", "3"),
        ("robots", "true", "true"),
        ("user-agent", "a/1", "\"a/1\""),
        ("header", "x-a: 1", "[\"x-a: 1\", \"x-b: 2\"]"),
        ("cookie", "a=1", "\"a=1\""),
        ("cookie-store", "true", "true"),
        ("accept-status", "200,404", "[200, 404]"),
        ("public-only", "false", "false"),
        ("fail-if", "failed>3", "\"failed>3\""),
    ];
    let site = Site::start();
    for (name, text, toml) in said {
        assert!(
            help.contains(&format!("--{name} ")) || help.contains(&format!("--{name}[")),
            "{name} is not in the help"
        );
        let variable = format!("SCRAPEFLOW_{}", name.to_uppercase().replace('-', "_"));
        assert!(
            help.contains(&format!("[env: {variable}")),
            "{variable} is not in the help"
        );
        let folder = tempfile::tempdir().unwrap();
        let scrape = ["scrape", "pages", &site.url("/page/1")];
        let run = |flag: Option<String>, environment: Option<&str>| {
            let mut program = program(folder.path());
            program.args(scrape).args(flag);
            if let Some(text) = environment {
                program.env(&variable, text);
            }
            Said::from(program.output().unwrap()).well();
        };
        run(Some(format!("--{name}={text}")), None);
        run(None, Some(text));
        fs::write(
            folder.path().join("scrapeflow.toml"),
            format!("{name} = {toml}\n"),
        )
        .unwrap();
        run(None, None);
    }
    // Two are about proxies, which `proxies` has.
    let settings = help.matches("[env: SCRAPEFLOW_").count();
    assert_eq!(
        settings,
        said.len() + 3,
        "with --proxy, --proxies and --config"
    );
}

#[test]
fn what_file_and_environment_say_counts() {
    // A setting, what it is set to, the pages that are asked for, and what shows that it counts: how often the site is asked, how
    // many requests are under way at most, the exit code.
    let six = [
        "/delay/60?1",
        "/delay/60?2",
        "/delay/60?3",
        "/delay/60?4",
        "/delay/60?5",
        "/delay/60?6",
    ];
    let cases = [
        ("parallelism", "2", &six[..], 6, 2, 0),
        ("per-host", "1", &six[..], 6, 1, 0),
        ("timeout", "\"100ms\"", &["/delay/30000"][..], 1, 1, 1),
        ("request-retries", "0", &["/status/503"], 1, 1, 1),
        ("public-only", "true", &["/page/1"], 0, 0, 1),
        ("accept-status", "[404]", &["/status/404"], 1, 1, 0),
        ("fail-if", "\"failed>1\"", &["/status/404"], 1, 1, 0),
        ("fail-if", "\"failed>50%\"", &["/status/404"], 1, 1, 1),
    ];
    for (name, value, paths, hits, at_once, code) in cases {
        for by_file in [true, false] {
            let site = Site::start();
            let folder = tempfile::tempdir().unwrap();
            let mut program = program(folder.path());
            let urls = paths.iter().map(|path| site.url(path));
            program.args(["scrape", "pages"]).args(urls);
            if by_file {
                let file = format!("{name} = {value}\n");
                fs::write(folder.path().join("scrapeflow.toml"), file).unwrap();
            } else {
                let variable = name.to_uppercase().replace('-', "_");
                let value = value.trim_matches(['"', '[', ']']);
                program.env(format!("SCRAPEFLOW_{variable}"), value);
            }
            let said = Said::from(program.output().unwrap());
            assert_eq!(said.code, code, "{name}: {}{}", said.out, said.err);
            assert_eq!(site.total_hits(), hits, "{name}");
            assert!(
                site.max_in_flight() <= at_once,
                "{name}: {}",
                site.max_in_flight()
            );
        }
    }
    // What was made is made again when it is too old.
    let site = Site::start();
    let folder = tempfile::tempdir().unwrap();
    let scrape = ["scrape", "pages", &site.url("/page/1")];
    scrapeflow(folder.path(), &scrape).well();
    scrapeflow(folder.path(), &scrape).well();
    assert_eq!(site.total_hits(), 1);
    fs::write(
        folder.path().join("scrapeflow.toml"),
        "max-age = \"scrape=0s\"",
    )
    .unwrap();
    scrapeflow(folder.path(), &scrape).well();
    assert_eq!(site.total_hits(), 2);
}

#[test]
fn requests_are_as_the_settings_say() {
    let site = Site::start();
    site.robots("User-agent: *\nDisallow: /page/2\n");
    let folder = tempfile::tempdir().unwrap();
    let file = "header = [\"x-one: 1\", \"accept-language: de\"]\ncookie = \"a=b\"\nrobots = true\naccept-status = [200, 404]\n";
    fs::write(folder.path().join("scrapeflow.toml"), file).unwrap();
    let urls = [
        site.url("/page/1"),
        site.url("/page/2"),
        site.url("/status/404"),
    ];
    let said = scrapeflow(
        folder.path(),
        &[
            &["scrape", "pages"],
            &urls.each_ref().map(String::as_str)[..],
        ]
        .concat(),
    );
    assert_eq!(said.code, 1, "{}", said.out);
    let asked: Vec<_> = site
        .requests()
        .into_iter()
        .filter(|request| request.path() == "/page/1")
        .collect();
    assert_eq!(asked[0].header("x-one"), Some("1"));
    assert_eq!(asked[0].header("accept-language"), Some("de"));
    assert_eq!(asked[0].header("cookie"), Some("a=b"));
    assert!(
        !site
            .requests()
            .iter()
            .any(|request| request.path() == "/page/2")
    );
    let failed = scrapeflow(
        folder.path(),
        &["ls", "pages", "--failed", "--columns", "params.url"],
    )
    .well();
    assert_eq!(failed, format!("params.url\n{}\n", urls[1]));
    // A flag takes back what the file says.
    scrapeflow(folder.path(), &["scrape", "pages", "--robots=false"]).well();
}

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_line() {
    let check = |file: &str, expected: Expect| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("scrapeflow.toml"), file).unwrap();
        let said = scrapeflow(folder.path(), &["scrape", "pages"]);
        assert_eq!(said.code, 2);
        assert!(!folder.path().join("pages").exists());
        expected.assert_eq(&said.err);
    };
    check(
        "timeout = \"20s\"\n\nuser_agent = \"x\"\n",
        expect![[r#"
            error: scrapeflow.toml: line 3, column 1: there is no setting `user_agent`; did you mean `user-agent`?
              user_agent = "x"
              ^
        "#]],
    );
    check(
        "timeout = 20\n",
        expect![[r#"
            error: scrapeflow.toml: line 1, column 11: invalid type: integer `20`, expected a string
              timeout = 20
                        ^
        "#]],
    );
    check(
        "timeout = \"soon\"\n",
        expect![[r#"
            error: scrapeflow.toml: line 1, column 11: `soon` is no time: expected number at 0; write it as 20s or 7d
              timeout = "soon"
                        ^
        "#]],
    );
    check(
        "parallelism = \"many\"\n",
        expect![[r#"
            error: scrapeflow.toml: line 1, column 15: invalid type: string "many", expected usize
              parallelism = "many"
                            ^
        "#]],
    );
    check(
        "polite = yes\n",
        expect![[r#"
            error: scrapeflow.toml: line 1, column 10: string values must be quoted, expected literal string
              polite = yes
                       ^
        "#]],
    );
    check(
        "header = 3\n",
        expect![[r#"
            error: scrapeflow.toml: line 1, column 10: a text or a list of texts is expected
        "#]],
    );
    check(
        "[network]\nproxy = \"x\"\n",
        expect![[r#"
            error: scrapeflow.toml: line 1, column 2: unknown field `network`, expected one of `parallelism`, `timeout`, `grace`, `durability`, `retries`, `request-retries`, `max-age`, `polite`, `pace`, `per-host`, `robots`, `proxy`, `proxies`, `user-agent`, `header`, `cookie`, `cookie-store`, `accept-status`, `public-only`, `fail-if`
        "#]],
    );
    let folder = tempfile::tempdir().unwrap();
    let said = scrapeflow(folder.path(), &["scrape", "pages", "--config", "mine.toml"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            2,
            "error: cannot read mine.toml: No such file or directory (os error 2)\n"
        )
    );
}

#[test]
fn secrets_are_in_no_help_and_no_complaint() {
    let folder = tempfile::tempdir().unwrap();
    for (variable, value) in [
        ("SCRAPEFLOW_PROXY", "http://ann:geheim@10.0.0.1:80"),
        ("SCRAPEFLOW_COOKIE", "session=geheim"),
        ("SCRAPEFLOW_HEADER", "authorization: geheim"),
    ] {
        for arguments in [
            &["scrape", "--help"][..],
            &["scrape", "pages", "--pace", "x"],
        ] {
            let said = program(folder.path())
                .args(arguments)
                .env(variable, value)
                .output()
                .unwrap();
            let said = Said::from(said);
            assert!(
                !said.out.contains("geheim") && !said.err.contains("geheim"),
                "{variable}"
            );
        }
    }
}
