//! The same run for real.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrapeflow::prelude::*;
use scrapeflow::{Plan, Report};
use serde_json::{Value, json};

use crate::scenario::{Age, Given, KEYS, Manner, RunOf};
use crate::shelf::{Shared, Shelf};
use crate::task::{Ended, Task};
use crate::workflow::{STEPS, World, newer, older};

/// Who is told what in a run.
pub(crate) struct Real<'r> {
    pub(crate) run: &'r RunOf,
    /// As they are stored before it.
    pub(crate) tasks: &'r [Task],
    pub(crate) world: &'r Arc<World>,
    pub(crate) shelf: &'r Arc<Shelf>,
}

impl Real<'_> {
    pub(crate) async fn plan(&self) -> Plan {
        let plan = if self.run.newer {
            self.told::<newer::Pages>().plan().await
        } else {
            self.told::<older::Pages>().plan().await
        };
        plan.expect("the run can be planned")
    }

    /// Its report, unless it was killed by being dropped.
    pub(crate) async fn run(&self) -> Option<Report> {
        if self.run.newer {
            self.run_of::<newer::Pages>().await
        } else {
            self.run_of::<older::Pages>().await
        }
    }

    async fn run_of<W: Workflow>(&self) -> Option<Report> {
        tokio::select! {
            ended = self.told::<W>().run() => Some(match ended {
                Ok(report) => report,
                Err(error) => error.report().expect("it began").clone(),
            }),
            () = self.shelf.killed.notified() => None,
        }
    }

    fn told<W: Workflow>(&self) -> Run<W> {
        let mut run = W::in_store(Shared(self.shelf.clone()))
            .tasks(self.given())
            .params(&json!({"shared": self.run.shared}))
            .retry_failed(self.run.retry_failed)
            // Nobody is asked anything, and to read the roots of the system each time would take longest.
            .danger_accept_invalid_certs(true)
            .state(self.world.clone())
            .progress(Progress::Off);
        run = match self.run.manner {
            Manner::Together => run.on_unhandled(OnUnhandled::Record),
            Manner::InTurn(_) => run.max_parallelism(1),
        };
        for (nth, name) in STEPS.into_iter().enumerate() {
            let step = W::step(name).expect("one of its steps");
            if self.run.forced[nth] {
                run = run.force_step(step);
            }
            if self.run.only[nth] {
                run = run.only_step(step);
            }
            let age = self.run.max_age[nth].map(|age| match age {
                Age::Everything => Duration::ZERO,
                Age::ByAnHour => Duration::from_hours(1),
            });
            if let Some(age) = age {
                run = run.configure_step(step, |settings| settings.max_age(age));
            }
        }
        run
    }

    fn given(&self) -> Tasks {
        let mut given = Vec::new();
        for (nth, (key, task)) in KEYS.iter().zip(self.tasks).enumerate() {
            let key = Key::new(key).expect("a key");
            given.extend(match self.run.given(nth, task) {
                Given::Not => None,
                Given::ByKey => Some(scrapeflow::Task::stored(key)),
                Given::With(said) => scrapeflow::Task::new(key, &params(said)).ok(),
            });
        }
        Tasks::from_iterator(given)
    }
}

fn params([load, draw, unread]: [u8; 3]) -> BTreeMap<&'static str, u8> {
    BTreeMap::from([("load", load), ("draw", draw), ("unread", unread)])
}

/// Panics unless a status says what the model has, and no more.
pub(crate) fn compare(text: &str, task: &Task) {
    let status: Value =
        serde_json::from_str(&text.replace("NaN", "null")).expect("a status is JSON");
    assert_eq!(
        status["params"],
        json!(params(task.params.expect("it is stored"))),
        "{text}"
    );
    for (step, name) in task.steps.iter().zip(STEPS) {
        let message = status
            .get(format!("{name}_status"))
            .map(|said| said.as_str().unwrap_or_default());
        let is_kept = status[format!("{name}_meta")]
            .get("refresh_error")
            .is_some();
        match (step.ended, message) {
            (Ended::Never, None) => {}
            (Ended::Success, Some("SKIPPED")) => assert!(step.is_skipped, "{name}: {text}"),
            (Ended::Success, Some("SUCCESS")) => assert!(!step.is_skipped, "{name}: {text}"),
            (Ended::Error { .. }, Some(message)) => {
                assert!(message.starts_with("ERROR "), "{name}: {text}");
            }
            (ended, _) => panic!("{name} is {ended:?} in the model: {text}"),
        }
        let output = status.get(name);
        let value = output.map(|output| output.get("value").unwrap_or(output).as_u64());
        assert_eq!(
            value,
            step.made.map(|made| Some(made.value.into())),
            "{name}: {text}"
        );
        assert_eq!(is_kept, step.is_kept, "{name}: {text}");
        if let Some(version) = status[format!("{name}_meta")]
            .get("version")
            .filter(|version| **version != 0)
        {
            assert_eq!(*version, step.version, "{name}: {text}");
        }
    }
}
