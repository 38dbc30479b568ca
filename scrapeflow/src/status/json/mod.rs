//! The spelling of status.json, in one place.
//!
//! The text of a status file comes in from the store, and `split` says where
//! its fields stand; changed fields come in from the status, and `rewrite`
//! makes the new text. In between nothing is parsed that nobody asks for:
//! fields that we don't know, and there are always some, stay the bytes that
//! they are. That is also why the top level isn't left to `serde_json`, which
//! refuses the `NaN` that Python writes and unescapes names.
//!
//! What the fields mean is deliberately not known here, but for one: `name`
//! stands in front.
//!
//! | file | noun |
//! | --- | --- |
//! | `field` | where a field stands; `split` |
//! | `edit` | a changed field; `rewrite` |
//! | `alike` | texts that differ in white space only |
//! | `canonical`, `tree` | the spelling that fingerprints are made of; a value taken apart |
//! | `lenient` | typed values from what Python writes |
//! | `layout` | indentation |
//! | `string` | escapes |
//! | `walk`, `scanner`, `brackets` | the grammar, its tokens, what is open |
//! | `malformed` | what is wrong with a text, and where |
//! | `misfit` | why a value doesn't fit a type |

mod alike;
mod brackets;
mod canonical;
mod edit;
mod field;
#[cfg(any(test, fuzzing))]
mod invariants;
mod layout;
mod lenient;
mod malformed;
mod misfit;
#[cfg(test)]
mod properties;
mod scanner;
mod string;
mod tree;
mod walk;

pub(crate) use alike::is_spelled_alike;
#[cfg(feature = "rows")]
pub(crate) use brackets::Bracket;
pub(crate) use canonical::canonical;
pub(crate) use edit::{Edit, Value, rewrite};
pub(crate) use field::{Field, Label, split};
#[cfg(any(test, fuzzing))]
pub(crate) use invariants::check_invariants;
#[cfg(feature = "cli")]
pub(crate) use layout::indent;
pub(crate) use layout::laid_out;
pub(crate) use lenient::from_json;
pub(crate) use misfit::misfit;
pub(crate) use string::{quote, quoted, unescape};
#[cfg(feature = "rows")]
pub(crate) use tree::{Part, Tree};
