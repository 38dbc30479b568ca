//! A bar on a terminal.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::super::event::{Event, Listener};
use super::Count;

const KNOWN: &str = "{bar:32} {pos}/{len} tasks, {msg}{rate}, {eta} left";
const UNKNOWN: &str = "{spinner} {pos} tasks, {msg}{rate}, for {elapsed}";

/// It draws itself at most 20 times a second, whatever it hears.
pub(super) fn listener() -> Listener {
    let bar = ProgressBar::no_length();
    let count = Mutex::new(Count::default());
    Box::new(move |event| {
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        count.hear(event);
        match event {
            Event::RunStarted { tasks, .. } => {
                let template = if tasks.is_some() { KNOWN } else { UNKNOWN };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.with_key("rate", rate));
                }
                if let Some(tasks) = tasks {
                    bar.set_length(*tasks);
                }
            }
            Event::TaskFinished { .. } => {
                if count.failed > 0 {
                    bar.set_message(format!("{} failed, ", count.failed));
                }
                bar.inc(1);
            }
            Event::Stopping => {
                bar.println("stopping: what is under way may end; once more stops at once");
            }
            Event::RunFinished => bar.finish_and_clear(),
            _ => {}
        }
    })
}

/// `319.4/s`; indicatif's own has four decimals.
fn rate(state: &ProgressState, out: &mut dyn Write) {
    // A failure to draw is nothing that a run could mend.
    let _ = write!(out, "{:.1}/s", state.per_sec());
}
