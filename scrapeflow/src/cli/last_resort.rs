//! Ends the program where a run cannot: executors that never yield may have all its threads, and then it hears no signal.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::line::INTERRUPTED;
use super::out;
use crate::run::signal::Shutdown;

/// How long a run may take to end once it was cut off.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens on a thread of its own until it is dropped. What then is saved is as after a kill: all that was acknowledged.
pub(super) struct LastResort {
    _over: oneshot::Sender<()>,
}

impl LastResort {
    /// For a run with that `grace`; once it has `finished`, what it still does, such as to sync, is given its time.
    pub(super) fn new(grace: Duration, finished: Arc<AtomicBool>) -> Self {
        let (sender, over) = oneshot::channel();
        let (listening, listens) = mpsc::channel::<()>();
        let listen = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let asked = Shutdown::listen();
                drop(listening);
                tokio::select! {
                    _ = over => {}
                    () = is_stuck(asked, grace, &finished) => {
                        out::error("ended without waiting any longer; what was saved stays: run it again, with the same tasks, to go on");
                        std::process::exit(INTERRUPTED.into());
                    }
                }
            });
        };
        let thread = std::thread::Builder::new().name("scrapeflow-stop".to_owned());
        // Without one the run ends as long as it can by itself.
        let _ = thread.spawn(listen);
        // So that it misses no signal that the run hears: an error says that it is dropped, and so listens.
        let _ = listens.recv();
        Self { _over: sender }
    }
}

/// Returns when a run that was asked to stop has not, or is asked for the third time.
async fn is_stuck(mut asked: Shutdown, grace: Duration, finished: &AtomicBool) {
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
