//! What cannot be is refused before anything is touched: a run or a plan that is set up wrong ends in an error
//! that says what is wrong and how to mend it, without a directory, a request or an event.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use scrapeflow::RunErrorKind;
use scrapeflow::prelude::*;
use scrapeflow_tests::{Sandbox, Site};

struct Rates;

#[executor]
async fn fetched(fetch: Fetch, Params(page): Params<BTreeMap<String, String>>) -> Result<String> {
    fetch.get(&page["url"]).send().await?.text().await
}

#[executor]
async fn priced(page: Output<fetched>, _rates: State<Rates>) -> Result<usize> {
    Ok(page.len())
}

workflow! { Prices = fetched -> priced; }

/// How a setup is refused that is wrong by `spoil` alone.
async fn refused(spoil: impl Fn(Run<Prices>) -> Run<Prices>) -> String {
    let (site, sandbox, events) = (Site::start(), Sandbox::new(), Arc::new(AtomicUsize::new(0)));
    let run = || {
        let heard = events.clone();
        let run = Prices::in_dir(sandbox.dir())
            .tasks(Tasks::from_urls([site.url("/page/1")]).unwrap())
            .progress(Progress::Off)
            .on_event(move |_| {
                heard.fetch_add(1, Ordering::Relaxed);
            });
        spoil(run)
    };
    let error = run().run().await.unwrap_err();
    assert_eq!((error.kind(), error.exit_code()), (RunErrorKind::Setup, 2));
    assert!(error.report().is_none(), "it didn't begin");
    let plan = run().plan().await.unwrap_err();
    assert_eq!(plan.kind(), RunErrorKind::Setup);
    assert_eq!(plan.to_string(), error.to_string());
    assert!(!sandbox.is_made(), "nothing was touched");
    assert_eq!(
        (site.total_hits(), events.load(Ordering::Relaxed)),
        (0, 0),
        "nothing began"
    );
    error.to_string() + "\n"
}

fn complete(run: Run<Prices>) -> Run<Prices> {
    run.state(Rates)
}

#[tokio::test]
async fn limits_of_nothing() {
    let told = [
        refused(|run| complete(run).max_parallelism(0)).await,
        refused(|run| complete(run).lookahead(0)).await,
        refused(|run| complete(run).timeout(Duration::ZERO)).await,
        refused(|run| complete(run).configure::<priced>(|step| step.timeout(Duration::ZERO))).await,
    ];
    expect![[r#"
        max_parallelism(0) would run nothing; use 1 or more
        lookahead(0) would pull nothing; use 1 or more
        a timeout of zero would fail every attempt of `fetched`; give it more
        a timeout of zero would fail every attempt of `priced`; give it more
    "#]]
    .assert_eq(&told.concat());
}

#[tokio::test]
async fn a_share_that_is_none() {
    let mut told = Vec::new();
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        told.push(refused(|run| complete(run).stop_if(share, 10)).await);
    }
    expect![[r#"
        the share of stop_if is from 0.0 to 1.0
        the share of stop_if is from 0.0 to 1.0
        the share of stop_if is from 0.0 to 1.0
        the share of stop_if is from 0.0 to 1.0
    "#]]
    .assert_eq(&told.concat());
}

#[tokio::test]
async fn shared_params_that_are_no_object() {
    let keyed_by_pairs = BTreeMap::from([((1, 2), 3)]);
    let told = [
        refused(|run| complete(run).params(&[1, 2])).await,
        refused(|run| complete(run).params(&None::<u8>)).await,
        refused(|run| complete(run).params(&keyed_by_pairs)).await,
        // The first mistake is told, whatever comes after it.
        refused(|run| complete(run).params(&[1]).params(&keyed_by_pairs)).await,
    ];
    expect![[r#"
        the params that all tasks share have to serialize to a JSON object
        the params that all tasks share have to serialize to a JSON object
        the params that all tasks share don't serialize: key must be a string
        the params that all tasks share have to serialize to a JSON object
    "#]]
    .assert_eq(&told.concat());
}

#[tokio::test]
async fn a_state_that_was_not_given() {
    let told = [
        refused(|run| run).await,
        refused(|run| run.state("another type")).await,
        // A share of it is another type.
        refused(|run| run.state(Arc::new(Rates))).await,
    ];
    expect![[r#"
        executor `priced` takes State<journey::bad_setup::Rates>, which the run was not given; add .state(…) with a value of that type
        executor `priced` takes State<journey::bad_setup::Rates>, which the run was not given; add .state(…) with a value of that type
        executor `priced` takes State<journey::bad_setup::Rates>, which the run was not given; add .state(…) with a value of that type
    "#]].assert_eq(&told.concat());
}

#[tokio::test]
async fn the_edges_are_no_mistakes() {
    let (site, sandbox) = (Site::start(), Sandbox::new());
    for share in [0.0, 1.0] {
        let report = Prices::in_dir(sandbox.dir())
            .tasks(Tasks::from_urls([site.url("/page/1")]).unwrap())
            .state(Rates)
            .max_parallelism(usize::MAX)
            .lookahead(usize::MAX)
            .timeout(Duration::MAX)
            .stop_if(share, 0)
            .params(&BTreeMap::<String, u8>::new())
            .progress(Progress::Off);
        assert_eq!(report.run().await.unwrap().done(), 1);
    }
    assert_eq!(site.total_hits(), 1);
    let run = Prices::in_dir(sandbox.dir())
        .state(Rates)
        .limit(0)
        .progress(Progress::Off);
    assert_eq!(run.run().await.unwrap().total(), 0);
}
