//! MD5s: of texts, and of bodies as they come, which are taken many at a time.
//!
//! A step of MD5 needs the one before, so that a processor that could do many at once does one. Bodies of different tasks don't need each other: those
//! that are complete at about the same time are summed side by side, one to a lane (`lanes`), for a fifth of the time.

mod lanes;
mod together;

use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};

pub(crate) use self::together::Together;

/// How much of a body is held so that its MD5 can be taken beside others', in bytes.
const HELD: usize = 128 * 1024;

/// The MD5 of a body as it comes.
pub(crate) enum Summing {
    /// What has come, as long as it isn't much.
    Held(Vec<Bytes>, usize),
    Running(Md5),
}

impl Summing {
    pub(crate) fn new() -> Self {
        Self::Held(Vec::new(), 0)
    }

    pub(crate) fn update(&mut self, chunk: &Bytes) {
        match self {
            Self::Running(md5) => md5.update(chunk),
            Self::Held(chunks, size) if *size + chunk.len() <= HELD => {
                *size += chunk.len();
                chunks.push(chunk.clone());
            }
            Self::Held(chunks, _) => {
                let mut md5 = Md5::new();
                for held in chunks.iter() {
                    md5.update(held);
                }
                md5.update(chunk);
                *self = Self::Running(md5);
            }
        }
    }

    /// All has come: in lower-case hex.
    pub(crate) async fn finish(self, together: &Together) -> String {
        match self {
            Self::Running(md5) => hex(&md5.finalize()),
            Self::Held(mut chunks, size) => {
                let body = match chunks.len() {
                    0 | 1 => chunks.pop().unwrap_or_default(),
                    _ => {
                        let mut all = BytesMut::with_capacity(size);
                        for chunk in &chunks {
                            all.extend_from_slice(chunk);
                        }
                        all.freeze()
                    }
                };
                together.md5_hex(body).await
            }
        }
    }
}

/// In lower-case hex.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            digits.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    digits
}
