//! What holds for every record, whatever it is.
//!
//! Bytes come from the fuzz target `warc` and from its corpus, which every test run replays: as a record that
//! others made, as what a gzip member holds, and as what a record is to be made of.

use std::io::{self, Cursor, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;

use super::read::READ;
use super::{Coding, Heads, Record, body, shown};
use crate::store::BodyName;
use crate::task::Key;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    for coding in [Coding::Plain, Coding::Gzip] {
        check_read(data, coding);
    }
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    member.write_all(data).expect("memory takes all");
    let member = member.finish().expect("memory takes all");
    check_read(&member, Coding::Gzip);
    assert_eq!(
        read(Cursor::new(member), Coding::Gzip).ok(),
        read(Cursor::new(data.to_vec()), Coding::Plain).ok(),
        "compressed or not"
    );
    check_made(data);
}

/// All that a record says it has, or an error; however slowly it comes, and whatever comes behind it.
fn check_read(record: &[u8], coding: Coding) {
    let all = read(Cursor::new(record.to_vec()), coding);
    let slowly = read(Slow(Cursor::new(record.to_vec())), coding);
    assert_eq!(all.as_ref().ok(), slowly.as_ref().ok());
    if let (Coding::Plain, Ok(all)) = (coding, &all) {
        assert!(all.len() <= record.len(), "nothing is made up");
        let longer = [record, b"WARC/1.1\r\n"].concat();
        assert_eq!(read(Cursor::new(longer), coding).ok().as_ref(), Some(all));
    }
}

/// What is made is read back, and is as long as it says.
fn check_made(data: &[u8]) {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (said, content) = data.split_at(line);
    let key = Key::new(String::from_utf8_lossy(said)).unwrap_or_else(|_| Key::from_url("a"));
    let Ok(name) = BodyName::new(&key, "page") else {
        return;
    };
    let mut response = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
    if HeaderValue::from_bytes(said).is_ok() {
        response.extend_from_slice(said);
    }
    response.extend_from_slice(b"\r\n\r\n");
    let heads = Heads {
        url: "https://a.example/".to_owned(),
        request: b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        response,
        at: None,
    };
    for (heads, coding) in [
        (None, Coding::Plain),
        (Some(&heads), Coding::Plain),
        (Some(&heads), Coding::Gzip),
    ] {
        let pieces = vec![Bytes::copy_from_slice(content)];
        let record = Record::of(&name, heads, None, pieces, coding).expect("memory takes all");
        let bytes = record.pieces.concat();
        assert_eq!(bytes.len() as u64, record.whole);
        let made = Cursor::new(bytes.clone());
        let made = body(made, record.length, coding).expect("a record");
        assert_eq!(made.file, Some(shown(name.file_name().as_bytes())));
        assert_eq!(made.left, content.len() as u64);
        assert_eq!(
            read(Cursor::new(bytes), coding).ok().as_deref(),
            Some(content)
        );
    }
}

/// The body of a record, each piece of which is short.
fn read(record: impl Read + Send + 'static, coding: Coding) -> io::Result<Vec<u8>> {
    let mut body = body(record, u64::MAX, coding)?;
    let length = body.left;
    let mut all = Vec::new();
    while let Some(piece) = body.next()? {
        assert!(!piece.is_empty() && piece.len() <= READ);
        all.extend_from_slice(&piece);
    }
    assert_eq!(all.len() as u64, length, "no more and no less than it says");
    Ok(all)
}

/// A byte at a time.
struct Slow<R>(R);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}
