//! The program `scrapeflow` is stopped by a signal: at every stage of a task, once and twice, and on a terminal.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::Signal;
use scrapeflow_tests::{Answer, Site, alone, send, until};
use tempfile::TempDir;

fn program(dir: &Path, arguments: &[&str]) -> Command {
    let mut program = alone(Command::new(env!("CARGO_BIN_EXE_command_line")), dir);
    program.args(arguments);
    for stream in [Command::stdout, Command::stderr] {
        stream(&mut program, Stdio::piped());
    }
    program
}

/// What a program printed, and how it ended.
fn end(child: Child) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let said = [stdout, stderr].map(|said| String::from_utf8(said).unwrap());
    (status.code(), said.concat())
}

/// The keys and statuses that `ls` shows, one a line.
fn listed(dir: &Path, options: &[&str]) -> usize {
    let arguments = [&["ls", "pages", "--json"], options].concat();
    let (code, said) = end(program(dir, &arguments).spawn().unwrap());
    assert_eq!(code, Some(0), "{said}");
    said.lines().count()
}

/// Where a task can be when the signal comes.
struct Stage {
    name: &'static str,
    /// What the program is told besides the directory; URLs are paths of the site.
    arguments: &'static [&'static str],
    /// What comes from its input, which stays open.
    input: Option<&'static str>,
    /// Which requests have been made by then.
    asked: &'static [&'static str],
    /// How many of them are answered and stored.
    stored: usize,
}

const STAGES: [Stage; 6] = [
    Stage {
        name: "reading tasks",
        arguments: &["--from", "-"],
        input: Some("/page/1"),
        asked: &["/page/1"],
        stored: 1,
    },
    Stage {
        name: "waiting for robots.txt",
        arguments: &["--robots", "/page/1"],
        input: None,
        asked: &["/robots.txt"],
        stored: 0,
    },
    Stage {
        name: "waiting for its turn",
        arguments: &["--pace", "1/h", "/page/1", "/page/2"],
        input: None,
        asked: &["/page/1"],
        stored: 1,
    },
    Stage {
        name: "waiting for an answer",
        arguments: &["/page/1?gate=never"],
        input: None,
        asked: &["/page/1?gate=never"],
        stored: 0,
    },
    Stage {
        name: "in a body",
        arguments: &["/page/1", "/hang/body"],
        input: None,
        asked: &["/page/1", "/hang/body"],
        stored: 1,
    },
    Stage {
        name: "waiting for another try",
        arguments: &["/status/503?retry_after=20"],
        input: None,
        asked: &["/status/503?retry_after=20"],
        stored: 0,
    },
];

impl Stage {
    /// A run that has come to this stage.
    fn reached(&self, site: &Site, folder: &TempDir, grace: &str) -> Child {
        site.route("/robots.txt", |_| Answer::text("").gate("never"));
        let url = |word: &str| match word.strip_prefix('/') {
            Some(_) => site.url(word),
            None => word.to_owned(),
        };
        let arguments = self.arguments.iter().map(|word| url(word));
        let mut run = program(folder.path(), &["scrape", "pages", "--grace", grace]);
        let mut child = run.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
        if let Some(input) = self.input {
            let line = format!("{}\n", url(input));
            let stdin = child.stdin.as_mut().unwrap();
            stdin.write_all(line.as_bytes()).unwrap();
        }
        until(self.name, || {
            let requests = site.requests();
            self.asked
                .iter()
                .all(|asked| requests.iter().any(|request| request.target() == *asked))
        });
        until(self.name, || statuses(folder.path()) == self.stored);
        child
    }
}

/// How many statuses are stored.
fn statuses(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder.join("pages")) else {
        return 0;
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".status.json")).count()
}

/// Nothing is recorded but what was done, and nothing is left of the rest.
fn check(stage: &Stage, folder: &TempDir, (code, said): (Option<i32>, String)) {
    assert_eq!(code, Some(130), "{}: {said}", stage.name);
    assert!(
        said.contains("interrupted: run it again, with the same tasks, to go on"),
        "{}: {said}",
        stage.name
    );
    let all = listed(folder.path(), &[]);
    let good = listed(folder.path(), &["--where", "scrape_status = 'SUCCESS'"]);
    assert_eq!((all, good), (stage.stored, stage.stored), "{}", stage.name);
    let files = fs::read_dir(folder.path().join("pages")).unwrap();
    let files = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = files.filter(|name| !name.starts_with('.')).count();
    assert_eq!(files, 2 * stage.stored, "{}", stage.name);
    let own = folder.path().join("pages/.scrapeflow");
    let left: Vec<_> = fs::read_dir(own)
        .unwrap()
        .map(|left| left.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"], "{}", stage.name);
}

#[test]
fn once_and_the_grace_goes_by_at_every_stage() {
    for stage in STAGES {
        for signal in [Signal::INT, Signal::TERM] {
            let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
            let child = stage.reached(&site, &folder, "100ms");
            send(signal, &child);
            check(&stage, &folder, end(child));
        }
    }
}

#[test]
fn twice_at_every_stage() {
    for stage in STAGES {
        let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
        let child = stage.reached(&site, &folder, "1h");
        send(Signal::INT, &child);
        send(Signal::TERM, &child);
        check(&stage, &folder, end(child));
    }
}

#[test]
fn a_run_ends_in_order_and_goes_on_later() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let urls: Vec<String> = (0..20)
        .map(|n| {
            let gate = if n < 4 { "held" } else { "rest" };
            site.url(&format!("/page/{n}?gate={gate}"))
        })
        .collect();
    fs::write(folder.path().join("urls.txt"), urls.join("\n")).unwrap();
    let scrape = [
        "scrape",
        "pages",
        "--from",
        "urls.txt",
        "--parallelism",
        "4",
    ];
    let child = program(folder.path(), &scrape).spawn().unwrap();
    until("it asks", || site.requests().len() == 4);
    send(Signal::INT, &child);
    // What is under way may end.
    site.open("held");
    let (code, said) = end(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("interrupted: run it again"), "{said}");
    site.open("rest");
    let (code, said) = end(program(folder.path(), &scrape).spawn().unwrap());
    assert!(code == Some(0) && said.contains("skipped"), "{said}");
    assert_eq!(
        listed(folder.path(), &["--where", "scrape_status = 'SUCCESS'"]),
        20
    );
}

#[test]
fn the_terminal_is_as_it_was() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let command = format!(
        "trap : INT; stty -a; {} scrape pages {}; echo code $?; stty -a",
        env!("CARGO_BIN_EXE_command_line"),
        site.url("/page/1?gate=never")
    );
    let mut script = alone(Command::new("script"), folder.path());
    let mut script = script
        .env("TERM", "xterm-256color")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script: `cargo xtask test` installs it");
    let (mut keyboard, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let mut shown = String::new();
    let mut until_shown = |what: &str| {
        let mut bytes = [0; 4096];
        while !shown.contains(what) {
            let read = screen.read(&mut bytes).unwrap();
            assert!(read > 0, "{what}: {shown:?}");
            shown.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        shown.clone()
    };
    until_shown("/1 tasks");
    until("it asks", || site.requests().len() == 1);
    keyboard.write_all(b"\x03").unwrap();
    until_shown("stopping:");
    keyboard.write_all(b"\x03").unwrap();
    until_shown("code 130");
    drop(keyboard);
    screen.read_to_string(&mut shown).unwrap();
    script.wait().unwrap();

    let modes: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("icanon"))
        .collect();
    assert!(
        matches!(modes[..], [before, after] if before == after),
        "{shown:?}"
    );
    let (hidden, visible) = (shown.rfind("\x1b[?25l"), shown.rfind("\x1b[?25h"));
    assert!(hidden <= visible, "the cursor is there: {shown:?}");
    let report = shown.rsplit("\x1b[2K").next().unwrap();
    assert!(
        report.contains("interrupted") && !report.contains("/1 tasks"),
        "the bar is gone: {shown:?}"
    );
}
