//! What is wrong with a file of settings.

use std::path::Path;

use crate::workflow::nearest;

/// Settings whose values are nobody's business.
const SECRET: [&str; 3] = ["proxy", "header", "cookie"];

/// The error with its place and, unless that may hold a secret, the line.
pub(super) fn told(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..at).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text[begin..].lines().next().unwrap_or_default();
    let column = before[begin..].chars().count() + 1;
    let message = nearest_setting(error.message());
    let place = format!("{}: line {number}, column {column}", path.display());
    let name = line.split_once('=').map(|(name, _)| name.trim());
    // A line without a name may belong to the one before.
    if name.is_none_or(|name| SECRET.contains(&name) || name.contains(['"', '\''])) {
        return format!("{place}: {message}");
    }
    format!("{place}: {message}\n  {line}\n  {:>column$}", "^")
}

/// Of a name that there isn't, which was meant rather than all that there are.
fn nearest_setting(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message
        .starts_with("unknown field")
        .then(|| quoted.split_first());
    let near = unknown.flatten().and_then(|(name, known)| {
        let near = nearest(name, known.iter().copied())?;
        Some(format!(
            "there is no setting `{name}`; did you mean `{near}`?"
        ))
    });
    near.unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::told;
    use crate::cli::settings::Settings;

    fn check(text: &str, expected: &Expect) {
        let error = toml::from_str::<Settings>(text).expect_err("something is wrong");
        expected.assert_eq(&told("x.toml".as_ref(), text, &error));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        check(
            "timeout = \"20s\"\npace = \"fast\"\n",
            &expect![[r#"
                x.toml: line 2, column 8: `fast` is no rate; write it as 2/s, 30/m or 100/h
                  pace = "fast"
                         ^"#]],
        );
        check(
            "retries = -1",
            &expect![[r#"
                x.toml: line 1, column 11: invalid value: integer `-1`, expected u32
                  retries = -1
                            ^"#]],
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in [
            "header = [\"x-token: s3cret]",
            "header = [\n  \"x-token: s3cret\",\n  \"y = s3cret\n]",
            "proxy = \"http://u:s3cret@h:1\n",
            "cookie = s3cret",
        ] {
            let error = toml::from_str::<Settings>(text).expect_err("something is wrong");
            let told = told("x.toml".as_ref(), text, &error);
            assert!(!told.contains("s3cret"), "{told}");
            assert!(told.starts_with("x.toml: line "), "{told}");
        }
    }
}
