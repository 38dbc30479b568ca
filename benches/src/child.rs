//! One figure, one process: the benchmark starts itself anew and reads what the child prints.

use std::env;
use std::process::{Command, Stdio};

/// What one child measured, by name.
pub type Figures = Vec<(String, f64)>;

/// Goes before the words that say what a child has to do.
const CHILD: &str = "--child";

/// What this process was started for, if it is a child.
pub fn asked() -> Option<Vec<String>> {
    let mut arguments = env::args().skip_while(|argument| argument != CHILD);
    arguments.next()?;
    Some(arguments.collect())
}

/// The command that starts this benchmark anew as a child.
///
/// # Panics
/// If the system doesn't tell where its binary is.
pub fn command<S: AsRef<str>>(words: &[S]) -> Command {
    let binary = env::current_exe().expect("a running program has a binary");
    let mut command = Command::new(binary);
    command.args(arguments(words));
    command
}

/// What tells this benchmark that it is a child, and what for.
pub fn arguments<S: AsRef<str>>(words: &[S]) -> Vec<&str> {
    let words = words.iter().map(AsRef::as_ref);
    std::iter::once(CHILD).chain(words).collect()
}

/// Has a child measure, and reads its answer.
///
/// # Panics
/// If it cannot be started or fails; it has said why.
pub fn measure<S: AsRef<str>>(words: &[S]) -> Figures {
    let child = command(words).stderr(Stdio::inherit()).output();
    let output = child.unwrap_or_else(|error| panic!("the child cannot be started: {error}"));
    assert!(
        output.status.success(),
        "the child failed: {}",
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .filter_map(|line| line.split_once('='))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

/// Prints a child's answer, for [`measure`].
pub fn answer(figures: &[(&str, f64)]) {
    for (name, value) in figures {
        println!("{name}={value}");
    }
}
