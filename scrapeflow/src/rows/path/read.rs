//! Paths as somebody writes them.

use super::{Path, is_inside};

impl Path {
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Reads a path from the start of `text`: it, and how many bytes it takes. `None` if there is none, or a backtick is
    /// not closed.
    pub(crate) fn read(text: &str) -> Option<(Self, usize)> {
        let mut names = Vec::new();
        let mut at = 0;
        loop {
            let (name, length) = name(&text[at..])?;
            names.push(name);
            at += length;
            // A dot that nothing follows isn't ours.
            match text[at..].strip_prefix('.') {
                Some(after) if after.starts_with(is_inside) || after.starts_with('`') => at += 1,
                _ => return Some((Self(names), at)),
            }
        }
    }

    /// Paths with commas between them, as an option has them.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(crate) fn read_list(text: &str) -> Result<Vec<Self>, String> {
        let mut paths = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            let wrong = |what| format!("{what} at character {} of `{text}`", place(text, rest));
            let (path, length) =
                Self::read(rest).ok_or_else(|| wrong("a column's name is expected"))?;
            paths.push(path);
            rest = rest[length..].trim_start();
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None if rest.is_empty() => return Ok(paths),
                None => {
                    return Err(format!(
                        "a comma is expected at character {} of `{text}`; a name with other characters than letters, \
                         digits, `_` and `-` stands in backticks",
                        place(text, rest)
                    ));
                }
            }
        }
    }
}

/// Which character of `text`, from 1, its end `rest` begins with.
fn place(text: &str, rest: &str) -> usize {
    text[..text.len() - rest.len()].chars().count() + 1
}

/// One name at the start of `text`, and how many bytes it takes.
fn name(text: &str) -> Option<(String, usize)> {
    let Some(quoted) = text.strip_prefix('`') else {
        let length = text.find(|c| !is_inside(c)).unwrap_or(text.len());
        return (length > 0).then(|| (text[..length].to_owned(), length));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('`')?;
        name.push_str(before);
        match after.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, text.len() - after.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn paths_are_read_as_they_are_written() {
        for (text, names) in [
            ("key", vec!["key"]),
            (
                "scrape.response_headers.Content-Type",
                vec!["scrape", "response_headers", "Content-Type"],
            ),
            ("parse.0.größe", vec!["parse", "0", "größe"]),
            ("parse.`a.b`.`c``d`", vec!["parse", "a.b", "c`d"]),
            ("``", vec![""]),
        ] {
            let (path, length) = Path::read(text).expect(text);
            assert_eq!(path.names().collect::<Vec<_>>(), names);
            assert_eq!((path.to_string().as_str(), length), (text, text.len()));
        }
        for (text, length) in [("a > 1", 1), ("a. ", 1), ("a.b)", 3), ("a.(b)", 1)] {
            assert_eq!(Path::read(text).expect(text).1, length, "{text}");
        }
        for text in ["", ".a", "`a", "a.`b", "(a)"] {
            assert_eq!(Path::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_of_paths_says_where_it_is_wrong() {
        let paths = Path::read_list(" key, scrape.size ,`a,b`").expect("three paths");
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["key", "scrape.size", "`a,b`"]);
        for (text, wrong) in [
            ("", "a column's name is expected at character 1 of ``"),
            (
                "key,",
                "a column's name is expected at character 5 of `key,`",
            ),
            (
                "key size",
                "a comma is expected at character 5 of `key size`",
            ),
            ("größe €", "a comma is expected at character 7 of `größe €`"),
        ] {
            let error = Path::read_list(text).expect_err(text);
            assert!(error.starts_with(wrong), "{error}");
        }
    }
}
