//! A web server that costs next to nothing: one page, whatever is asked, over HTTP/1.1 keep-alive, with the
//! headers that nginx sends with a static file.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread;

use crate::{child, usage};

/// A server in a process of its own; ends when dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    origin: String,
}

/// What its child is told, before the core and the size of the page.
const WORD: &str = "serve";

impl Server {
    /// Starts it on a core, with a page of that size in bytes. The benchmark's `main` has to call
    /// [`if_asked`] first of all.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(core: usize, size: usize) -> Self {
        let mut process = child::command(&[WORD, &core.to_string(), &size.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut port = [0; 2];
        let stdout = process.stdout.as_mut().expect("it is piped");
        stdout
            .read_exact(&mut port)
            .expect("the server tells its port");
        let address = SocketAddr::from(([127, 0, 0, 1], u16::from_be_bytes(port)));
        Self {
            process,
            origin: format!("http://{address}"),
        }
    }

    /// What its URLs begin with.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; there is nothing left to do about it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed, if this child was started for it.
///
/// # Errors
/// If it cannot listen or accept.
pub fn if_asked() -> io::Result<()> {
    let words = child::asked().unwrap_or_default();
    let [word, core, size] = &words[..] else {
        return Ok(());
    };
    if word != WORD {
        return Ok(());
    }
    usage::pin(core.parse().map_err(io::Error::other)?);
    let answer: &'static [u8] = answer(size.parse().map_err(io::Error::other)?).leak();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut stdout = io::stdout();
    stdout.write_all(&listener.local_addr()?.port().to_be_bytes())?;
    stdout.flush()?;
    loop {
        let (stream, _) = listener.accept()?;
        // A thread for each of a hundred connections is simpler than a runtime, and not slower.
        thread::spawn(move || serve(stream, answer));
    }
}

/// Head and body of the one page.
fn answer(size: usize) -> Vec<u8> {
    let mut page = String::from("<!doctype html>\n<title>A page</title>\n");
    for nth in 0.. {
        if page.len() >= size {
            break;
        }
        let _ = writeln!(
            page,
            "<p>Paragraph {nth} and <a href=\"/page/{nth}\">its link</a></p>"
        );
    }
    page.truncate(size);
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: nginx/1.26.3\r\nDate: Sat, 22 Nov 2025 12:00:00 GMT\r\nContent-Type: \
         text/html; charset=utf-8\r\nContent-Length: {size}\r\nLast-Modified: Fri, 21 Nov 2025 12:00:00 \
         GMT\r\nConnection: keep-alive\r\nETag: \"69205280-5460\"\r\nAccept-Ranges: bytes\r\n\r\n"
    );
    [head.into_bytes(), page.into_bytes()].concat()
}

/// Answers until the client closes; one that breaks off is no business of ours.
fn serve(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..read]);
        // Clients wait for an answer before they ask again, and ask without a body.
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            stream.write_all(answer)?;
        }
    }
}
