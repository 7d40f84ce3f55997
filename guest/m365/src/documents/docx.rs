//! Texts for Word.

use super::{
    model::Block,
    package::{Package, Properties},
    xml::{escaped, is_right_to_left},
};

const MAIN: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
                    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
/// Content types.
const DOCUMENT: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
const STYLES: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml";
const NUMBERING: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml";
const FOOTER: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml";

/// The width of a line on A4 with margins of an inch, in twentieths of a point.
const LINE: usize = 9_026;

/// The file.
pub(super) fn docx(subtitle: &str, blocks: &[Block], properties: &Properties) -> Vec<u8> {
    let mut body = paragraph("Title", &properties.title) + &paragraph("Subtitle", subtitle);
    for block in blocks {
        body.push_str(&match block {
            Block::Heading(text) => paragraph("Heading1", text),
            Block::Paragraph(text) => paragraph("Normal", text),
            Block::Bullet(text) => paragraph("ListParagraph", text),
            // The paragraph below keeps two tables apart, and the text off the table.
            Block::Table(rows) => table(rows) + &paragraph("Normal", ""),
        });
    }
    let mut package = Package::new("word/document.xml", properties);
    let document = format!(
        "<w:document {MAIN}><w:body>{body}<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId3\"/>\
         <w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1440\" w:right=\"1440\" w:bottom=\"1440\" w:left=\"1440\" w:header=\"708\" w:footer=\"708\" \
         w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
    );
    package.part("word/document.xml", DOCUMENT, document);
    package.part("word/styles.xml", STYLES, include_str!("parts/docx-styles.xml"));
    package.part("word/numbering.xml", NUMBERING, include_str!("parts/docx-numbering.xml"));
    package.part("word/footer1.xml", FOOTER, footer(&properties.title));
    package.related(
        "word/document.xml",
        vec![
            ("rId1".to_owned(), "styles", "styles.xml".to_owned()),
            ("rId2".to_owned(), "numbering", "numbering.xml".to_owned()),
            ("rId3".to_owned(), "footer", "footer1.xml".to_owned()),
        ],
    );
    package.bytes()
}

fn paragraph(style: &str, text: &str) -> String {
    let list =
        if style == "ListParagraph" { "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr>" } else { "" };
    let direction = if is_right_to_left(text) { "<w:bidi/>" } else { "" };
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{list}{direction}</w:pPr>{}</w:p>", run(text, ""))
}

/// A run of text; its line breaks and tabs are elements in Word.
fn run(text: &str, properties: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let direction = if is_right_to_left(text) { "<w:rtl/>" } else { "" };
    let mut xml = format!("<w:r><w:rPr>{properties}{direction}</w:rPr>");
    for (n, line) in text.lines().enumerate() {
        if n > 0 {
            xml.push_str("<w:br/>");
        }
        for (n, piece) in line.split('\t').enumerate() {
            if n > 0 {
                xml.push_str("<w:tab/>");
            }
            xml.push_str(&format!("<w:t xml:space=\"preserve\">{}</w:t>", escaped(piece)));
        }
    }
    xml + "</w:r>"
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let width = LINE / columns;
    let mut xml = format!(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/><w:tblW w:w=\"{LINE}\" w:type=\"dxa\"/></w:tblPr><w:tblGrid>{}</w:tblGrid>",
        format!("<w:gridCol w:w=\"{width}\"/>").repeat(columns)
    );
    for (n, row) in rows.iter().enumerate() {
        // The first row are headings: shaded, and repeated where the table breaks across pages.
        xml.push_str(if n == 0 { "<w:tr><w:trPr><w:tblHeader/></w:trPr>" } else { "<w:tr>" });
        for column in 0..columns {
            let text = row.get(column).map(String::as_str).unwrap_or_default();
            let (shade, bold) = if n == 0 {
                ("<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"D9E2F3\"/>", "<w:b/><w:bCs/>")
            } else {
                ("", "")
            };
            xml.push_str(&format!(
                "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{shade}</w:tcPr>\
                 <w:p><w:pPr><w:pStyle w:val=\"Normal\"/><w:spacing w:after=\"0\"/></w:pPr>{}</w:p></w:tc>",
                run(text, bold)
            ));
        }
        xml.push_str("</w:tr>");
    }
    xml + "</w:tbl>"
}

fn footer(title: &str) -> String {
    format!(
        "<w:ftr {MAIN}><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>{}<w:r><w:tab/><w:t xml:space=\"preserve\">Page </w:t></w:r>\
         <w:fldSimple w:instr=\" PAGE \"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>",
        run(title, "")
    )
}
