//! Statuses as they are spelled: what became of each field, told without a reader of JSON, which would take
//! two spellings for one.

/// The fields of a status that is laid out as both libraries do it, each value as it is spelled.
fn fields(text: &str) -> Vec<(&str, &str)> {
    let inside = text
        .strip_prefix("{\n  \"")
        .and_then(|text| text.strip_suffix("\n}"));
    let fields = inside
        .expect("an object, indented by two spaces")
        .split(",\n  \"");
    let pairs = fields.map(|field| field.split_once("\": ").expect("a name and a value"));
    pairs.collect()
}

/// How the value of a field is spelled; empty if there is none.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let found = fields(text).into_iter().find(|(field, _)| *field == name);
    found.map_or("", |(_, value)| value)
}

/// A line for each field, in their order: `=` where it is the same, byte for byte, `!` where its value is
/// another, `+` where it is new; then those that are gone with `-`.
pub(crate) fn compare(before: &str, after: &str) -> String {
    let (before, after) = (fields(before), fields(after));
    let named =
        |fields: &[(&str, &str)], name: &str| fields.iter().any(|(other, _)| *other == name);
    let now = after.iter().map(|field| match field {
        field if before.contains(field) => format!("= {}\n", field.0),
        (name, _) if named(&before, name) => format!("! {name}\n"),
        (name, _) => format!("+ {name}\n"),
    });
    let gone = before.iter().filter(|(name, _)| !named(&after, name));
    now.chain(gone.map(|(name, _)| format!("- {name}\n")))
        .collect()
}
