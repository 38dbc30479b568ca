//! Interleaved rounds (A B, A B, …) and their medians. A machine that is busy slows down a whole round, so
//! what is quoted of two contestants is the median of their ratios, not the ratio of their medians.

use std::fmt::Write as _;

use crate::child::Figures;
use crate::results;

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

    /// How it is called in tables.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Debug for Contestant<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Measures all of them in turn, so often, and prints medians and the ratios of the first figure to that of
/// the last contestant; in the file of results as well.
pub fn compare(title: &str, rounds: u32, contestants: Vec<Contestant<'_>>) {
    let names: Vec<String> = contestants.iter().map(|one| one.name.clone()).collect();
    compare_with(title, rounds, contestants, &names[names.len() - 1..]);
}

/// The same with the ratios to these contestants.
pub fn compare_with(
    title: &str,
    rounds: u32,
    mut contestants: Vec<Contestant<'_>>,
    bases: &[String],
) {
    let mut measured: Vec<Vec<Figures>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for (contestant, measured) in contestants.iter_mut().zip(&mut measured) {
            measured.push((contestant.measure)(round));
        }
    }
    let names: Vec<&str> = contestants.iter().map(Contestant::name).collect();
    let title = format!("{title}; medians of {rounds} interleaved rounds");
    let table = table(&names, &measured, bases);
    print!("{title}\n\n{table}\n");
    results::add(&title, &table);
}

/// A table of Markdown, laid out for those who read it as it is.
fn table(names: &[&str], measured: &[Vec<Figures>], bases: &[String]) -> String {
    let columns = measured.iter().flatten().next().into_iter().flatten();
    let columns: Vec<&str> = columns.map(|(name, _)| name.as_str()).collect();
    let first = columns.first().copied().unwrap_or_default();
    let mut head = vec![String::new()];
    head.extend(columns.iter().map(|&column| column.to_owned()));
    head.extend(bases.iter().map(|base| format!("{first} / {base}")));
    head.push("least to most".to_owned());
    let mut rows = vec![head];
    for (name, rounds) in names.iter().zip(measured) {
        let mut row = vec![(*name).to_owned()];
        row.extend((0..columns.len()).map(|nth| {
            let figures = rounds.iter().map(|figures| figures[nth].1);
            format!("{:.2}", median(figures))
        }));
        for base in bases {
            let base = names.iter().position(|name| name == base);
            row.push(base.map_or_else(String::new, |base| {
                let pairs = rounds.iter().zip(&measured[base]);
                let ratio = median(pairs.map(|(own, base)| own[0].1 / base[0].1));
                format!("{ratio:.2}")
            }));
        }
        let figures = || rounds.iter().map(|figures| figures[0].1);
        let (least, most) = (
            figures().fold(f64::INFINITY, f64::min),
            figures().fold(0.0, f64::max),
        );
        row.push(format!("{least:.2} to {most:.2}"));
        rows.push(row);
    }
    laid_out(&rows)
}

/// Names to the left, figures to the right.
fn laid_out(rows: &[Vec<String>]) -> String {
    let width = |nth: usize| {
        let cells = rows.iter().filter_map(|row| row.get(nth));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for (nth, row) in rows.iter().enumerate() {
        text.push('|');
        for (nth, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // A String takes everything.
            let _ = match nth {
                0 => write!(text, " {cell:width$} |"),
                _ => write!(text, " {cell:>width$} |"),
            };
        }
        text.push('\n');
        if nth == 0 {
            text.push('|');
            for (nth, width) in widths.iter().enumerate() {
                let end = if nth == 0 { '-' } else { ':' };
                let _ = write!(text, " {}{end} |", "-".repeat(width.saturating_sub(1)));
            }
            text.push('\n');
        }
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
