//! A record of a WARC file (WARC 1.1, ISO 28500:2017): made for a body, and read back.
//!
//! A body that came by HTTP is a `response` record, and what was asked a `request` record behind it; any other is a `resource`. Each
//! is a gzip member of its own unless the archive is plain.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::{BASE32, HEXLOWER, HEXUPPER};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::store::{BodyName, Exchange};

/// Fast: pages shrink to a quarter, and the slower levels save a tenth more for three times the work.
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
        let date = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
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
        let at = heads.and_then(|heads| heads.at).unwrap_or_else(Utc::now);
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
        line(&mut bytes, FILE, &name.to_string());
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
    let mut urn = String::from("urn:scrapeflow:");
    for byte in name.to_string().bytes() {
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

/// A record's body, read from where it begins in a file.
pub(super) fn body(record: impl Read + Send + 'static, coding: Coding) -> io::Result<Body> {
    let record = BufReader::with_capacity(READ, record);
    let mut reader: Box<dyn BufRead + Send> = match coding {
        Coding::Plain => Box::new(record),
        Coding::Gzip => Box::new(BufReader::with_capacity(READ, GzDecoder::new(record))),
    };
    let head = head(&mut reader)?;
    let field = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut named = lines.filter(|(of, _)| of.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim().to_owned())
    };
    if !head.starts_with("WARC/1.") {
        return Err(io::Error::other("no record begins there"));
    }
    let length = field("Content-Length").and_then(|length| length.parse::<u64>().ok());
    let mut left = length.ok_or_else(|| io::Error::other("its record has no length"))?;
    if field("WARC-Type").is_some_and(|kind| kind == "response") {
        let http = self::head(&mut reader)?;
        left = left
            .checked_sub(http.len() as u64)
            .ok_or_else(|| io::Error::other("its record is shorter than its head"))?;
    }
    Ok(Body {
        file: field(FILE),
        left,
        reader,
    })
}

/// How much is read at once, in bytes.
const READ: usize = 64 * 1024;

/// The longest head of a record, in bytes: a site may send many headers.
const LONGEST: u64 = 4 * 1024 * 1024;

/// All until the first empty line, that included.
fn head(reader: &mut dyn BufRead) -> io::Result<String> {
    let mut head = Vec::new();
    let mut limited = reader.take(LONGEST);
    loop {
        let line = limited.read_until(b'\n', &mut head)?;
        if line == 0 {
            return Err(io::Error::other("its record has no head"));
        }
        if matches!(&head[head.len() - line..], b"\r\n" | b"\n") {
            return Ok(shown(&head));
        }
    }
}

/// Headers may be of any charset: a character for each byte, so that lengths stay.
pub(super) fn shown(bytes: &[u8]) -> String {
    let characters = bytes.iter().map(|byte| char::from(*byte));
    let ascii = characters.map(|c| if c.is_ascii() { c } else { '?' });
    ascii.collect()
}

/// What is inside of a record.
pub(super) struct Body {
    /// Which of a task's files it says it is.
    pub(super) file: Option<String>,
    /// Bytes that are to come.
    pub(super) left: u64,
    reader: Box<dyn BufRead + Send>,
}

impl Body {
    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            // The sum of a gzip member stands behind it.
            io::copy(&mut self.reader, &mut io::sink())?;
            return Ok(None);
        }
        let room = usize::try_from(self.left).unwrap_or(READ).min(READ);
        let mut piece = vec![0; room];
        self.reader.read_exact(&mut piece)?;
        self.left -= room as u64;
        Ok(Some(piece.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Key;

    fn name() -> BodyName {
        BodyName::new(&Key::new("post é 1").expect("a key"), "scrape").expect("a name")
    }

    fn read(bytes: Vec<u8>, coding: Coding) -> io::Result<Vec<u8>> {
        let mut body = body(io::Cursor::new(bytes), coding)?;
        let mut all = Vec::new();
        while let Some(piece) = body.next()? {
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }

    fn heads() -> Heads {
        Heads {
            url: "https://a.example/".to_owned(),
            request: b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n".to_vec(),
            response: b"HTTP/1.1 200 OK\r\nX: \xe9\r\n\r\n".to_vec(),
            at: None,
        }
    }

    #[test]
    fn bodies_come_back_from_their_records() {
        for coding in [Coding::Plain, Coding::Gzip] {
            for heads in [None, Some(&heads())] {
                for size in [0, 1, 70_000, 200_001] {
                    let all: Vec<u8> = (0..=250).cycle().take(size).collect();
                    let pieces = all.chunks(10_007).map(Bytes::copy_from_slice).collect();
                    let record = Record::of(&name(), heads, Some("d41d"), pieces, coding)
                        .expect("memory takes all");
                    let bytes = record.pieces.concat();
                    assert_eq!(bytes.len() as u64, record.whole);
                    let length = usize::try_from(record.length).expect("small");
                    assert_eq!(read(bytes[..length].to_vec(), coding).ok(), Some(all));
                }
            }
        }
    }

    /// Each byte that is another is told, or another body's; none panics.
    #[test]
    fn records_that_are_damaged_are_errors_or_say_something_else() {
        let body: Vec<u8> = (0..200).collect();
        for coding in [Coding::Plain, Coding::Gzip] {
            let record = Record::of(
                &name(),
                Some(&heads()),
                None,
                vec![body.clone().into()],
                coding,
            );
            let record = record.expect("memory takes all");
            let length = usize::try_from(record.length).expect("small");
            let good = record.pieces.concat()[..length].to_vec();
            for at in 0..length {
                let mut bad = good.clone();
                bad[at] ^= 0x10;
                let read = read(bad, coding);
                if coding == Coding::Gzip {
                    // A sum stands behind it; some bits mean nothing.
                    assert!(
                        read.is_err() || read.ok() == Some(body.clone()),
                        "byte {at}"
                    );
                }
                let cut = self::read(good[..at].to_vec(), coding);
                assert!(cut.is_err() || at >= length - AFTER.len(), "cut at {at}");
            }
        }
    }
}
