//! What has to hold between what was on record before a run and what is after it, however the run ended.

use crate::pages::EXECUTORS;
use crate::records::Record;
use crate::running::Run;

/// `ran` is how often the site saw each executor run on each page, `newest` the version of the pages that it served. Says
/// what is wrong.
pub(crate) fn check(
    before: &[Record],
    after: &[Record],
    ran: &[[usize; 3]],
    run: Run,
    newest: u64,
) -> Result<(), String> {
    let mut in_vain = 0;
    for (page, ran) in ran.iter().enumerate() {
        let (before, after) = (&before[page], &after[page]);
        let [was, is] = [before, after].map(Record::versions);
        let scraped = was[0].filter(|_| !run.force);
        let wanted = Some(scraped.unwrap_or(newest));
        for step in 0..EXECUTORS.len() {
            let is_done = if step == 0 {
                scraped.is_some()
            } else {
                was[step] == wanted
            };
            let is_new = after.0[step] != before.0[step];
            let wrong = if is_new && is[step] != wanted {
                "is neither what it was nor what it should be"
            } else if ran[step] > usize::from(!is_done) {
                "ran, and was done"
            } else if ran[step] == 0 && is_new {
                "is done, and didn't run"
            } else if step > 0 && ran[step] > 0 && is[step - 1] != wanted {
                "ran, and what it was made of is not on record"
            } else {
                in_vain += usize::from(ran[step] > 0 && !is_new);
                continue;
            };
            let executor = EXECUTORS[step];
            return Err(format!(
                "`{executor}` of page {page} {wrong}: {before:?}, {after:?}, {ran:?}"
            ));
        }
    }
    if in_vain > run.at_once {
        return Err(format!(
            "{in_vain} executors ran in vain, of {} at once",
            run.at_once
        ));
    }
    Ok(())
}

/// How often each executor ran on each page since then.
pub(crate) fn since(before: &[[usize; 3]], now: &[[usize; 3]]) -> Vec<[usize; 3]> {
    let pages = before.iter().zip(now);
    pages
        .map(|(before, now)| std::array::from_fn(|step| now[step] - before[step]))
        .collect()
}

#[test]
fn each_rule_can_be_broken() {
    use crate::running::Durability::Process;

    // Versions on record before and after, how often each ran, and what is wrong with it. The newest version is 2.
    type Case = (&'static [u64], &'static [u64], [usize; 3], &'static str);
    let unforced: [Case; 8] = [
        (&[], &[2, 2, 2], [1, 1, 1], ""),
        (&[], &[], [1, 0, 0], ""),
        (&[1], &[1, 1], [0, 1, 0], ""),
        (&[1, 1], &[1], [0, 0, 0], "`parse` of page 0 is neither"),
        (&[1], &[2], [1, 0, 0], "`scrape` of page 0 is neither"),
        (
            &[1, 1],
            &[1, 1, 1],
            [0, 1, 1],
            "`parse` of page 0 ran, and was done",
        ),
        (
            &[1],
            &[1, 1],
            [0, 0, 0],
            "`parse` of page 0 is done, and didn't run",
        ),
        (&[1], &[1], [0, 1, 1], "`count` of page 0 ran, and what"),
    ];
    let forced: [Case; 5] = [
        (&[1, 1, 1], &[2, 2, 1], [1, 1, 0], ""),
        (&[1, 1, 1], &[1, 1, 1], [1, 0, 0], ""),
        (
            &[1, 1, 1],
            &[2, 2, 1],
            [2, 1, 0],
            "`scrape` of page 0 ran, and was done",
        ),
        (
            &[2, 2, 1],
            &[2, 2, 2],
            [1, 1, 1],
            "`parse` of page 0 ran, and was done",
        ),
        (&[1, 1, 1], &[], [1, 0, 0], "`scrape` of page 0 is neither"),
    ];
    let said = |force, at_once, case: &Case| {
        let run = Run {
            at_once,
            durability: Process,
            force,
            one_thread: true,
        };
        let [before, after] = [case.0, case.1].map(|versions| [Record::made_of(versions)]);
        check(&before, &after, &[case.2], run, 2)
            .err()
            .unwrap_or_default()
    };
    for (force, cases) in [(false, &unforced[..]), (true, &forced)] {
        for case in cases {
            let said = said(force, 1, case);
            assert!(
                said.starts_with(case.3) && said.is_empty() == case.3.is_empty(),
                "{case:?}: {said}"
            );
        }
    }
    let in_vain = said(false, 0, &unforced[1]);
    assert_eq!(in_vain, "1 executors ran in vain, of 0 at once");
}
