//! A line at intervals, for logs and pipes.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::event::{Event, Listener};
use super::{Count, said};

const INTERVAL: Duration = Duration::from_secs(10);

pub(super) fn listener() -> Listener {
    let began = Instant::now();
    let state = Mutex::new((Count::default(), began));
    Box::new(move |event| {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = &mut *state;
        count.hear(event);
        if let Some(said) = said(event) {
            tell(&said);
        }
        if matches!(event, Event::TaskFinished { .. }) && last.elapsed() >= INTERVAL {
            *last = Instant::now();
            tell(&line(*count, began.elapsed()));
        }
    })
}

/// On standard error, which somebody may have closed.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// `1200 of 5000 tasks done, 3 failed, 85.2/s, 45 s left`.
fn line(count: Count, passed: Duration) -> String {
    let Count {
        total,
        ended,
        failed,
    } = count;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = ended as f64 / passed.as_secs_f64().max(f64::EPSILON);
    let mut line = match total {
        Some(total) => format!("{ended} of {total} tasks done"),
        None => format!("{ended} tasks done"),
    };
    let _ = write!(line, ", {failed} failed, {rate:.1}/s");
    if let Some(total) = total {
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let left = total.saturating_sub(ended) as f64 / rate.max(f64::EPSILON);
        let _ = write!(line, ", {left:.0} s left");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_done_failed_rate_and_what_is_left() {
        let count = Count {
            total: Some(5000),
            ended: 1000,
            failed: 3,
        };
        let passed = Duration::from_secs(10);
        assert_eq!(
            line(count, passed),
            "1000 of 5000 tasks done, 3 failed, 100.0/s, 40 s left"
        );
        let endless = Count {
            total: None,
            ..count
        };
        assert_eq!(line(endless, passed), "1000 tasks done, 3 failed, 100.0/s");
    }
}
