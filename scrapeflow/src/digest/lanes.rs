//! MD5 (RFC 1321) of many messages at once, one to a lane of the processor's vectors: SSE2, AVX2, AVX-512, NEON, whichever there is.

#![expect(
    clippy::inline_always,
    reason = "what isn't inlined isn't compiled for these vectors; nor is what arrays' `map` calls, hence the loops"
)]

use fearless_simd::{Level, dispatch, prelude::*, u32x16};
use md5::block_api::compress;

/// How many messages at once, whatever the processor's width: narrower vectors are taken several at a time.
pub(super) const LANES: usize = 16;

/// In bytes; a word for each lane, so that a block of each can be transposed.
const BLOCK: usize = 4 * LANES;

const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// `floor(2^32 × abs(sin(i + 1)))`, which `const` cannot compute.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The fewest messages for which lanes pay; what is left of fewer is summed one by one.
const FEWEST: usize = 4;

/// The MD5 of each message, in their order.
pub(super) fn md5s(messages: &[&[u8]]) -> Vec<[u8; 16]> {
    let level = Level::new();
    // Without vectors, and in a debug build, they never pay.
    let fewest = if level.is_fallback() || cfg!(debug_assertions) {
        usize::MAX
    } else {
        FEWEST
    };
    dispatch!(level, simd => in_lanes(simd, messages, fewest))
}

/// A message in its lane.
struct Lane<'a> {
    /// Which it is.
    nth: usize,
    /// Its blocks that are whole.
    whole: &'a [u8],
    /// What is left of it, padded.
    end: [u8; 2 * BLOCK],
    /// How much of `end` counts, in bytes.
    padded: usize,
    /// How much is summed, in bytes.
    at: usize,
}

impl<'a> Lane<'a> {
    fn of(nth: usize, message: &'a [u8]) -> Self {
        let (whole, rest) = message.split_at(message.len() / BLOCK * BLOCK);
        let mut end = [0; 2 * BLOCK];
        end[..rest.len()].copy_from_slice(rest);
        end[rest.len()] = 0x80;
        let padded = (rest.len() + 1 + 8).next_multiple_of(BLOCK);
        let bits = (message.len() as u64).wrapping_mul(8);
        end[padded - 8..padded].copy_from_slice(&bits.to_le_bytes());
        Self {
            nth,
            whole,
            end,
            padded,
            at: 0,
        }
    }

    /// Blocks that are next, one at least unless it is over.
    fn next(&self) -> &[u8] {
        match self.at.checked_sub(self.whole.len()) {
            None => &self.whole[self.at..],
            Some(at) => &self.end[at..self.padded],
        }
    }

    /// The rest of it, one block after another.
    fn alone(mut self, mut state: [u32; 4]) -> [u32; 4] {
        while !self.next().is_empty() {
            let blocks = self.next();
            compress(&mut state, blocks.as_chunks().0);
            self.at += blocks.len();
        }
        state
    }
}

#[inline(always)]
fn in_lanes<S: Simd>(simd: S, messages: &[&[u8]], fewest: usize) -> Vec<[u8; 16]> {
    let mut sums = vec![[0; 16]; messages.len()];
    // The longest first, so that no lane is left alone with one.
    let mut order: Vec<usize> = (0..messages.len()).collect();
    order.sort_unstable_by_key(|nth| messages[*nth].len());
    let mut next = || order.pop().map(|nth| Lane::of(nth, messages[nth]));
    let mut lanes: [Option<Lane<'_>>; LANES] = std::array::from_fn(|_| next());
    let mut states = START.map(|start| [start; LANES]);
    while lanes.iter().flatten().count() >= fewest.max(1) {
        let shortest = lanes.iter().flatten().map(Lane::next);
        let shortest = shortest
            .min_by_key(|blocks| blocks.len())
            .unwrap_or_default();
        // Lanes that have nothing do the shortest's once more.
        let mut blocks = [shortest; LANES];
        for (blocks, lane) in blocks.iter_mut().zip(&lanes) {
            if let Some(lane) = lane {
                *blocks = lane.next();
            }
        }
        let taken = shortest.len();
        sum(simd, &mut states, &blocks, taken);
        for (column, lane) in lanes.iter_mut().enumerate() {
            let Some(done) = lane else { continue };
            done.at += taken;
            if !done.next().is_empty() {
                continue;
            }
            sums[done.nth] = bytes(column_of(&states, column));
            *lane = next();
            for (state, start) in states.iter_mut().zip(START) {
                state[column] = start;
            }
        }
    }
    for (column, lane) in lanes.into_iter().enumerate() {
        if let Some(lane) = lane {
            let nth = lane.nth;
            sums[nth] = bytes(lane.alone(column_of(&states, column)));
        }
    }
    while let Some(lane) = next() {
        let nth = lane.nth;
        sums[nth] = bytes(lane.alone(START));
    }
    sums
}

fn column_of(states: &[[u32; LANES]; 4], column: usize) -> [u32; 4] {
    states.map(|words| words[column])
}

fn bytes(state: [u32; 4]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (four, word) in bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *four = word.to_le_bytes();
    }
    bytes
}

/// Sums the first bytes of all lanes, whole blocks.
#[inline(always)]
fn sum<S: Simd>(simd: S, states: &mut [[u32; LANES]; 4], lanes: &[&[u8]; LANES], bytes: usize) {
    let mut state = [u32x16::splat(simd, 0); 4];
    for (vector, words) in state.iter_mut().zip(&*states) {
        *vector = u32x16::from_slice(simd, words);
    }
    for at in (0..bytes).step_by(BLOCK) {
        let words = words(simd, lanes, at);
        mix(simd, &mut state, &words);
    }
    for (vector, words) in state.into_iter().zip(states) {
        vector.store_slice(words);
    }
}

/// A block of each lane: a vector for each of its words.
#[inline(always)]
fn words<S: Simd>(simd: S, lanes: &[&[u8]; LANES], at: usize) -> [u32x16<S>; LANES] {
    let mut rows = [u32x16::splat(simd, 0); LANES];
    for (row, lane) in rows.iter_mut().zip(lanes) {
        let mut words = [0; BLOCK / 4];
        for (word, bytes) in words.iter_mut().zip(lane[at..at + BLOCK].as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        *row = u32x16::from_slice(simd, &words);
    }
    // What is at row and column goes to column and row: four perfect shuffles of 16 rows by 16.
    for _ in 0..4 {
        let before = rows;
        for half in 0..LANES / 2 {
            let shuffled = before[half].interleave(before[half + LANES / 2]);
            (rows[2 * half], rows[2 * half + 1]) = shuffled;
        }
    }
    rows
}

/// The 64 steps, by the names of the RFC.
#[inline(always)]
fn mix<S: Simd>(simd: S, state: &mut [u32x16<S>; 4], words: &[u32x16<S>; LANES]) {
    let [mut a, mut b, mut c, mut d] = *state;
    macro_rules! round {
        ($round:literal, $shifts:expr, |$i:ident| $word:expr, $function:expr) => {
            for $i in 0..16_usize {
                // What is known early first: only the function waits for the step before.
                let sum = a
                    + words[$word % 16]
                    + u32x16::splat(simd, SINES[16 * $round + $i])
                    + $function;
                let shift: u32 = $shifts[$i % 4];
                (a, d, c, b) = (d, c, b, b + ((sum << shift) | (sum >> (32 - shift))));
            }
        };
    }
    round!(0, [7, 12, 17, 22], |i| i, (d ^ (b & (c ^ d))));
    round!(1, [5, 9, 14, 20], |i| (5 * i + 1), (c ^ (d & (b ^ c))));
    round!(2, [4, 11, 16, 23], |i| (3 * i + 5), (b ^ c ^ d));
    round!(3, [6, 10, 15, 21], |i| (7 * i), (c ^ (b | !d)));
    for (before, after) in state.iter_mut().zip([a, b, c, d]) {
        *before += after;
    }
}

#[cfg(test)]
mod tests {
    use md5::{Digest, Md5};
    use proptest::prelude::*;

    use super::*;

    /// With any number of lanes that are used.
    fn check(level: Level, messages: &[&[u8]]) {
        let expected: Vec<[u8; 16]> = messages
            .iter()
            .map(|message| Md5::digest(message).into())
            .collect();
        for fewest in [0, FEWEST, LANES, usize::MAX] {
            let sums = dispatch!(level, simd => in_lanes(simd, messages, fewest));
            assert_eq!(sums, expected, "{level:?}, {fewest}");
        }
    }

    /// All that this processor has.
    fn levels() -> Vec<Level> {
        let best = Level::new();
        let mut levels = vec![best, Level::baseline()];
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        levels.extend(
            [
                best.as_avx2().map(Level::Avx2),
                best.as_sse4_2().map(Level::Sse4_2),
            ]
            .into_iter()
            .flatten(),
        );
        levels
    }

    #[test]
    fn every_length_around_a_block_beside_every_other() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let messages: Vec<&[u8]> = (0..200).map(|length| &bytes[..length]).collect();
        for level in levels() {
            check(level, &messages);
            for few in 0..LANES + 2 {
                check(level, &messages[50..50 + few]);
            }
        }
    }

    proptest! {
        #[test]
        fn as_one_at_a_time(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..500), 0..40)) {
            let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            for level in levels() {
                check(level, &messages);
            }
        }
    }
}
