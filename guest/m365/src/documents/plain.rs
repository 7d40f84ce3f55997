//! Plain text, and Markdown.

use super::{Kind, model::Block};

/// The text; its lines end as the format's programs end them.
pub(super) fn plain(kind: Kind, title: &str, subtitle: &str, blocks: &[Block]) -> Vec<u8> {
    let marked = kind == Kind::Markdown;
    let rule = |sign: &str, text: &str| sign.repeat(text.chars().count());
    let heading = |text: &str, level: &str, sign: &str| {
        if marked { format!("{level} {text}\n") } else { format!("{text}\n{}\n", rule(sign, text)) }
    };
    let mut text = heading(title, "#", "=") + "\n" + subtitle + "\n";
    let mut in_list = false;
    for block in blocks {
        let is_item = matches!(block, Block::Bullet(_));
        // Items of a list stand together; an empty line is between all else.
        if !(in_list && is_item) {
            text.push('\n');
        }
        in_list = is_item;
        text.push_str(&match block {
            Block::Heading(words) => heading(words, "##", "-"),
            Block::Paragraph(words) => format!("{words}\n"),
            Block::Bullet(words) => format!("- {words}\n"),
            Block::Table(rows) => table(rows, marked),
        });
    }
    // Notepad shows either, but people who write `.txt` on Windows send this.
    if marked { text.into_bytes() } else { text.replace('\n', "\r\n").into_bytes() }
}

fn table(rows: &[Vec<String>], marked: bool) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    // A bar would end the cell, and a line break the row.
    let bare = |cell: &str| cell.replace('|', "/").replace('\n', " ");
    let width = |column| rows.iter().filter_map(|row| row.get(column)).map(|cell: &String| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for (n, row) in rows.iter().enumerate() {
        let cells: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| format!("{:<width$}", row.get(column).map(|cell| bare(cell)).unwrap_or_default()))
            .collect();
        text.push_str(&if marked {
            format!("| {} |\n", cells.join(" | "))
        } else {
            format!("{}\n", cells.join("  ").trim_end())
        });
        if n == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            text.push_str(&if marked {
                format!("| {} |\n", rules.join(" | "))
            } else {
                format!("{}\n", rules.join("  "))
            });
        }
    }
    text
}
