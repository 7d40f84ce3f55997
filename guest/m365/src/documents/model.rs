//! What a document consists of, whichever program opens it.

use haymaker_guest::time::Day;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading; in a presentation, the title of a slide.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// An item of a list.
    Bullet(String),
    /// A table: rows of cells, the first of which are headings.
    Table(Vec<Vec<String>>),
}

/// How a number is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// `1,234`
    Count,
    /// `$1,234.00`
    Money,
    /// `12.5%`
    Percent,
}

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64, Shown),
    Date(Day),
    /// The formula without `=`, and the value that it has: readers that do not calculate show this.
    Formula(String, f64, Shown),
}

/// A sheet: a title, a line below it, a table whose first row are headings and whose last may be totals.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Empty where there is nothing to add up.
    pub(super) totals: Vec<Cell>,
}

/// The row of a sheet's headings, from 1: the title, the line below it, and an empty one come before.
pub(super) const HEADINGS: usize = 4;

/// What is in a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Text { subtitle: String, blocks: Vec<Block> },
    Sheets(Vec<Sheet>),
}

/// A column's letter, for the first 26 of them.
pub(super) fn letter(column: usize) -> char {
    char::from(b'A' + u8::try_from(column % 26).unwrap_or(0))
}
