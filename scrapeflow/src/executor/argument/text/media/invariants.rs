//! What holds for every Content-Type, whatever it is.
//!
//! They come from the fuzz target `content_type` and from its corpus, which every test run replays. What one
//! means is said a second time for those without quotes, which need no grammar.

use encoding_rs::{Encoding, KOI8_R};

use super::{Kind, charset};
use crate::executor::argument::text::for_label;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let content_type = &*String::from_utf8_lossy(data);
    let (kind, found) = (Kind::of(content_type), charset(content_type));
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    assert_eq!(Kind::of(essence), kind, "parameters say nothing of it");
    assert_eq!(charset(essence), None, "only a parameter names one");
    for spelled in [
        content_type.to_ascii_uppercase(),
        content_type.to_ascii_lowercase(),
        format!(" \t{content_type}"),
    ] {
        assert_eq!(
            (Kind::of(&spelled), charset(&spelled)),
            (kind, found),
            "{spelled:?}"
        );
    }
    if !parameters.contains('"') {
        assert_eq!(found, without_quotes(parameters));
    }
    // The first that names an encoding decides, whatever stands beside it.
    let after = |first: &str| charset(&format!("{essence};{first};{parameters}"));
    for nothing in [
        "",
        "charset",
        "charset=none",
        "x=\"; charset=koi8-r\"",
        "xcharset=koi8-r",
    ] {
        assert_eq!(after(nothing), found, "{nothing}");
    }
    for named in ["charset=koi8-r", "x=y; Charset = \"KOI8\\-R\""] {
        assert_eq!(after(named), Some(KOI8_R), "{named}");
    }
    // What is quoted may go on to the end.
    if found.is_some() && !parameters.contains('"') {
        assert_eq!(charset(&format!("{content_type};charset=koi8-r")), found);
    }
}

/// The first that names an encoding, of parameters among which no value is quoted.
fn without_quotes(parameters: &str) -> Option<&'static Encoding> {
    let pairs = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='));
    let mut labels = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    labels.find_map(|(_, label)| for_label(label.as_bytes()))
}
