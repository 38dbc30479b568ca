//! The name under which an executor is stored.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Error, Ident, Result};

use super::options;
use crate::executor::parse::WrittenOption;

/// Fields of status.json that are no executor's, and what rows of it call the task's key.
const RESERVED: [&str; 3] = ["params", "name", "key"];
/// Ends of the fields that status.json keeps beside an executor's output.
const RESERVED_ENDS: [&str; 3] = ["_status", "_last_run", "_meta"];

/// The name in the attribute, else the function's.
pub(super) fn check_name(written: &[WrittenOption], function: &Ident) -> Result<String> {
    let (name, span, remedy) = match options::find(written, "name") {
        Some(value) => {
            let text = value.check_text()?;
            (text.value(), text.span(), "choose another name")
        }
        None => (
            function.unraw().to_string(),
            function.span(),
            "choose another name, or store it under one by `#[executor(name = \"…\")]`",
        ),
    };
    check_characters(&name, span, remedy)?;
    check_free(&name, span, remedy)?;
    Ok(name)
}

/// It names fields and files.
fn check_characters(name: &str, span: Span, remedy: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!("an executor's name consists of `A-Z a-z 0-9 _ -`; {remedy}");
    Err(Error::new(span, message))
}

fn check_free(name: &str, span: Span, remedy: &str) -> Result<()> {
    if !RESERVED.contains(&name) && !RESERVED_ENDS.iter().any(|end| name.ends_with(end)) {
        return Ok(());
    }
    let message = format!("`{name}` is reserved in status.json; {remedy}");
    Err(Error::new(span, message))
}
