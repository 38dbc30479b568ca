//! What has to be there after a power cut, by what a run had said until then and what is promised of that.

use crate::history::{History, Sync, What};
use crate::pages::ALL;
use crate::runs::{DIR, Place, Syncs};

/// Of a page: how many executors are done, and the version of the page.
pub(crate) type Promise = (usize, u64);

/// Of each page, whatever its durability.
pub(crate) fn said(past: &History) -> Vec<Promise> {
    acknowledged(past, past.end())
}

/// Of each page, by its durability.
pub(crate) fn promised(past: &History, place: Place) -> Vec<Promise> {
    let kept = match place.syncs {
        Syncs::Never => 0,
        Syncs::InBatches => last_batch(past, place),
        Syncs::Each => past.end(),
    };
    let mut promised = acknowledged(past, kept);
    if place.syncs == Syncs::InBatches {
        // What is being replaced goes with what replaces it.
        let since = past.changes.iter().filter(|change| change.at >= kept);
        for page in since.flat_map(|change| touched(past, &change.what)) {
            promised[page] = (0, 0);
        }
    }
    promised
}

/// The pages that something is saved of: whose files get other names, or whose rows are among those that are written.
fn touched(past: &History, what: &What) -> Vec<usize> {
    let number = |name: &[u8], end: u8| {
        let digits = name.iter().position(|byte| *byte == end)?;
        std::str::from_utf8(&name[..digits]).ok()?.parse().ok()
    };
    match what {
        What::Written(node, _, bytes) if past.nodes[*node].0.ends_with("-wal") => {
            let starts = bytes.windows(PAGE.len()).enumerate();
            let starts = starts.filter(|(_, window)| *window == PAGE);
            let names = starts.map(|(at, _)| &bytes[at + PAGE.len()..]);
            // The name in a status.
            names.filter_map(|name| number(name, b'"')).collect()
        }
        _ => {
            let names = what.names().into_iter();
            let names = names.filter_map(|(_, name)| name.as_bytes().strip_prefix(PAGE));
            names.filter_map(|name| number(name, b'.')).collect()
        }
    }
}

/// What the key of each page begins with.
const PAGE: &[u8] = b"page-";

/// Of each page what was acknowledged before that moment.
fn acknowledged(past: &History, until: usize) -> Vec<Promise> {
    let mut said = vec![(0, 0); ALL];
    for (at, line) in past.said.iter().filter(|(at, _)| *at < until) {
        // The third run fetches other pages.
        let is_third = past.ends.get(1).is_some_and(|end| at > end);
        hear(&mut said, line, if is_third { 2 } else { 1 });
    }
    said
}

/// Takes in a line that a run printed which fetches that version of the pages.
pub(crate) fn hear(said: &mut [Promise], line: &str, version: u64) {
    let words = line
        .strip_prefix("page-")
        .and_then(|line| line.split_once(' '));
    let (page, done) = words.unwrap_or_else(|| panic!("{line}"));
    let (page, done): (usize, usize) = (page.parse().unwrap(), done.parse().unwrap());
    if done > 0 {
        let (most, _) = said[page];
        said[page] = (done.max(most), version);
    }
}

/// What was saved before this moment was synced since. A directory begins a batch after the last one's end, which is the sync of its
/// names; an archive begins it with its pages, and ends it with the database's log. With a run that isn't killed, as the
/// first is, ends its last batch.
fn last_batch(past: &History, place: Place) -> usize {
    let of = |is: fn(&str) -> bool| -> Vec<&Sync> {
        let nodes = past.nodes.iter().map(|(name, _)| is(name));
        let nodes: Vec<bool> = nodes.collect();
        let syncs = past.syncs.iter();
        syncs.filter(|sync| nodes[sync.node]).collect()
    };
    let batch = if place.archive {
        let pages = of(|name| name.starts_with("pages-"));
        let log = of(|name| name.ends_with("-wal"));
        let is_through = |pages: &&&Sync| log.iter().any(|log| log.began > pages.ended);
        pages.iter().rfind(is_through).map(|pages| pages.began)
    } else {
        let names = of(|name| name == DIR);
        let before = names.len().checked_sub(2);
        before.map(|before| names[before].ended)
    };
    let ended = past.ends[1..].split_last();
    let ended = ended.and_then(|(_, ended)| ended.last().copied());
    batch.max(ended).unwrap_or_default()
}
