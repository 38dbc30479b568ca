//! Which tasks a run has had, in little memory.
//!
//! A hundred million keys don't fit into memory as text, so 16 bytes stand for a task: 96 bits of
//! the MD5 of its key, and 32 bits of the MD5 of its params. A task settled takes 20 to 39 bytes of
//! the hash table, at most 59 while the table grows.
//!
//! What is lost: among n tasks, two different keys are taken for one with a chance of n² / 2⁹⁷,
//! which is 10⁻¹³ for a hundred million tasks; then the later one is dropped as a duplicate or, by
//! its params, refused. Of params that differ under one key, one pair in 2³² passes for equal.
//! MD5 doesn't withstand somebody who makes keys collide on purpose, but keys made of URLs by MD5
//! would not either.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::num::NonZeroU32;

use super::key::md5;
use super::{Task, TaskError};
use crate::status::json;

/// Tells whether a task has come before, and refuses one that contradicts an earlier one.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    tasks: HashMap<KeyPrint, ParamsPrint, BuildHasherDefault<PassThrough>>,
}

/// What [`Seen::admit`] says of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// The first of its key.
    New,
    /// Its key has come before, and it adds nothing.
    Duplicate,
}

impl Seen {
    /// Takes note of a task. One by key alone adds nothing to one with params.
    ///
    /// # Errors
    /// If the key came with other params, or by key alone: that one takes the stored params and may
    /// have started with them.
    pub(crate) fn admit(&mut self, task: &Task) -> Result<Admitted, TaskError> {
        let params = match task.params() {
            Some(params) => Some(fingerprint(task, params)?),
            None => None,
        };
        match self.tasks.entry(KeyPrint::of(task)) {
            Entry::Vacant(slot) => {
                slot.insert(params);
                Ok(Admitted::New)
            }
            Entry::Occupied(slot) => match (*slot.get(), params) {
                (Some(earlier), Some(later)) if earlier != later => Err(TaskError::about(
                    task,
                    format!(
                        "key `{}` comes with two different params; give each its own key",
                        task.key()
                    ),
                )),
                (None, Some(_)) => Err(TaskError::about(
                    task,
                    format!(
                        "key `{}` comes with params after it came by key alone, which takes the stored \
                         ones; give the one with params first",
                        task.key()
                    ),
                )),
                _ => Ok(Admitted::Duplicate),
            },
        }
    }
}

/// `None` is a task by key alone. The niche of `NonZeroU32` keeps it at 4 bytes.
type ParamsPrint = Option<NonZeroU32>;

fn fingerprint(task: &Task, params: &str) -> Result<NonZeroU32, TaskError> {
    let canonical = json::canonical(params, None).map_err(|error| {
        TaskError::about(
            task,
            format!("params of key `{}` are not JSON: {error}", task.key()),
        )
    })?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "32 of the 128 bits are wanted"
    )]
    let low = md5(&canonical) as u32;
    Ok(NonZeroU32::new(low).unwrap_or(NonZeroU32::MIN))
}

/// 96 bits of the MD5 of a key. Three `u32`s, since an alignment of 8 would make entries of 24
/// bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeyPrint([u32; 3]);

impl KeyPrint {
    #[expect(clippy::cast_possible_truncation, reason = "the pieces of one number")]
    fn of(task: &Task) -> Self {
        let hash = md5(task.key().as_str());
        Self([hash as u32, (hash >> 32) as u32, (hash >> 64) as u32])
    }
}

impl Hash for KeyPrint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.0[0]) << 32 | u64::from(self.0[1]));
    }
}

/// Takes a [`KeyPrint`] as it is: a part of an MD5 needs no more hashing.
#[derive(Debug, Default)]
struct PassThrough(u64);

impl Hasher for PassThrough {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a KeyPrint is written as one u64");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::task::Key;
    use crate::task::error::Place;

    fn task(params: &str) -> Task {
        let params = (!params.is_empty()).then(|| params.to_owned());
        Task::assembled(Key::new("a").unwrap(), params)
    }

    #[test]
    fn the_later_of_two_is_new_a_duplicate_or_refused() {
        let pairs = [
            (r#"{"x":1}"#, r#"{"x":1}"#),
            (r#"{"x":1,"y":2}"#, r#"{ "y": 2, "x": 1 }"#),
            (r#"{"x":1}"#, r#"{"x":2}"#),
            ("{}", r#"{"x":2}"#),
            ("", ""),
            (r#"{"x":1}"#, ""),
            ("", r#"{"x":1}"#),
            ("", "{}"),
        ];
        let told = pairs.map(|(earlier, later)| {
            let mut seen = Seen::default();
            assert_eq!(seen.admit(&task(earlier)).unwrap(), Admitted::New);
            let told = match seen.admit(&task(later)) {
                Ok(admitted) => format!("{admitted:?}"),
                Err(error) => error.to_string(),
            };
            format!("`{earlier}` `{later}`\n    {told}\n")
        });
        expect![[r#"
            `{"x":1}` `{"x":1}`
                Duplicate
            `{"x":1,"y":2}` `{ "y": 2, "x": 1 }`
                Duplicate
            `{"x":1}` `{"x":2}`
                key `a` comes with two different params; give each its own key
            `{}` `{"x":2}`
                key `a` comes with two different params; give each its own key
            `` ``
                Duplicate
            `{"x":1}` ``
                Duplicate
            `` `{"x":1}`
                key `a` comes with params after it came by key alone, which takes the stored ones; give the one with params first
            `` `{}`
                key `a` comes with params after it came by key alone, which takes the stored ones; give the one with params first
        "#]].assert_eq(&told.concat());
    }

    #[test]
    fn another_key_is_new() {
        let mut seen = Seen::default();
        for n in 0..1000 {
            let task = Task::from_url(format!("http://a/{n}"));
            assert_eq!(seen.admit(&task).unwrap(), Admitted::New);
            assert_eq!(seen.admit(&task).unwrap(), Admitted::Duplicate);
        }
    }

    #[test]
    fn a_refusal_says_where_the_later_one_is() {
        let mut seen = Seen::default();
        seen.admit(&task("{}")).unwrap();
        let later = task(r#"{"x":1}"#).at(Place::Line {
            file: "tasks.jsonl".into(),
            line: 3,
        });
        let error = seen.admit(&later).unwrap_err();
        assert_eq!(
            (error.source_name(), error.line()),
            (Some("tasks.jsonl"), Some(3))
        );
        assert_eq!(error.key(), Some("a"));
    }

    /// Bytes of the table: a power of two of slots, an entry and a control byte each, of which
    /// seven eighths are used before it grows.
    fn table_bytes(seen: &Seen) -> usize {
        let slots = (seen.tasks.capacity() * 8 / 7).next_power_of_two();
        slots * (size_of::<(KeyPrint, ParamsPrint)>() + 1)
    }

    #[test]
    fn a_task_takes_at_most_40_bytes_settled_and_60_while_growing() {
        assert_eq!(size_of::<(KeyPrint, ParamsPrint)>(), 16);
        let mut seen = Seen::default();
        let mut before = 0;
        for n in 1..=1_000_000_u32 {
            // A bijection that spreads like a hash, so that no key comes twice.
            let spread = n.wrapping_mul(0x9E37_79B1);
            seen.tasks
                .insert(KeyPrint([spread, n.rotate_left(16) ^ spread, n]), None);
            let settled = table_bytes(&seen);
            // Below a thousand, constants weigh more than tasks.
            if settled != before && n > 1_000 {
                assert!(before + settled <= 60 * n as usize, "growing at {n}");
                assert!(settled <= 40 * n as usize, "settled at {n}");
            }
            before = settled;
        }
        assert_eq!(seen.tasks.len(), 1_000_000);
        assert!(table_bytes(&seen) <= 40 * 1_000_000);
    }
}
