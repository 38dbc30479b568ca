//! Params as JSON text.
//!
//! Params are kept as the text that goes into the status, never as a parsed value: a run reads them
//! only where an executor asks for them.

use serde::Serialize;

/// The compact JSON of `params`, which has to be an object; else what is wrong with them, to
/// follow the word "params".
pub(super) fn object(params: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let json = serde_json::to_string(params)
        .map_err(|error| format!("cannot be written as JSON: {error}"))?;
    match kind(&json) {
        "an object" => Ok(json),
        other => Err(format!(
            "must be a JSON object, found {other}; give a struct or a map"
        )),
    }
}

/// What a JSON value is, for messages, told by how it begins.
pub(super) fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}
