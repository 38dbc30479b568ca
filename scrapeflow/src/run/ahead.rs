//! Whether a task has to wait for its turn at a host before it begins: then it is sent back into line as the
//! little that it is, instead of waiting inside its executor as a future.
//!
//! The host is guessed from the params, which hold the URL as a rule. A wrong guess costs a wait for nothing,
//! and is learned from (`executor::call`). Executors that find their URLs themselves wait aside in the request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt;

use super::scope::Scope;
use super::trip::Trip;
use crate::executor::decide::Decision;
use crate::executor::input::GuessHost;
use crate::schedule::{Granted, Seat, Taken};
use crate::task::Task;

/// After so many wrong guesses in a row no more are made.
const ENOUGH: u32 = 16;

/// The host whose turn the task's first executor needs and cannot have yet. One that can be had is kept in the
/// seat.
pub(crate) async fn host_to_wait_for(
    scope: &Arc<Scope>,
    task: &Task,
    seat: &Arc<Seat>,
) -> Option<String> {
    let guess = scope.steps.first()?.needs.guess_host?;
    if seat.was_called() || scope.wrong_guesses.load(Ordering::Relaxed) >= ENOUGH {
        return None;
    }
    // A panic of a `Deserialize` and what is wrong with a status are told when the journey meets them.
    let begins = AssertUnwindSafe(begins_with(scope, task, seat, guess));
    let host = begins.catch_unwind().await.ok()??;
    match scope.lines.try_take(&host) {
        Taken::Free => None,
        Taken::Turn(turn) => {
            seat.keep_turn(Granted {
                host,
                turn,
                guessed: true,
            });
            None
        }
        Taken::Wait => Some(host),
    }
}

/// The host that the first executor would ask, if that is to run.
async fn begins_with(
    scope: &Arc<Scope>,
    task: &Task,
    seat: &Arc<Seat>,
    guess: GuessHost,
) -> Option<String> {
    let trip = Trip::begin(scope, task.clone(), seat.clone())
        .await
        .ok()?
        .ok()?;
    let host = guess(trip.params()?)?;
    let decision = trip.decide(0).await.ok()?;
    matches!(decision, Decision::Run(_)).then_some(host)
}
