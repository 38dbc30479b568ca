//! Every example runs, and says what its text says that it does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scrapeflow_tests::{Site, Tinyproxy};

/// Cargo builds the examples of all packages into one folder, beside the tests.
fn example(name: &str, folder: &Path) -> Command {
    let test = std::env::current_exe().expect("the path of this test");
    let built: PathBuf = test
        .ancestors()
        .nth(2)
        .expect("above deps")
        .join("examples")
        .join(name);
    assert!(
        built.is_file(),
        "{} is built by `cargo test --workspace`, without `--test`",
        built.display()
    );
    let mut command = Command::new(built);
    command.current_dir(folder);
    command
}

fn text(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("examples print UTF-8")
}

/// The figure behind a word at the beginning of a line.
fn figure(text: &str, word: &str) -> Option<u64> {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(word))?;
    line.split_whitespace().last()?.parse().ok()
}

#[test]
fn quickstart_scrapes_then_skips_then_parses_again() {
    let site = Site::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let urls: Vec<String> = (0..30)
        .map(|page| site.url(&format!("/page/{page}")))
        .collect();
    let run = |extra: &[&str]| {
        let output = example("quickstart", folder.path())
            .args(extra)
            .args(&urls)
            .output();
        text(&output.expect("the example starts"))
    };
    let first = run(&[]);
    assert_eq!(figure(&first, "succeeded"), Some(30), "{first}");
    assert_eq!(site.total_hits(), 30);

    let second = run(&[]);
    assert_eq!(figure(&second, "skipped"), Some(30), "{second}");
    assert_eq!(site.total_hits(), 30, "nothing is fetched again");

    let forced = run(&["--force", "parse"]);
    let row = |name| {
        forced
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
    };
    let cells = |name| {
        row(name)
            .split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(cells("scrape"), "0 0 0 30 0", "{forced}");
    assert_eq!(cells("parse"), "30 0 0 0 0", "{forced}");
    assert_eq!(
        cells("degree"),
        "0 0 0 30 0",
        "what parse gave is the same\n{forced}"
    );

    let wrong = example("quickstart", folder.path())
        .args(["--force", "prase"])
        .output();
    let wrong = wrong.expect("the example starts");
    assert!(!wrong.status.success());
    let said = String::from_utf8_lossy(&wrong.stderr);
    assert!(said.contains("did you mean `parse`?"), "{said}");
}

#[test]
fn proxies_are_checked_and_those_that_are_turned_away_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let proxies: Vec<Tinyproxy> = (0..6).map(|_| Tinyproxy::start("")).collect();
    let mut stopped = Tinyproxy::start("");
    stopped.stop();
    let addresses = proxies
        .iter()
        .chain([&stopped])
        .map(|proxy| proxy.address().to_string());
    let output = example("proxies", folder.path()).args(addresses).output();
    let said = text(&output.expect("the example starts"));
    assert!(
        said.contains(&format!("http://{} doesn't work: ", stopped.address())),
        "{said}"
    );
    assert_eq!(figure(&said, "succeeded"), Some(10), "{said}");
    assert!(said.contains("turned away and gone elsewhere: "), "{said}");
}

#[test]
fn the_small_ones_say_what_they_show() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, says) in [
        ("errors", "ERROR RuntimeError::price: invalid float literal"),
        ("events", "halve failed on 7: 7 is odd"),
        (
            "images",
            "PNG of 300 by 200 pixels; its thumbnail is 64 by 43",
        ),
        ("listing", "succeeded            6"),
        ("plan", "if `letters` changes"),
        ("polite", "disallows it (`Disallow: /page/3`)"),
        ("requests", "the page has no price"),
        ("state", "succeeded            2"),
    ] {
        let said = text(
            &example(name, folder.path())
                .output()
                .expect("the example starts"),
        );
        assert!(said.contains(says), "{name}:\n{said}");
    }
}

#[test]
fn the_notebook_plots_what_it_scraped() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = text(
        &example("notebook", folder.path())
            .output()
            .expect("the example starts"),
    );
    let of_localhost = said
        .lines()
        .any(|line| line.starts_with("   12  localhost:") && line.ends_with(": HTTP response 404"));
    assert!(of_localhost, "{said}");
    let plot = |name: &str| {
        let plot = folder.path().join("plots").join(format!("{name}.svg"));
        std::fs::read_to_string(&plot).expect("it is plotted")
    };
    // Bars and lines have colours of their own, axes and the ground others.
    for (name, shape, least, says) in [
        ("sizes", r##"fill="#0000FF""##, 1, "pages per 10 kB"),
        (
            "pages-over-time",
            r##"stroke="#0000FF""##,
            1,
            "pages so far",
        ),
        (
            "errors-per-host",
            r##"fill="#FF0000""##,
            3,
            "HTTP response 403",
        ),
    ] {
        let svg = plot(name);
        assert!(svg.matches(shape).count() >= least, "{name}: {svg}");
        assert!(svg.contains(says), "{name}: {svg}");
    }
    let times = plot("pages-over-time");
    let line = times
        .split("<polyline")
        .find(|line| line.contains(r##"stroke="#0000FF""##))
        .expect("a line");
    let points = line
        .split("points=\"")
        .nth(1)
        .and_then(|points| points.split('"').next());
    let points = points.expect("points").split_whitespace().count();
    assert!(points > 10, "{line}");
}
