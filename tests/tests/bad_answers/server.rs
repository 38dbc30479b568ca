//! A site that says to a client what it is told to, byte by byte, whether that is HTTP or not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// From one byte of a drip to the next.
const DRIP: Duration = Duration::from_millis(1);

/// What is said at a time where there is no end.
const PIECE: usize = 64 << 10;

const TLS_HANDSHAKE: u8 = 0x16;

/// What a server says on a connection.
#[derive(Clone)]
pub(crate) struct Script {
    start: Vec<u8>,
    then: Then,
}

#[derive(Clone)]
enum Then {
    Close,
    Reset,
    Hang,
    /// So many bytes, of these again and again.
    Repeat(Vec<u8>, usize),
    /// These again and again, slowly.
    Drip(Vec<u8>),
}

/// Says this, and closes the connection.
pub(crate) fn say(bytes: impl Into<Vec<u8>>) -> Script {
    Script {
        start: bytes.into(),
        then: Then::Close,
    }
}

/// A 200 with these headers, each with its line break, and this body.
pub(crate) fn ok(headers: &str, body: impl AsRef<[u8]>) -> Script {
    let mut script = answer("200 OK", headers);
    script.start.extend(body.as_ref());
    script
}

/// An answer with this status and these headers, each with its line break, and no body.
pub(crate) fn answer(status: &str, headers: &str) -> Script {
    say(format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n"
    ))
}

/// A redirect.
pub(crate) fn redirect(location: &str) -> Script {
    answer(
        "302 Found",
        &format!("Location: {location}\r\nContent-Length: 0\r\n"),
    )
}

impl Script {
    /// Resets the connection.
    pub(crate) fn reset(self) -> Self {
        self.then(Then::Reset)
    }

    /// Says no more, and leaves the connection open.
    pub(crate) fn hang(self) -> Self {
        self.then(Then::Hang)
    }

    /// Goes on with these bytes until the client leaves.
    pub(crate) fn forever(self, bytes: impl AsRef<[u8]>) -> Self {
        self.repeat(bytes, usize::MAX)
    }

    /// Goes on with these bytes again and again, so many in all or a few more, and closes the connection.
    pub(crate) fn repeat(self, bytes: impl AsRef<[u8]>, length: usize) -> Self {
        let bytes = bytes.as_ref();
        let piece = bytes.repeat(PIECE.div_ceil(bytes.len()));
        self.then(Then::Repeat(piece, length))
    }

    /// Goes on with these bytes until the client leaves, one at a time.
    pub(crate) fn drip(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Then::Drip(bytes.into()))
    }

    fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }

    async fn play(self, stream: &mut TcpStream) -> io::Result<()> {
        stream.write_all(&self.start).await?;
        match self.then {
            Then::Close => stream.shutdown().await?,
            Then::Reset => return stream.set_zero_linger(),
            Then::Hang => {}
            Then::Repeat(piece, length) => {
                let mut left = length;
                while left > 0 {
                    stream.write_all(&piece).await?;
                    left = left.saturating_sub(piece.len());
                }
                stream.shutdown().await?;
            }
            Then::Drip(bytes) => {
                let mut clock = tokio::time::interval(DRIP);
                for byte in bytes.iter().cycle() {
                    clock.tick().await;
                    stream.write_all(&[*byte]).await?;
                }
            }
        }
        // What closes with unread bytes is reset, and what was said is lost.
        tokio::io::copy(stream, &mut tokio::io::sink()).await?;
        Ok(())
    }
}

/// Answers every request alike, but for that of robots.txt; gone when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepting: AbortHandle,
}

impl Server {
    pub(crate) async fn start(page: Script, robots: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let scripts = Arc::new((page, robots));
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // The client may leave whenever it likes.
                connections.spawn(serve(stream, scripts.clone()));
            }
        });
        Self {
            address,
            accepting: accepting.abort_handle(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, scripts: Arc<(Script, Script)>) -> io::Result<()> {
    let mut request = Vec::new();
    // Whoever begins to speak TLS waits for an answer.
    while !request.ends_with(b"\r\n\r\n") && !request.starts_with(&[TLS_HANDSHAKE]) {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (page, robots) = &*scripts;
    let asked = if request.starts_with(b"GET /robots.txt ") {
        robots
    } else {
        page
    };
    asked.clone().play(&mut stream).await
}
