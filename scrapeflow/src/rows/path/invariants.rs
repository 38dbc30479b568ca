//! What holds for every list of columns, whatever it is.
//!
//! Lists come from the fuzz target `columns` and from its corpus, which every test run replays.

use super::Path;

/// Panics if `data` breaks a promise of this module.
pub(crate) fn check_invariants(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    match Path::read_list(text) {
        Ok(paths) => {
            let written: Vec<String> = paths.iter().map(ToString::to_string).collect();
            assert!(paths.len() <= text.len());
            for list in [written.join(","), written.join(" , ")] {
                assert_eq!(
                    Path::read_list(&list).as_ref(),
                    Ok(&paths),
                    "as it is written"
                );
            }
            for (path, written) in paths.iter().zip(&written) {
                assert!(path.names().next().is_some(), "a path leads somewhere");
                assert_eq!(Path::read(written), Some((path.clone(), written.len())));
                assert_eq!(&Path::new(path.names()), path);
            }
        }
        Err(wrong) => {
            let (_, place) = wrong.split_once(" at character ").expect("it says where");
            let digits = place.split(' ').next().unwrap_or_default();
            let place: usize = digits.parse().expect("a number");
            assert!((1..=text.chars().count() + 1).contains(&place), "{wrong}");
            // Whatever stood before it was good.
            let before: String = text.chars().take(place - 1).collect();
            let before = before.trim_end().trim_end_matches(',');
            assert!(
                before.is_empty() || Path::read_list(before).is_ok(),
                "{wrong}"
            );
        }
    }
}
