//! A status may hold whatever Python's `json` writes and more than most readers take: `NaN` and the infinities,
//! halves of surrogate pairs, escapes in the names of fields, fields that are there twice, integers of any
//! length, deep nesting. It loads; what stands in it is skipped or run as it should; and the fields that
//! nobody changed are still the same bytes after another executor has run.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use scrapeflow::RunError;
use scrapeflow::prelude::*;
use scrapeflow_tests::Sandbox;
use serde_json::Value;

/// What `old` returned, as far as its reader cares.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Odd {
    #[serde(default)]
    price: Option<f64>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    number: f64,
}

/// How often `old` and `new` ran.
#[derive(Clone, Default)]
struct Calls(Arc<[AtomicUsize; 2]>);

impl Calls {
    fn count(&self, of: usize) {
        self.0[of].fetch_add(1, Ordering::Relaxed);
    }

    fn taken(&self) -> [usize; 2] {
        [0, 1].map(|of| self.0[of].swap(0, Ordering::Relaxed))
    }
}

#[executor]
async fn old(calls: State<Calls>) -> Result<Odd> {
    calls.count(0);
    Ok(Odd::default())
}

#[executor]
async fn new(odd: Output<old>, calls: State<Calls>) -> Result<String> {
    calls.count(1);
    Ok(format!("{:?} {:?} {:e}", odd.price, odd.text, odd.number))
}

workflow! { Odds = old -> new; }

/// Reads params, which `Odds` doesn't.
#[executor]
async fn param(Params(params): Params<BTreeMap<String, Value>>) -> Result<Vec<String>> {
    Ok(params.into_keys().collect())
}

workflow! { Reading = param; }

async fn run(sandbox: &Sandbox, calls: &Calls) -> Result<Report, RunError> {
    let run = Odds::in_dir(sandbox.dir()).state(calls.clone());
    run.progress(Progress::Off).run().await
}

fn write(sandbox: &Sandbox, key: impl Display, status: &str) {
    sandbox.write(&format!("{key}.status.json"), status);
}

fn nested(levels: usize) -> String {
    let (open, close) = ("[{\"a\": ".repeat(levels / 2), "}]".repeat(levels / 2));
    format!("{open}1e-07{close}")
}

/// Fields that are none of ours, as they are spelled.
fn unknown_fields() -> Vec<(&'static str, String)> {
    [
        ("nan", "NaN"),
        ("infinities", "[Infinity,-Infinity , \tNaN]"),
        ("surrogate", r#""\ud800 and \uDC00""#),
        (r"l\u00e4nge", "246473"),
        (r"half \ud800", "{ }"),
        ("länge", r#""spelled in another way""#),
        ("twice", "1"),
        ("twice", r#"{"b":1,"b":2}"#),
        (r"twic\u0065", "null"),
        ("integer", "123456789012345678901234567890"),
        ("float", "[1e-07, 1.50, -0.0, 1E+400]"),
        ("", "\"\""),
        (r#"quote \" and \/ slash"#, r#""\/\b\u0000""#),
        ("other_status", "NaN"),
        ("other_meta", "[[], {}]"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into_iter()
    .chain([("deep", nested(200)), ("deeper", nested(100_000))])
    .collect()
}

#[tokio::test]
async fn unknown_fields_stay_byte_for_byte_after_another_executor_ran() {
    let (sandbox, calls) = (Sandbox::new(), Calls::default());
    // One file with all of them, on one line, and a file for each.
    let ours = r#""old" : { },"old_status":"SUCCESS""#;
    let unknown = unknown_fields();
    let all: String = unknown
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value},"))
        .collect();
    write(&sandbox, "all", &format!("{{{all}{ours}}}"));
    for (nth, (name, value)) in unknown.iter().enumerate() {
        write(
            &sandbox,
            nth,
            &format!("{{ {ours},\r\n\"{name}\"\t: {value} }}"),
        );
    }
    let report = run(&sandbox, &calls).await.unwrap();
    assert_eq!(report.count(Outcome::Succeeded), 1 + unknown.len() as u64);
    assert_eq!(
        calls.taken(),
        [0, 1 + unknown.len()],
        "`old` is skipped everywhere"
    );
    let laid_out = unknown
        .iter()
        .map(|(name, value)| format!("  \"{name}\": {value},\n"));
    let laid_out: String = laid_out.collect();
    let start = format!("{{\n  \"name\": \"all\",\n{laid_out}  \"old\": {{ }},\n");
    assert!(sandbox.text("all").starts_with(&start));
    for (nth, (name, value)) in unknown.iter().enumerate() {
        let status = sandbox.text(&nth.to_string());
        assert!(
            status.contains(&format!("\n  \"{name}\": {value},\n")),
            "{name}"
        );
    }

    let before = sandbox.text("all");
    run(&sandbox, &calls).await.unwrap();
    assert_eq!(calls.taken(), [0, 0], "all of it is read back");
    assert!(sandbox.text("all") == before);
}

#[tokio::test]
async fn our_own_fields_are_read_and_kept_however_they_are_spelled() {
    let (sandbox, calls) = (Sandbox::new(), Calls::default());
    let deep = format!(
        r#""old": {{"deep": {}}}, "old_status": "SUCCESS""#,
        nested(200)
    );
    let cases = [
        (
            "nan",
            r#""old": {"price": NaN, "text": "NaN"}, "old_status": "SUCCESS""#,
        ),
        (
            "infinity",
            r#""old": {"price": -Infinity}, "old_status": "SUCCESS""#,
        ),
        (
            "surrogate",
            r#""old": {"text": "\ud800\u0061"}, "old_status": "SKIPPED""#,
        ),
        (
            "integer",
            r#""old": {"number": 123456789012345678901234567890}, "old_status": "SUCCESS""#,
        ),
        (
            "float",
            r#""old": {"number": 1e-07}, "old_status": "SUCCESS", "old_last_run": NaN"#,
        ),
        (
            "escapes",
            r#""\u006fld": {"text": "\u00e9"}, "ol\u0064_status": "\u0053UCCESS""#,
        ),
        (
            "unknown",
            r#""old": {"text": "a", "x": [NaN], "x": 1}, "old_status": "SUCCESS""#,
        ),
        (
            "meta",
            r#""old": {}, "old_status": "SUCCESS", "old_meta": NaN"#,
        ),
        ("deep", deep.as_str()),
        (
            "cells",
            r#""params": NaN, "old": NaN, "old_status": NaN, "old_last_run": NaN"#,
        ),
        (
            "nulls",
            r#""params": null, "old": null, "old_status": null, "old_meta": null"#,
        ),
        ("misfit", r#""old": {"text": NaN}, "old_status": "SUCCESS""#),
    ];
    for (key, fields) in cases {
        write(&sandbox, key, &format!("{{{fields}}}"));
    }
    run(&sandbox, &calls).await.unwrap();
    let mut told = String::new();
    for (key, fields) in cases {
        let status = sandbox.text(key);
        let (_, new) = status.split_once("\"new\": ").unwrap();
        let kept = fields
            .split(", \"old_")
            .all(|field| status.contains(field.trim_end_matches(", ")));
        let old = if kept { "skipped" } else { "ran" };
        writeln!(told, "{key}: {old}, {}", new.lines().next().unwrap()).unwrap();
    }
    expect![[r#"
        nan: skipped, "None \"NaN\" 0e0",
        infinity: skipped, "None \"\" 0e0",
        surrogate: skipped, "None \"�a\" 0e0",
        integer: skipped, "None \"\" 1.2345678901234568e29",
        float: skipped, "None \"\" 1e-7",
        escapes: ran, "None \"é\" 0e0",
        unknown: skipped, "None \"a\" 0e0",
        meta: skipped, "None \"\" 0e0",
        deep: skipped, "None \"\" 0e0",
        cells: ran, "None \"\" 0e0",
        nulls: ran, "None \"\" 0e0",
        misfit: ran, "None \"\" 0e0",
    "#]]
    .assert_eq(&told);
    assert_eq!(calls.taken(), [3, cases.len()]);
}

#[tokio::test]
async fn params_of_a_missing_cell_are_none() {
    let sandbox = Sandbox::new();
    let deep = format!(r#"{{"params": {{"deep": {}, "n": NaN}}}}"#, nested(100));
    write(&sandbox, "alone", r#"{"params": NaN, "x": NaN}"#);
    write(&sandbox, "given", r#"{"x": NaN, "params": NaN}"#);
    write(&sandbox, "deep", &deep);
    let given = Tasks::from_pairs([("given", BTreeMap::from([("url", "http://a/")]))]).unwrap();
    let tasks = given.and(Tasks::stored());
    let run = Reading::in_dir(sandbox.dir())
        .tasks(tasks)
        .progress(Progress::Off);
    let report = run.run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (2, 1));
    let head = |key| {
        sandbox
            .text(key)
            .split("\"param_last_run\"")
            .next()
            .unwrap()
            .to_owned()
    };
    expect![[r#"
        {
          "name": "alone",
          "params": NaN,
          "x": NaN,
          "param_status": "ERROR RuntimeError::the task has no params",
  "#]]
    .assert_eq(&head("alone"));
    expect![[r#"
        {
          "name": "given",
          "x": NaN,
          "params": {
            "url": "http://a/"
          },
          "param": [
            "url"
          ],
          "param_status": "SUCCESS",
  "#]]
    .assert_eq(&head("given"));
    assert!(
        head("deep").contains(&deep[1..deep.len() - 1]),
        "as they were spelled"
    );
}
