//! Tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::exit::Failure;
use super::out::{Out, Style, shown};

/// How wide a table may be where nobody says how wide the terminal is.
const WIDTH: u16 = 80;

/// The widest that a column of a listing gets at once.
const WIDEST: usize = 60;

/// Writes a whole table; columns from `counts` on are numbers, and stand to the right.
pub(super) fn table(
    out: &mut Out,
    head: &[String],
    rows: impl IntoIterator<Item = Vec<String>>,
    counts: usize,
) -> Result<(), Failure> {
    let mut table = plain(out);
    table.set_header(cells(head));
    table.add_rows(rows.into_iter().map(|row| cells(&row)));
    for (nth, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if nth >= counts {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    write(out, &table, true)
}

/// Rows that come one after another: fitted to a terminal, and else with tabs between, uncut.
#[derive(Debug)]
pub(super) struct Listing {
    head: Vec<String>,
    /// How wide columns are, once the first rows have been seen; unless tabs part them.
    widths: Option<Vec<usize>>,
    begun: bool,
}

impl Listing {
    pub(super) fn new(head: Vec<String>) -> Self {
        Self {
            head,
            widths: None,
            begun: false,
        }
    }

    pub(super) fn rows(&mut self, out: &mut Out, rows: &[Vec<String>]) -> Result<(), Failure> {
        rows.chunks(TOGETHER)
            .try_for_each(|rows| self.some(out, rows))
    }

    /// The head alone where there was no row.
    pub(super) fn end(mut self, out: &mut Out) -> Result<(), Failure> {
        if self.begun {
            Ok(())
        } else {
            self.some(out, &[])
        }
    }

    fn some(&mut self, out: &mut Out, rows: &[Vec<String>]) -> Result<(), Failure> {
        let is_first = !std::mem::replace(&mut self.begun, true);
        if !out.is_terminal() {
            if is_first {
                out.data(&tabbed(&self.head))?;
            }
            return rows.iter().try_for_each(|row| out.data(&tabbed(row)));
        }
        let head = &self.head;
        let widths = self.widths.get_or_insert_with(|| widths(head, rows));
        let mut table = plain(out);
        let fitted = |row: &[String]| {
            Row::from(
                row.iter()
                    .zip(widths.iter())
                    .map(|(cell, width)| fitted(&shown(cell), *width)),
            )
        };
        if is_first {
            table.set_header(fitted(&self.head));
        }
        table.add_rows(rows.iter().map(|row| fitted(row)));
        for (column, width) in table.column_iter_mut().zip(widths.iter()) {
            let width = u16::try_from(*width + 2).unwrap_or(u16::MAX);
            column.set_padding((0, 2));
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        write(out, &table, is_first)
    }
}

/// Rows that are laid out at once.
const TOGETHER: usize = 256;

/// The widest that a cell of a whole table gets; what is longer is cut.
const WIDEST_CELL: usize = 240;

fn plain(out: &Out) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if out.is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width());
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table
}

fn width() -> u16 {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0)
}

fn cells(row: &[String]) -> Row {
    Row::from(row.iter().map(|cell| fitted(&shown(cell), WIDEST_CELL)))
}

fn write(out: &mut Out, table: &Table, has_head: bool) -> Result<(), Failure> {
    for (nth, line) in table.lines().enumerate() {
        let line = line.trim_end();
        if nth == 0 && has_head {
            out.data(&out.styled(Style::Bold, line))?;
        } else {
            out.data(line)?;
        }
        out.data("\n")?;
    }
    Ok(())
}

/// Cells hold neither tabs nor line ends once they are shown.
fn tabbed(row: &[String]) -> String {
    let cells: Vec<String> = row.iter().map(|cell| shown(cell)).collect();
    cells.join("\t") + "\n"
}

/// As much of a cell as there is room for; of a URL the end, too, which tells it from others.
fn fitted(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    if cell.contains("://") && width > 2 * NARROWEST {
        let end = width * 2 / 3;
        let backwards: String = cell.chars().rev().collect();
        let end: String = first(&backwards, end).chars().rev().collect();
        return first(cell, width - 1 - end.width()) + "…" + &end;
    }
    first(cell, width.saturating_sub(1)) + "…"
}

/// So many columns of a text.
fn first(text: &str, width: usize) -> String {
    let mut room = width;
    let fits = |character: &char| {
        let left = room.checked_sub(character.width().unwrap_or_default());
        room = left.unwrap_or_default();
        left.is_some()
    };
    text.chars().take_while(fits).collect()
}

/// As wide as the widest of the first rows; where that is too much for the terminal, the widest give way.
fn widths(head: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths: Vec<usize> = (0..head.len())
        .map(|column| {
            let cells = rows
                .iter()
                .chain([&head.to_vec()])
                .filter_map(|row| row.get(column))
                .map(|cell| shown(cell).width())
                .max();
            cells.unwrap_or_default().clamp(1, WIDEST)
        })
        .collect();
    let room = usize::from(width());
    loop {
        let taken: usize = widths.iter().map(|width| width + 2).sum();
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else {
            return widths;
        };
        if taken <= room || *widest <= NARROWEST {
            return widths;
        }
        *widest -= 1;
    }
}

/// Nothing can be told from less.
const NARROWEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn cells_are_cut_by_the_columns_that_they_take() {
        for (cell, width, cut) in [
            ("lamp", 4, "lamp"),
            ("lamps", 4, "lam…"),
            ("ERROR x", 6, "ERROR…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("e\u{301}tude", 5, "e\u{301}tude"),
            ("https://a.example/of/lamps", 20, "https:…mple/of/lamps"),
            ("https://a.example/of/lamps", 12, "https://a.e…"),
        ] {
            assert_eq!(fitted(cell, width), cut, "{cell} in {width}");
        }
    }
}
