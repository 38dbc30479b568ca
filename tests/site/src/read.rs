//! Reads requests off a connection. What breaks the protocol is an error of kind `InvalidData`.

use std::io::{self, ErrorKind};
use std::time::Instant;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use super::Request;

/// Lines beyond this are no headers that a test would send on purpose.
const LONGEST_LINE: u64 = 1024 * 1024;

/// The next request of that connection, `None` if the client has closed it instead of sending one.
///
/// # Errors
/// `InvalidData` if it is no request, others if the connection breaks.
pub(super) async fn request<R>(stream: &mut R, connection: usize) -> io::Result<Option<Request>>
where
    R: AsyncBufRead + Unpin,
{
    if stream.fill_buf().await?.is_empty() {
        return Ok(None);
    }
    let first = line(stream).await?;
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, version @ ("HTTP/1.0" | "HTTP/1.1")] = words[..] else {
        return Err(broken(format!("`{first}` is no request line")));
    };
    let headers = headers(stream).await?;
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        version: version.to_owned(),
        headers,
        body: Vec::new(),
        connection,
        received_at: Instant::now(),
    };
    request.body = body(stream, &request).await?;
    request.received_at = Instant::now();
    Ok(Some(request))
}

async fn headers<R: AsyncBufRead + Unpin>(stream: &mut R) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(stream).await?;
        if line.is_empty() {
            return Ok(headers);
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(broken(format!("`{line}` is no header")));
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

async fn body<R: AsyncBufRead + Unpin>(stream: &mut R, request: &Request) -> io::Result<Vec<u8>> {
    if let Some(coding) = request.header("transfer-encoding") {
        if !coding.eq_ignore_ascii_case("chunked") {
            return Err(broken(format!(
                "the transfer coding `{coding}` is not known here"
            )));
        }
        return chunks(stream).await;
    }
    match request.header("content-length") {
        Some(length) => {
            let length = length
                .parse()
                .map_err(|_| broken(format!("`{length}` is no length")))?;
            exactly(stream, length).await
        }
        None => Ok(Vec::new()),
    }
}

async fn chunks<R: AsyncBufRead + Unpin>(stream: &mut R) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = line(stream).await?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16)
            .map_err(|_| broken(format!("`{line}` is no chunk size")))?;
        if size == 0 {
            // What follows the last chunk has the form of headers.
            headers(stream).await?;
            return Ok(body);
        }
        body.append(&mut exactly(stream, size).await?);
        exactly(stream, 2).await?;
    }
}

/// A line without its end.
async fn line<R: AsyncBufRead + Unpin>(stream: &mut R) -> io::Result<String> {
    let mut line = Vec::new();
    stream
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .await?;
    if line.pop() != Some(b'\n') {
        return Err(broken("a line of the request has no end".to_owned()));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Grows as bytes arrive, so that a declared length alone takes no memory.
async fn exactly<R: AsyncBufRead + Unpin>(stream: &mut R, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(length).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 != length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn broken(why: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::Request;

    fn read(bytes: &[u8]) -> std::io::Result<Option<Request>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(super::request(&mut &*bytes, 7))
    }

    #[test]
    fn what_was_sent_is_read() {
        let request =
            read(b"POST /a?b HTTP/1.1\r\nX-A: 1\r\nx-a:2 \r\ncontent-length: 3\r\n\r\nabcd");
        let request = request.unwrap().unwrap();
        assert_eq!((request.method(), request.target()), ("POST", "/a?b"));
        assert_eq!(request.header_values("X-A").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(request.body(), b"abc");
        assert_eq!(request.connection(), 7);
        assert!(read(b"").unwrap().is_none());
    }

    #[test]
    fn chunks_are_joined() {
        let chunks = b"PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
        assert_eq!(read(chunks).unwrap().unwrap().body(), b"abc0123456789");
    }

    #[test]
    fn what_is_no_request_is_an_error() {
        for (bytes, kind) in [
            (&b"GET /\r\n\r\n"[..], ErrorKind::InvalidData),
            (b"GET / HTTP/2.0\r\n\r\n", ErrorKind::InvalidData),
            (
                b"GET / HTTP/1.1\r\nno header\r\n\r\n",
                ErrorKind::InvalidData,
            ),
            (b"GET / HTTP/1.1\r\nA: b", ErrorKind::InvalidData),
            (
                b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                ErrorKind::InvalidData,
            ),
            (
                b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
                ErrorKind::InvalidData,
            ),
            (
                b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
                ErrorKind::InvalidData,
            ),
            (
                b"GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
                ErrorKind::UnexpectedEof,
            ),
        ] {
            let error = read(bytes).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}
