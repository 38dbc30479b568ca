//! The rules of an executor: from what was written to the model, or all that is wrong with it.
//!
//! One `check_*` function per rule, each giving one error under the user's own token that says how to mend
//! it. What only types can show (is that an argument? can that be stored?) is rustc's to check.

mod duration;
mod name;
mod nearest;
mod options;
mod ownership;
mod signature;
mod value;

#[cfg(test)]
mod tests;

pub(super) use signature::check_output;
use syn::Result;

use super::model::Executor;
use super::parse::{Function, WrittenOption};
use crate::errors::both;

/// The model of an executor.
pub(super) fn validate<'a>(
    options: &[WrittenOption],
    function: &'a Function,
) -> Result<Executor<'a>> {
    let said = both(
        options::check_options(options),
        name::check_name(options, &function.signature.ident),
    );
    let ((options, name), signature) = both(said, signature::check_signature(&function.signature))?;
    Ok(Executor {
        function,
        name,
        options,
        arguments: signature.arguments,
        output: signature.output,
    })
}
