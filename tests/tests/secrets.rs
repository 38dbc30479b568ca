//! What the caller configured reaches no log, event, status, error, panic or `Debug`; what tasks and sites say is stored as
//! it is, and is told nobody else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use scrapeflow_tests::Sandbox;

/// Every word that begins as secrets do.
fn secrets(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let found = text.match_indices("geheim-").map(|(at, _)| &text[at..]);
    found
        .map(|rest| &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())])
        .collect()
}

/// As headers of basic authentication have them, wherever in the header they are.
fn encoded(text: &str) -> Vec<&str> {
    ["Z2VoZWlt", "dlaGVpb", "nZWhlaW"]
        .into_iter()
        .filter(|part| text.contains(part))
        .collect()
}

fn files(dir: &Path, all: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            all.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn nothing_that_a_run_says_has_a_secret_in_it() {
    let sandbox = Sandbox::new();
    let output = Command::new(env!("CARGO_BIN_EXE_secrets"))
        .arg(sandbox.dir())
        .env("WEBSHARE_API_KEY", "geheim-webshare-key")
        .output()
        .unwrap();
    let (told, logged) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{logged}");
    for said in [&told, &logged] {
        assert_eq!(secrets(said), BTreeSet::new());
        assert_eq!(encoded(said), [""; 0]);
    }
    // It did happen, and was told.
    for class in [
        "ClientConnectorError",
        "ServerDisconnectedError",
        "ClientOSError",
        "ClientConnectionError",
        "ClientPayloadError",
        "ClientResponseError",
        "InvalidUrlClientError",
        "TimeoutError",
        "RuntimeError",
        "UnidentifiedImageError",
        "UnhandledError",
    ] {
        assert!(told.contains(class), "no {class}");
    }
    for part in [
        "TRACE",
        "hyper",
        "reqwest",
        "Webshare answered HTTP 401",
        "IPRoyal gave an answer that breaks off",
        "panicked: in the middle",
    ] {
        assert!(logged.contains(part), "no {part} in the log");
    }

    let mut all = Vec::new();
    files(sandbox.dir(), &mut all);
    let mut stored = BTreeSet::new();
    for (path, text) in &all {
        assert_eq!(encoded(text), [""; 0], "{path}");
        for secret in secrets(text) {
            assert!(secret.starts_with("geheim-data-"), "{secret} in {path}");
            stored.insert(secret);
        }
        let is_status = path.ends_with(".status.json");
        let errors = text
            .lines()
            .filter(|line| is_status && line.contains("_status\": \"ERROR"));
        for error in errors {
            assert_eq!(secrets(error), BTreeSet::new(), "{path}");
        }
    }
    // What is theirs is theirs.
    for data in ["cookie", "payload", "user", "price", "header", "set-cookie"] {
        assert!(
            stored.contains(&*format!("geheim-data-{data}")),
            "{data} is not stored"
        );
    }
}
