//! Mistakes, and what is said of them. Under which token it is said is checked by the compile-fail tests of
//! the workspace.

// As expect-test writes them.
#![allow(clippy::needless_raw_string_hashes)]

mod names;
mod options;
mod signatures;

use expect_test::Expect;
use proc_macro2::TokenStream;
use syn::Result;

use super::validate;
use crate::executor::parse;

/// The model of an executor: its name, and the options that it has.
fn model(options: &str, function: &str) -> Result<String> {
    let tokens = |text: &str| text.parse::<TokenStream>().unwrap();
    let function = parse::function(&tokens(function))?;
    let options = parse::options(tokens(options))?;
    let executor = validate(&options, &function)?;
    let options = format!("{:#?}", executor.options);
    let said = options.lines().filter(|line| !line.contains("None"));
    let said: String = said.map(str::trim).collect();
    Ok(format!("`{}` {said}", executor.name))
}

fn with_options(options: &str) -> Result<String> {
    model(options, "async fn parse() -> Result<()> { Ok(()) }")
}

/// Each case, and below it its model or what is wrong.
fn check<'a>(cases: impl IntoIterator<Item = (&'a str, Result<String>)>, expected: &Expect) {
    let mut found = String::new();
    for (case, result) in cases {
        found.extend(["`", case, "`\n"]);
        match result {
            Ok(model) => found.extend(["    ok: ", &model, "\n"]),
            Err(errors) => found.extend(errors.into_iter().map(|error| format!("    {error}\n"))),
        }
    }
    expected.assert_eq(&found);
}
