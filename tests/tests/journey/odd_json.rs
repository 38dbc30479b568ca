//! A status may hold whatever Python's `json` writes and more than most readers take: `NaN` and the infinities,
//! halves of surrogate pairs, escapes in the names of fields, fields that are there twice, integers of any
//! length, deep nesting. It loads; what stands in it is skipped or run as it should; and the fields that
//! nobody changed are still the same bytes after another executor has run.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use expect_test::expect;
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

/// Which executors ran on which task, in alphabetical order.
type Calls = Arc<Mutex<Vec<String>>>;

#[executor]
async fn old(key: Key, calls: State<Calls>) -> Result<Odd> {
    calls.lock().unwrap().push(format!("{key}: old"));
    Ok(Odd::default())
}

#[executor]
async fn new(key: Key, odd: Output<old>, calls: State<Calls>) -> Result<String> {
    calls.lock().unwrap().push(format!("{key}: new"));
    Ok(format!("{:?} {:?} {:e}", odd.price, odd.text, odd.number))
}

workflow! { Odds = old -> new; }

/// Reads params, which `Odds` doesn't.
#[executor]
async fn names(Params(params): Params<BTreeMap<String, Value>>) -> Result<Vec<String>> {
    Ok(params.into_keys().collect())
}

workflow! { Reading = names; }

fn write(sandbox: &Sandbox, key: &str, status: &str) {
    sandbox.write(&format!("{key}.status.json"), status);
}

/// Runs all tasks, and says what ran.
async fn run(sandbox: &Sandbox) -> Vec<String> {
    let calls = Calls::default();
    let run = Odds::in_dir(sandbox.dir()).state(calls.clone());
    run.progress(Progress::Off).run().await.unwrap();
    let mut calls = std::mem::take(&mut *calls.lock().unwrap());
    calls.sort();
    calls
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
    let (sandbox, unknown) = (Sandbox::new(), unknown_fields());
    let ours = r#""old" : { },"old_status":"SUCCESS""#;
    // A status for each, and one with all of them on one line.
    let (mut all, mut all_laid_out) = (String::new(), String::new());
    for (nth, (name, value)) in unknown.iter().enumerate() {
        let status = format!("{{ {ours},\r\n\"{name}\"\t: {value} }}");
        write(&sandbox, &nth.to_string(), &status);
        write!(all, "\"{name}\":{value},").unwrap();
        writeln!(all_laid_out, "  \"{name}\": {value},").unwrap();
    }
    write(&sandbox, "all", &format!("{{{all}{ours}}}"));

    let ran = run(&sandbox).await;
    assert_eq!(ran.len(), 1 + unknown.len());
    assert!(
        ran.iter().all(|call| call.ends_with("new")),
        "`old` is skipped everywhere: {ran:?}"
    );
    for (nth, (name, value)) in unknown.iter().enumerate() {
        let status = sandbox.text(&nth.to_string());
        assert!(
            status.contains(&format!("\n  \"{name}\": {value},\n")),
            "{name}"
        );
    }
    let expected = format!("{{\n  \"name\": \"all\",\n{all_laid_out}  \"old\": {{ }},\n");
    assert!(sandbox.text("all").starts_with(&expected));

    let before = sandbox.stamps();
    assert!(run(&sandbox).await.is_empty(), "all of it is read back");
    assert!(sandbox.stamps() == before);
}

/// Keys, and the fields of their statuses. The last three are what a data frame writes for missing cells, and
/// what doesn't fit.
const CASES: &str = r#"
    nan | "old": {"price": NaN, "text": "NaN"} | SUCCESS
    infinity | "old": {"price": -Infinity} | SUCCESS
    surrogate | "old": {"text": "\ud800\u0061"} | "old_status": "SKIPPED"
    integer | "old": {"number": 123456789012345678901234567890} | SUCCESS
    float | "old": {"number": 1e-07} | SUCCESS | "old_last_run": NaN
    escapes | "\u006fld": {"text": "\u00e9"} | "ol\u0064_status": "\u0053UCCESS"
    unknown | "old": {"text": "a", "x": [NaN], "x": 1} | SUCCESS
    meta | "old": {} | SUCCESS | "old_meta": NaN
    cells | "old": NaN | "old_status": NaN | "old_last_run": NaN
    nulls | "old": null | "old_status": null | "old_meta": null
    misfit | "old": {"text": NaN} | SUCCESS
"#;

#[tokio::test]
async fn our_own_fields_are_read_and_kept_however_they_are_spelled() {
    let sandbox = Sandbox::new();
    let deep = format!(r#"deep | "old": {{"deep": {}}} | SUCCESS"#, nested(200));
    let success = r#""old_status": "SUCCESS""#;
    let cases = CASES.trim().lines().chain([deep.as_str()]).map(|case| {
        let (key, fields) = case.trim().split_once(" | ").unwrap();
        let fields = fields
            .split(" | ")
            .map(|field| field.replace("SUCCESS", success));
        (key, fields.collect::<Vec<_>>())
    });
    for (key, fields) in cases.clone() {
        write(&sandbox, key, &format!("{{{}}}", fields.join(",")));
    }
    let ran = run(&sandbox).await;
    let mut told = String::new();
    for (key, fields) in cases {
        let status = sandbox.text(key);
        let old = if ran.contains(&format!("{key}: old")) {
            "ran"
        } else {
            "skipped"
        };
        if old == "skipped" {
            // `new` comes after them.
            let kept = format!("{{\n  \"name\": \"{key}\",\n  {},\n", fields.join(",\n  "));
            let kept = kept.replace(success, r#""old_status": "SKIPPED""#);
            let kept = kept.replace(r#""\u0053UCCESS""#, r#""SKIPPED""#);
            assert!(status.starts_with(&kept), "{key}: {status}");
        }
        let (_, new) = status.split_once("\"new\": ").unwrap();
        writeln!(told, "{key}: {old}, {}", new.lines().next().unwrap()).unwrap();
    }
    expect![[r#"
        nan: skipped, "None \"NaN\" 0e0",
        infinity: skipped, "None \"\" 0e0",
        surrogate: skipped, "None \"�a\" 0e0",
        integer: skipped, "None \"\" 1.2345678901234568e29",
        float: skipped, "None \"\" 1e-7",
        escapes: skipped, "None \"é\" 0e0",
        unknown: skipped, "None \"a\" 0e0",
        meta: skipped, "None \"\" 0e0",
        cells: ran, "None \"\" 0e0",
        nulls: ran, "None \"\" 0e0",
        misfit: ran, "None \"\" 0e0",
        deep: skipped, "None \"\" 0e0",
    "#]]
    .assert_eq(&told);
    assert!(run(&sandbox).await.is_empty(), "now all have succeeded");
}

#[tokio::test]
async fn params_of_a_missing_cell_are_none() {
    let sandbox = Sandbox::new();
    let deep = format!(r#""params": {{"deep": {}, "n": NaN}}"#, nested(100));
    write(&sandbox, "alone", r#"{"params": NaN, "x": NaN}"#);
    write(&sandbox, "given", r#"{"x": NaN, "params": NaN}"#);
    write(&sandbox, "deep", &format!("{{{deep}}}"));
    let given = BTreeMap::from([("given", BTreeMap::from([("url", "http://a/")]))]);
    let tasks = Tasks::from_pairs(given).unwrap().and(Tasks::stored());
    let run = Reading::in_dir(sandbox.dir()).tasks(tasks);
    let report = run.progress(Progress::Off).run().await.unwrap();
    assert_eq!((report.done(), report.failed()), (2, 1));
    let told = ["alone", "given", "deep"].map(|key| {
        let status = sandbox.text(key).replace(&deep, "DEEP");
        status
            .split("  \"names_last_run\"")
            .next()
            .unwrap()
            .to_owned()
    });
    expect![[r#"
        {
          "name": "alone",
          "params": NaN,
          "x": NaN,
          "names_status": "ERROR RuntimeError::the task has no params",
        {
          "name": "given",
          "x": NaN,
          "params": {
            "url": "http://a/"
          },
          "names": [
            "url"
          ],
          "names_status": "SUCCESS",
        {
          "name": "deep",
          DEEP,
          "names": [
            "deep",
            "n"
          ],
          "names_status": "SUCCESS",
    "#]]
    .assert_eq(&told.concat());
}
