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

/// Whose process it is that a command is done in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// The command's: it is what the process was started for.
    Its,
    /// Of a program that has it done among other things.
    Anothers,
}

/// Listens on a thread of its own, until it is dropped. What is saved when it ends the program is as after a kill: all that was
/// acknowledged.
pub(super) struct LastResort(oneshot::Sender<Left>);

/// What is left to wait for, the work being done.
struct Left {
    runtime: Handle,
    /// Resolves when the runtime is shut down.
    shut_down: oneshot::Receiver<()>,
    interrupted: bool,
}

/// How long work may go on that was asked to stop.
enum Patience {
    /// A command just ends, and takes away what it began.
    Command,
    /// A run has its grace, and asked again it is cut off; once it has `finished`, what it still does, such as to sync, is given its
    /// time.
    Run {
        grace: Duration,
        finished: Arc<AtomicBool>,
    },
}

impl LastResort {
    /// For a run.
    pub(super) fn of_run(grace: Duration, finished: Arc<AtomicBool>) -> (Self, Shutdown) {
        Self::listening(Patience::Run { grace, finished })
    }

    /// For any other command.
    pub(super) fn of_command() -> (Self, Shutdown) {
        Self::listening(Patience::Command)
    }

    /// And what the work is to hear, which misses nothing that this hears.
    fn listening(patience: Patience) -> (Self, Shutdown) {
        let asked = Shutdown::listen();
        let (sender, left) = oneshot::channel::<Left>();
        let listen = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let mut asked = Shutdown::listen();
                tokio::select! {
                    // Dropped, it ends.
                    left = left => if let Ok(left) = left {
                        left.end(&mut asked).await;
                    },
                    () = patience.ends(&mut asked) => {
                        patience.tell();
                        exit(INTERRUPTED.into());
                    }
                }
            });
        };
        // Without a thread all ends as long as it can by itself.
        let _ = spawned("scrapeflow-stop", listen);
        (Self(sender), asked)
    }

    /// The work is done that the process was for, which is seen to end. `false` if it left behind what has all threads of the runtime,
    /// so that the process has to be ended now.
    pub(super) async fn leave(self, interrupted: bool) -> bool {
        let runtime = Handle::current();
        if interrupted && !answers(&runtime, LAST_WORD).await {
            return false;
        }
        let (held, shut_down) = oneshot::channel();
        // Dropped with the runtime, and not before.
        tokio::spawn(async move {
            let _held: oneshot::Sender<()> = held;
            pending::<()>().await;
        });
        // Without anybody who listens it ends as long as it can by itself.
        let _ = self.0.send(Left {
            runtime,
            shut_down,
            interrupted,
        });
        true
    }
}

impl Left {
    async fn end(mut self, asked: &mut Shutdown) {
        loop {
            tokio::select! {
                // First, so that no signal passes for one that came before.
                biased;
                _ = &mut self.shut_down => break,
                // What still goes on hears it or doesn't, unless it cannot.
                () = asked.once_more() => {
                    if !answers(&self.runtime, PATIENCE).await {
                        exit(INTERRUPTED.into());
                    }
                }
            }
        }
        // It waits for what was left on a thread, maybe for ever. Who has interrupted it doesn't have to say so again.
        if self.interrupted {
            let _ = timeout(PATIENCE, asked.once_more()).await;
        } else {
            asked.once_more().await;
        }
        exit(INTERRUPTED.into());
    }
}

impl Patience {
    /// Returns when work that was asked to stop should have ended and has not.
    async fn ends(&self, asked: &mut Shutdown) {
        asked.once_more().await;
        let Self::Run { grace, finished } = self else {
            return sleep(PATIENCE).await;
        };
        tokio::select! {
            () = sleep(*grace) => {}
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
            // Once more than it takes to cut it off.
            () = asked.once_more() => {}
        }
    }

    /// On a thread that nobody waits for, where that takes long.
    fn tell(&self) {
        let Self::Run { .. } = self else { return };
        let (telling, told) = mpsc::channel::<()>();
        let tell = move || {
            out::error(
                "ended without waiting any longer; what was saved stays: run it again, with the same tasks, to go on",
            );
            drop(telling);
        };
        if spawned("scrapeflow-last-word", tell).is_ok() {
            let _ = told.recv_timeout(LAST_WORD);
        }
    }
}

/// Whether a runtime has a thread for anything, or is shut down.
async fn answers(runtime: &Handle, within: Duration) -> bool {
    timeout(within, runtime.spawn(async {})).await.is_ok()
}

fn spawned(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map(drop)
}
