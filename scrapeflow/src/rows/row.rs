//! A task's status, taken apart.

use super::value::Value;
use crate::status::json::{self, Tree};
use crate::task::Key;

/// A status as an object whose first member is the task's `key`, in the place of the `name` that not all directories
/// have.
#[derive(Debug)]
pub(crate) struct Row<'t> {
    tree: Tree<'t>,
    /// A list, and the element that stands in its place.
    pub(super) instead: Option<(usize, usize)>,
}

/// The text of a row that a status makes.
///
/// # Errors
/// Why it is broken.
pub(super) fn text_of(key: &Key, status: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(status).map_err(|error| format!("is not UTF-8: {error}"))?;
    let inside = text.trim_start_matches(SPACE).strip_prefix('{');
    let inside = inside.ok_or_else(|| malformed(text))?;
    let mut row = String::with_capacity(text.len() + key.as_str().len() + 10);
    row.push_str("{\"key\":");
    json::quote(&mut row, key.as_str());
    if !inside.trim_start_matches(SPACE).starts_with('}') {
        row.push(',');
    }
    row.push_str(inside);
    Ok(row)
}

/// All that JSON takes for white space.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

fn malformed(status: &str) -> String {
    match json::split(status) {
        Err(malformed) => format!("is no JSON object: {malformed}"),
        Ok(_) => "is no JSON object".to_owned(),
    }
}

impl<'t> Row<'t> {
    /// Takes a status apart, for which `work` is done.
    ///
    /// # Errors
    /// Why it is broken.
    pub(crate) fn with<T>(
        key: &Key,
        status: &[u8],
        work: impl FnOnce(&mut Row<'_>) -> T,
    ) -> Result<T, String> {
        let text = text_of(key, status)?;
        match Tree::read(&text) {
            Ok(tree) => Ok(work(&mut Row {
                tree,
                instead: None,
            })),
            Err(_) => Err(malformed(std::str::from_utf8(status).unwrap_or_default())),
        }
    }

    /// A row that is JSON already.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn of_json(text: &'t str) -> Result<Self, String> {
        let tree = Tree::read(text).map_err(|malformed| format!("is no JSON: {malformed}"))?;
        Ok(Self {
            tree,
            instead: None,
        })
    }

    pub(crate) fn value(&self) -> Value<'_> {
        Value::root(&self.tree, self.instead)
    }

    /// The fields, `key` first, without `name`, which says the same, and without a further `key`, which no executor of ours is
    /// called.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        let members = self.value().members().enumerate();
        let fields =
            members.filter(|(nth, (name, _))| *nth == 0 || !matches!(*name, "name" | "key"));
        fields.map(|(_, field)| field)
    }
}

/// Appends an object of these members; `null` for what there isn't.
pub(crate) fn write_object<'r, V: Into<Option<Value<'r>>>>(
    members: impl IntoIterator<Item = (&'r str, V)>,
    out: &mut String,
) {
    out.push('{');
    for (nth, (name, value)) in members.into_iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        json::quote(out, name);
        out.push(':');
        match value.into() {
            Some(value) => value.write_json(out),
            None => out.push_str("null"),
        }
    }
    out.push('}');
}
