//! What is checked of every state that a power cut may leave.

use std::fs;
use std::process::Output;

use scrapeflow::Durability;

use crate::look::{Page, look, store};
use crate::promise::Promise;
use crate::runs::{DIR, Place, Runs, Syncs};
use crate::tree::{self, Tree};

/// A state, with what had been said of each page until the power was cut, and what is promised of it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) place: Place,
    pub(crate) tree: Tree,
    pub(crate) said: Vec<Promise>,
    pub(crate) promised: Vec<Promise>,
}

/// What the power cut took.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Pages of which something was lost that had been said to be saved.
    pub(crate) lost: usize,
    /// Statuses that were reported.
    pub(crate) broken: usize,
    /// Whether a reader was refused its body.
    pub(crate) damaged: bool,
}

impl Runs {
    /// Says what is wrong, if anything.
    pub(crate) async fn check(&self, state: &State) -> Result<Taken, String> {
        let mut taken = Taken::default();
        self.pages.set(3);
        taken.lost = kept(state).await?;
        self.next_runs(state, &mut taken).await?;
        if state.place.syncs == Syncs::Each {
            let nothing = taken.lost + taken.broken == 0 && !taken.damaged;
            ensure(nothing, || format!("it took {taken:?}"))?;
        }
        Ok(taken)
    }

    /// What users do: run again, delete what is reported to be broken, read all bodies, and fetch anew what cannot be read.
    async fn next_runs(&self, state: &State, taken: &mut Taken) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        tree::write(&state.tree, folder.path());
        fs::write(folder.path().join("beside"), "another's").unwrap();
        let hits = self.pages.hits();
        let first = self.to_the_end(folder.path(), state.place, &[]).await;
        for (page, promise) in state.promised.iter().enumerate() {
            let fetched = self.pages.hits()[page] - hits[page];
            ensure(promise.0 == 0 || fetched == 0, || {
                format!("page {page} was fetched again")
            })?;
        }
        let dir = folder.path().join(DIR);
        let broken = |page: &Page| matches!(page, Page::Broken);
        let pages = look(&*store(&dir, state.place.archive)).await;
        let pages = pages.iter().enumerate().filter(|(_, page)| broken(page));
        let broken: Vec<usize> = pages.map(|(page, _)| page).collect();
        ended(&first, if broken.is_empty() { &[0, 1] } else { &[3] })?;
        for page in &broken {
            let name = format!("page-{page}.status.json");
            fs::remove_file(dir.join(name)).map_err(|error| format!("page {page}: {error}"))?;
        }
        let reread = self
            .to_the_end(folder.path(), state.place, &["--reread"])
            .await;
        ended(&reread, &[0, 1])?;
        taken.broken = broken.len();
        taken.damaged = !first.status.success() && broken.is_empty() || !reread.status.success();
        if !reread.status.success() {
            let forced = self
                .to_the_end(folder.path(), state.place, &["--force"])
                .await;
            ended(&forced, &[0])?;
        }
        nothing_else(&tree::read(folder.path()), state.place)?;
        let pages = look(&*store(&dir, state.place.archive)).await;
        for (page, seen) in pages.iter().enumerate() {
            let unfinished = seen.unfinished(page);
            unfinished.map_or(Ok(()), |why| Err(format!("page {page} in the end: {why}")))?;
        }
        Ok(())
    }
}

/// How many pages lost what had been said to be saved, none of which was promised. Looks at what the next run finds when it begins.
async fn kept(state: &State) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    tree::write(&state.tree, folder.path());
    let store = store(&folder.path().join(DIR), state.place.archive);
    let begun = store.begin(Durability::Process).await;
    let _lease = begun.map_err(|error| error.to_string())?;
    let pages = look(&*store).await;
    for (page, (seen, promise)) in pages.iter().zip(&state.promised).enumerate() {
        ensure(seen.keeps(*promise), || {
            format!("page {page}: {promise:?} was promised, {seen:?}")
        })?;
    }
    let pages = pages.iter().zip(&state.said);
    Ok(pages.filter(|(seen, said)| !seen.keeps(**said)).count())
}

fn ended(run: &Output, codes: &[i32]) -> Result<(), String> {
    let is_one = run.status.code().is_some_and(|code| codes.contains(&code));
    ensure(is_one, || {
        format!("{}: {}", run.status, String::from_utf8_lossy(&run.stderr))
    })
}

/// No temporary file is left, and nothing else was touched.
fn nothing_else(tree: &Tree, place: Place) -> Result<(), String> {
    let beside = tree.get("beside").and_then(Option::as_deref);
    ensure(beside == Some(b"another's"), || {
        "what is beside was touched".to_owned()
    })?;
    let is_ours = |path: &str| {
        let Some(name) = path.strip_prefix(DIR) else {
            return path == "beside";
        };
        match name.trim_start_matches('/') {
            "" => true,
            "lock" | "status.db" => place.archive,
            ".scrapeflow" | ".scrapeflow/lock" => !place.archive,
            name if place.archive => name.starts_with("pages-") && name.ends_with(".warc.gz"),
            name => name.starts_with("page-") && !name.contains('/'),
        }
    };
    let others: Vec<&String> = tree.keys().filter(|path| !is_ours(path)).collect();
    ensure(others.is_empty(), || format!("{others:?} are left"))
}

fn ensure(is: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if is { Ok(()) } else { Err(why()) }
}
