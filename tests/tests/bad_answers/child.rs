//! The process that is given a bad answer, and what is left of it.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

/// The fetcher's limit of a body, and what the rest of it may take.
const MOST_KIB: u64 = (8 + 64) << 10;

/// Longer than anything takes here: a child that is still there hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a process left that ended well, whatever it was answered.
pub(crate) struct Left {
    /// What it printed: the status without params, events, the report.
    pub(crate) said: String,
    pub(crate) logged: String,
    outcome: Value,
}

/// Fetches a URL in a process of its own.
///
/// # Errors
/// If the process panicked, failed, hung, or had more memory than is allowed.
pub(crate) async fn fetch(url: &str, timeout: Duration, options: &[&str]) -> Result<Left, String> {
    let child = Command::new(env!("CARGO_BIN_EXE_fetcher"))
        .args([url, &timeout.as_millis().to_string()])
        .args(options)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(PATIENCE, child).await;
    let ended = ended.map_err(|_| "it hangs")?.expect("it is started");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let logged = String::from_utf8_lossy(&ended.stderr).into_owned();
    let mut complaints = logged.lines().filter(|line| line.contains("panicked"));
    if let Some(line) = complaints.next_back() {
        return Err(line.to_owned());
    }
    if !ended.status.success() {
        let last = logged.lines().last().unwrap_or_default();
        return Err(format!("{}: {last}", ended.status));
    }
    let outcome: Value = serde_json::from_str(&said).expect("the fetcher prints JSON");
    let peak = outcome["peak_kib"].as_u64().expect("a number");
    if peak > MOST_KIB {
        return Err(format!("had {peak} KiB, more than {MOST_KIB}"));
    }
    Ok(Left {
        said,
        logged,
        outcome,
    })
}

impl Left {
    /// Class, whether it may pass, and kind; or `SUCCESS` and the size of the body.
    pub(crate) fn recorded(&self) -> String {
        let status = &self.outcome["status"];
        let files = self.outcome["files"].as_array().map(Vec::len);
        let text = status["scrape_status"].as_str().expect("a status");
        if text == "SUCCESS" {
            assert_eq!(files, Some(2), "the status and the body");
            return format!("SUCCESS {}", status["scrape"]["size"]);
        }
        assert_eq!(files, Some(1), "the status alone");
        let (class, message) = text.split_once("::").expect(text);
        assert!(!message.is_empty(), "{text}");
        let class = class.strip_prefix("ERROR ").expect(text);
        let meta = &status["scrape_meta"];
        let kind = meta["kind"].as_str().expect(text);
        format!("{class} {} {kind}", meta["retryable"])
    }

    /// What the failure names as its URL.
    pub(crate) fn url(&self) -> Option<&str> {
        self.outcome["status"]["scrape_meta"]["url"].as_str()
    }
}
