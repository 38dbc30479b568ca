//! Options and their values.

use expect_test::expect;

use super::{check, with_options};

#[test]
fn option_mistakes() {
    let cases = [
        "timout = \"60s\"",
        "attempts = 2",
        "max-age = \"60s\"",
        "\"60s\"",
        "timeout",
        "timeout = 60",
        "timeout = TIMEOUT",
        "name = parse",
        "retries = \"2\"",
        "retries = -1",
        "retries = 4294967296",
        "version = 0",
        "version = 1.5",
        "retries = 1, retries = 2, retries = 3",
        "timout = \"60s\", retries = -1, version = 0",
    ];
    check(
        cases.map(|case| (case, with_options(case))),
        &expect![[r#"
            `timout = "60s"`
                `#[executor]` has no option `timout`; did you mean `timeout`?
            its options are `name`, `timeout`, `retries`, `backoff`, `version`, `max_age`
            `attempts = 2`
                `#[executor]` has no option `attempts`
            its options are `name`, `timeout`, `retries`, `backoff`, `version`, `max_age`
            `max-age = "60s"`
                options are written `timeout = "60s", retries = 2`
            `"60s"`
                options are written `timeout = "60s", retries = 2`
            `timeout`
                `timeout` needs a value: `timeout = "60s"`
            `timeout = 60`
                expected a text in quotes: `timeout = "60s"`
            `timeout = TIMEOUT`
                expected a text in quotes: `timeout = "60s"`
            `name = parse`
                expected a text in quotes: `name = "quotes"`
            `retries = "2"`
                expected a whole number from 0 to 4294967295: `retries = 2`
            `retries = -1`
                expected a whole number from 0 to 4294967295: `retries = 2`
            `retries = 4294967296`
                expected a whole number from 0 to 4294967295: `retries = 2`
            `version = 0`
                expected a whole number from 1 to 4294967295: `version = 2`
            `version = 1.5`
                expected a whole number from 1 to 4294967295: `version = 2`
            `retries = 1, retries = 2, retries = 3`
                `retries` is said twice; keep one of them
                `retries` is said twice; keep one of them
            `timout = "60s", retries = -1, version = 0`
                `#[executor]` has no option `timout`; did you mean `timeout`?
            its options are `name`, `timeout`, `retries`, `backoff`, `version`, `max_age`
                expected a whole number from 0 to 4294967295: `retries = 2`
                expected a whole number from 1 to 4294967295: `version = 2`
        "#]],
    );
}

#[test]
fn durations() {
    let cases = [
        "250ms",
        "60s",
        "1.5m",
        "0.25h",
        "7d",
        "000000000000000000000000.5ms",
        "18446744073709551615s",
        "60",
        "s",
        "",
        "1 s",
        " 1s",
        "1s ",
        "1S",
        "1 week",
        "1e3s",
        "-1s",
        "+1s",
        "1.s",
        ".5s",
        "1.2.3s",
        "1m30s",
        "0s",
        "0.0ms",
        "0.0000001ms",
        "1_000s",
        "99999999999999999999s",
        "9999999999999999999999999999999999999999d",
        "0.0000000000000000000000000000000000000001s",
        "١s",
    ];
    check(
        cases.map(|case| (case, with_options(&format!("max_age = {case:?}")))),
        &expect![[r#"
            `250ms`
                ok: `parse` Options {max_age: Some(250ms,),}
            `60s`
                ok: `parse` Options {max_age: Some(60s,),}
            `1.5m`
                ok: `parse` Options {max_age: Some(90s,),}
            `0.25h`
                ok: `parse` Options {max_age: Some(900s,),}
            `7d`
                ok: `parse` Options {max_age: Some(604800s,),}
            `000000000000000000000000.5ms`
                ok: `parse` Options {max_age: Some(500µs,),}
            `18446744073709551615s`
                ok: `parse` Options {max_age: Some(18446744073709551615s,),}
            `60`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            ``
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1 s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            ` 1s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1s `
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1S`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1 week`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1e3s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `-1s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `+1s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1.s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `.5s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1.2.3s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `1m30s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `0s`
                expected a duration longer than zero: `max_age = "7d"`
            `0.0ms`
                expected a duration longer than zero: `max_age = "7d"`
            `0.0000001ms`
                expected a duration longer than zero: `max_age = "7d"`
            `1_000s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `99999999999999999999s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `9999999999999999999999999999999999999999d`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `0.0000000000000000000000000000000000000001s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
            `١s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `max_age = "7d"`
        "#]],
    );
}

#[test]
fn pauses() {
    let cases = [
        "1s",
        "1s..1s",
        "500ms..0.5m",
        "2s..1s",
        "1s..",
        "..1s",
        "..",
        "1s..2s..3s",
        "0s..1s",
        "1s...2s",
    ];
    check(
        cases.map(|case| (case, with_options(&format!("backoff = {case:?}")))),
        &expect![[r#"
            `1s`
                ok: `parse` Options {backoff: Some(Backoff {first: 1s,},),}
            `1s..1s`
                ok: `parse` Options {backoff: Some(Backoff {first: 1s,most: Some(1s,),},),}
            `500ms..0.5m`
                ok: `parse` Options {backoff: Some(Backoff {first: 500ms,most: Some(30s,),},),}
            `2s..1s`
                expected a longest pause that is not shorter than the first: `backoff = "500ms"` or `backoff = "500ms..30s"`
            `1s..`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `backoff = "500ms"` or `backoff = "500ms..30s"`
            `..1s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `backoff = "500ms"` or `backoff = "500ms..30s"`
            `..`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `backoff = "500ms"` or `backoff = "500ms..30s"`
            `1s..2s..3s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `backoff = "500ms"` or `backoff = "500ms..30s"`
            `0s..1s`
                expected a duration longer than zero: `backoff = "500ms"` or `backoff = "500ms..30s"`
            `1s...2s`
                expected a number and one of the units `ms`, `s`, `m`, `h`, `d`: `backoff = "500ms"` or `backoff = "500ms..30s"`
        "#]],
    );
}
