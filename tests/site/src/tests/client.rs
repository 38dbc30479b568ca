//! A client on a plain stream. It blocks, which the site must bear, having a thread of its own.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Site;

/// A test that waits for bytes longer than this fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub(super) struct Client(BufReader<TcpStream>);

/// A well-formed answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The answer to a GET on a connection of its own.
pub(super) fn get(site: &Site, target: &str) -> Reply {
    Client::connect(site).get(target)
}

impl Client {
    pub(super) fn connect(site: &Site) -> Self {
        let stream = TcpStream::connect(site.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// A connection on which that GET was sent.
    pub(super) fn sent(site: &Site, target: &str) -> Self {
        let mut client = Self::connect(site);
        client.send(&format!("GET {target} HTTP/1.1\r\nHost: site\r\n\r\n"));
        client
    }

    pub(super) fn get(&mut self, target: &str) -> Reply {
        self.exchange(&format!("GET {target} HTTP/1.1\r\nHost: site\r\n\r\n"))
    }

    /// Sends these bytes and reads the answer.
    pub(super) fn exchange(&mut self, request: &str) -> Reply {
        self.send(request);
        let mut reply = self.head();
        self.body(&mut reply);
        reply
    }

    pub(super) fn send(&mut self, request: &str) {
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// Reads an answer up to its body.
    pub(super) fn head(&mut self) -> Reply {
        let line = self.line();
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|line| line.get(..3))
            .expect(&line);
        let mut reply = Reply {
            status: status.parse().unwrap(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line();
            if line.is_empty() {
                return reply;
            }
            let (name, value) = line.split_once(": ").expect(&line);
            reply.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    fn body(&mut self, reply: &mut Reply) {
        if reply.header("Transfer-Encoding").is_some() {
            while let size @ 1.. = u64::from_str_radix(&self.line(), 16).unwrap() {
                reply.body.append(&mut self.take(size));
                assert_eq!(self.line(), "");
            }
            assert_eq!(self.line(), "");
        } else if let Some(length) = reply.header("Content-Length") {
            reply.body = self.take(length.parse().unwrap());
        }
    }

    /// So many bytes.
    pub(super) fn take(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0
            .by_ref()
            .take(length)
            .read_to_end(&mut bytes)
            .unwrap();
        assert_eq!(bytes.len() as u64, length);
        bytes
    }

    /// All that comes until the site closes the connection.
    pub(super) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).map(|_| bytes)
    }

    /// Whether the connection is open and there is nothing to read now.
    pub(super) fn is_silent(&mut self) -> bool {
        self.0.get_ref().set_nonblocking(true).unwrap();
        let read = self.0.read(&mut [0]);
        self.0.get_ref().set_nonblocking(false).unwrap();
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n").expect(&line).to_owned()
    }
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).first().copied()
    }

    pub(super) fn header_values(&self, name: &str) -> Vec<&str> {
        let of_that_name = self.headers.iter().filter(|(other, _)| other == name);
        of_that_name.map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}
