//! Progress for people, on standard error: what is done, failed, how fast, how long yet. Listens to the
//! run's events only.

#[cfg(feature = "progress")]
mod bar;
mod lines;

use super::event::{Event, Listener, Outcome};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Progress {
    /// A bar on a terminal (with the feature `progress`), else [`Lines`](Progress::Lines).
    #[default]
    Auto,
    /// A line every 10 s.
    Lines,
    /// Not at all.
    Off,
}

impl Progress {
    pub(crate) fn listener(self) -> Option<Listener> {
        match self {
            Self::Off => None,
            #[cfg(feature = "progress")]
            Self::Auto if std::io::IsTerminal::is_terminal(&std::io::stderr()) => {
                Some(bar::listener())
            }
            Self::Auto | Self::Lines => Some(lines::listener()),
        }
    }
}

/// What people are told of at once, else it would seem to hang.
fn said(event: &Event) -> Option<String> {
    match event {
        Event::Stopping { grace } => Some(format!(
            "stopping: what is under way has {} s to end; once more stops at once",
            grace.as_secs_f64()
        )),
        Event::Unyielding {
            key,
            executor,
            held,
        } => Some(format!(
            "`{executor}` of {key} has not yielded for {} s, and holds up others; what blocks belongs in spawn_blocking",
            held.as_secs()
        )),
        _ => None,
    }
}

/// What progress counts.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    total: Option<u64>,
    ended: u64,
    failed: u64,
}

impl Count {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::RunStarted { tasks, .. } => self.total = *tasks,
            Event::TaskFinished { outcome, .. } => {
                self.ended += 1;
                self.failed += u64::from(matches!(
                    outcome,
                    Outcome::Failed | Outcome::NotRetried | Outcome::Broken
                ));
            }
            _ => {}
        }
    }
}
