//! MD5s: of texts, and of bodies as they come.
//!
//! A step of MD5 needs the one before, so that a processor that could do many at once does one. Bodies of different tasks don't need each other: those
//! that are complete at about the same time are summed side by side, one to a lane of its vectors (multi-buffer hashing), for a fifth of the time.

mod batch;
mod lanes;

use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};

pub(crate) use self::batch::Batch;

/// The largest body that is summed beside others, in bytes: until it is complete it is held.
const LARGEST: usize = 128 * 1024;

/// The MD5 of a body as it comes.
pub(crate) enum BodyDigest {
    /// In one piece, as most do.
    One(Bytes),
    /// Copied, since a piece may keep a much larger buffer.
    Pieces(BytesMut),
    /// Too large to be held.
    Running(Md5),
}

impl BodyDigest {
    pub(crate) fn new() -> Self {
        Self::One(Bytes::new())
    }

    pub(crate) fn update(&mut self, piece: &Bytes) {
        let held: &[u8] = match self {
            Self::One(first) if first.is_empty() && piece.len() <= LARGEST => {
                *first = piece.clone();
                return;
            }
            Self::Pieces(all) if all.len() + piece.len() <= LARGEST => {
                all.extend_from_slice(piece);
                return;
            }
            Self::Running(md5) => {
                md5.update(piece);
                return;
            }
            Self::One(first) => first,
            Self::Pieces(all) => all,
        };
        *self = if held.len() + piece.len() <= LARGEST {
            let mut all = BytesMut::with_capacity(held.len() + piece.len());
            all.extend_from_slice(held);
            all.extend_from_slice(piece);
            Self::Pieces(all)
        } else {
            Self::Running(Md5::new_with_prefix(held).chain_update(piece))
        };
    }

    /// All has come: in lower-case hex.
    pub(crate) async fn finish(self, batch: &Batch) -> String {
        match self {
            Self::One(body) => batch.md5_hex(body).await,
            Self::Pieces(all) => batch.md5_hex(all.freeze()).await,
            Self::Running(md5) => hex(&md5.finalize()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn however_it_comes_it_is_the_same() {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(3 * LARGEST).collect();
        let cases: [&[usize]; 9] = [
            &[],
            &[0],
            &[1, 0, 2],
            &[LARGEST],
            &[LARGEST + 1],
            &[LARGEST - 1, 1],
            &[LARGEST, 1],
            &[600, LARGEST - 600, 1, 700],
            &[0, LARGEST + 5, LARGEST],
        ];
        let batch = Batch::default();
        for pieces in cases {
            let (mut digest, mut from) = (BodyDigest::new(), 0);
            for piece in pieces {
                digest.update(&Bytes::copy_from_slice(&body[from..from + piece]));
                from += piece;
            }
            let held = matches!(&digest, BodyDigest::One(_) | BodyDigest::Pieces(_));
            assert_eq!(held, from <= LARGEST, "{pieces:?}");
            assert_eq!(
                digest.finish(&batch).await,
                md5_hex(&body[..from]),
                "{pieces:?}"
            );
        }
    }
}
