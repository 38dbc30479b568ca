//! Other frameworks, each doing the same work in its best honest settings: their programs are in `benches/peers`, and
//! `cargo xtask bench` installs what they need under `target/peers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use scrapeflow_benches::usage;

use crate::check::Kept;
use crate::{CLIENT_CORE, Client};

/// How a framework is called, where its version is pinned and how it is written there, and its program.
struct Peer {
    name: &'static str,
    pinned: (&'static str, &'static str),
    program: &'static [&'static str],
}

const PEERS: [Peer; 5] = [
    Peer {
        name: "spider",
        pinned: ("spider/Cargo.toml", "spider = "),
        program: &["target/peers/spider/release/spider-pages"],
    },
    Peer {
        name: "aiohttp, a loop",
        pinned: ("python/requirements.txt", "aiohttp=="),
        program: &[PYTHON, "benches/peers/python/aiohttp_pages.py"],
    },
    Peer {
        name: "Scrapy",
        pinned: ("python/requirements.txt", "Scrapy=="),
        program: &[PYTHON, "benches/peers/python/scrapy_pages.py"],
    },
    Peer {
        name: "Crawlee for Python",
        pinned: ("python/requirements.txt", "crawlee=="),
        program: &[PYTHON, "benches/peers/python/crawlee_pages.py"],
    },
    Peer {
        name: "Crawlee for JavaScript",
        pinned: ("javascript/package.json", "\"@crawlee/basic\": "),
        program: &["node", "target/peers/javascript/crawlee_pages.mjs"],
    },
];

const PYTHON: &str = "target/peers/python/bin/python";

/// Those frameworks, if `--peers` asks for them.
pub(crate) fn installed() -> Vec<Client> {
    if !std::env::args().any(|argument| argument == "--peers") {
        return Vec::new();
    }
    PEERS.iter().map(Peer::client).collect()
}

impl Peer {
    fn client(&self) -> Client {
        let words = self.program;
        let program = move || -> Command {
            let mut words = words.iter().map(|word| match word.split_once('/') {
                Some(_) => root().join(word),
                None => PathBuf::from(word),
            });
            let program = words.next().expect("a program");
            let mut command = usage::on_core(CLIENT_CORE, program);
            // No compiled files beside the sources.
            command.args(words).env("PYTHONDONTWRITEBYTECODE", "1");
            command
        };
        Client {
            name: format!("{} {}", self.name, self.version()),
            kept: Kept::Files,
            program: Box::new(program),
        }
    }

    /// As it is pinned.
    fn version(&self) -> String {
        let (file, before) = self.pinned;
        let path = root().join("benches/peers").join(file);
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let found = text.split_once(before).map(|(_, rest)| rest);
        let found = found.unwrap_or_else(|| panic!("{} pins no `{before}`", path.display()));
        let digits = found.trim_start_matches(|character: char| !character.is_ascii_digit());
        let end = digits.find(|character: char| !(character.is_ascii_digit() || character == '.'));
        digits[..end.unwrap_or(digits.len())].to_owned()
    }
}

/// The workspace.
fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("the workspace is above")
}
