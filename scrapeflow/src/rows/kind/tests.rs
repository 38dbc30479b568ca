use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::super::Row;
use super::{DEEPEST, Fields, Kind, Member, WIDEST};

/// The type of a column of these values.
fn kind(values: &[&str]) -> Kind {
    let mut fields = Fields::default();
    for value in values {
        observe(&mut fields, "x", value);
    }
    fields.0.remove(0).kind
}

fn observe(fields: &mut Fields, column: &str, value: &str) {
    let row = Row::of_json(value).expect("JSON");
    fields.observe([(column, row.value())]);
}

fn list(of: Kind) -> Kind {
    Kind::List(Box::new(of))
}

fn object<const N: usize>(members: [(&str, Kind); N]) -> Kind {
    let members = members.into_iter().enumerate();
    let members = members.map(|(place, (name, kind))| Member {
        name: name.to_owned(),
        kind,
        place,
    });
    Kind::Object(Fields(members.collect()))
}

#[test]
fn types_make_room_for_all_values_or_become_json() {
    for (values, expected) in [
        (&["null", "NaN", "-Infinity"][..], Kind::Null),
        (&["true", "null", "false"], Kind::Bool),
        (&["true", "1"], Kind::Json),
        (&["1", "-9007199254740992"], Kind::Int),
        (&["1", "9007199254740993"], Kind::BigInt),
        (&["-9223372036854775808"], Kind::BigInt),
        (&["9223372036854775808"], Kind::Json),
        (&["1", "1.5"], Kind::Float),
        (&["1e3", "-0"], Kind::Float),
        (&["1e999"], Kind::Json),
        (&["9007199254740993", "0.5"], Kind::Json),
        (&["\"a\"", "\"2022-08-05 16:03:52\""], Kind::Text),
        (&["\"1\"", "1"], Kind::Json),
        (&["[]"], list(Kind::Null)),
        (&["[1]", "[2.5, null]", "null"], list(Kind::Float)),
        (&["[1]", "[\"a\"]"], list(Kind::Json)),
        (&["[1]", "{\"a\": 1}"], Kind::Json),
        (&["{\"a\": 1}", "2"], Kind::Json),
        (&["{}"], object([])),
        (
            &["{\"a\": 1}", "{\"b\": null, \"a\": 2.5}"],
            object([("a", Kind::Float), ("b", Kind::Null)]),
        ),
        (
            &["[{\"a\": [1]}, {}]"],
            list(object([("a", list(Kind::Int))])),
        ),
    ] {
        assert_eq!(kind(values), expected, "{values:?}");
    }
}

#[test]
fn times_are_what_reads_so_in_their_columns() {
    let of = |values: &[&str]| {
        let mut fields = Fields::default();
        for value in values {
            observe(&mut fields, "parse_last_run", value);
        }
        fields.0.remove(0).kind
    };
    assert_eq!(
        of(&[
            "\"2022-08-05 16:03:52\"",
            "null",
            "\"2026-11-22 15:19:25.751071\""
        ]),
        Kind::Time
    );
    assert_eq!(
        of(&["\"2022-08-05 16:03:52\"", "\"yesterday\""]),
        Kind::Text
    );
    assert_eq!(of(&["\"2022-08-05 16:03:52\"", "1"]), Kind::Json);
}

#[test]
fn columns_stand_as_the_fullest_row_has_them() {
    let order = |rows: &[&str]| {
        let mut fields = Fields::default();
        for row in rows {
            fields.observe(Row::of_json(row).expect("JSON").fields());
        }
        fields.settle();
        let mut names = Vec::new();
        fields.each_path(|path| names.push(path.to_string()));
        names.join(" ")
    };
    let failed = r#"{"key": "a", "a_status": "ERROR", "a_last_run": null}"#;
    let full = r#"{"key": "b", "params": {"u": 1, "v": 2}, "a": {}, "a_status": "SUCCESS", "a_last_run": null, "b": {"y": 1, "x": 2}}"#;
    let other = r#"{"key": "c", "params": {"v": 1}, "b": {"x": 1, "y": 2}}"#;
    let expected = "key params params.u params.v a a_status a_last_run b b.x b.y";
    for rows in [
        [failed, full, other],
        [other, full, failed],
        [full, failed, other],
    ] {
        assert_eq!(order(&rows), expected);
    }
}

#[test]
fn what_is_wide_or_deep_is_json() {
    let wide = |names: usize| {
        let members: Vec<String> = (0..names).map(|n| format!("\"n{n}\": 1")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(matches!(kind(&[&wide(WIDEST)]), Kind::Object(_)));
    assert_eq!(kind(&[&wide(WIDEST + 1)]), Kind::Json);
    assert_eq!(kind(&[&wide(WIDEST), "{\"another\": 1}"]), Kind::Json);
    assert_eq!(kind(&[&wide(1_000_000)]), Kind::Json);
    // So deep that recursion would end the process.
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let mut of = kind(&[&deep(100_000)]);
    let mut levels = 0;
    while let Kind::List(inside) = of {
        of = *inside;
        levels += 1;
    }
    assert_eq!((of, levels), (Kind::Json, DEEPEST - 1));
}

/// Values that go together, and that don't.
fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("NaN".to_owned()),
        any::<bool>().prop_map(|is| is.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-9i8..9).prop_map(|number| number.to_string()),
        any::<f32>().prop_map(|number| format!("{number:e}").replace("inf", "1e400")),
        "[a-c]{0,2}".prop_map(|text| format!("\"{text}\"")),
        Just("\"2022-08-05 16:03:52\"".to_owned()),
    ];
    scalar.prop_recursive(3, 12, 4, |inside| {
        prop_oneof![
            proptest::collection::vec(inside.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(","))),
            proptest::collection::btree_map("[a-c]", inside, 0..4).prop_map(|all| {
                let members: Vec<String> = all
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Seen in this order, some in each of several places.
fn seen(values: &[(String, String)], together: usize) -> Fields {
    let mut all = Fields::default();
    for some in values.chunks(together) {
        let mut fields = Fields::default();
        for (column, value) in some {
            observe(&mut fields, column, value);
        }
        all.merge(fields);
    }
    all.settle();
    all
}

fn check(mut values: Vec<(String, String)>, together: usize) -> TestCaseResult {
    let forth = seen(&values, usize::MAX);
    prop_assert_eq!(&seen(&values, together), &forth);
    values.reverse();
    prop_assert_eq!(&seen(&values, together), &forth);
    values.sort();
    prop_assert_eq!(&seen(&values, together), &forth);
    Ok(())
}

proptest! {
    #[test]
    fn the_order_of_rows_makes_no_difference(
        values in proptest::collection::vec(("x|x_last_run", value()), 1..12),
        together in 1usize..5,
    ) {
        check(values, together)?;
    }
}
