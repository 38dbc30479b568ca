//! What a run does, said as plainly as it can be.

use scrapeflow::{Outcome, RetryFailed};

use crate::scenario::{Age, Behaviour, Given, How, Kill, Manner, RunOf, Said};
use crate::task::{Ended, Step, Task, inputs, is_changed, saves};

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Came {
    /// The executors whose functions were called, with the task.
    pub(crate) calls: Vec<(usize, usize)>,
    /// What was decided of executors, with the task.
    pub(crate) decided: Vec<(usize, usize, Act)>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) saves: usize,
    /// Whether nothing goes on.
    pub(crate) ended: Option<Early>,
}

/// Why a run ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Early {
    Panicked,
    Killed(How),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// If `of_age`, for its age alone.
    Run {
        of_age: bool,
    },
    Skip,
    Leave(Outcome),
    /// No executor that the run is about is left.
    End,
}

/// Does a run to the tasks.
pub(crate) fn run(run: &RunOf, tasks: &mut [Task]) -> Came {
    let mut came = Came::default();
    for (nth, task) in tasks.iter_mut().enumerate() {
        let given = match run.given(nth, task) {
            Given::Not => continue,
            Given::ByKey => None,
            Given::With(said) => Some(said),
        };
        if came.ended.is_some() {
            break;
        }
        if task.is_garbled {
            came.outcomes.push(Outcome::Broken);
            continue;
        }
        let found = task.clone();
        let mut trip = Trip {
            run,
            nth,
            now: found.clone(),
            found,
            stored: task,
            came: &mut came,
        };
        let outcome = trip.travel(given);
        came.outcomes.extend(outcome);
    }
    came
}

/// A task under way.
struct Trip<'r> {
    run: &'r RunOf,
    nth: usize,
    found: Task,
    now: Task,
    stored: &'r mut Task,
    came: &'r mut Came,
}

impl Trip<'_> {
    /// `None` if nobody is there any more to say how it ended.
    fn travel(&mut self, given: Option<Said>) -> Option<Outcome> {
        let is_new = given.is_some() && given != self.found.params;
        self.now.params = given.or(self.found.params);
        self.note_stale();
        let mut has_run = false;
        let (mut skipped, mut next) = self.upcoming(0);
        while let (step, Act::Run { of_age }) = next {
            if self.came.ended.is_some() {
                return Some(Outcome::Interrupted);
            }
            has_run = true;
            let has_failed = self.call(step, of_age);
            self.mark(&skipped);
            self.note_stale();
            if !has_failed {
                (skipped, next) = self.upcoming(step + 1);
                self.mark(&skipped);
            }
            if !self.save() {
                return self.killed();
            }
            if has_failed {
                return Some(Outcome::Failed);
            }
        }
        match next {
            (_, Act::Leave(outcome)) => return Some(outcome),
            _ if has_run => return Some(Outcome::Succeeded),
            _ => {}
        }
        // Nothing ran, but what was given is kept.
        if is_new && !self.save() {
            return self.killed();
        }
        Some(Outcome::Skipped)
    }

    /// The executors whose success stands, and the next of which it doesn't.
    fn upcoming(&mut self, from: usize) -> (Vec<usize>, (usize, Act)) {
        let mut skipped = Vec::new();
        for step in from..self.now.steps.len() {
            let act = self.decide(step);
            self.came.decided.push((self.nth, step, act));
            if act != Act::Skip {
                return (skipped, (step, act));
            }
            skipped.push(step);
        }
        (skipped, (self.now.steps.len(), Act::End))
    }

    fn decide(&self, step: usize) -> Act {
        let (run, of) = (self.run, &self.now.steps[step]);
        let is_success = of.ended == Ended::Success;
        if !run.is_selected(step) {
            return match is_success {
                true => Act::Skip,
                false if (step..4).any(|later| run.is_selected(later)) => {
                    Act::Leave(Outcome::Incomplete)
                }
                false => Act::End,
            };
        }
        let again = match (of.ended, run.retry_failed) {
            (Ended::Error { may_pass }, RetryFailed::Retryable) => may_pass,
            (Ended::Error { .. }, RetryFailed::None) => false,
            _ => true,
        };
        let fails_again = !is_success && again;
        // What only the network could bring back is not made again, and the predecessor tells of no other file.
        let is_damaged = is_success && step == 2 && !of.is_old && self.now.files[step].is_none();
        // Of an old failure it is not known what it failed on, but what there was when the run found it.
        let was = |task| inputs(task, step, run.shared);
        let failed_on_other =
            !is_success && of.made_of.is_none() && was(&self.found) != was(&self.now);
        let is_out_of_date = of.version != run.version(step)
            || is_changed(&self.now, step, run.shared)
            || failed_on_other
            || is_damaged;
        if run.forced[step] || fails_again || is_out_of_date {
            return Act::Run { of_age: false };
        }
        if !is_success {
            return Act::Leave(Outcome::NotRetried);
        }
        match run.max_age[step] {
            Some(Age::Everything) => Act::Run { of_age: true },
            Some(Age::ByAnHour) if of.is_old => Act::Run { of_age: true },
            _ => Act::Skip,
        }
    }

    /// Whether it failed.
    fn call(&mut self, step: usize, of_age: bool) -> bool {
        // Who reads a file that isn't whole is told so and not called.
        let reads = [None, Some(0), None, Some(2)][step];
        let behaviour = if reads.is_some_and(|file: usize| self.now.files[file].is_none()) {
            Behaviour::FailsForGood
        } else {
            self.came.calls.push((self.nth, step));
            self.run.behaviours[self.nth][step]
        };
        let may_pass = matches!(behaviour, Behaviour::FailsForNow);
        let of = &mut self.now.steps[step];
        match behaviour {
            Behaviour::Makes(made) => {
                *of = Step {
                    ended: Ended::Success,
                    made: Some(made),
                    version: self.run.version(step),
                    ..Step::default()
                };
                if saves(step) {
                    self.now.files[step] = Some(made.body);
                }
                self.now.steps[step].made_of = Some(inputs(&self.now, step, self.run.shared));
                return false;
            }
            _ if of_age && may_pass => {
                of.is_kept = true;
                return false;
            }
            Behaviour::Panics if matches!(self.run.manner, Manner::InTurn(_)) => {
                self.came.ended = Some(Early::Panicked);
            }
            _ => {}
        }
        self.now.steps[step] = Step {
            ended: Ended::Error { may_pass },
            version: self.run.version(step),
            made_of: Some(inputs(&self.now, step, self.run.shared)),
            ..Step::default()
        };
        true
    }

    fn mark(&mut self, skipped: &[usize]) {
        for step in skipped {
            self.now.steps[*step].is_skipped = true;
        }
    }

    /// Notes of what ran and of which it isn't known on what, what that was, once that is something else.
    fn note_stale(&mut self) {
        for step in 0..self.now.steps.len() {
            let was = inputs(&self.found, step, self.run.shared);
            let is_stale = was != inputs(&self.now, step, self.run.shared);
            let of = &mut self.now.steps[step];
            if is_stale && of.ended != Ended::Never {
                of.made_of.get_or_insert(was);
            }
        }
    }

    /// Whether the run goes on after it.
    fn save(&mut self) -> bool {
        let kill = self.run.kill().filter(|kill| kill.after == self.came.saves);
        if kill.is_none_or(|kill| kill.how == How::After) {
            self.came.saves += 1;
            *self.stored = self.now.clone();
        }
        if let Some(kill) = kill {
            self.came.ended = Some(Early::Killed(kill.how));
        }
        kill.is_none()
    }

    fn killed(&self) -> Option<Outcome> {
        (self.came.ended == Some(Early::Killed(How::Refused))).then_some(Outcome::Interrupted)
    }
}

impl RunOf {
    /// How a task is given, which cannot be by its key alone while nothing is stored of it.
    pub(crate) fn given(&self, nth: usize, task: &Task) -> Given {
        match self.given[nth] {
            Given::ByKey if task.params.is_none() => Given::With([0; 3]),
            given => given,
        }
    }

    fn is_selected(&self, step: usize) -> bool {
        self.only[step] || self.only == [false; 4]
    }

    fn version(&self, step: usize) -> u32 {
        if self.newer && matches!(step, 1 | 3) {
            2
        } else {
            1
        }
    }

    pub(crate) fn kill(&self) -> Option<Kill> {
        match self.manner {
            Manner::InTurn(kill) => kill,
            Manner::Together => None,
        }
    }
}
