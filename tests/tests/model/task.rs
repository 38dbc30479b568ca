//! What is stored, as the model has it.

use crate::scenario::{Each, Found, Harm, Left, Made, Said};

/// What is stored of a task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Task {
    /// `None` while there is no status.
    pub(crate) params: Option<Said>,
    pub(crate) is_garbled: bool,
    pub(crate) steps: Each<Step>,
    /// Of the files that executors saved, those that are whole.
    pub(crate) files: Each<Option<u8>>,
}

/// What is stored of an executor.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Step {
    pub(crate) ended: Ended,
    /// In a task in which others ran.
    pub(crate) is_skipped: bool,
    /// Of a success.
    pub(crate) made: Option<Made>,
    pub(crate) made_of: Option<Inputs>,
    pub(crate) version: u32,
    pub(crate) is_old: bool,
    /// Whether the success stands although it was to be refreshed.
    pub(crate) is_kept: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Ended {
    #[default]
    Never,
    Success,
    Error {
        may_pass: bool,
    },
}

/// What an executor reads.
pub(crate) type Inputs = [Option<(u8, u8)>; 2];

impl Task {
    pub(crate) fn found(found: Option<&Found>) -> Self {
        let Some(Found { params, steps }) = found else {
            return Self::default();
        };
        let step = |left: &Option<Left>| match left {
            None => Step::default(),
            Some(Left::Failed { may_pass }) => Step {
                ended: Ended::Error {
                    may_pass: *may_pass,
                },
                version: 1,
                ..Step::default()
            },
            Some(Left::Made(made)) => {
                let made = Some(*made);
                Step {
                    ended: Ended::Success,
                    made,
                    version: 1,
                    is_old: true,
                    ..Step::default()
                }
            }
        };
        let steps = steps.each_ref().map(step);
        let file = |nth: usize| steps[nth].made.filter(|_| saves(nth)).map(|made| made.body);
        Self {
            params: Some(*params),
            is_garbled: false,
            steps,
            files: std::array::from_fn(file),
        }
    }
}

impl Harm {
    pub(crate) fn of_model(self, tasks: &mut [Task]) {
        match self {
            Self::Lost { task, step } | Self::Damaged { task, step } => {
                tasks[task].files[step] = None;
            }
            Self::Garbled { task } => tasks[task].is_garbled |= tasks[task].params.is_some(),
        }
    }
}

/// What an executor reads of a task: of what has failed there is nothing.
pub(crate) fn inputs(task: &Task, step: usize, shared: u8) -> Inputs {
    let param = |nth: usize| task.params.map(|params| (params[nth], 0));
    let body = |of: usize| task.steps[of].made.map(|made| (made.body, 0));
    let value = |of: usize| task.steps[of].made.map(|made| (made.value, 0));
    match step {
        0 => [Some((shared, 0)), param(0)],
        1 => [body(0), None],
        2 => [value(1), param(1)],
        _ => [
            task.steps[0].made.map(|made| (made.value, made.body)),
            body(2),
        ],
    }
}

/// Whether what an executor reads is something else than it was made of.
pub(crate) fn is_changed(task: &Task, step: usize, shared: u8) -> bool {
    let made_of = task.steps[step].made_of;
    made_of.is_some_and(|made_of| made_of != inputs(task, step, shared))
}

/// Whether an executor saves a file.
pub(crate) fn saves(step: usize) -> bool {
    matches!(step, 0 | 2)
}
