//! Rows and columns without borders: easy on the eye, and on `awk`.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::terminal::{Paint, Palette};

/// A cell's text and look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    text: String,
    paint: Option<Paint>,
}

impl Field {
    /// A text in a colour.
    pub(crate) fn painted(text: impl Into<String>, paint: Paint) -> Field {
        Field { text: text.into(), paint: Some(paint) }
    }
}

impl<T: Into<String>> From<T> for Field {
    fn from(text: T) -> Field {
        Field { text: text.into(), paint: None }
    }
}

/// A column's heading and which way its cells lean.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// Words.
    Left(&'static str),
    /// Figures.
    Right(&'static str),
}

/// Lays rows out under their headings, as wide as they need and no wider than `width`.
pub(crate) fn table(columns: &[Column], rows: Vec<Vec<Field>>, palette: Palette, width: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if palette.is_on() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(columns.iter().map(|column| {
        let (Column::Left(heading) | Column::Right(heading)) = column;
        Cell::new(heading).add_attribute(Attribute::Dim)
    }));
    for row in rows {
        table.add_row(row.into_iter().map(cell));
    }
    for (column, lean) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2));
        if matches!(lean, Column::Right(_)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn cell(field: Field) -> Cell {
    let cell = Cell::new(field.text);
    match field.paint {
        None => cell,
        Some(Paint::Bold) => cell.add_attribute(Attribute::Bold),
        Some(Paint::Dim) => cell.add_attribute(Attribute::Dim),
        Some(Paint::Green) => cell.fg(Color::Green),
        Some(Paint::Yellow) => cell.fg(Color::Yellow),
        Some(Paint::Red) => cell.fg(Color::Red),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lean_left_figures_right_and_lines_do_not_trail() {
        let rows = vec![vec!["mail".into(), "2,700".into()], vec!["chat".into(), "9".into()]];
        let text = table(&[Column::Left("kind"), Column::Right("done")], rows, Palette::plain(), 80);
        assert_eq!(text, "kind   done\nmail  2,700\nchat      9");
    }
}
