//! Tables of figures: what a template's columns mean, and the cells that they make.
//!
//! `Columns: Area | Early: count 2..9 | Sum: =B+C` describes a table. The first column are the names of the rows; each
//! other has a heading and what is in it:
//!
//! | in the template | in the cells |
//! |---|---|
//! | `count 2..9`, `money 100..900`, `percent 1..20` | a number from this range; `each` after it: not to be added up |
//! | `date` | a working day in the next weeks |
//! | `word client` | a word of the vocabulary |
//! | `one of Open/Done` | one of these |
//! | `=B+C` | a formula of two earlier columns and `+ - * /` |

use std::collections::BTreeMap;

use haymaker_guest::chance::{Stream, stream};

use super::model::{Cell, HEADINGS, Sheet, Shown, letter};
use crate::content::{
    template::Template,
    vocabulary::{Source, Words},
};

/// How often another value is drawn for a cell that is changed and happens to get the same.
const DRAWS: usize = 20;

/// A column: its heading, and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Label,
    Figure { shown: Shown, from: u64, to: u64, adds_up: bool },
    Date,
    Word(&'static str),
    Choice(Vec<&'static str>),
    Formula { left: usize, operator: char, right: usize },
}

/// The columns that a template describes; none for a text. What cannot be read is left out (a test sees to it that
/// nothing is).
pub(super) fn columns(template: &Template) -> Vec<Column> {
    template.header("Columns").split(" | ").filter_map(column).collect()
}

/// The names of the rows that a template describes.
pub(super) fn labels(template: &Template) -> Vec<&'static str> {
    template.header("Rows").split("; ").filter(|label| !label.is_empty()).collect()
}

/// The columns whose cells an edit may change.
pub(super) fn editable(columns: &[Column]) -> impl Iterator<Item = usize> {
    let free = |column: &Column| !matches!(column.content, Content::Label | Content::Formula { .. });
    columns.iter().enumerate().filter(move |(_, column)| free(column)).map(|(place, _)| place)
}

fn column(text: &'static str) -> Option<Column> {
    let Some((heading, content)) = text.split_once(": ") else {
        return (!text.is_empty()).then_some(Column { heading: text, content: Content::Label });
    };
    let content = match content.split_once(' ') {
        None if content == "date" => Content::Date,
        None => formula(content.strip_prefix('=')?)?,
        Some(("word", slot)) => Content::Word(slot),
        Some(("one", choices)) => Content::Choice(choices.strip_prefix("of ")?.split('/').collect()),
        Some((shown, range)) => {
            let shown = match shown {
                "count" => Shown::Count,
                "money" => Shown::Money,
                "percent" => Shown::Percent,
                _ => return None,
            };
            let each = range.strip_suffix(" each");
            let (from, to) = each.unwrap_or(range).split_once("..")?;
            let adds_up = each.is_none() && shown != Shown::Percent;
            Content::Figure { shown, from: from.parse().ok()?, to: to.parse().ok()?, adds_up }
        }
    };
    Some(Column { heading, content })
}

fn formula(text: &str) -> Option<Content> {
    let place = |sign: char| sign.is_ascii_uppercase().then(|| usize::from(sign as u8 - b'A'));
    let mut signs = text.chars();
    let (left, operator, right) = (place(signs.next()?)?, signs.next()?, place(signs.next()?)?);
    ("+-*/".contains(operator) && signs.next().is_none()).then_some(Content::Formula { left, operator, right })
}

/// A table to be written.
pub(super) struct Table<'a> {
    pub(super) columns: Vec<Column>,
    /// The names of the rows.
    pub(super) labels: Vec<String>,
    pub(super) words: &'a Words<'a>,
    /// Cells (row, column) that were changed, and how often.
    pub(super) changed: &'a BTreeMap<(usize, usize), u32>,
}

impl Table<'_> {
    /// The sheet.
    pub(super) fn sheet(&self, name: &str, title: String, subtitle: String) -> Sheet {
        let rows: Vec<Vec<Cell>> = self.labels.iter().enumerate().map(|(n, label)| self.row(n, label)).collect();
        let headings = self.columns.iter().map(|column| column.heading.to_owned()).collect();
        Sheet { name: name.to_owned(), title, subtitle, headings, totals: self.totals(&rows), rows }
    }

    fn row(&self, row: usize, label: &str) -> Vec<Cell> {
        let mut cells: Vec<Cell> = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            let cell = match &column.content {
                Content::Label => Cell::Text(label.to_owned()),
                Content::Formula { left, operator, right } => {
                    calculated(&cells, HEADINGS + 1 + row, *left, *operator, *right)
                }
                content => self.cell((row, place), content, self.changed.get(&(row, place)).copied().unwrap_or(0)),
            };
            cells.push(cell);
        }
        cells
    }

    /// A cell after it was changed so many times: never what it was before.
    fn cell(&self, (row, place): (usize, usize), content: &Content, times: u32) -> Cell {
        let source = &self.words.shared;
        let name = format!("{}/{row}/{place}/{times}", source.name);
        let mut chance = stream(self.words.seed, &[&name, "cell"]);
        let mut draw = |n: usize| self.drawn(content, format!("{name}/{n}"), &mut chance);
        let first = draw(0);
        if times == 0 {
            return first;
        }
        let before = self.cell((row, place), content, times - 1);
        std::iter::once(first).chain((1..DRAWS).map(draw)).find(|cell| *cell != before).unwrap_or(before)
    }

    fn drawn(&self, content: &Content, name: String, chance: &mut Stream) -> Cell {
        match content {
            Content::Figure { shown, from, to, .. } => {
                let drawn = from + chance.below(to.saturating_sub(*from) + 1);
                match shown {
                    Shown::Percent => Cell::Number(drawn as f64 / 100.0, *shown),
                    // As people round: hundreds from ten thousands on, tens from thousands on.
                    Shown::Money if drawn >= 10_000 => Cell::Number((drawn / 100 * 100) as f64, *shown),
                    Shown::Money if drawn >= 1_000 => Cell::Number((drawn / 10 * 10) as f64, *shown),
                    _ => Cell::Number(drawn as f64, *shown),
                }
            }
            Content::Date => Cell::Date(self.words.shared.working_day(1 + chance.below(25))),
            Content::Word(slot) => {
                let mut words = self.words.clone();
                words.own = Source { name, ..words.own };
                Cell::Text(words.word(&format!("+{slot}")))
            }
            Content::Choice(choices) => Cell::Text(chance.pick(choices).copied().unwrap_or_default().to_owned()),
            Content::Label | Content::Formula { .. } => Cell::Empty,
        }
    }

    /// The row below the others; nothing where no column adds up.
    fn totals(&self, rows: &[Vec<Cell>]) -> Vec<Cell> {
        let (first, last) = (HEADINGS + 1, HEADINGS + rows.len());
        let mut totals: Vec<Cell> = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            let sum = |shown| {
                let total = rows.iter().filter_map(|row| row.get(place)).map(|cell| value(cell).0).sum();
                let letter = letter(place);
                Cell::Formula(format!("SUM({letter}{first}:{letter}{last})"), total, shown)
            };
            let total = match &column.content {
                Content::Label => Cell::Text("Total".to_owned()),
                Content::Figure { shown, adds_up: true, .. } => sum(*shown),
                // A share of the totals, where both are there.
                Content::Formula { left, operator: '/', right } => {
                    let there = |place: usize| matches!(totals.get(place), Some(Cell::Formula(..)));
                    let both = there(*left) && there(*right);
                    if both { calculated(&totals, last + 1, *left, '/', *right) } else { Cell::Empty }
                }
                Content::Formula { .. } => {
                    let shown = rows.first().and_then(|row| row.get(place)).map_or(Shown::Count, |cell| value(cell).1);
                    sum(shown)
                }
                _ => Cell::Empty,
            };
            totals.push(total);
        }
        if totals.iter().any(|cell| matches!(cell, Cell::Formula(..))) { totals } else { Vec::new() }
    }
}

/// A cell with a formula of two earlier ones in its row.
fn calculated(cells: &[Cell], row: usize, left: usize, operator: char, right: usize) -> Cell {
    let [(a, shown_a), (b, shown_b)] = [left, right].map(|place| cells.get(place).map_or((0.0, Shown::Count), value));
    let result = match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        _ if b == 0.0 => 0.0,
        _ => a / b,
    };
    let shown = match (operator, shown_a, shown_b) {
        ('/', _, _) => Shown::Percent,
        (_, Shown::Money, _) | (_, _, Shown::Money) => Shown::Money,
        _ => shown_a,
    };
    Cell::Formula(format!("{}{row}{operator}{}{row}", letter(left), letter(right)), result, shown)
}

fn value(cell: &Cell) -> (f64, Shown) {
    match cell {
        Cell::Number(value, shown) | Cell::Formula(_, value, shown) => (*value, *shown),
        _ => (0.0, Shown::Count),
    }
}

/// The sheet of the document's versions.
pub(super) fn history(lines: &[String]) -> Sheet {
    let row = |line: &String| {
        let (version, change) = line.split_once(": ").unwrap_or((line, ""));
        vec![Cell::Text(version.to_owned()), Cell::Text(change.to_owned())]
    };
    Sheet {
        name: "Versions".to_owned(),
        title: "Version history".to_owned(),
        subtitle: "The newest is at the end.".to_owned(),
        headings: vec!["Version".to_owned(), "Change".to_owned()],
        rows: lines.iter().map(row).collect(),
        totals: Vec::new(),
    }
}
