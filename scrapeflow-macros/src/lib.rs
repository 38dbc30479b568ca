//! The macros of scrapeflow, which re-exports them: [`macro@executor`] and [`workflow!`].
//!
//! Each macro is a folder with one file per stage, and no stage does another's work:
//!
//! | stage | knows |
//! | --- | --- |
//! | `parse` | how it is written: tokens into syntax, or what is no syntax of ours |
//! | `validate` | the rules: syntax into the model, or all mistakes, each under the user's own token |
//! | `model` | our words: what is wrong cannot be said in them |
//! | `expand` | what it stands for: the model into code; cannot fail |
//! | `fallback` | what other code needs after a mistake, so that one mistake is one error |
//!
//! Types are checked by rustc, against traits whose messages are made for it; how that stays one error per
//! mistake, too, stands on top of `scrapeflow/src/executor/contract.rs`.
//!
//! To read what the macros make of some code, let the compiler print it. A stable one does under this
//! variable:
//!
//! ```sh
//! RUSTC_BOOTSTRAP=1 cargo rustc --profile check -p scrapeflow --lib -- -Zunpretty=expanded
//! ```

mod alias;
mod errors;
mod executor;
mod workflow;

use proc_macro::TokenStream;

#[doc = include_str!("docs/executor.md")]
#[proc_macro_attribute]
pub fn executor(options: TokenStream, item: TokenStream) -> TokenStream {
    executor::executor(options.into(), &item.into()).into()
}

#[doc = include_str!("docs/workflow.md")]
#[proc_macro]
pub fn workflow(declaration: TokenStream) -> TokenStream {
    workflow::workflow(declaration.into()).into()
}
