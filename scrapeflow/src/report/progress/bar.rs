//! A bar on a terminal.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use super::super::event::{Event, Listener};
use super::{Count, said};

const KNOWN: &str = "{bar:32} {pos}/{len} tasks, {msg}{rate}{left}";
const UNKNOWN: &str = "{spinner} {pos} tasks, {msg}{rate}, for {elapsed}";

/// It draws itself at most 20 times a second, whatever it hears.
pub(super) fn listener() -> Listener {
    let bar = ProgressBar::no_length();
    let heard = Mutex::new((Count::default(), HashSet::new()));
    Box::new(move |event| {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, throttled) = &mut *heard;
        count.hear(event);
        match event {
            Event::RunStarted { tasks, .. } => {
                let template = if tasks.is_some() { KNOWN } else { UNKNOWN };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.with_key("rate", rate).with_key("left", left));
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
            // Else it would seem to hang.
            Event::Throttled { host, .. } if throttled.insert(host.clone()) => {
                bar.println(format!(
                    "{host} says that it is asked too much: it is slowed down"
                ));
            }
            Event::Stopping { .. } | Event::Unyielding { .. } => {
                if let Some(said) = said(event) {
                    bar.println(said);
                }
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

/// How long it will take, as far as that can be told.
fn left(state: &ProgressState, out: &mut dyn Write) {
    if state.pos() > 0 && state.per_sec() > 0.0 {
        let _ = write!(out, ", {} left", HumanDuration(state.eta()));
    }
}
