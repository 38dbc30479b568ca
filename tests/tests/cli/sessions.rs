//! The terminal sessions of docs/command-line.md of the crate are what the programs print.
//!
//! `UPDATE_EXPECT=1` writes them anew. Ports, times and dates differ at each run and are written as others.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use scrapeflow_tests::{Answer, Site, alone};
use tempfile::TempDir;

use crate::scrapeflow;

const DOC: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../scrapeflow/docs/command-line.md"
);

/// As documents call the site, as long as its address is, so that columns stay in line; and the proxies.
const SITE: &str = "https://novels.example";
const PROXY: &str = "http://10.0.0.1:8080";
const DEAD_PROXY: &str = "http://10.0.0.2:8080";

struct World {
    dir: TempDir,
    site: Site,
    proxy: Site,
    last: i32,
}

#[test]
fn sessions_are_what_the_programs_print() {
    let doc = fs::read_to_string(DOC).unwrap();
    let mut world = World::new();
    let mut now = String::new();
    let mut sessions = 0;
    let mut blocks = doc.split("```");
    now.push_str(blocks.next().unwrap());
    for (nth, block) in blocks.enumerate() {
        now.push_str("```");
        match block.strip_prefix("console\n").filter(|_| nth % 2 == 0) {
            Some(session) => {
                sessions += 1;
                now.push_str("console\n");
                for line in session.lines().filter(|line| line.starts_with("$ ")) {
                    now.extend([line, "\n", &world.say(&line[2..])]);
                }
            }
            None => now.push_str(block),
        }
    }
    assert!(sessions > 10, "the sessions were found");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(DOC, now).unwrap();
    } else if doc != now {
        let differs = doc.lines().zip(now.lines()).find(|(was, is)| was != is);
        let (was, is) = differs.unwrap_or(("its end", "another end"));
        panic!(
            "the document says\n{was}\nand now it is\n{is}\nUPDATE_EXPECT=1 writes it anew:\n\n{now}"
        );
    }
}

impl World {
    fn new() -> Self {
        let site = Site::start();
        let page = |books: &str| {
            let page = format!("<!doctype html><title>Books</title>\n<ul>\n{books}</ul>\n");
            move |_: &_| Answer::html(page.clone())
        };
        for (path, books) in [
            ("/shelf/1", "<li>Middlemarch, 12.5</li>\n<li>Emma, 8</li>\n"),
            ("/shelf/2", "<li>Walden, 9.95</li>\n"),
            ("/shelf/3", ""),
            (
                "/shelf/4",
                "<li>Dracula, 7.5</li>\n<li>Frankenstein, 6</li>\n",
            ),
        ] {
            site.route(path, page(books));
        }
        let proxy = Site::start();
        proxy.route("/", |_| Answer::text("").status(204));
        let dir = tempfile::tempdir().unwrap();
        let programs = dir.path().join("programs");
        fs::create_dir(&programs).unwrap();
        symlink(
            env!("CARGO_BIN_EXE_command_line"),
            programs.join("scrapeflow"),
        )
        .unwrap();
        symlink(env!("CARGO_BIN_EXE_books"), programs.join("books")).unwrap();
        let address = format!("http://{}", site.address());
        let shelves = (1..=5).map(|n| format!("shelf-{n},{address}/shelf/{n}\n"));
        let tasks = format!("key,url\n{}", shelves.collect::<String>());
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        fs::write(work.join("tasks.csv"), tasks).unwrap();
        let proxies = format!("http://{}\nhttp://127.0.0.1:9\n", proxy.address());
        fs::write(work.join("proxies.txt"), proxies).unwrap();
        Self {
            dir,
            site,
            proxy,
            last: 0,
        }
    }

    /// What a command prints, on standard output and error alike.
    fn say(&mut self, command: &str) -> String {
        let site = format!("http://{}", self.site.address());
        let proxy = format!("http://{}", self.proxy.address());
        let command = command
            .replace("$?", &self.last.to_string())
            .replace(SITE, &site)
            .replace(PROXY, &proxy)
            .replace(DEAD_PROXY, "http://127.0.0.1:9");
        let programs = self.dir.path().join("programs");
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let said = alone(Command::new("sh"), &self.dir.path().join("work"))
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .env("PATH", path)
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        self.last = said.status.code().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let said = said
            .replace(&site, SITE)
            .replace(&proxy, PROXY)
            .replace("http://127.0.0.1:9", DEAD_PROXY);
        let said = said.replace(&site["http://".len()..], &SITE["https://".len()..]);
        assert!(!said.contains(self.dir.path().to_str().unwrap()), "{said}");
        like_in_documents(&said)
    }
}

fn like_in_documents(said: &str) -> String {
    let mut said = said.to_owned();
    for (differs, alike) in [
        (
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}",
            "2026-11-23 09:30:00.000000",
        ),
        (
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00",
            "2026-11-23T09:30:00+00:00",
        ),
        (
            r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
            "Mon, 23 Nov 2026 09:30:00 GMT",
        ),
        (r"in \d+\.\d\d s", "in 0.05 s"),
        (r", \d+ ms", ", 2 ms"),
        (r#""ms": \d+"#, r#""ms": 3"#),
    ] {
        said = Regex::new(differs)
            .unwrap()
            .replace_all(&said, alike)
            .into_owned();
    }
    said
}

#[test]
fn the_document_names_every_command() {
    let doc = fs::read_to_string(Path::new(DOC)).unwrap();
    let help = scrapeflow(Path::new("."), &["--help"]).out;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    // What is further in goes on with a description.
    let commands = commands.filter_map(|line| {
        line.strip_prefix("  ")
            .filter(|line| !line.starts_with(' '))
    });
    let commands: Vec<&str> = commands.filter_map(|line| line.split(' ').next()).collect();
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands.iter().filter(|command| **command != "help") {
        assert!(
            ["scrapeflow", "books"]
                .iter()
                .any(|program| doc.contains(&format!("$ {program} {command}"))),
            "no session shows {command}"
        );
    }
}
