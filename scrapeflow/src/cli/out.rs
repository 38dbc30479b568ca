//! What a command says: data on standard output, talk on standard error.

use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use serde::Serialize;

use super::exit::Failure;

/// Where data and talk go.
#[derive(Debug)]
pub(super) struct Out {
    data: BufWriter<Stdout>,
    quiet: bool,
    is_terminal: bool,
}

/// How something is emphasized on a terminal (ECMA-48, "select graphic rendition").
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Bold = 1,
    Red = 31,
    Green = 32,
    Yellow = 33,
}

impl Out {
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            data: BufWriter::with_capacity(64 * 1024, io::stdout()),
            quiet,
            is_terminal: io::stdout().is_terminal(),
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes data as it is: lines that were escaped, or that a terminal never sees.
    pub(super) fn data(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    /// Writes bytes that a terminal never sees.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.data.write_all(bytes);
        written.map_err(|error| Failure::output(&error))
    }

    /// Shows what was written until now.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.data.flush().map_err(|error| Failure::output(&error))
    }

    /// A value as indented JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::store(error.to_string()))?;
        let json = if self.is_terminal {
            json_shown(&json)
        } else {
            json
        };
        self.data(&json)?;
        self.data("\n")
    }

    /// Emphasizes on a terminal whose user hasn't asked for none (<https://no-color.org>).
    pub(super) fn styled(&self, style: Style, text: &str) -> String {
        if self.is_terminal && has_color() {
            format!("\x1b[{}m{text}\x1b[0m", style as u8)
        } else {
            text.to_owned()
        }
    }

    /// Tells something that isn't asked for, unless `--quiet`.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            talk(&lines_shown(text));
        }
    }

    /// Tells what one has to know.
    #[expect(clippy::unused_self, reason = "it goes where talk goes")]
    pub(super) fn warn(&self, text: &str) {
        let label = label(Style::Yellow, "warning:");
        talk(&format!("{label} {}", lines_shown(text)));
    }
}

pub(super) fn error(text: &str) {
    let label = label(Style::Red, "error:");
    talk(&format!("{label} {}", lines_shown(text)));
}

/// On standard error, which somebody may have closed.
fn talk(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// `1 task`, `2 tasks`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Talk may have several lines, and quotes what was said elsewhere.
pub(super) fn lines_shown(text: &str) -> String {
    text_shown(text.trim_end())
}

/// Text with its line ends.
pub(super) fn text_shown(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(shown).collect();
    lines.join("\n")
}

fn label(style: Style, text: &str) -> String {
    if io::stderr().is_terminal() && has_color() {
        format!("\x1b[1;{}m{text}\x1b[0m", style as u8)
    } else {
        text.to_owned()
    }
}

fn has_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|said| said.is_empty())
}

/// JSON in which nothing can steer a terminal, and which says the same.
pub(super) fn json_shown(json: &str) -> String {
    let mut shown = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if character != '\n' && is_steering(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    shown
}

/// What sites and keys say, so that it can be shown: control characters, and those that turn the direction of writing,
/// are spelled out.
pub(super) fn shown(text: &str) -> String {
    if !text.contains(is_steering) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_steering(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn nothing_shown_can_steer_a_terminal() {
        assert_eq!(shown("größe 🦀 \"x\""), "größe 🦀 \"x\"");
        assert_eq!(
            shown("a\x1b[2Jb\r\n\t\u{9b}c"),
            "a\\u{1b}[2Jb\\r\\n\\t\\u{9b}c"
        );
        assert_eq!(shown("\u{202e}fdp"), "\\u{202e}fdp");
    }
}
