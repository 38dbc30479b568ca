//! `/charset/…`: one text in several charsets, told in several ways.

use super::Query;
use crate::Answer;

/// The text in the title and in `<p id="text">` of every page under `/charset/`: all of these charsets
/// have its characters, and UTF-8, Shift JIS and the Latin ones write them differently.
pub const CHARSET_TEXT: &str = "3 × 4 ÷ 2 = 6 ± 0,5 °C, § 7 ¶ 2";

/// How characters become bytes. Latin 1 and Windows-1252 have those of the text in the same places.
#[derive(Clone, Copy)]
enum Coding {
    Utf8,
    Latin,
    ShiftJis,
}

/// `None` for a charset that is not served.
pub(super) fn answer(charset: &str, query: &Query) -> Option<Answer> {
    let (coding, told) = match charset {
        "utf8" => (Coding::Utf8, Some("utf-8")),
        "latin1" => (Coding::Latin, Some("iso-8859-1")),
        "windows-1252" => (Coding::Latin, Some("windows-1252")),
        "shift_jis" => (Coding::ShiftJis, Some("shift_jis")),
        // Neither usual guess, UTF-8 or Windows-1252, is right by chance.
        "meta" => (Coding::ShiftJis, None),
        "bom" => (Coding::Utf8, None),
        _ => return None,
    };
    let page = match charset {
        "meta" => page("<meta charset=\"shift_jis\">\n"),
        "bom" => format!("\u{feff}{}", page("")),
        _ => page(""),
    };
    let content_type = match query.get("charset").or(told) {
        Some(charset) => format!("text/html; charset={charset}"),
        None => "text/html".to_owned(),
    };
    Some(Answer::new(&content_type, encode(&page, coding)))
}

fn page(meta: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n{meta}<title>{CHARSET_TEXT}</title>\n</head>\n\
         <body>\n<p id=\"text\">{CHARSET_TEXT}</p>\n</body>\n</html>\n"
    )
}

fn encode(page: &str, coding: Coding) -> Vec<u8> {
    match coding {
        Coding::Utf8 => page.as_bytes().to_vec(),
        Coding::Latin => page.chars().map(latin).collect(),
        Coding::ShiftJis => page.chars().flat_map(shift_jis).collect(),
    }
}

/// The first 256 characters of Unicode are those of Latin 1.
fn latin(character: char) -> u8 {
    u8::try_from(u32::from(character)).unwrap_or(b'?')
}

/// ASCII as it is, and those characters of the text that take two bytes.
fn shift_jis(character: char) -> Vec<u8> {
    match character {
        '×' => vec![0x81, 0x7e],
        '÷' => vec![0x81, 0x80],
        '±' => vec![0x81, 0x7d],
        '°' => vec![0x81, 0x8b],
        '§' => vec![0x81, 0x98],
        '¶' => vec![0x81, 0xf7],
        _ => vec![latin(character)],
    }
}
