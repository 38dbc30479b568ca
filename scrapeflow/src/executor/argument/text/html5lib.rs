//! html5lib's cases: which encoding a page has. They expect a browser that parses the whole page,
//! runs its scripts and takes windows-1252 for what nothing declares.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{HEAD, decode, for_label, prescan};

const FILES: [&[u8]; 3] = [
    include_bytes!("../../../../tests-data/html5lib/tests1.dat"),
    include_bytes!("../../../../tests-data/html5lib/tests2.dat"),
    include_bytes!("../../../../tests-data/html5lib/test-yahoo-jp.dat"),
];

/// Declared after the head, where a browser finds it while it parses, and starts again.
const LATE: [&str; 7] = [
    "<!-- 2048 characters",
    "<!-- 2049 characters",
    "<!-- 4096 characters",
    "<!-- 4097 characters",
    "<!-- 8192 characters",
    "<!-- 8193 characters",
    "<!-- multi-script test",
];

/// Declared by a script that puts the label together.
const SCRIPTED: &str = "'<meta charset=\"ISO-8859-' + '2\">'";

#[test]
fn prescanned() {
    for (page, expected) in cases() {
        let head = &page[..page.len().min(HEAD)];
        let found = Encoding::for_bom(page)
            .map(|(encoding, _)| encoding)
            .or_else(|| prescan::html(head))
            .unwrap_or(WINDOWS_1252);
        let text = String::from_utf8_lossy(page);
        let differs = LATE.iter().any(|start| text.starts_with(start)) || text.contains(SCRIPTED);
        assert_eq!(found != expected, differs, "{}: {text}", found.name());
    }
}

/// Most of the cases are ASCII, the same text in any encoding.
#[test]
fn decoded() {
    for (page, expected) in cases() {
        let found = decode(page, Some("text/html"));
        // A late declaration and a lone byte, as good in windows-1252.
        let differs = page.starts_with(b"<!-- multi-script test");
        assert_eq!(found != expected.decode(page).0, differs, "{found}");
    }
}

fn cases() -> Vec<(&'static [u8], &'static Encoding)> {
    let mut cases = Vec::new();
    for mut rest in FILES {
        while let Some(at) = find(rest, b"#data\n") {
            rest = &rest[at + b"#data\n".len()..];
            let end = find(rest, b"\n#encoding\n").unwrap();
            let page = &rest[..end];
            rest = &rest[end + b"\n#encoding\n".len()..];
            let label = rest.split(|byte| *byte == b'\n').next().unwrap();
            cases.push((page, for_label(label).unwrap()));
        }
    }
    assert_eq!(cases.len(), 83);
    cases
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
