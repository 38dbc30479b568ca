//! Which brackets are open, one bit each.
//!
//! `walk` keeps its place here instead of on the call stack, so nesting is
//! bounded by memory alone, at eight levels a byte: a file of nothing but
//! `[` costs an eighth of its own size. Names and positions are not kept.

/// The two kinds of brackets that JSON nests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bracket {
    /// `{ }`
    Object,
    /// `[ ]`
    Array,
}

impl Bracket {
    /// The bracket that `byte` opens, if it opens one.
    pub(super) fn opened_by(byte: u8) -> Option<Self> {
        match byte {
            b'{' => Some(Self::Object),
            b'[' => Some(Self::Array),
            _ => None,
        }
    }

    /// The byte that opens it.
    pub(crate) fn opening(self) -> u8 {
        match self {
            Self::Object => b'{',
            Self::Array => b'[',
        }
    }

    /// The byte that closes it.
    pub(super) fn closing(self) -> u8 {
        match self {
            Self::Object => b'}',
            Self::Array => b']',
        }
    }
}

/// A stack of open brackets.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    depth: usize,
    /// The innermost up to 64 levels, the innermost in the lowest bit; set for an array.
    word: u64,
    /// The levels further out, 64 a word. Stays empty, and so unallocated, for sane files.
    outer: Vec<u64>,
}

impl Brackets {
    /// Opens a bracket inside the innermost one.
    pub(super) fn push(&mut self, bracket: Bracket) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.word);
        }
        self.word = self.word << 1 | u64::from(bracket == Bracket::Array);
        self.depth += 1;
    }

    /// Closes the innermost bracket. Must not be called when none is open.
    pub(super) fn pop(&mut self) {
        self.depth -= 1;
        self.word >>= 1;
        if self.depth.is_multiple_of(64) {
            self.word = self.outer.pop().unwrap_or_default();
        }
    }

    /// The bracket that must be closed next.
    pub(super) fn innermost(&self) -> Option<Bracket> {
        match (self.depth, self.word & 1) {
            (0, _) => None,
            (_, 0) => Some(Bracket::Object),
            (_, _) => Some(Bracket::Array),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bracket, Brackets};

    #[test]
    fn brackets_come_back_in_reverse_however_deep() {
        // Three in a row never repeat with the period of a word.
        let kinds = |level: usize| {
            if level.is_multiple_of(3) {
                Bracket::Array
            } else {
                Bracket::Object
            }
        };
        for depth in [0, 1, 2, 63, 64, 65, 127, 128, 129, 1000] {
            let mut open = Brackets::default();
            (0..depth).for_each(|level| open.push(kinds(level)));
            for level in (0..depth).rev() {
                assert_eq!(
                    open.innermost(),
                    Some(kinds(level)),
                    "level {level} of {depth}"
                );
                open.pop();
            }
            assert_eq!(open.innermost(), None, "after {depth}");
        }
    }

    #[test]
    fn closing_and_opening_again_at_the_edge_of_a_word_keeps_the_outer_levels() {
        let mut open = Brackets::default();
        (0..64).for_each(|_| open.push(Bracket::Array));
        for _ in 0..3 {
            open.push(Bracket::Object);
            assert_eq!(open.innermost(), Some(Bracket::Object));
            open.pop();
            assert_eq!(open.innermost(), Some(Bracket::Array));
        }
    }
}
