//! What happens: what is there before the first run, and how each run is told to go and does.

use std::{array, fmt};

use proptest::array::uniform4;
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::*;
use scrapeflow::RetryFailed;

/// The tasks.
pub(crate) const KEYS: [&str; 3] = ["a", "b", "c"];

/// One thing of each executor.
pub(crate) type Each<T> = [T; 4];

#[derive(Clone)]
pub(crate) struct Scenario {
    pub(crate) found: [Option<Found>; KEYS.len()],
    pub(crate) runs: Vec<RunOf>,
}

/// A status of the predecessor, which tells neither versions nor inputs.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) params: Said,
    pub(crate) steps: Each<Option<Left>>,
}

/// Of which `load` reads the first, `draw` the second, and nobody the third.
pub(crate) type Said = [u8; 3];

/// What an executor of the predecessor left.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Left {
    Made(Made),
    Failed { may_pass: bool },
}

/// An output, and what is in the file of those that save one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) value: u8,
    pub(crate) body: u8,
}

#[derive(Debug, Clone)]
pub(crate) struct RunOf {
    /// Whether it is a newer version of the workflow.
    pub(crate) newer: bool,
    pub(crate) given: [Given; KEYS.len()],
    /// The params that all tasks share.
    pub(crate) shared: u8,
    pub(crate) forced: Each<bool>,
    /// All, if none is.
    pub(crate) only: Each<bool>,
    pub(crate) retry_failed: RetryFailed,
    pub(crate) max_age: Each<Option<Age>>,
    /// Before it.
    pub(crate) harms: Vec<Harm>,
    pub(crate) behaviours: [Each<Behaviour>; KEYS.len()],
    pub(crate) manner: Manner,
}

/// How a task is given to a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Given {
    Not,
    /// By its key alone, if something is stored of it.
    ByKey,
    With(Said),
}

/// What is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Everything,
    /// What the predecessor left.
    ByAnHour,
}

/// What happens to a task between runs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Harm {
    /// A file is gone.
    Lost { task: usize, step: usize },
    /// A file is longer than it was.
    Damaged { task: usize, step: usize },
    /// Its status is no JSON any more.
    Garbled { task: usize },
}

/// How an executor ends whenever it is called on a task in a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    Makes(Made),
    FailsForNow,
    FailsForGood,
    Panics,
}

/// How the tasks of a run are worked off.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// All at once, whatever panics.
    Together,
    /// One after another, and no more after a panic or a kill.
    InTurn(Option<Kill>),
}

/// How a run ends before its time: at one of its saves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kill {
    /// How many saves it does before.
    pub(crate) after: usize,
    pub(crate) how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// The store refuses the save.
    Refused,
    /// Before the save is done, the run is no more.
    Before,
    /// The save is done, and the run is no more.
    After,
}

/// A line each, where a failure shows the smallest scenario that it found.
impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, found) in KEYS.iter().zip(&self.found) {
            writeln!(f, "{key}: {found:?}")?;
        }
        for run in &self.runs {
            writeln!(f, "{run:?}")?;
        }
        Ok(())
    }
}

pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    let found = [(); KEYS.len()].map(|()| prop::option::weighted(0.4, found()));
    (found, vec(run(), 1..5)).prop_map(|(found, runs)| Scenario { found, runs })
}

fn found() -> impl Strategy<Value = Found> {
    let left = prop_oneof![
        4 => made().prop_map(Left::Made),
        1 => any::<bool>().prop_map(|may_pass| Left::Failed { may_pass }),
    ];
    (said(), uniform4(prop::option::weighted(0.8, left)))
        .prop_map(|(params, steps)| Found { params, steps })
}

fn said() -> impl Strategy<Value = Said> {
    [0..2_u8, 0..2_u8, 0..2_u8]
}

fn made() -> impl Strategy<Value = Made> {
    (0..2_u8, 0..2_u8).prop_map(|(value, body)| Made { value, body })
}

fn run() -> impl Strategy<Value = RunOf> {
    let only = prop_oneof![3 => Just([false; 4]), 1 => uniform4(any::<bool>())];
    let retry_failed = prop_oneof![
        3 => Just(RetryFailed::All),
        1 => Just(RetryFailed::Retryable),
        1 => Just(RetryFailed::None),
    ];
    let settings = (
        any::<bool>(),
        0..2_u8,
        uniform4(weighted(0.1)),
        only,
        retry_failed,
        uniform4(prop::option::weighted(
            0.3,
            prop_oneof![Just(Age::Everything), Just(Age::ByAnHour)],
        )),
    );
    let given = array::from_fn(|_| given());
    let behaviours = array::from_fn(|_| uniform4(behaviour()));
    (settings, given, vec(harm(), 0..3), behaviours, manner()).prop_map(
        |(
            (newer, shared, forced, only, retry_failed, max_age),
            given,
            harms,
            behaviours,
            manner,
        )| RunOf {
            newer,
            given,
            shared,
            forced,
            only,
            retry_failed,
            max_age,
            harms,
            behaviours,
            manner,
        },
    )
}

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![
        1 => Just(Given::Not),
        2 => Just(Given::ByKey),
        3 => said().prop_map(Given::With),
    ]
}

fn harm() -> impl Strategy<Value = Harm> {
    let of_file = || (0..KEYS.len(), prop_oneof![Just(0_usize), Just(2)]);
    prop_oneof![
        4 => of_file().prop_map(|(task, step)| Harm::Lost { task, step }),
        4 => of_file().prop_map(|(task, step)| Harm::Damaged { task, step }),
        1 => (0..KEYS.len()).prop_map(|task| Harm::Garbled { task }),
    ]
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        12 => made().prop_map(Behaviour::Makes),
        2 => Just(Behaviour::FailsForNow),
        1 => Just(Behaviour::FailsForGood),
        1 => Just(Behaviour::Panics),
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    let how = prop_oneof![Just(How::Refused), Just(How::Before), Just(How::After)];
    let kill = (0..8_usize, how).prop_map(|(after, how)| Kill { after, how });
    prop_oneof![
        Just(Manner::Together),
        prop::option::of(kill).prop_map(Manner::InTurn),
    ]
}
