//! The program `scrapeflow` is stopped by a signal: at every stage of a task, once and twice, and on a terminal.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use scrapeflow_tests::{Answer, Running, Site, alone, send, until};
use tempfile::TempDir;

fn program(dir: &Path, arguments: &[&str]) -> Command {
    let mut program = alone(Command::new(env!("CARGO_BIN_EXE_command_line")), dir);
    program.args(arguments);
    for stream in [Command::stdout, Command::stderr] {
        stream(&mut program, Stdio::piped());
    }
    program
}

/// How a program ended, and what it printed as data and as talk.
pub(crate) fn end(child: Running) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = child.end();
    let [data, talk] = [stdout, stderr].map(|said| String::from_utf8(said).unwrap());
    (status.code(), data, talk)
}

/// The keys and statuses that `ls` shows, one a line.
fn listed(dir: &Path, options: &[&str]) -> usize {
    let arguments = [&["ls", "pages", "--json"], options].concat();
    let (code, rows, talk) = end(Running::start(&mut program(dir, &arguments)));
    assert_eq!(code, Some(0), "{talk}");
    rows.lines().count()
}

/// Where a task can be when the signal comes.
struct Stage {
    name: &'static str,
    /// What the program is told besides the directory; URLs are paths of the site.
    arguments: &'static [&'static str],
    /// What comes from its input, which stays open.
    input: Option<&'static str>,
    /// How many requests have been made by then.
    requests: usize,
    /// How many of them are answered and stored.
    stored: usize,
}

const STAGES: [Stage; 6] = [
    Stage {
        name: "reading tasks",
        arguments: &["--from", "-"],
        input: Some("/page/1"),
        requests: 1,
        stored: 1,
    },
    Stage {
        name: "waiting for robots.txt",
        arguments: &["--robots", "/page/1"],
        input: None,
        requests: 1,
        stored: 0,
    },
    Stage {
        name: "waiting for its turn",
        arguments: &["--pace", "1/h", "/page/1", "/page/2"],
        input: None,
        requests: 1,
        stored: 1,
    },
    Stage {
        name: "waiting for an answer",
        arguments: &["/page/1?gate=never"],
        input: None,
        requests: 1,
        stored: 0,
    },
    Stage {
        name: "in a body",
        arguments: &["/page/1", "/hang/body"],
        input: None,
        requests: 2,
        stored: 1,
    },
    Stage {
        name: "waiting for another try",
        arguments: &["/status/503?retry_after=20"],
        input: None,
        requests: 1,
        stored: 0,
    },
];

impl Stage {
    /// A run that has come to this stage.
    fn reached(&self, site: &Site, folder: &TempDir, grace: &str) -> (Running, Option<ChildStdin>) {
        site.route("/robots.txt", |_| Answer::text("").gate("never"));
        let url = |word: &str| match word.strip_prefix('/') {
            Some(_) => site.url(word),
            None => word.to_owned(),
        };
        let arguments = self.arguments.iter().map(|word| url(word));
        let mut run = program(folder.path(), &["scrape", "pages", "--grace", grace]);
        let mut child = Running::start(run.args(arguments).stdin(Stdio::piped()));
        if let Some(input) = self.input {
            let line = format!("{}\n", url(input));
            let stdin = child.stdin.as_mut().unwrap();
            stdin.write_all(line.as_bytes()).unwrap();
        }
        until(self.name, || site.requests().len() == self.requests);
        until(self.name, || statuses(folder.path()) == self.stored);
        // Whoever waits for the end of a child closes its input before.
        let input = child.stdin.take();
        (child, input)
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
fn check(stage: &Stage, folder: &TempDir, ended: Running) {
    let (code, said, talk) = end(ended);
    assert_eq!(code, Some(130), "{}: {talk}", stage.name);
    assert!(
        talk.contains("stopping: what is under way has"),
        "{}: {talk}",
        stage.name
    );
    assert!(
        said.contains("interrupted: run it again, with the same tasks, to go on"),
        "{}: {said}",
        stage.name
    );
    let all = listed(folder.path(), &[]);
    let good = listed(folder.path(), &["--where", "scrape_status = 'SUCCESS'"]);
    assert_eq!(good, stage.stored, "{}", stage.name);
    // Also where a try has failed: it was not the last.
    assert_eq!(all, good, "{}", stage.name);
    let files = fs::read_dir(folder.path().join("pages")).unwrap();
    let files = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = files.filter(|name| !name.starts_with('.')).count();
    assert_eq!(files, all + good, "{}", stage.name);
    let own = folder.path().join("pages/.scrapeflow");
    let left: Vec<_> = fs::read_dir(own)
        .unwrap()
        .map(|left| left.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"], "{}", stage.name);
}

/// Which there is unless another is said.
const GRACE: Duration = Duration::from_secs(10);

#[test]
fn once_and_the_grace_goes_by_at_every_stage() {
    for stage in STAGES {
        for signal in [Signal::INT, Signal::TERM] {
            let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
            let (child, _input) = stage.reached(&site, &folder, "100ms");
            send(signal, &child);
            let asked = Instant::now();
            check(&stage, &folder, child);
            assert!(asked.elapsed() < GRACE, "{}", stage.name);
        }
    }
}

#[test]
fn twice_at_every_stage() {
    for stage in STAGES {
        let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
        let (child, _input) = stage.reached(&site, &folder, "1h");
        send(Signal::INT, &child);
        send(Signal::TERM, &child);
        check(&stage, &folder, child);
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
    let child = Running::start(&mut program(folder.path(), &scrape));
    until("it asks", || site.requests().len() == 4);
    send(Signal::INT, &child);
    // What is under way may end.
    site.open("held");
    let (code, said, talk) = end(child);
    assert_eq!(code, Some(130), "{talk}");
    assert!(said.contains("interrupted: run it again"), "{said}");
    site.open("rest");
    let (code, said, talk) = end(Running::start(&mut program(folder.path(), &scrape)));
    assert!(code == Some(0) && said.contains("skipped"), "{said}{talk}");
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
    script
        .env("TERM", "xterm-256color")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut script = Running::start(&mut script);
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
