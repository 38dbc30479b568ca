//! Bytes that look random and are the same every time, made as they are written.

/// What is made at a time.
const PIECE: u64 = 16 * 1024;

/// The first bytes of what `/bytes/N` and `/endless` send.
///
/// ```
/// use scrapeflow_site::noise;
///
/// assert_eq!(noise(100), noise(1000)[..100]);
/// ```
pub fn noise(length: usize) -> Vec<u8> {
    Noise::new(length as u64).flatten().collect()
}

/// Noise in pieces.
#[derive(Debug)]
pub(super) struct Noise {
    made: u64,
    length: u64,
}

impl Noise {
    pub(super) fn new(length: u64) -> Self {
        Self { made: 0, length }
    }
}

impl Iterator for Noise {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.made.saturating_add(PIECE).min(self.length);
        let length = usize::try_from(end - self.made)
            .ok()
            .filter(|&length| length > 0)?;
        // Pieces begin at multiples of a word's eight bytes, so that they join without a seam.
        let words = (self.made / 8..end.div_ceil(8)).flat_map(|index| mixed(index).to_le_bytes());
        let piece = words.take(length).collect();
        self.made = end;
        Some(piece)
    }
}

/// The mixing step of `SplitMix64`, whose output for a running number passes for random.
fn mixed(index: u64) -> u64 {
    let mut word = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
