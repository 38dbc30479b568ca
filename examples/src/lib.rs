//! Pages to try the examples on, without the internet: the Rust documentation that rustup installs, served
//! on loopback; where it is missing, a small set that is kept beside this.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use scrapeflow_site::{Answer, Site};

/// A site of documentation pages.
#[derive(Debug)]
pub struct Docs {
    site: Site,
    paths: Vec<String>,
    origin: String,
}

/// Always the same, so that a page has the same URL, and so the same key, in every run; below those that systems give to
/// connections.
const PORT: u16 = 17_113;

impl Docs {
    /// Serves `pages` pages.
    ///
    /// # Errors
    /// If the port 17113 is taken, or no pages can be read.
    pub fn serve(pages: usize) -> io::Result<Self> {
        let (root, origin) = match installed() {
            Some(root) => {
                let origin = format!("the Rust documentation in {}", root.display());
                (root, origin)
            }
            None => (
                Path::new(env!("CARGO_MANIFEST_DIR")).join("pages"),
                "a few pages kept in this repository, since `rustup component add rust-docs` was not \
                 run"
                    .to_owned(),
            ),
        };
        let mut files = Vec::new();
        collect(&root, pages, &mut files)?;
        drop(TcpListener::bind(("127.0.0.1", PORT)).map_err(|error| {
            let what = format!("cannot serve the pages on 127.0.0.1:{PORT}: {error}");
            io::Error::new(error.kind(), what)
        })?);
        let site = Site::start_on(PORT);
        let mut paths = Vec::new();
        for file in files {
            let path = format!("/{}", file.strip_prefix(&root).unwrap_or(&file).display());
            site.route(&path, move |_| match fs::read_to_string(&file) {
                Ok(html) => Answer::html(html),
                Err(error) => Answer::text(error.to_string()).status(500),
            });
            paths.push(path);
        }
        Ok(Self {
            site,
            paths,
            origin,
        })
    }

    /// Where the pages come from, in words.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The URLs of all pages, in the same order every time.
    pub fn urls(&self) -> Vec<String> {
        self.paths.iter().map(|path| self.site.url(path)).collect()
    }
}

/// The documentation of the toolchain that runs this.
fn installed() -> Option<PathBuf> {
    let answer = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = String::from_utf8(answer.stdout).ok()?;
    let root = Path::new(sysroot.trim()).join("share/doc/rust/html");
    root.join("std").is_dir().then_some(root)
}

/// The first `most` pages below a folder, by name; URLs need no escapes in them.
fn collect(folder: &Path, most: usize, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if pages.len() == most {
            return Ok(());
        }
        if path.is_dir() {
            collect(&path, most, pages)?;
        } else if path.extension().is_some_and(|ending| ending == "html") {
            pages.push(path);
        }
    }
    Ok(())
}
