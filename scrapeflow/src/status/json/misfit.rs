//! Why a value doesn't fit a type, without the value: what tasks and sites say stays out of messages.

/// What is wrong, and where; no more of the JSON than its kind.
pub(crate) fn misfit(error: &serde_json::Error) -> String {
    let told = error.to_string();
    if !error.is_data() {
        return told;
    }
    let at = format!(" at line {} column {}", error.line(), error.column());
    let (told, at) = match told.strip_suffix(&at) {
        Some(told) => (told, &*at),
        None => (&*told, ""),
    };
    format!("{}{at}", without_value(told))
}

/// By serde's own wording (`serde::de::Error`); what a type words itself may say anything.
fn without_value(told: &str) -> String {
    const KINDS: [&str; 4] = [
        "invalid type",
        "invalid value",
        "unknown variant",
        "unknown field",
    ];
    const NAMES: [&str; 4] = [
        "missing field",
        "duplicate field",
        "invalid length",
        "data did not match",
    ];
    if NAMES.iter().any(|name| told.starts_with(name)) {
        return told.to_owned();
    }
    let kind = told[..told.find(['`', '"']).unwrap_or(told.len())].trim_end();
    let kind = kind.split(", expected ").next().unwrap_or(kind);
    if !KINDS.iter().any(|known| kind.starts_with(known)) {
        return "a value that its type refuses".to_owned();
    }
    if told.ends_with("there are no variants") || told.ends_with("there are no fields") {
        return format!("{kind}, and there are none");
    }
    match told.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}, expected {expected}"),
        None => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::misfit;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shop {
        #[expect(dead_code, reason = "only read")]
        price: u64,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Shop,
    }

    #[derive(Debug, Deserialize)]
    enum Empty {}

    fn check<T: DeserializeOwned + Debug>(json: &str, told: &str) {
        let error = serde_json::from_str::<T>(json).unwrap_err();
        let found = misfit(&error);
        assert_eq!(found, told, "{json}");
        assert!(!found.contains("geheim"), "{found}");
    }

    #[test]
    fn kinds_are_told_and_values_are_not() {
        check::<u64>(
            r#""geheim""#,
            "invalid type: string, expected u64 at line 1 column 8",
        );
        check::<u64>(
            r#""geheim, expected geheim""#,
            "invalid type: string, expected u64 at line 1 column 25",
        );
        check::<u8>(
            "1000",
            "invalid value: integer, expected u8 at line 1 column 4",
        );
        check::<String>(
            "1.5",
            "invalid type: floating point, expected a string at line 1 column 3",
        );
        check::<Shop>(
            "[]",
            "invalid length 0, expected struct Shop with 1 element at line 1 column 2",
        );
        check::<Shop>("{}", "missing field `price` at line 1 column 2");
        check::<Shop>(
            r#"{"geheim": 1}"#,
            "unknown field, expected `price` at line 1 column 9",
        );
        check::<Kind>(
            r#""geheim""#,
            "unknown variant, expected `Shop` at line 1 column 8",
        );
        check::<char>(
            r#""geheim""#,
            "invalid value: string, expected a character at line 1 column 8",
        );
        check::<std::net::IpAddr>(
            r#""geheim""#,
            "a value that its type refuses at line 1 column 8",
        );
        check::<Empty>(
            r#""a, expected geheim""#,
            "unknown variant, and there are none at line 1 column 20",
        );
        check::<u64>("geheim", "expected value at line 1 column 1");
    }
}
