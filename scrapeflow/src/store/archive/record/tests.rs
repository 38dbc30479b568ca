//! What is made is read back, and what is damaged is told.

use super::*;
use crate::task::Key;

fn name() -> BodyName {
    BodyName::new(&Key::new("post é 1").expect("a key"), "scrape").expect("a name")
}

fn read(bytes: Vec<u8>, coding: Coding) -> io::Result<Vec<u8>> {
    let length = bytes.len() as u64;
    let mut body = body(io::Cursor::new(bytes), length, coding)?;
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
