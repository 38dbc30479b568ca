//! `#[executor]`.

mod expand;
mod fallback;
mod model;
mod parse;
mod stand_in;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// The async fn as it was written, and beside it the type that stands for it.
pub(crate) fn executor(options: TokenStream, item: &TokenStream) -> TokenStream {
    let function = match parse::function(item) {
        Ok(function) => function,
        Err(error) => return fallback::item(item, &error),
    };
    let options = parse::options(options);
    match options.and_then(|options| validate::validate(&options, &function)) {
        Ok(executor) => expand::expand(&executor),
        Err(error) => fallback::executor(&function, &error),
    }
}
