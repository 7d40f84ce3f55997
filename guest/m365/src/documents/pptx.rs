//! Presentations for PowerPoint: a title slide, and a slide for each heading.

use super::{
    model::Block,
    package::{Package, Properties, Relationship},
    xml::{escaped, is_right_to_left},
};

const NAMESPACES: &str = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
                          xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
                          xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";

/// Content types.
const PRESENTATION: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml";
const MASTER: &str = "application/vnd.openxmlformats-officedocument.presentationml.slideMaster+xml";
const LAYOUT: &str = "application/vnd.openxmlformats-officedocument.presentationml.slideLayout+xml";
const SLIDE: &str = "application/vnd.openxmlformats-officedocument.presentationml.slide+xml";
const THEME: &str = "application/vnd.openxmlformats-officedocument.theme+xml";

/// The placeholder of a slide's text.
const CONTENT: &str = "idx=\"1\"";

/// Ids of slides begin here; lower ones are the format's own.
const FIRST_ID: usize = 256;

/// More signs than this do not fit on a slide at the usual size.
const ROOMY: usize = 520;

/// The file.
pub(super) fn pptx(subtitle: &str, blocks: &[Block], properties: &Properties) -> Vec<u8> {
    let mut slides = vec![title_slide(&properties.title, subtitle)];
    slides.extend(pages(blocks).into_iter().map(|(title, lines)| text_slide(title, &lines)));

    let mut package = Package::new("ppt/presentation.xml", properties);
    package.part("ppt/theme/theme1.xml", THEME, include_str!("parts/pptx-theme.xml"));
    package.part("ppt/slideMasters/slideMaster1.xml", MASTER, include_str!("parts/pptx-master.xml"));
    package.part("ppt/slideLayouts/slideLayout1.xml", LAYOUT, include_str!("parts/pptx-layout-title.xml"));
    package.part("ppt/slideLayouts/slideLayout2.xml", LAYOUT, include_str!("parts/pptx-layout-text.xml"));
    let layout = |n: usize| format!("../slideLayouts/slideLayout{n}.xml");
    package.related(
        "ppt/slideMasters/slideMaster1.xml",
        vec![
            related(1, "slideLayout", layout(1)),
            related(2, "slideLayout", layout(2)),
            related(3, "theme", "../theme/theme1.xml"),
        ],
    );
    for n in 1..=2 {
        let master = vec![related(1, "slideMaster", "../slideMasters/slideMaster1.xml")];
        package.related(&format!("ppt/slideLayouts/slideLayout{n}.xml"), master);
    }
    let mut relationships =
        vec![related(1, "slideMaster", "slideMasters/slideMaster1.xml"), related(2, "theme", "theme/theme1.xml")];
    let mut listed = String::new();
    for (n, slide) in (1..).zip(&slides) {
        let name = format!("slides/slide{n}.xml");
        listed.push_str(&format!("<p:sldId id=\"{}\" r:id=\"rId{}\"/>", FIRST_ID + n, n + 2));
        relationships.push(related(n + 2, "slide", name.clone()));
        package.part(&format!("ppt/{name}"), SLIDE, slide);
        package.related(&format!("ppt/{name}"), vec![related(1, "slideLayout", layout(if n == 1 { 1 } else { 2 }))]);
    }
    let presentation = format!(
        "<p:presentation {NAMESPACES}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rId1\"/></p:sldMasterIdLst>\
         <p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx=\"12192000\" cy=\"6858000\"/><p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"
    );
    package.part("ppt/presentation.xml", PRESENTATION, presentation);
    package.related("ppt/presentation.xml", relationships);
    package.bytes()
}

fn related(n: usize, kind: &'static str, target: impl Into<String>) -> Relationship {
    (format!("rId{n}"), kind, target.into())
}

/// The headings, each with the lines below it. A table's rows become lines.
fn pages(blocks: &[Block]) -> Vec<(&str, Vec<String>)> {
    let mut pages: Vec<(&str, Vec<String>)> = Vec::new();
    for block in blocks {
        let lines = match block {
            Block::Heading(title) => {
                pages.push((title, Vec::new()));
                continue;
            }
            Block::Paragraph(text) | Block::Bullet(text) => vec![text.clone()],
            Block::Table(rows) => rows.iter().map(|row| row.join(": ")).collect(),
        };
        if let Some((_, page)) = pages.last_mut() {
            page.extend(lines);
        }
    }
    pages
}

fn title_slide(title: &str, subtitle: &str) -> String {
    let lines: Vec<String> = subtitle.lines().map(str::to_owned).collect();
    slide(&[("type=\"ctrTitle\"", vec![title.to_owned()]), ("type=\"subTitle\" idx=\"1\"", lines)])
}

fn text_slide(title: &str, lines: &[String]) -> String {
    slide(&[("type=\"title\"", vec![title.to_owned()]), (CONTENT, lines.to_vec())])
}

/// A slide whose placeholders have these lines.
fn slide(placeholders: &[(&str, Vec<String>)]) -> String {
    let mut shapes = String::new();
    for (n, (placeholder, lines)) in (2..).zip(placeholders) {
        // Office programs shrink text only when it is edited: what is long is smaller from the beginning. A line costs
        // some forty signs by itself.
        let signs: usize = lines.iter().map(|line| line.chars().count() + 40).sum();
        let size = if *placeholder == CONTENT && signs > ROOMY { " sz=\"1800\"" } else { "" };
        let paragraphs: String = lines.iter().map(|line| paragraph(line, size)).collect();
        let paragraphs = if lines.is_empty() { "<a:p/>" } else { &paragraphs };
        shapes.push_str(&format!(
            "<p:sp><p:nvSpPr><p:cNvPr id=\"{n}\" name=\"Placeholder {n}\"/><p:cNvSpPr><a:spLocks noGrp=\"1\"/></p:cNvSpPr>\
             <p:nvPr><p:ph {placeholder}/></p:nvPr></p:nvSpPr><p:spPr/>\
             <p:txBody><a:bodyPr/><a:lstStyle/>{paragraphs}</p:txBody></p:sp>"
        ));
    }
    format!(
        "<p:sld {NAMESPACES}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>\
         <p:grpSpPr/>{shapes}</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>"
    )
}

fn paragraph(text: &str, size: &str) -> String {
    let direction = if is_right_to_left(text) { "<a:pPr algn=\"r\" rtl=\"1\"/>" } else { "" };
    let runs: Vec<String> = text
        .lines()
        .map(|line| format!("<a:r><a:rPr lang=\"en-US\"{size}/><a:t>{}</a:t></a:r>", escaped(line)))
        .collect();
    format!("<a:p>{direction}{}</a:p>", runs.join("<a:br/>"))
}
