//! The journey of a task, from its source to its stored status. Read this first.
//!
//! [`run`] sets the stage: it takes the store, checks the tasks that are in memory, and lets `schedule`
//! start a [`journey`] for each. A journey is the same for every task: read the status, decide which executor
//! runs next, call it, merge what came of it into the status, save; until nothing is left to run.

pub(crate) mod arrival;
pub(crate) mod builder;
pub(crate) mod error;
pub(crate) mod extensions;
pub(crate) mod plan;
pub(crate) mod pull;
pub(crate) mod scope;
pub(crate) mod setup;
pub(crate) mod signal;
pub(crate) mod stop;
pub(crate) mod stopping;
pub(crate) mod trip;
pub(crate) mod unhandled;

use std::sync::Arc;

use tracing::Instrument;

use crate::executor::call::{Called, call};
use crate::report::event::{Event, Outcome};
use crate::schedule::{Seat, schedule};
use crate::store::StoreError;
use crate::task::Task;
use error::RunError;
use scope::Scope;
use setup::Setup;
use stop::Cause;
use trip::{Then, Trip};

/// Runs all tasks and reports.
pub(crate) async fn run(setup: Setup) -> Result<crate::Report, RunError> {
    let Setup {
        workflow,
        scope,
        tasks,
        limit,
        limits,
        stopping,
        durability,
        counter,
    } = setup;
    let lease = scope.store.begin(durability).await?;
    let pulled = pull::pull(tasks, limit, &scope).await?;
    let tasks = pulled.known;
    scope.events.publish(&Event::RunStarted { workflow, tasks });

    let span = tracing::info_span!("run", workflow);
    let start = |task: Task, seat| {
        let span = tracing::debug_span!(parent: &span, "task", key = %task.key());
        journey(scope.clone(), task, seat).instrument(span)
    };
    let journeys = schedule(pulled.stream, limits, &scope.stop, start);
    let stopping = stopping.while_running(&scope.stop, &scope.events, journeys);
    let (pulled, drained) = stopping.await;

    scope.events.publish(&Event::RunFinished);
    drop(lease);
    error::conclude(&scope, &counter, pulled, drained)
}

/// One task, from its source to its stored status.
async fn journey(scope: Arc<Scope>, task: Task, seat: Arc<Seat>) {
    let key = task.key().clone();
    scope
        .events
        .publish(&Event::TaskStarted { key: key.clone() });
    let outcome = match travel(&scope, task, seat).await {
        Ok(outcome) => outcome,
        Err(error) => {
            scope
                .stop
                .because(Cause::Store(format!("task `{key}`: {error}")));
            Outcome::Interrupted
        }
    };
    scope.events.publish(&Event::TaskFinished { key, outcome });
}

/// Read, then for each executor that has to run: decide, call, merge, save.
async fn travel(scope: &Arc<Scope>, task: Task, seat: Arc<Seat>) -> Result<Outcome, StoreError> {
    let key = task.key().clone();
    let mut trip = match Trip::begin(scope, task, seat).await? {
        Ok(trip) => trip,
        Err(why) => {
            scope.events.publish(&Event::Broken {
                key,
                why: why.into(),
            });
            return Ok(Outcome::Broken);
        }
    };
    let mut next = trip.upcoming(0).await?;
    while let Then::Run(step, why) = next.then {
        if scope.stop.is_requested() {
            return Ok(Outcome::Interrupted);
        }
        let site = trip.site(step);
        trip.started(step, &why);
        let span = tracing::debug_span!("executor", name = site.step().name);
        let Called::Ended(ending) = call(&site).instrument(span).await else {
            return Ok(Outcome::Interrupted);
        };
        let arrived = trip.arrive(step, &why, &next.skipped, ending)?;
        if arrived.failed {
            trip.save(arrived.bodies).await?;
            return Ok(Outcome::Failed);
        }
        next = trip.upcoming(step + 1).await?;
        trip.mark_skipped(&next.skipped);
        trip.save(arrived.bodies).await?;
    }
    trip.end(&next).await
}
