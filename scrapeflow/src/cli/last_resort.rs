//! Ends the program where it cannot end by itself: executors that never yield may have all its threads, and then it hears no
//! signal; and a runtime that is shut down waits for whatever was left on one of its threads.

use std::future::pending;
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::line::INTERRUPTED;
use super::out;
use crate::run::signal::Shutdown;

/// How long what was cut off may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the last word may take: whoever has the threads may have standard error, too.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Listens on a thread of its own. What is saved when it ends the program is as after a kill: all that was acknowledged.
pub(super) struct LastResort(oneshot::Sender<Left>);

/// What is left to wait for, the work being done.
struct Left {
    runtime: Handle,
    /// Resolves when the runtime is shut down.
    shut_down: oneshot::Receiver<()>,
    /// Of work that was cut off.
    cut_off: Option<u8>,
}

impl LastResort {
    /// For a run with that `grace`; once it has `finished`, what it still does, such as to sync, is given its time.
    pub(super) fn of_run(grace: Duration, finished: Arc<AtomicBool>) -> Self {
        Self::listening(grace, finished, || {
            last_word(
                "ended without waiting any longer; what was saved stays: run it again, with the same tasks, to go on",
            );
        })
    }

    /// For work that just ends when it is asked to.
    pub(super) fn of_command() -> Self {
        Self::listening(Duration::ZERO, Arc::default(), || {})
    }

    fn listening(grace: Duration, finished: Arc<AtomicBool>, tell: fn()) -> Self {
        let (sender, left) = oneshot::channel::<Left>();
        let (listening, listens) = mpsc::channel::<()>();
        let listen = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let mut asked = Shutdown::listen();
                drop(listening);
                tokio::select! {
                    Ok(left) = left => left.end(&mut asked).await,
                    () = is_stuck(&mut asked, grace, &finished) => {
                        tell();
                        exit(INTERRUPTED.into());
                    }
                }
            });
        };
        // Without a thread all ends as long as it can by itself.
        let _ = spawned("scrapeflow-stop", listen);
        // So that it misses no signal that the work hears: an error says that it is dropped, and so listens.
        let _ = listens.recv();
        Self(sender)
    }

    /// The work is done; with the exit code, if it was cut off. Whoever had it done may go on.
    pub(super) async fn leave(self, cut_off: Option<u8>) {
        if let Some(code) = cut_off
            && timeout(LAST_WORD, tokio::spawn(async {})).await.is_err()
        {
            // All threads of the runtime are held by what was left behind.
            exit(code.into());
        }
        let (held, shut_down) = oneshot::channel();
        // Dropped with the runtime, and not before.
        tokio::spawn(async move {
            let _held: oneshot::Sender<()> = held;
            pending::<()>().await;
        });
        // Without anybody who listens it ends as long as it can by itself.
        let _ = self.0.send(Left {
            runtime: Handle::current(),
            shut_down,
            cut_off,
        });
    }
}

impl Left {
    async fn end(mut self, asked: &mut Shutdown) {
        loop {
            tokio::select! {
                _ = &mut self.shut_down => break,
                // Of a program that goes on this is its own business, if it can go on.
                () = asked.once_more() => {
                    let answer = self.runtime.spawn(async {});
                    if timeout(PATIENCE, answer).await.is_err() {
                        exit(INTERRUPTED.into());
                    }
                }
            }
        }
        // It waits for what was left on a thread, maybe for ever.
        if self.cut_off.is_some() {
            let _ = timeout(PATIENCE, asked.once_more()).await;
        } else {
            asked.once_more().await;
        }
        exit(self.cut_off.unwrap_or(INTERRUPTED).into());
    }
}

/// Returns when work that was asked to stop has not, or is asked for the third time.
async fn is_stuck(asked: &mut Shutdown, grace: Duration, finished: &AtomicBool) {
    asked.once_more().await;
    tokio::select! {
        () = sleep(grace) => {}
        () = asked.once_more() => {}
    }
    let stuck = async {
        sleep(PATIENCE).await;
        if finished.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = stuck => {}
        () = asked.once_more() => {}
    }
}

/// On a thread that nobody waits for, where that takes long.
fn last_word(text: &'static str) {
    let (telling, told) = mpsc::channel::<()>();
    let tell = move || {
        out::error(text);
        drop(telling);
    };
    if spawned("scrapeflow-last-word", tell).is_ok() {
        let _ = told.recv_timeout(LAST_WORD);
    }
}

fn spawned(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map(drop)
}
