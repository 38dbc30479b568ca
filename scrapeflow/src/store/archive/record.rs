//! A record of a WARC file (WARC 1.1, ISO 28500:2017), made for a body. How it is read back is in `read`.
//!
//! A body that came by HTTP is a `response` record, and what was asked a `request` record behind it; any other is a `resource`. Each
//! is a gzip member of its own unless the archive is plain.

#[cfg(any(test, fuzzing))]
mod invariants;
mod read;

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::{BASE32, HEXLOWER, HEXUPPER};
use flate2::Compression;
use flate2::write::GzEncoder;

#[cfg(any(test, fuzzing))]
pub(crate) use self::invariants::check_invariants;
pub(super) use self::read::{Body, body, shown};
use crate::features::now;
use crate::store::{BodyName, Exchange};

/// Fast: of pages of documentation 0.36 is left. The next level leaves 0.28 for twice the work, all others 0.26 or more for three times.
const LEVEL: Compression = Compression::new(1);

/// How records are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
}

/// A body as it goes into a file, and what follows it there.
#[derive(Debug)]
pub(super) struct Record {
    /// Pieces, one after another.
    pub(super) pieces: Vec<Bytes>,
    /// What follows them, where that is large.
    pub(super) spilled: Option<File>,
    /// Of the body's record.
    pub(super) length: u64,
    /// Of that and of what follows.
    pub(super) whole: u64,
}

/// How a body came.
#[derive(Debug, Default)]
pub(super) struct Heads {
    pub(super) url: String,
    /// Nothing where it isn't known.
    pub(super) request: Vec<u8>,
    pub(super) response: Vec<u8>,
    /// Now unless it was before.
    pub(super) at: Option<DateTime<Utc>>,
}

impl Heads {
    pub(super) fn of(exchange: &dyn Exchange) -> Self {
        Self {
            url: exchange.url(),
            request: exchange.request(),
            response: exchange.response(),
            at: None,
        }
    }
}

impl Record {
    /// The record of a body, which is complete.
    pub(super) fn of(
        name: &BodyName,
        heads: Option<&Heads>,
        md5: Option<&str>,
        body: Vec<Bytes>,
        coding: Coding,
    ) -> io::Result<Self> {
        let front = Front::of(name, heads, md5, sum(&body));
        let mut pieces = vec![Bytes::from(front.bytes)];
        pieces.extend(body);
        pieces.push(Bytes::from_static(AFTER));
        let mut pieces = coded(pieces, coding)?;
        let length = sum(&pieces);
        if let Some(heads) = heads.filter(|heads| !heads.request.is_empty()) {
            let request = asked(heads, &front.id, &front.date);
            pieces.extend(coded(vec![request], coding)?);
        }
        Ok(Self {
            whole: sum(&pieces),
            spilled: None,
            length,
            pieces,
        })
    }

    /// The same of a body of `size` bytes that is too large to be held; the record is made in `file`.
    pub(super) fn of_large(
        name: &BodyName,
        heads: Option<&Heads>,
        md5: Option<&str>,
        (mut body, size): (impl Read, u64),
        coding: Coding,
        mut file: File,
    ) -> io::Result<Self> {
        let front = Front::of(name, heads, md5, size);
        let mut write = |to: &mut dyn Write| {
            to.write_all(&front.bytes)?;
            io::copy(&mut body, to)?;
            to.write_all(AFTER)
        };
        match coding {
            Coding::Plain => write(&mut file)?,
            Coding::Gzip => {
                let mut member = GzEncoder::new(BufWriter::new(&mut file), LEVEL);
                write(&mut member)?;
                member.finish()?.flush()?;
            }
        }
        let length = file.stream_position()?;
        if let Some(heads) = heads.filter(|heads| !heads.request.is_empty()) {
            let request = asked(heads, &front.id, &front.date);
            for piece in coded(vec![request], coding)? {
                file.write_all(&piece)?;
            }
        }
        Ok(Self {
            pieces: Vec::new(),
            whole: file.stream_position()?,
            spilled: Some(file),
            length,
        })
    }

    /// What a file begins with.
    pub(super) fn info(coding: Coding) -> io::Result<Self> {
        let says = concat!(
            "software: scrapeflow/",
            env!("CARGO_PKG_VERSION"),
            "\r\nformat: WARC File Format 1.1\r\n"
        );
        let mut head = Vec::with_capacity(512);
        line(&mut head, "WARC-Type", "warcinfo");
        line(&mut head, "WARC-Record-ID", &id());
        let date = now().to_rfc3339_opts(SecondsFormat::Micros, true);
        line(&mut head, "WARC-Date", &date);
        line(&mut head, "Content-Type", "application/warc-fields");
        end(&mut head, says.len() as u64);
        head.extend_from_slice(says.as_bytes());
        head.extend_from_slice(AFTER);
        let pieces = coded(vec![head.into()], coding)?;
        let length = sum(&pieces);
        Ok(Self {
            pieces,
            spilled: None,
            length,
            whole: length,
        })
    }
}

/// What stands before a body.
struct Front {
    bytes: Vec<u8>,
    id: String,
    date: String,
}

impl Front {
    fn of(name: &BodyName, heads: Option<&Heads>, md5: Option<&str>, size: u64) -> Self {
        let at = heads.and_then(|heads| heads.at).unwrap_or_else(now);
        let date = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let id = id();
        let (kind, uri, content, http) = match heads {
            Some(heads) => (
                "response",
                heads.url.clone(),
                "application/http;msgtype=response",
                heads.response.as_slice(),
            ),
            None => ("resource", urn(name), "application/octet-stream", &[][..]),
        };
        let mut bytes = Vec::with_capacity(512 + http.len());
        line(&mut bytes, "WARC-Type", kind);
        line(&mut bytes, "WARC-Record-ID", &id);
        line(&mut bytes, "WARC-Date", &date);
        line(&mut bytes, "WARC-Target-URI", &uri);
        line(&mut bytes, FILE, &name.file_name());
        // In base 32, as everybody has it there: of hexadecimal digits readers take these for such.
        if let Some(md5) = md5.and_then(|md5| HEXLOWER.decode(md5.as_bytes()).ok()) {
            let md5 = BASE32.encode(&md5);
            line(&mut bytes, "WARC-Payload-Digest", &format!("md5:{md5}"));
        }
        line(&mut bytes, "Content-Type", content);
        end(&mut bytes, http.len() as u64 + size);
        bytes.extend_from_slice(http);
        Self { bytes, id, date }
    }
}

/// Which of a task's files it holds: so that an archive could be read without its database.
const FILE: &str = "Scrapeflow-File";

/// Between records.
const AFTER: &[u8] = b"\r\n\r\n";

fn asked(heads: &Heads, response: &str, date: &str) -> Bytes {
    let mut head = Vec::with_capacity(512 + heads.request.len());
    line(&mut head, "WARC-Type", "request");
    line(&mut head, "WARC-Record-ID", &id());
    line(&mut head, "WARC-Concurrent-To", response);
    line(&mut head, "WARC-Date", date);
    line(&mut head, "WARC-Target-URI", &heads.url);
    line(
        &mut head,
        "Content-Type",
        "application/http;msgtype=request",
    );
    end(&mut head, heads.request.len() as u64);
    head.extend_from_slice(&heads.request);
    head.extend_from_slice(AFTER);
    head.into()
}

fn line(head: &mut Vec<u8>, name: &str, value: &str) {
    if head.is_empty() {
        head.extend_from_slice(b"WARC/1.1\r\n");
    }
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(value.as_bytes());
    head.extend_from_slice(b"\r\n");
}

fn end(head: &mut Vec<u8>, length: u64) {
    line(head, "Content-Length", &length.to_string());
    head.extend_from_slice(b"\r\n");
}

/// A random UUID (RFC 9562, version 4).
fn id() -> String {
    let random = fastrand::u128(..);
    let version = (random & !(0xf << 76)) | (0x4 << 76);
    let uuid = (version & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{uuid:032x}");
    format!(
        "<urn:uuid:{}-{}-{}-{}-{}>",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// A name for what came from no URL.
fn urn(name: &BodyName) -> String {
    let file = name.file_name();
    let mut urn = String::with_capacity(16 + 3 * file.len());
    urn.push_str("urn:scrapeflow:");
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            urn.push(char::from(byte));
        } else {
            urn.extend(["%", &HEXUPPER.encode(&[byte])]);
        }
    }
    urn
}

fn coded(pieces: Vec<Bytes>, coding: Coding) -> io::Result<Vec<Bytes>> {
    if coding == Coding::Plain {
        return Ok(pieces);
    }
    let mut member = GzEncoder::new(Vec::with_capacity(8 * 1024), LEVEL);
    for piece in &pieces {
        member.write_all(piece)?;
    }
    Ok(vec![member.finish()?.into()])
}

fn sum(pieces: &[Bytes]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

#[cfg(test)]
mod tests;
