//! What is gone or unreadable is never passed over: an executor that needs no network makes it again, and
//! says why; what only the network could bring back is an error of its reader, which names it and says what
//! to do, and no request is made.

use expect_test::{Expect, expect};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow::{Plan, RunError};
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::json;

/// Needs no network, and saves a file.
#[executor]
async fn shout(page: Body<scrape>, files: Files) -> Result<Saved> {
    files.save("shout", page.text().to_uppercase()).await
}

#[executor]
async fn length(text: Body<shout>) -> Result<usize> {
    Ok(text.bytes().len())
}

/// Needs the network.
#[executor]
async fn extra(_length: Output<length>, _fetch: Fetch) -> Result<u32> {
    Ok(7)
}

#[executor]
async fn sum(length: Output<length>, extra: Output<extra>) -> Result<u32> {
    Ok(u32::try_from(*length).recorded("length")? + *extra)
}

workflow! { Pages = scrape -> shout -> length -> extra -> sum; }

/// A task that is done.
struct Done {
    site: Site,
    sandbox: Sandbox,
}

impl Done {
    async fn new() -> Self {
        let (site, sandbox) = (Site::start(), Sandbox::new());
        site.route("/hello", |_| Answer::text("hello"));
        let done = Self { site, sandbox };
        let report = done.run().run().await.unwrap();
        assert_eq!(report.count(Outcome::Succeeded), 1);
        done
    }

    fn run(&self) -> Run<Pages> {
        let tasks = Tasks::from_pairs([("a", json!({"url": self.site.url("/hello")}))]).unwrap();
        Pages::in_dir(self.sandbox.dir())
            .tasks(tasks)
            .progress(Progress::Off)
    }

    /// Runs, and says what each executor did. The site is asked nothing.
    async fn again(&self, say: impl FnOnce(Run<Pages>) -> Run<Pages>) -> Result<String, RunError> {
        let report = say(self.run()).run().await?;
        assert_eq!(self.site.total_hits(), 1, "a request was made");
        let did = report.executors.iter().filter_map(|executor| {
            let did = match (executor.succeeded, executor.failed, executor.skipped) {
                (1, 0, 0) => "ran",
                (0, 1, 0) => "failed",
                _ => return None,
            };
            Some(format!("{} {did}\n", executor.name))
        });
        let mut did: Vec<String> = did.collect();
        let status = self.sandbox.status("a");
        for executor in Pages::executors() {
            let said = status[format!("{executor}_status")]
                .as_str()
                .unwrap_or_default();
            if said.starts_with("ERROR") {
                did.push(format!("{said}\n"));
            }
        }
        Ok(did.concat())
    }

    async fn plan(&self) -> Result<Plan, RunError> {
        self.run().plan().await
    }
}

fn steps(plan: &Plan) -> String {
    let steps = plan.executors.iter().zip(&plan.tasks[0].steps);
    let lines: Vec<String> = steps
        .map(|(name, step)| format!("{name} {step}\n"))
        .collect();
    lines.concat()
}

#[tokio::test]
async fn a_lost_body_of_the_network_is_an_error_of_whoever_reads_it() -> Result<()> {
    type Damage = fn(&Sandbox);
    let cases: [(Damage, Expect); 3] = [
        (
            |sandbox| sandbox.remove("a.scrape"),
            expect![[r#"
                shout failed
                ERROR RuntimeError::`a.scrape` is missing; run `scrape` again: on it by `scrapeflow reset DIR --executor scrape --where 'key = "KEY"'`, on all tasks by force::<scrape>()
            "#]],
        ),
        (
            |sandbox| sandbox.write("a.scrape", "hell"),
            expect![[r#"
                shout failed
                ERROR RuntimeError::`a.scrape` has 4 bytes instead of 5; run `scrape` again: on it by `scrapeflow reset DIR --executor scrape --where 'key = "KEY"'`, on all tasks by force::<scrape>()
            "#]],
        ),
        (
            |sandbox| sandbox.write("a.scrape", "jello"),
            expect![[r#"
                shout failed
                ERROR RuntimeError::`a.scrape` is damaged: its MD5 isn't what it was when it was saved; run `scrape` again: on it by `scrapeflow reset DIR --executor scrape --where 'key = "KEY"'`, on all tasks by force::<scrape>()
            "#]],
        ),
    ];
    for (damage, error) in cases {
        let done = Done::new().await;
        damage(&done.sandbox);
        // As long as nobody reads it, it isn't missed.
        expect![""].assert_eq(&done.again(|run| run).await?);
        error.assert_eq(&done.again(Run::force::<shout>).await?);
        // Trying again does not help, and fetches nothing.
        error.assert_eq(&done.again(|run| run).await?);

        let report = done.run().force::<scrape>().run().await?;
        assert_eq!(
            (report.count(Outcome::Succeeded), done.site.total_hits()),
            (1, 2),
            "the remedy helps"
        );
        assert_eq!(done.sandbox.status("a")["sum"], 12);
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_file_that_needs_no_network_is_made_again() -> Result<()> {
    type Damage = fn(&Sandbox);
    let cases: [(Damage, Expect); 2] = [
        (
            |sandbox| sandbox.remove("a.shout"),
            expect![[r"
                scrape skip
                shout run: `a.shout` is missing
                length if `shout` changes
                extra if `length` changes
                sum if `length` or `extra` changes
            "]],
        ),
        (
            |sandbox| sandbox.write("a.shout", "HELLO!"),
            expect![[r"
                scrape skip
                shout run: `a.shout` has 6 bytes instead of 5
                length if `shout` changes
                extra if `length` changes
                sum if `length` or `extra` changes
            "]],
        ),
    ];
    for (damage, planned) in cases {
        let done = Done::new().await;
        damage(&done.sandbox);
        planned.assert_eq(&steps(&done.plan().await?));
        expect![[r"
            shout ran
        "]]
        .assert_eq(&done.again(|run| run).await?);
        assert_eq!(done.sandbox.read("a.shout"), b"HELLO");
        expect![""].assert_eq(&done.again(|run| run).await?);
    }
    Ok(())
}

#[tokio::test]
async fn an_output_that_no_longer_fits_is_made_again_without_the_network() -> Result<()> {
    let done = Done::new().await;
    done.sandbox
        .edit("a", |status| status["sum"] = json!({"total": 12}));
    let planned = steps(&done.plan().await?);
    let reason = "sum run: its stored output doesn't fit its type: invalid type: map, expected u32";
    assert!(planned.contains(reason), "{planned}");
    expect![[r"
        sum ran
    "]]
    .assert_eq(&done.again(|run| run).await?);
    assert_eq!(done.sandbox.status("a")["sum"], 12);
    Ok(())
}

#[tokio::test]
async fn an_output_of_the_network_that_no_longer_fits_is_an_error_of_its_reader() -> Result<()> {
    let done = Done::new().await;
    done.sandbox
        .edit("a", |status| status["extra"] = json!("seven"));
    expect![[r#"
        sum failed
        ERROR RuntimeError::the stored output `extra` doesn't fit its type: invalid type: string, expected u32 at line 1 column 7; run `extra` again: on it by `scrapeflow reset DIR --executor extra --where 'key = "KEY"'`, on all tasks by force::<extra>()
    "#]]
    .assert_eq(&done.again(|run| run).await?);
    expect![[r"
        extra ran
        sum ran
    "]]
    .assert_eq(&done.again(Run::force::<extra>).await?);
    Ok(())
}

#[tokio::test]
async fn what_is_no_status_is_left_untouched_and_ends_the_run_in_an_error() {
    for (text, why) in [
        ("{\"name\": \"b\"", "its status is no JSON object"),
        ("[]", "its status is no JSON object"),
        (
            "{\"sum\": 1, \"sum\": 2}",
            "its status has the field `sum` twice",
        ),
    ] {
        let done = Done::new().await;
        done.sandbox.write("b.status.json", text);
        let error = done.run().tasks(Tasks::stored()).run().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.exit_code()),
            (scrapeflow::RunErrorKind::Broken, 3)
        );
        assert!(
            error.to_string().contains(&format!("`b`: {why}")),
            "{error}"
        );
        let report = error.report().unwrap();
        assert_eq!(
            (
                report.count(Outcome::Broken),
                report.count(Outcome::Skipped)
            ),
            (1, 1)
        );
        assert_eq!(done.sandbox.text("b"), text);

        let plan = done.run().tasks(Tasks::stored()).plan().await.unwrap();
        let planned = plan
            .tasks
            .iter()
            .find(|task| task.key.as_str() == "b")
            .unwrap();
        assert!(
            planned.broken.as_ref().unwrap().contains(why),
            "{planned:?}"
        );
    }
}
