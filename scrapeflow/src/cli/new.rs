//! `new`: a project to begin with.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use minijinja::{Environment, context};

use super::exit::{Failure, WELL};
use super::out::Out;

/// Makes a project: a workflow, polite defaults, a parser with its test on a saved page, and CI
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  scrapeflow new quotes && cd quotes && cargo run -- run data --from urls.txt")]
pub(super) struct NewCommand {
    /// Where to make it; its last part is the project's name
    #[arg(value_name = "NAME")]
    place: PathBuf,
    /// Takes scrapeflow from this clone; unless given, from the one that this program was built from, or else from the registry
    #[arg(long, value_name = "CLONE")]
    path: Option<PathBuf>,
}

/// The files of a project; those that end so are templates.
const FILES: [(&str, &str); 9] = [
    (
        "Cargo.toml.jinja",
        include_str!("template/Cargo.toml.jinja"),
    ),
    ("README.md.jinja", include_str!("template/README.md.jinja")),
    ("src/main.rs", include_str!("template/src/main.rs")),
    ("src/quotes.rs", include_str!("template/src/quotes.rs")),
    (
        "pages/quotes.html",
        include_str!("template/pages/quotes.html"),
    ),
    ("urls.txt", include_str!("template/urls.txt")),
    ("scrapeflow.toml", include_str!("template/scrapeflow.toml")),
    (".gitignore", include_str!("template/gitignore")),
    (".github/workflows/ci.yml", include_str!("template/ci.yml")),
];

const TEMPLATE: &str = ".jinja";

impl NewCommand {
    pub(super) fn run(self, out: &Out) -> Result<u8, Failure> {
        let name = name(&self.place)?;
        let scrapeflow = self.dependency()?;
        let cannot = |error: &io::Error| {
            Failure::store(format!("cannot make {}: {error}", self.place.display()))
        };
        match fs::read_dir(&self.place).map(|mut entries| entries.next().is_some()) {
            Ok(true) => {
                let place = self.place.display();
                return Err(Failure::usage(format!(
                    "{place} is there and not empty; choose another name"
                )));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(&error)),
            _ => {}
        }
        make(&self.place, &name, &scrapeflow).map_err(|error| cannot(&error))?;
        let place = self.place.display();
        out.say(&format!(
            "made {place}; next: cd {place} && cargo run -- run data --from urls.txt"
        ));
        Ok(WELL)
    }

    /// What stands of scrapeflow in the manifest.
    fn dependency(&self) -> Result<String, Failure> {
        let Some(clone) = self.path.clone().or_else(own_clone) else {
            return Ok(format!("version = \"{}\"", env!("CARGO_PKG_VERSION")));
        };
        // A clone is a workspace with the crate inside.
        let folders = [clone.join("scrapeflow"), clone.clone()];
        let folder = folders
            .iter()
            .find(|folder| folder.join("src/lib.rs").is_file());
        let folder = folder
            .and_then(|folder| folder.canonicalize().ok())
            .ok_or_else(|| {
                Failure::usage(format!(
                    "--path: {} is no clone of scrapeflow",
                    clone.display()
                ))
            })?;
        Ok(format!(
            "path = {}",
            toml_text(&folder.display().to_string())
        ))
    }
}

/// The clone that this program was built from, if it was and is still there.
fn own_clone() -> Option<PathBuf> {
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    clone.join(".git").exists().then(|| clone.to_owned())
}

/// The project's name, if a package may have it.
fn name(place: &Path) -> Result<String, Failure> {
    let name = place
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !is_name {
        return Err(Failure::usage(format!(
            "`{}` is no name for a project: a letter, then letters, digits, `_` and `-`",
            name.escape_debug()
        )));
    }
    // What it depends on cannot be told from it.
    if TAKEN.contains(&name) {
        return Err(Failure::usage(format!(
            "`{name}` is the name of something else; choose another"
        )));
    }
    Ok(name.to_owned())
}

/// Of what a project depends on, and of folders that cargo makes beside its program.
const TAKEN: [&str; 11] = [
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "scrapeflow",
    "scraper",
    "serde",
    "std",
    "test",
    "tokio",
];

/// All of it, or nothing.
fn make(place: &Path, name: &str, scrapeflow: &str) -> io::Result<()> {
    let above = match place.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    fs::create_dir_all(above)?;
    let made = tempfile::Builder::new()
        .prefix(".scrapeflow-new-")
        .tempdir_in(above)?;
    let project = made.path().join("project");
    for (file, text) in FILES {
        let (file, text) = match file.strip_suffix(TEMPLATE) {
            Some(file) => {
                let values = context! { name, scrapeflow };
                let text = Environment::new()
                    .render_str(text, values)
                    .map_err(io::Error::other)?;
                (file, text + "\n")
            }
            None => (file, text.to_owned()),
        };
        let file = project.join(file);
        fs::create_dir_all(file.parent().unwrap_or(&project))?;
        fs::write(file, text)?;
    }
    // An empty folder of that name gives way.
    fs::rename(&project, place)
}

fn toml_text(text: &str) -> String {
    toml::Value::from(text).to_string()
}
