//! A run's directory in the manner of a notebook: what came when, how large it was, what failed where. Scrapes
//! some 200 pages first, two hosts of which have bad days, then plots into `plots/`.
//!
//!     cargo run -p scrapeflow-heavy-examples --example notebook

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;
use polars::prelude::*;
use scrapeflow::Pace;
use scrapeflow::frames::{scan_status, status_summary};
use scrapeflow::prelude::*;
use scrapeflow::ready::scrape;
use scrapeflow_examples::Docs;
use scrapeflow_site::Site;

workflow! {
    /// Pages, as they came.
    Pages = scrape;
}

type Outcome = std::result::Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    collect(folder.path()).await?;
    let plots = Path::new("plots");
    fs::create_dir_all(plots)?;

    // How did it go?
    let summary = status_summary(folder.path())?;
    let messages = summary.column("status")?.str()?.clone();
    let counts = summary.column("scrape_status")?.u64()?.clone();
    for (message, count) in messages.iter().zip(counts.iter()) {
        println!(
            "{:>5}  {}",
            count.unwrap_or_default(),
            message.unwrap_or_default()
        );
    }

    // How large are pages?
    let pages = scan_status(folder.path())?;
    let size = col("scrape").struct_().field_by_name("size");
    let sizes = pages
        .clone()
        .select([size.alias("size")])
        .drop_nulls(None)
        .collect()?;
    let sizes = sizes.column("size")?.i64()?.clone();
    let mean = sizes.mean().unwrap_or_default() / 1000.0;
    println!("{} pages of {mean:.1} kB on average", sizes.len());
    let sizes: Vec<i64> = sizes.iter().flatten().collect();
    plot_sizes(&plots.join("sizes.svg"), &sizes)?;

    // When did they come? A success that a later run skipped is one all the same.
    let is_good = col("scrape_status")
        .eq(lit("SUCCESS"))
        .or(col("scrape_status").eq(lit("SKIPPED")));
    let good = pages.clone().filter(is_good.clone());
    let times = good
        .select([col("scrape_last_run")])
        .sort(["scrape_last_run"], SortMultipleOptions::default())
        .collect()?;
    let times = times.column("scrape_last_run")?.to_physical_repr();
    let times: Vec<i64> = times.i64()?.iter().flatten().collect();
    plot_times(&plots.join("pages-over-time.svg"), &times)?;

    // Which hosts fail, and how?
    let failed = pages.filter(is_good.not());
    let url = col("params").struct_().field_by_name("url");
    let failed = failed.select([url, col("scrape_status")]).collect()?;
    let urls = failed.column("url")?.str()?.clone();
    let statuses = failed.column("scrape_status")?.str()?.clone();
    let mut errors: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (url, status) in urls.iter().zip(statuses.iter()) {
        let host = url.unwrap_or_default().split('/').nth(2);
        let host = host.unwrap_or_default().to_owned();
        let status = status
            .unwrap_or_default()
            .trim_start_matches("ERROR RuntimeError::")
            .to_owned();
        *errors.entry((host, status)).or_default() += 1;
    }
    for ((host, status), count) in &errors {
        println!("{count:>5}  {host}: {status}");
    }
    plot_errors(&plots.join("errors-per-host.svg"), &errors)
}

/// The Rust documentation, and a site under two names that answers some of its pages badly.
async fn collect(dir: &Path) -> Outcome {
    let docs = Docs::serve(180)?;
    let site = Site::start();
    let port = site.address().port();
    let bad = |host: &str, path: &str| format!("http://{host}:{port}{path}");
    let mut urls: Vec<String> = docs.urls();
    urls.extend((0..12).map(|n| bad("localhost", &format!("/status/404?{n}"))));
    urls.extend((0..5).map(|n| bad("localhost", &format!("/status/503?{n}"))));
    urls.extend((0..8).map(|n| bad("127.0.0.1", &format!("/status/403?{n}"))));
    let report = Pages::in_dir(dir)
        .tasks(Tasks::from_urls(urls)?)
        .politeness(Politeness::default().pace(Pace::per_second(90.0)))
        .request_retries(0)
        .run()
        .await?;
    println!("{report}");
    Ok(())
}

const SIZE: (u32, u32) = (800, 450);

/// Wide enough for axes and their names.
const MARGIN: u32 = 50;

fn plot_sizes(path: &Path, sizes: &[i64]) -> Outcome {
    const BIN: i64 = 10_000;
    let mut bins: BTreeMap<i64, u32> = BTreeMap::new();
    for size in sizes {
        *bins.entry(size / BIN).or_default() += 1;
    }
    let most = bins.values().copied().max().unwrap_or(1);
    let last = bins.keys().copied().max().unwrap_or(0) + 1;
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Sizes of pages", ("sans-serif", 22))
        .margin(15)
        .x_label_area_size(MARGIN)
        .y_label_area_size(MARGIN)
        .build_cartesian_2d(0..last * BIN / 1000, 0..most + most / 10 + 1)?;
    chart
        .configure_mesh()
        .max_light_lines(1)
        .disable_x_mesh()
        .x_desc("kB")
        .y_desc("pages per 10 kB")
        .draw()?;
    let bars = bins.iter().map(|(bin, count)| {
        let from = bin * BIN / 1000;
        Rectangle::new(
            [(from, 0), (from + BIN / 1000, *count)],
            BLUE.mix(0.6).filled(),
        )
    });
    chart.draw_series(bars)?;
    area.present()?;
    Ok(())
}

fn plot_times(path: &Path, times: &[i64]) -> Outcome {
    let first = times.first().copied().unwrap_or_default();
    let seconds = |time: i64| Duration::from_micros(time.abs_diff(first)).as_secs_f64();
    let last = times.last().map_or(0.0, |time| seconds(*time));
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Pages over time", ("sans-serif", 22))
        .margin(15)
        .x_label_area_size(MARGIN)
        .y_label_area_size(MARGIN)
        .build_cartesian_2d(0.0..last.max(0.1), 0..times.len().max(1))?;
    chart
        .configure_mesh()
        .max_light_lines(1)
        .x_desc("seconds since the first")
        .y_desc("pages so far")
        .draw()?;
    // In steps: nothing comes between two pages.
    let points = times.iter().enumerate().flat_map(|(nth, time)| {
        let at = seconds(*time);
        [(at, nth), (at, nth + 1)]
    });
    chart.draw_series(LineSeries::new(points, BLUE.stroke_width(2)))?;
    area.present()?;
    Ok(())
}

fn plot_errors(path: &Path, errors: &BTreeMap<(String, String), u32>) -> Outcome {
    let names: Vec<String> = errors
        .keys()
        .map(|(host, status)| format!("{host}: {status}"))
        .collect();
    let most = errors.values().copied().max().unwrap_or(1);
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Errors per host and message", ("sans-serif", 22))
        .margin(15)
        .x_label_area_size(MARGIN)
        .y_label_area_size(5 * MARGIN)
        .build_cartesian_2d(
            0..most + 1,
            (0..names.len().saturating_sub(1)).into_segmented(),
        )?;
    let name = |at: &SegmentValue<usize>| match at {
        SegmentValue::CenterOf(nth) => names.get(*nth).cloned().unwrap_or_default(),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .max_light_lines(1)
        .disable_y_mesh()
        .x_desc("tasks")
        .y_labels(names.len())
        .y_label_formatter(&name)
        .draw()?;
    let bars = errors.values().enumerate().map(|(nth, count)| {
        let corners = [
            (0, SegmentValue::Exact(nth)),
            (*count, SegmentValue::Exact(nth + 1)),
        ];
        let mut bar = Rectangle::new(corners, RED.mix(0.6).filled());
        bar.set_margin(6, 6, 0, 0);
        bar
    });
    chart.draw_series(bars)?;
    area.present()?;
    Ok(())
}
