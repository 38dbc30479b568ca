//! A project that `scrapeflow new` makes, as its user meets it: it compiles, its tests pass, and it scrapes.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use crate::test::cargo;

/// What the made project's parser is tested with, and what it is given to scrape.
const PAGE: &str = include_str!("../../scrapeflow/src/cli/template/pages/quotes.html");

pub(crate) fn check() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace is above");
    let projects = root.join("target/projects");
    let place = projects.join("quotes");
    let cannot = |error: std::io::Error| format!("cannot make {}: {error}", place.display());
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(cannot)?;
    }
    std::fs::create_dir_all(&projects).map_err(cannot)?;
    let place = place.to_str().ok_or("the workspace's path is no text")?;
    let root = root.to_str().ok_or("the workspace's path is no text")?;
    let new = [
        "run",
        "-q",
        "-p",
        "scrapeflow-tests",
        "--bin",
        "command_line",
        "--",
    ];
    cargo(&[&new[..], &["new", place, "--path", root]].concat())?;
    // It is no member of the workspace that it lies in.
    let manifest = format!("{place}/Cargo.toml");
    let mut text = std::fs::read_to_string(&manifest).map_err(|error| error.to_string())?;
    text.push_str("\n[workspace]\n");
    std::fs::write(&manifest, text).map_err(|error| error.to_string())?;
    // The versions that everything else is tested with.
    std::fs::copy(format!("{root}/Cargo.lock"), format!("{place}/Cargo.lock"))
        .map_err(|error| error.to_string())?;
    // With what is built already, as far as it is the same.
    let in_project = [
        "--manifest-path",
        manifest.as_str(),
        "--target-dir",
        "target",
        "--config",
        "profile.dev.debug='line-tables-only'",
        "--config",
        "profile.dev.package.'*'.debug=false",
    ];
    cargo(&[&["fmt", "--check"][..], &in_project[..2]].concat())?;
    cargo(
        &[
            &["clippy", "-q", "--all-targets"][..],
            &in_project,
            &["--", "-D", "warnings"],
        ]
        .concat(),
    )?;
    cargo(&[&["test", "-q"][..], &in_project].concat())?;
    let url = serve()?;
    let data = format!("{place}/data");
    let run = [&["run", "-q"][..], &in_project, &["--"]].concat();
    cargo(&[&run[..], &["run", &data, &url]].concat())?;
    let quotes = format!("{place}/quotes.csv");
    cargo(
        &[
            &run[..],
            &["export", &data, "-o", &quotes, "--explode", "parse"],
        ]
        .concat(),
    )?;
    let lines = std::fs::read_to_string(&quotes)
        .map_err(|error| error.to_string())?
        .lines()
        .count();
    if lines != 3 {
        return Err(format!(
            "{quotes} should have a head and two quotes, and has {lines} lines"
        ));
    }
    Ok(())
}

/// Serves the page until the process ends.
fn serve() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut lines = BufReader::new(&connection).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            lines
                .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
                .for_each(drop);
            let (status, body) = if first.contains("robots.txt") {
                ("404 Not Found", "")
            } else {
                ("200 OK", PAGE)
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            // A client that went away is none of ours.
            let _ = (&connection).write_all((head + body).as_bytes());
        }
    });
    Ok(format!("http://{address}/"))
}
