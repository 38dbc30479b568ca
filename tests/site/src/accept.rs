//! The site's thread: it accepts connections, and ends them all when it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::connection;
use super::server::Shared;

/// Room for a test that connects a thousand times at once: the kernel tries a connection past the backlog
/// again only after a whole second.
const BACKLOG: u32 = 1024;

/// A thread that serves until this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    address: SocketAddr,
    /// Dropping the sender is the signal to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Listens, then starts the thread: a port that is taken is the caller's error, not the thread's.
    pub(super) fn start(address: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = match listen(address, &runtime) {
            Ok(listener) => listener,
            Err(error) => {
                // Merely dropping it panics within a test's runtime and would hide the error.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("site".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        () = accept(listener, shared) => {}
                    }
                });
                // Here the runtime is dropped with all connections, which closes them.
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic was printed; another one while a test unwinds would abort the process.
            let _ = thread.join();
        }
    }
}

fn listen(address: SocketAddr, runtime: &Runtime) -> io::Result<TcpListener> {
    let _within = runtime.enter();
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Else a fixed port could not be taken again while closed connections linger on it.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A connection that fails is one that the client left.
                    let _ = connection::serve(stream, &shared).await;
                });
            }
            // As a rule there are no file descriptors left; some come back as connections end.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
