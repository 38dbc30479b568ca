//! The way to a value inside a row: `scrape.response_headers.Content-Type`.

#[cfg(all(feature = "cli", any(test, fuzzing)))]
mod invariants;
#[cfg(feature = "cli")]
mod read;

use std::fmt;

#[cfg(all(feature = "cli", any(test, fuzzing)))]
pub(crate) use invariants::check_invariants;

/// Names from the outside in. A name with other characters than letters, digits, `_` and `-` stands in backticks:
/// ``parse.`price in €` ``; a backtick inside is doubled. A number is an element of a list, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// Whether a name may have this without backticks.
fn is_inside(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, name) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str(".")?;
            }
            if !name.is_empty() && name.chars().all(is_inside) {
                f.write_str(name)?;
            } else {
                write!(f, "`{}`", name.replace('`', "``"))?;
            }
        }
        Ok(())
    }
}
