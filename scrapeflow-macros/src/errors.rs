//! All mistakes of one use are reported, not only the first.

use syn::{Error, Result};

/// Both values, or the errors of both.
pub(crate) fn both<A, B>(a: Result<A>, b: Result<B>) -> Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut first), Err(second)) => {
            first.combine(second);
            Err(first)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// `Ok` if all are, or the errors of all.
pub(crate) fn all(checks: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let errors = checks.into_iter().filter_map(Result::err);
    let combined = errors.reduce(|mut first: Error, next| {
        first.combine(next);
        first
    });
    combined.map_or(Ok(()), Err)
}
