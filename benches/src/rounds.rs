//! Interleaved rounds (A B, A B, …) and their medians. A machine that is busy slows down a whole round, so
//! what is quoted of two contestants is the median of their ratios, not the ratio of their medians.

use std::fmt::Write as _;

use crate::child::Figures;

/// Who is measured, and how.
pub struct Contestant<'a> {
    name: String,
    measure: Box<dyn FnMut(u32) -> Figures + 'a>,
}

impl<'a> Contestant<'a> {
    /// A contestant that is measured by a closure, which is told the number of the round.
    pub fn new(name: impl Into<String>, measure: impl FnMut(u32) -> Figures + 'a) -> Self {
        Self {
            name: name.into(),
            measure: Box::new(measure),
        }
    }
}

impl std::fmt::Debug for Contestant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Measures all of them in turn, so often, and prints medians and the ratios of the first figure to that of
/// the last contestant.
pub fn compare(title: &str, rounds: u32, mut contestants: Vec<Contestant<'_>>) {
    let mut measured: Vec<Vec<Figures>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for (contestant, measured) in contestants.iter_mut().zip(&mut measured) {
            measured.push((contestant.measure)(round));
        }
    }
    let names: Vec<&str> = contestants.iter().map(|one| one.name.as_str()).collect();
    println!("{title}; medians of {rounds} interleaved rounds");
    print!("{}", table(&names, &measured));
}

fn table(names: &[&str], measured: &[Vec<Figures>]) -> String {
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let columns: Vec<&str> = measured
        .iter()
        .flatten()
        .next()
        .map(|figures| figures.iter().map(|(name, _)| name.as_str()).collect())
        .unwrap_or_default();
    let mut text = format!("{:width$}", "");
    for column in &columns {
        let _ = write!(text, "  {column:>12}"); // a String takes everything
    }
    text.push_str("  ratio (each round)\n");
    for (name, rounds) in names.iter().zip(measured) {
        let _ = write!(text, "{name:width$}");
        for (nth, column) in columns.iter().enumerate() {
            let width = column.chars().count().max(12);
            let _ = write!(
                text,
                "  {:width$.2}",
                median(rounds.iter().map(|figures| figures[nth].1))
            );
        }
        if let Some(base) = measured.last() {
            let ratios: Vec<f64> = rounds
                .iter()
                .zip(base)
                .map(|(a, b)| a[0].1 / b[0].1)
                .collect();
            let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
            let _ = write!(
                text,
                "  {:.2} ({})",
                median(ratios.iter().copied()),
                each.join(" ")
            );
        }
        text.push('\n');
    }
    text
}

/// The middle one, the mean of both where there are two.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[upper],
        _ => f64::midpoint(values[upper - 1], values[upper]),
    }
}
