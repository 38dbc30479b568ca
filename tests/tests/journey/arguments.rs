//! What an executor takes is what it gets: each argument gives what it promises, and an executor stays a plain
//! async fn that a test calls with values of its own.

use std::sync::Arc;

use scrapeflow::Class;
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_tests::site::CHARSET_TEXT;
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::{Value, json};

/// A state, which is shared and never cloned.
#[derive(Debug)]
struct Rates {
    euro: f64,
}

#[executor]
async fn own_key(key: Key) -> Result<String> {
    Ok(key.to_string())
}

#[derive(Debug, Serialize, Deserialize)]
struct Lamp {
    watts: u32,
    color: Option<String>,
}

#[executor]
async fn lamp(Params(lamp): Params<Lamp>) -> Result<(u32, Option<String>)> {
    Ok((lamp.watts, lamp.color))
}

#[executor]
async fn output(page: Output<scrape>) -> Result<(u64, Option<String>)> {
    Ok((page.size, page.header("x-TWICE").map(str::to_owned)))
}

#[executor]
async fn body(page: Body<scrape>) -> Result<(String, Option<String>, String)> {
    Ok((
        page.text().into_owned(),
        page.content_type().map(str::to_owned),
        page.name().to_owned(),
    ))
}

/// What saves several files says so.
#[derive(Debug, Serialize, Deserialize)]
struct Pair(Saved, Saved);

impl HasBody for Pair {}

#[executor]
async fn files(files: Files) -> Result<Pair> {
    ensure!(
        files.read("second").await?.is_none(),
        "it is there before it was saved"
    );
    let mut second = files
        .create("second")
        .await?
        .content_type("text/plain; charset=latin1");
    second.write(b"gr\xfc").await?;
    second.write(b"n").await?;
    let second = second.finish().await?;
    Ok(Pair(second, files.save("first", "rot").await?))
}

#[executor]
async fn bodies(pair: Bodies<files>, first: Body<files>) -> Result<Vec<(String, String)>> {
    ensure!(
        first.name().ends_with(".second"),
        "the first is the one that was saved first"
    );
    Ok(pair
        .iter()
        .map(|body| (body.name().to_owned(), body.text().into_owned()))
        .collect())
}

#[executor]
async fn own_files(files: Files) -> Result<String> {
    let text = files
        .read("first")
        .await?
        .recorded("the file of an earlier executor")?;
    let taken = files.save("first", "mine").await.unwrap_err();
    let named = files.save("a..b", "no suffix").await.unwrap_err();
    ensure!(
        taken.is_recorded() && named.is_recorded(),
        "both are the executor's mistake"
    );
    Ok(format!(
        "{}; {taken}; {named}",
        String::from_utf8_lossy(&text)
    ))
}

#[executor]
async fn previous(previous: Previous) -> Result<u32> {
    let count = previous.output::<u32>().unwrap_or(0);
    ensure!(
        previous.last_run().is_some() == (count > 0),
        "a time where there is an output"
    );
    ensure!(
        previous.output::<Vec<u8>>().is_none(),
        "no output of another type"
    );
    Ok(count + 1)
}

#[executor]
async fn status(status: Status) -> Result<(Vec<String>, String, u32)> {
    let fields = status
        .fields()
        .take(4)
        .map(std::borrow::Cow::into_owned)
        .collect();
    let key = status
        .output::<own_key>()?
        .recorded("the output of an earlier executor")?;
    ensure!(status.key().as_str() == key, "its own status");
    Ok((
        fields,
        status.get("scrape_status").unwrap_or_default().to_owned(),
        status.params::<Lamp>()?.watts,
    ))
}

#[executor]
async fn state(rates: State<Rates>) -> Result<f64> {
    Ok(rates.euro)
}

#[executor(timeout = "77s")]
async fn context(context: Context) -> Result<Value> {
    Ok(json!({
        "location": context.location(),
        "executor": context.executor(),
        "is_forced": context.is_forced(),
        "forced": context.forced().collect::<Vec<_>>(),
        "timeout": context.timeout().as_secs(),
        "params": context.params::<Value>()?,
        "state": context.state::<Rates>().map(|rates| rates.euro),
        "other": context.state::<String>().map(|text| text.to_string()),
    }))
}

#[executor]
async fn fetch(fetch: Fetch, page: Output<scrape>) -> Result<(u16, Value)> {
    let site = page.header("x-site").recorded("the site's address")?;
    let answer = fetch.get(&format!("{site}/status/203")).send().await?;
    let refused = fetch
        .get(&format!("{site}/status/404"))
        .send()
        .await
        .unwrap_err();
    ensure!(
        refused.http_status() == Some(404) && !refused.is_retryable(),
        "{refused}"
    );
    let json = fetch
        .get(&format!("{site}/json"))
        .send()
        .await?
        .json()
        .await?;
    Ok((answer.status(), json))
}

workflow! {
    All = own_key -> lamp -> scrape -> output -> body -> files -> bodies -> own_files -> previous -> status
        -> state -> context -> fetch;
}

#[tokio::test]
async fn each_gives_what_it_promises() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let origin = site.url("/");
    let origin = origin.trim_end_matches('/').to_owned();
    site.route("/json", |_| Answer::json("[1, 2]"));
    site.route("/page", move |_| {
        Answer::new("text/plain; charset=windows-1252", &b"\x80 5"[..])
            .header("X-Twice", "one")
            .header("X-Twice", "two")
            .header("X-Site", &origin)
    });
    let task = json!({"url": site.url("/page"), "watts": 40, "unread": [1]});
    let run = All::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs([("lamp", task)]).unwrap())
        .params(&json!({"thumbnail": [1, 2]}))
        .state(Rates { euro: 0.5 })
        .state("other".to_owned())
        .force::<context>()
        .progress(Progress::Off);
    let report = run.run().await.unwrap();
    let status = sandbox.status("lamp");
    assert_eq!(report.count(Outcome::Succeeded), 1, "{status:#}");

    for (name, expected) in [
        ("own_key", json!("lamp")),
        (
            "params",
            json!({"url": site.url("/page"), "watts": 40, "unread": [1]}),
        ),
        ("lamp", json!([40, null])),
        ("output", json!([3, "one"])),
        (
            "body",
            json!(["€ 5", "text/plain; charset=windows-1252", "lamp.scrape"]),
        ),
        (
            "bodies",
            json!([["lamp.second", "grün"], ["lamp.first", "rot"]]),
        ),
        ("previous", json!(1)),
        (
            "status",
            json!([
                ["name", "params", "own_key", "own_key_status"],
                "\"SUCCESS\"",
                40
            ]),
        ),
        ("state", json!(0.5)),
        ("fetch", json!([203, [1, 2]])),
    ] {
        assert_eq!(status[name], expected, "{name}");
    }
    let context = json!({
        "location": sandbox.dir(),
        "executor": "context",
        "is_forced": true,
        "forced": ["context"],
        "timeout": 77,
        "params": {"thumbnail": [1, 2]},
        "state": 0.5,
        "other": "other",
    });
    assert_eq!(status["context"], context);
    let own = status["own_files"].as_str().unwrap();
    assert!(
        own.starts_with(
            "rot; `lamp.first` was saved by `files`; use another suffix; \"a..b\" is no file"
        ),
        "{own}"
    );
    assert_eq!(
        sandbox.files(),
        [
            "lamp.first",
            "lamp.scrape",
            "lamp.second",
            "lamp.status.json"
        ]
    );

    let again = All::in_dir(sandbox.dir())
        .state(Rates { euro: 0.5 })
        .force::<previous>()
        .progress(Progress::Off);
    let report = again.only::<previous>().run().await.unwrap();
    assert_eq!(
        (
            report.executors[8].succeeded,
            &sandbox.status("lamp")["previous"]
        ),
        (1, &json!(2))
    );
}

workflow! { Texts = scrape -> body; }

#[tokio::test]
async fn a_body_reads_as_text_by_its_charset() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    let charsets = ["utf8", "latin1", "windows-1252", "shift_jis", "bom"];
    let pairs = charsets.map(|charset| {
        (
            charset,
            json!({"url": site.url(&format!("/charset/{charset}"))}),
        )
    });
    let run = Texts::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(pairs).unwrap())
        .progress(Progress::Off);
    run.run().await.unwrap();
    for charset in charsets {
        let text = sandbox.status(charset)["body"][0].to_string();
        assert!(text.contains(CHARSET_TEXT), "{charset}: {text}");
    }
}

#[tokio::test]
async fn an_executor_is_called_as_the_plain_function_that_it_is() -> Result<()> {
    assert_eq!(own_key(Key::new("a")?).await?, "a");
    assert_eq!(
        lamp(Params(Lamp {
            watts: 7,
            color: None
        }))
        .await?,
        (7, None)
    );
    let page = Scraped {
        size: 3,
        content: String::new(),
        ..Scraped::default()
    };
    assert_eq!(output(Output(page)).await?, (3, None));
    let page = Body::from(&b"gr\xfcn"[..]).with_content_type("text/plain; charset=latin1");
    assert_eq!(body(page).await?.0, "grün");
    let named: Bodies<files> = [Body::from("one"), Body::from("two")].into_iter().collect();
    let refused = bodies(named, Body::from("one")).await.unwrap_err();
    assert_eq!(
        (refused.class(), refused.is_recorded()),
        (Class::Runtime, true)
    );
    assert_eq!(previous(Previous::none()).await?, 1);
    let rates = Arc::new(Rates { euro: 0.25 });
    for rates in [State::from(rates), State::from(Rates { euro: 0.25 })] {
        assert!((state(rates).await? - 0.25).abs() < f64::EPSILON);
    }
    Ok(())
}
