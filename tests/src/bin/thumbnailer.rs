//! What an image is, and its thumbnail, in a process of its own: `thumbnailer FILE`.
//!
//! Prints a JSON object: `info` and `thumbnail`, each an error or its figures, and the most memory that the process had, as
//! `peak_kib`.

use scrapeflow::images;
use serde_json::json;

fn main() {
    let file = std::env::args().nth(1).expect("usage: thumbnailer FILE");
    let bytes = std::fs::read(file).expect("a file");
    let info = images::info(&bytes).map(|info| json!([info.format, info.width, info.height]));
    let thumbnail = images::thumbnail(&bytes, 64, 64).map(|webp| json!(webp.len()));
    let told = |result: Result<_, images::UnidentifiedImage>| {
        result.unwrap_or_else(|error| json!(error.to_string()))
    };
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    println!(
        "{}",
        json!({ "info": told(info), "thumbnail": told(thumbnail), "peak_kib": peak })
    );
}
