//! Figures as people read them: a median with its extremes, in a table that fits a terminal.

use std::fmt::Write;

/// What the numbers are.
pub(crate) const LEGEND: &str = "Each figure is a median [least .. most] of rounds in which the rows take turns.";

/// One measured quantity over all rounds, in the order of the rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// One more round.
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// Round by round, this over the other.
    pub(crate) fn over(&self, other: &Series) -> Series {
        Series(self.0.iter().zip(&other.0).map(|(this, other)| this / other).collect())
    }

    /// `median [least .. most]`.
    pub(crate) fn text(&self, decimals: usize) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return "-".to_owned() };
        let median = (sorted.get((sorted.len() - 1) / 2), sorted.get(sorted.len() / 2));
        let median = median.0.zip(median.1).map_or(0.0, |(low, high)| f64::midpoint(*low, *high));
        format!("{median:.decimals$} [{least:.decimals$} .. {most:.decimals$}]")
    }
}

/// A table: its head, then its rows; the first column is text, the others are aligned to the right.
pub(crate) fn table(title: &str, rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = format!("{title}\n");
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Writing into a `String` cannot fail.
            let _ = if column == 0 { write!(line, "  {cell:<width$}") } else { write!(line, "   {cell:>width$}") };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The machine, in a line.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(": ").map(|(_, model)| model.to_owned())
    });
    let model = model.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let rustc = std::process::Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let build = if cfg!(debug_assertions) { "a DEBUG build: the figures mean nothing" } else { "release build" };
    format!("{cores} cores ({model}), {}, {build}", rustc.unwrap_or_else(|_| "rustc unknown".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(figures: &[f64]) -> Series {
        Series(figures.to_vec())
    }

    #[test]
    fn a_series_shows_its_median_and_its_extremes() {
        assert_eq!(series(&[3.0, 1.0, 9.0]).text(0), "3 [1 .. 9]");
        assert_eq!(series(&[3.0, 1.0, 9.0, 4.0]).text(1), "3.5 [1.0 .. 9.0]");
        assert_eq!(series(&[]).text(0), "-");
    }

    #[test]
    fn a_ratio_is_made_of_neighbours() {
        assert_eq!(series(&[2.0, 30.0, 4.0]).over(&series(&[1.0, 10.0, 4.0])).text(0), "2 [1 .. 3]");
    }

    #[test]
    fn numbers_stand_below_each_other() {
        let rows = [vec!["".to_owned(), "µs".to_owned()], vec!["bare".to_owned(), "12.5".to_owned()]];
        assert_eq!(table("t", &rows), "t\n           µs\n  bare   12.5\n");
    }
}
