//! Signals that stop a run, and what they are waited for with.

use futures::FutureExt;
use futures::future::BoxFuture;

/// What a future given to `stop_when` may resolve to: `()`, or something that can come again, the second
/// time to stop at once.
pub trait StopSignal: Send + 'static {
    /// Waits for the second time.
    fn again(self) -> BoxFuture<'static, ()>;
}

impl StopSignal for () {
    fn again(self) -> BoxFuture<'static, ()> {
        std::future::pending().boxed()
    }
}

/// Waits for Ctrl-C or, on Unix, SIGTERM. Given to `stop_when`, the first stops the run in order and the
/// second at once. From the first poll on these signals don't end the process any more.
///
/// ```no_run
/// # use scrapeflow::prelude::*;
/// # #[executor] async fn parse(key: Key) -> Result<String> { Ok(key.to_string()) }
/// # workflow! { Quotes = parse; }
/// # async fn run() -> Result<()> {
/// let report = Quotes::in_dir("quotes").stop_when(shutdown_signal()).run().await?;
/// # Ok(()) }
/// ```
pub async fn shutdown_signal() -> Shutdown {
    Shutdown::listen().came().await
}

/// A shutdown signal that came; another may come.
#[derive(Debug)]
pub struct Shutdown(Signals);

impl Shutdown {
    /// Hears from now on.
    pub(crate) fn listen() -> Self {
        Self(Signals::listen())
    }

    /// Once the first has come.
    pub(crate) async fn came(mut self) -> Self {
        self.once_more().await;
        self
    }

    /// Waits for the next.
    pub(crate) async fn once_more(&mut self) {
        self.0.next().await;
    }
}

impl StopSignal for Shutdown {
    fn again(mut self) -> BoxFuture<'static, ()> {
        async move { self.once_more().await }.boxed()
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Signals {
    /// `None` where the system refuses a handler: then that signal does what it always did.
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        async fn one(signal: &mut Option<tokio::signal::unix::Signal>) {
            match signal {
                Some(signal) => {
                    signal.recv().await;
                }
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = one(&mut self.interrupt) => {}
            () = one(&mut self.terminate) => {}
        }
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
