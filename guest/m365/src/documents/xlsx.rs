//! Sheets for Excel.
//!
//! Text stands in its cells (`inlineStr`), not in a table of shared strings: the sheets are small, and a part less is a
//! part less that can disagree. Formulas carry their value, so that a preview that does not calculate shows it.

use haymaker_guest::time::Day;

use super::{
    model::{Cell, HEADINGS, Sheet, Shown, letter},
    package::{Package, Properties},
    xml::escaped,
};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Content types.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
const WORKSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml";
const STYLES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml";

/// Cell formats by their place in `xlsx-styles.xml`.
const PLAIN: usize = 0;
const DATE: usize = 4;
const TITLE: usize = 5;
const HEADING: usize = 6;
const TOTAL: usize = 7;
const HEADING_OF_FIGURES: usize = 11;
/// A little away from the figures in the column before.
const TEXT_BESIDE_FIGURES: usize = 12;
const HEADING_BESIDE_FIGURES: usize = 13;

/// Columns narrower or wider than this, in characters, are hard to read.
const WIDTHS: (usize, usize) = (11, 44);

/// The longest name of a sheet that Excel takes.
const LONGEST_NAME: usize = 31;

/// The file.
pub(super) fn xlsx(sheets: &[Sheet], properties: &Properties) -> Vec<u8> {
    let mut package = Package::new("xl/workbook.xml", properties);
    let mut listed = String::new();
    let mut relationships = Vec::new();
    for (n, sheet) in (1..).zip(sheets) {
        listed.push_str(&format!(
            "<sheet name=\"{}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>",
            escaped(&sheet_name(&sheet.name))
        ));
        relationships.push((format!("rId{n}"), "worksheet", format!("worksheets/sheet{n}.xml")));
        package.part(&format!("xl/worksheets/sheet{n}.xml"), WORKSHEET, worksheet(sheet));
    }
    relationships.push((format!("rId{}", sheets.len() + 1), "styles", "styles.xml".to_owned()));
    let workbook = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{listed}</sheets></workbook>");
    package.part("xl/workbook.xml", WORKBOOK, workbook);
    package.part("xl/styles.xml", STYLES, include_str!("parts/xlsx-styles.xml"));
    package.related("xl/workbook.xml", relationships);
    package.bytes()
}

fn worksheet(sheet: &Sheet) -> String {
    let mut rows = row(1, &[text_cell(&sheet.title)], |_, _| TITLE);
    rows.push_str(&row(2, &[text_cell(&sheet.subtitle)], |_, _| PLAIN));
    let headings: Vec<Cell> = sheet.headings.iter().map(|heading| text_cell(heading)).collect();
    rows.push_str(&row(HEADINGS, &headings, |column, _| heading_format(sheet, column)));
    for (n, cells) in (HEADINGS + 1..).zip(&sheet.rows) {
        rows.push_str(&row(n, cells, format));
    }
    if !sheet.totals.is_empty() {
        rows.push_str(&row(HEADINGS + 1 + sheet.rows.len(), &sheet.totals, |_, cell| total_format(cell)));
    }
    let columns: String = (0..sheet.headings.len())
        .map(|column| {
            format!("<col min=\"{0}\" max=\"{0}\" width=\"{1}\" customWidth=\"1\"/>", column + 1, width(sheet, column))
        })
        .collect();
    let last = letter(sheet.headings.len().saturating_sub(1));
    let until = HEADINGS + sheet.rows.len();
    format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetPr><pageSetUpPr fitToPage=\"1\"/></sheetPr><sheetViews><sheetView workbookViewId=\"0\">\
         <pane ySplit=\"{HEADINGS}\" topLeftCell=\"A{}\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
         <cols>{columns}</cols><sheetData>{rows}</sheetData><autoFilter ref=\"A{HEADINGS}:{last}{until}\"/>\
         <pageSetup paperSize=\"9\" orientation=\"landscape\" fitToHeight=\"0\"/></worksheet>",
        HEADINGS + 1
    )
}

fn text_cell(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn row(n: usize, cells: &[Cell], format: impl Fn(usize, &Cell) -> usize) -> String {
    let cells: String =
        cells.iter().enumerate().map(|(column, value)| cell(column, n, value, format(column, value))).collect();
    format!("<row r=\"{n}\">{cells}</row>")
}

fn cell(column: usize, row: usize, cell: &Cell, format: usize) -> String {
    let at = format!("r=\"{}{row}\" s=\"{format}\"", letter(column));
    match cell {
        Cell::Empty => format!("<c {at}/>"),
        Cell::Text(text) => {
            format!(
                "<c {at} t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
                escaped(&unescapable(text))
            )
        }
        Cell::Number(number, _) => format!("<c {at}><v>{number}</v></c>"),
        Cell::Date(day) => format!("<c {at}><v>{}</v></c>", serial(*day)),
        Cell::Formula(formula, value, _) => format!("<c {at}><f>{}</f><v>{value}</v></c>", escaped(formula)),
    }
}

/// The format of a heading: it stands where its column's figures or texts stand.
fn heading_format(sheet: &Sheet, column: usize) -> usize {
    match sheet.rows.first().and_then(|row| row.get(column)) {
        Some(Cell::Number(..) | Cell::Date(_) | Cell::Formula(..)) => HEADING_OF_FIGURES,
        _ if column > 0 => HEADING_BESIDE_FIGURES,
        _ => HEADING,
    }
}

/// The format of a cell among the rows.
fn format(column: usize, cell: &Cell) -> usize {
    match cell {
        Cell::Text(_) if column > 0 => TEXT_BESIDE_FIGURES,
        Cell::Empty | Cell::Text(_) => PLAIN,
        Cell::Date(_) => DATE,
        Cell::Number(_, shown) | Cell::Formula(_, _, shown) => match shown {
            Shown::Count => 1,
            Shown::Money => 2,
            Shown::Percent => 3,
        },
    }
}

/// The format of a cell among the totals: the same in bold, below a line.
fn total_format(cell: &Cell) -> usize {
    match format(0, cell) {
        figure @ 1..=3 => TOTAL + figure,
        _ => TOTAL,
    }
}

/// What a column needs, in characters.
fn width(sheet: &Sheet, column: usize) -> usize {
    let shown = |row: &Vec<Cell>| match row.get(column) {
        Some(Cell::Text(text)) => text.chars().count() + 2,
        // `$1,234,567.00`, and a date with a space on each side.
        Some(Cell::Number(..) | Cell::Formula(..) | Cell::Date(_)) => 14,
        _ => 0,
    };
    // The button of the filter covers three characters of a heading.
    let heading = sheet.headings.get(column).map_or(0, |heading| heading.chars().count() + 4);
    sheet.rows.iter().map(shown).chain([heading]).max().unwrap_or(0).clamp(WIDTHS.0, WIDTHS.1)
}

/// Days since the beginning of 1900 as Excel counts them, with the leap day that 1900 did not have.
fn serial(day: Day) -> i64 {
    let epoch = Day::from_ymd_opt(1899, 12, 30).unwrap_or_default();
    day.signed_duration_since(epoch).num_days()
}

/// Excel reads `_x000D_` in a text as the character with this number; what merely looks so has its `_` written so.
fn unescapable(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (at, sign) in text.char_indices() {
        let ahead: Vec<char> = text.get(at..).unwrap_or_default().chars().take(7).collect();
        let escape = matches!(ahead.as_slice(), ['_', 'x', digits @ .., '_'] if digits.len() == 4 && digits.iter().all(char::is_ascii_hexdigit));
        written.push_str(if escape { "_x005F" } else { "" });
        written.push(sign);
    }
    written
}

/// A name that Excel takes for a sheet.
fn sheet_name(name: &str) -> String {
    let legal: String =
        name.chars().filter(|sign| !matches!(sign, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'')).collect();
    legal.trim().chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_the_number_that_excel_gives_it() {
        assert_eq!(serial(Day::from_ymd_opt(2026, 1, 5).unwrap()), 46_027);
        assert_eq!(serial(Day::from_ymd_opt(1900, 3, 1).unwrap()), 61);
    }

    #[test]
    fn what_looks_like_an_escape_of_excels_is_kept() {
        assert_eq!(unescapable("a_x000D_b"), "a_x005F_x000D_b");
        assert_eq!(unescapable("_xylo_ _x12_ é_"), "_xylo_ _x12_ é_");
    }

    #[test]
    fn a_sheet_has_a_name_that_excel_takes() {
        assert_eq!(sheet_name("Q1/Q2: [draft]?"), "Q1Q2 draft");
        assert_eq!(sheet_name(&"x".repeat(40)).len(), 31);
    }
}
