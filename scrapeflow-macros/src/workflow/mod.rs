//! `workflow!`.

mod expand;
mod fallback;
mod model;
mod parse;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// The workflow's type and what it implements.
pub(crate) fn workflow(declaration: TokenStream) -> TokenStream {
    let written = match parse::workflow(declaration) {
        Ok(written) => written,
        Err(error) => return error.to_compile_error(),
    };
    match validate::validate(&written) {
        Ok(workflow) => expand::expand(&workflow),
        Err(error) => fallback::fallback(&written.head, &error),
    }
}
