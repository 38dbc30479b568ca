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
use crate::executor::input::GuessHost;
use crate::schedule::{Granted, Seat, Taken};
use crate::task::Task;

/// After so many wrong guesses in a row no more are made.
const ENOUGH: u32 = 16;

/// What was seen of a task before it begins.
#[derive(Debug)]
pub(crate) enum Ahead<'a> {
    /// The host whose turn its first executor needs and cannot have yet.
    Wait(String),
    /// It may begin, and has, as far as that was looked at. A turn that can be had is kept in its seat.
    Go(Option<Trip<'a>>),
}

/// Whether a task has to wait before it begins.
pub(crate) async fn look<'a>(scope: &'a Arc<Scope>, task: &Task, seat: &Arc<Seat>) -> Ahead<'a> {
    let guess = scope.steps.first().and_then(|step| step.needs.guess_host);
    let Some(guess) = guess.filter(|_| is_worth_it(scope, seat)) else {
        return Ahead::Go(None);
    };
    // A panic of a `Deserialize` and what is wrong with a status are told when the journey meets them.
    let begun = AssertUnwindSafe(begin(scope, task, seat, guess));
    let Ok(Some((trip, host))) = begun.catch_unwind().await else {
        return Ahead::Go(None);
    };
    let Some(host) = host else {
        return Ahead::Go(Some(trip));
    };
    match scope.lines.try_take(&host) {
        Taken::Wait => return Ahead::Wait(host),
        Taken::Free => {}
        Taken::Turn(turn) => seat.keep_turn(Granted {
            host,
            turn,
            guessed: true,
        }),
    }
    Ahead::Go(Some(trip))
}

fn is_worth_it(scope: &Scope, seat: &Seat) -> bool {
    !seat.was_called() && scope.wrong_guesses.load(Ordering::Relaxed) < ENOUGH
}

/// The task under way, and the host that its first executor would ask, if that is to run.
async fn begin<'a>(
    scope: &'a Arc<Scope>,
    task: &Task,
    seat: &Arc<Seat>,
    guess: GuessHost,
) -> Option<(Trip<'a>, Option<String>)> {
    let begun = Trip::begin(scope, task.clone(), seat.clone()).await;
    let mut trip = begun.ok()?.ok()?;
    let runs = trip.decide_first().await.ok()?;
    let host = trip.params().filter(|_| runs).and_then(guess);
    Some((trip, host))
}
