//! The journey of a task, from its source to its stored status. Read this first.
//!
//! [`run`] sets the stage: it takes the store, checks the tasks that are in memory, and lets `schedule`
//! start a [`journey`] for each. A journey is the same for every task: read the status, decide which executor
//! runs next, call it, merge what came of it into the status, save; until nothing is left to run.

pub(crate) mod ahead;
pub(crate) mod arrival;
pub(crate) mod builder;
pub(crate) mod error;
pub(crate) mod extensions;
pub(crate) mod plan;
pub(crate) mod polls;
pub(crate) mod pull;
pub(crate) mod scope;
pub(crate) mod setup;
pub(crate) mod signal;
pub(crate) mod stop;
pub(crate) mod stopping;
pub(crate) mod trip;
pub(crate) mod unhandled;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::error::said;
use crate::executor::call::{Called, call};
use crate::report::Report;
use crate::report::event::{Event, Outcome};
use crate::schedule::{Room, Seat, Sent, schedule};
use crate::store::StoreError;
use crate::task::Task;
use ahead::Ahead;
use error::RunError;
use scope::Scope;
use setup::{AllTasks, Setup};
use stop::{Cause, CutWhenDropped};
use trip::{Then, Trip};

/// Runs all tasks and reports. Dropped, it stops.
pub(crate) async fn run(setup: Setup) -> Result<Report, RunError> {
    let Setup {
        mut scope,
        stopping,
        durability,
        counter,
        tasks,
    } = setup;
    let lease = scope.store.begin(durability).await?;
    scope.found_empty = lease.found_empty();
    let scope = Arc::new(scope);
    let room = Room::new(tasks.limits.lookahead);
    let span = tracing::info_span!("run", workflow = tasks.workflow);
    let _cut = CutWhenDropped(scope.stop.clone());

    // A task of the runtime's own, so that it is woken on the threads that run the journeys; whoever watches
    // for a stop stays here, where no executor can block it. A set aborts it when it is dropped.
    let mut all = JoinSet::new();
    let work = async {
        // Once it is waited for, and so not before somebody has looked for a stop.
        all.spawn(start_all(scope.clone(), tasks, room.clone()).instrument(span));
        joined(&mut all).await
    };
    let watch = polls::watch(&scope);
    let ended = stopping
        .while_running(&scope.stop, &scope.events, work)
        .await;
    drop(watch);
    // Whatever still goes on is not to write once the store is another's.
    drop(all);
    scope.stop.cut();

    scope.events.publish(&Event::RunFinished);
    let closed = tokio::task::spawn_blocking(move || lease.close()).await;
    if let Ok(Err(error)) = closed {
        scope.stop.fails(Cause::Store(error.to_string()));
    }
    error::conclude(&scope, &counter, ended.transpose()?, room.taken())
}

/// Starts a journey for each task, and waits for the last. The outer error is of a run that didn't begin.
async fn start_all(
    scope: Arc<Scope>,
    all: AllTasks,
    room: Room,
) -> Result<Result<(), RunError>, RunError> {
    let AllTasks {
        workflow,
        tasks,
        limit,
        limits,
        mut calls,
        before,
    } = all;
    for ready in before {
        tokio::select! {
            biased;
            ready = ready => ready.map_err(|error| RunError::setup(error.to_string()))?,
            // Then nothing begins that would need it.
            () = scope.stop.requested() => break,
        }
    }
    let pulled = pull::pull(tasks, limit, &scope).await?;
    let tasks = pulled.known;
    scope.events.publish(&Event::RunStarted { workflow, tasks });
    let start = |task: Task, seat| {
        let span = tracing::debug_span!("task", key = %task.key());
        journey(scope.clone(), task, seat).instrument(span)
    };
    Ok(schedule(
        pulled.stream,
        limits.max_parallelism,
        &room,
        &scope.lines,
        &mut calls,
        &scope.stop,
        start,
    )
    .await)
}

/// The one task of a set.
async fn joined<T: 'static>(set: &mut JoinSet<Result<T, RunError>>) -> Result<T, RunError> {
    match set.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(RunError::setup("the runtime was shut down under the run")),
        },
        None => Err(RunError::setup("nothing was started")),
    }
}

/// One task, from its source to its stored status; or back into line, where its turn at a host has to be
/// waited for.
async fn journey(scope: Arc<Scope>, task: Task, seat: Arc<Seat>) -> Option<Sent<Task>> {
    let mut begun = None;
    if scope.lines.are_needed() {
        // Boxed, since few runs come here and all tasks would carry it.
        match Box::pin(ahead::look(&scope, &task, &seat)).await {
            Ahead::Wait(host) => return Some(Sent { task, host }),
            Ahead::Go(trip) => begun = trip,
        }
    }
    let key = task.key().clone();
    scope
        .events
        .publish(&Event::TaskStarted { key: key.clone() });
    // An executor's panic is caught where it is called; this is one of a listener or of a `Deserialize`.
    let travelled = AssertUnwindSafe(travel(&scope, task, begun, seat.clone()))
        .catch_unwind()
        .await;
    // Whatever an executor has kept or left running.
    seat.leave();
    let outcome = match travelled {
        Ok(Ok(outcome)) => outcome,
        Err(panic) => {
            let why = format!("task `{key}` panicked: {}", said(&*panic));
            scope.stop.because(Cause::Unhandled(why));
            Outcome::Interrupted
        }
        Ok(Err(error)) => {
            scope
                .stop
                .because(Cause::Store(format!("task `{key}`: {error}")));
            Outcome::Interrupted
        }
    };
    scope.events.publish(&Event::TaskFinished { key, outcome });
    None
}

/// Read, then for each executor that has to run: decide, call, merge, save.
async fn travel(
    scope: &Arc<Scope>,
    task: Task,
    begun: Option<Trip<'_>>,
    seat: Arc<Seat>,
) -> Result<Outcome, StoreError> {
    let key = task.key().clone();
    let begun = match begun {
        Some(trip) => Ok(trip),
        None => Trip::begin(scope, task, seat).await?,
    };
    let mut trip = match begun {
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
        let site = trip.site(step, &why);
        trip.started(step, &why);
        let span = tracing::debug_span!("executor", name = site.step().name);
        let Called::Ended(ending) = call(&site).instrument(span).await else {
            return Ok(Outcome::Interrupted);
        };
        let arrived = trip.arrive(step, &why, &next.skipped, ending)?;
        if arrived.failed {
            trip.keep(arrived).await?;
            return Ok(Outcome::Failed);
        }
        let following = trip.upcoming(step + 1).await;
        if let Ok(following) = &following {
            trip.mark_skipped(&following.skipped);
        }
        // What came of it is kept also where the store fails to say what is next.
        trip.keep(arrived).await?;
        next = following?;
    }
    trip.end(&next).await
}
