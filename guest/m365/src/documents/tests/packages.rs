//! The structure of office documents: every part is XML, has a content type, and is reached.

use std::collections::BTreeSet;

use super::{
    model::{Block, Cell, Sheet, Shown},
    *,
};

/// Everything that must hold of a package; where it does not, the test fails with the part's name.
fn assert_whole(name: &str, bytes: &[u8]) {
    let parts = parts(bytes);
    let types = roxmltree::Document::parse(&parts["[Content_Types].xml"]).unwrap();
    let of = |tag: &str, attribute: &str| -> BTreeSet<String> {
        let nodes = types
            .descendants()
            .filter(|node| node.has_tag_name((types.root_element().tag_name().namespace().unwrap(), tag)));
        nodes.map(|node| node.attribute(attribute).unwrap().to_owned()).collect()
    };
    let (overrides, defaults) = (of("Override", "PartName"), of("Default", "Extension"));
    for part in &overrides {
        assert!(parts.contains_key(part.strip_prefix('/').unwrap()), "{name}: {part} has a type and does not exist");
    }
    let mut reached: BTreeSet<String> = ["[Content_Types].xml".to_owned()].into();
    for (part, text) in &parts {
        let xml = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {part}: {error}\n{text}"));
        let extension = part.rsplit('.').next().unwrap();
        let typed = overrides.contains(&format!("/{part}")) || (extension == "rels" && defaults.contains("rels"));
        assert!(typed || part == "[Content_Types].xml", "{name}: {part} has no content type of its own");

        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let ids = relationships(&parts, folder, file);
        for node in xml.descendants() {
            for attribute in node.attributes().filter(|a| a.namespace().is_some_and(|n| n.ends_with("/relationships")))
            {
                assert!(ids.contains(attribute.value()), "{name}: {part} refers to {}", attribute.value());
            }
        }
        if extension == "rels" {
            let base = folder.strip_suffix("_rels").unwrap();
            for node in xml.root_element().children() {
                let target = resolved(base, node.attribute("Target").unwrap());
                assert!(parts.contains_key(&target), "{name}: {part} leads to {target}, which is not there");
                reached.insert(target);
            }
            reached.insert(part.clone());
        }
    }
    let unreached: Vec<_> = parts.keys().filter(|part| !reached.contains(*part)).collect();
    assert!(unreached.is_empty(), "{name}: nothing leads to {unreached:?}");
}

/// The ids of a part's relationships, each once.
fn relationships(parts: &BTreeMap<String, String>, folder: &str, file: &str) -> BTreeSet<String> {
    let slash = if folder.is_empty() { "" } else { "/" };
    let Some(text) = parts.get(&format!("{folder}{slash}_rels/{file}.rels")) else { return BTreeSet::new() };
    let xml = roxmltree::Document::parse(text).unwrap();
    let ids: Vec<String> = xml.root_element().children().map(|node| node.attribute("Id").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{text}");
    ids.into_iter().collect()
}

fn resolved(base: &str, target: &str) -> String {
    let mut path: Vec<&str> = base.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        if step == ".." {
            path.pop();
        } else {
            path.push(step)
        }
    }
    path.join("/")
}

#[test]
fn every_part_is_xml_has_a_type_and_is_reached() {
    for number in [1, 9] {
        for document in one_of_each(number).into_iter().filter(|document| is_package(document.kind)) {
            assert_whole(&document.name, &document.bytes);
        }
    }
}

#[test]
fn every_formula_has_the_value_that_it_calculates() {
    let mut formulas = 0;
    for document in one_of_each(6).into_iter().filter(|document| document.kind == Kind::Xlsx) {
        let parts = parts(&document.bytes);
        let xml = roxmltree::Document::parse(&parts["xl/worksheets/sheet1.xml"]).unwrap();
        let child = |cell: roxmltree::Node, tag: &str| {
            cell.children().find(|node| node.tag_name().name() == tag).and_then(|node| node.text().map(str::to_owned))
        };
        let cells: BTreeMap<String, (Option<String>, Option<f64>)> = xml
            .descendants()
            .filter(|node| node.tag_name().name() == "c")
            .map(|cell| {
                (
                    cell.attribute("r").unwrap().to_owned(),
                    (child(cell, "f"), child(cell, "v").map(|v| v.parse().unwrap())),
                )
            })
            .collect();
        let value = |at: &str| cells.get(at).and_then(|(_, value)| *value).unwrap_or_else(|| panic!("{at} is empty"));
        for (at, (formula, cached)) in cells.iter().filter(|(_, (formula, _))| formula.is_some()) {
            let formula = formula.as_deref().unwrap();
            let expected = if let Some(range) = formula.strip_prefix("SUM(").and_then(|rest| rest.strip_suffix(')')) {
                let (from, to) = range.split_once(':').unwrap();
                let row = |cell: &str| cell[1..].parse::<usize>().unwrap();
                (row(from)..=row(to)).map(|row| value(&format!("{}{row}", &from[..1]))).sum()
            } else {
                let sign = formula.find(['+', '-', '*', '/']).unwrap();
                let (a, b) = (value(&formula[..sign]), value(&formula[sign + 1..]));
                match &formula[sign..=sign] {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    _ => a / b,
                }
            };
            assert!(
                (cached.unwrap() - expected).abs() < 1e-9,
                "{}: {at} = {formula}: {cached:?}, not {expected}",
                document.name
            );
            formulas += 1;
        }
    }
    assert!(formulas > 150, "{formulas}");
}

/// Texts that break careless writers.
const HOSTILE: [&str; 8] = [
    "a < b && c > \"d\" 'e' ]]> <!-- --> &amp; &#0;",
    "control \u{0}\u{1}\u{8}\u{b}\u{1f}\u{fffe}\u{ffff} signs",
    "two\nlines\tand a tab",
    "emoji 🙂👩‍🚀🇪🇺",
    "שלום עולם, this is mixed",
    "مرحبا بالعالم",
    "_x000D_ and _x0041_",
    "=HYPERLINK(\"https://docs.example.com\")",
];

fn hostile(kind: Kind) -> Vec<u8> {
    let text = HOSTILE.join(" ");
    let properties = Properties {
        title: text.clone(),
        author: HOSTILE[0].to_owned(),
        edited_by: HOSTILE[4].to_owned(),
        revision: 1,
        created: MOMENT,
        modified: MOMENT,
        application: "Microsoft Excel",
    };
    let texts = || HOSTILE.map(str::to_owned).to_vec();
    let mut blocks: Vec<Block> = vec![Block::Heading(text.clone())];
    blocks.extend(texts().into_iter().flat_map(|text| [Block::Paragraph(text.clone()), Block::Bullet(text)]));
    blocks.push(Block::Table(vec![texts(), texts()]));
    let body = match kind {
        Kind::Xlsx => Body::Sheets(vec![Sheet {
            name: "Sheet".to_owned(),
            title: text,
            subtitle: String::new(),
            headings: texts(),
            rows: vec![texts().into_iter().map(Cell::Text).collect()],
            totals: vec![Cell::Formula("SUM(A5:A5)".to_owned(), 0.0, Shown::Count)],
        }]),
        _ => Body::Text { subtitle: text, blocks },
    };
    super::super::write(kind, &body, &properties)
}

#[test]
fn any_text_is_kept_but_for_signs_that_xml_cannot_hold() {
    for (kind, part) in [
        (Kind::Docx, "word/document.xml"),
        (Kind::Xlsx, "xl/worksheets/sheet1.xml"),
        (Kind::Pptx, "ppt/slides/slide2.xml"),
    ] {
        let bytes = hostile(kind);
        assert_whole(kind.extension(), &bytes);
        let parts = parts(&bytes);
        let xml = roxmltree::Document::parse(&parts[part]).unwrap();
        let words: String = xml.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text()).collect();
        for text in HOSTILE {
            for line in text.split(['\n', '\t']) {
                let held: String =
                    line.chars().filter(|sign| *sign >= ' ' && !matches!(sign, '\u{fffe}' | '\u{ffff}')).collect();
                // As Excel wants it written.
                let held = if kind == Kind::Xlsx { held.replace("_x0", "_x005F_x0") } else { held };
                assert!(words.contains(&held), "{kind:?}: {held}");
            }
        }
        let right_to_left = ["<w:bidi/>", "rtl=\"1\""].iter().any(|mark| parts[part].contains(mark));
        assert_eq!(right_to_left, kind != Kind::Xlsx, "Excel finds the direction of a cell by itself");
    }
    for kind in [Kind::Text, Kind::Markdown] {
        assert!(String::from_utf8(hostile(kind)).unwrap().contains("emoji 🙂👩‍🚀🇪🇺"));
    }
}

#[test]
fn the_file_says_who_made_it_and_when() {
    let document = one_of_each(3).into_iter().find(|document| document.kind == Kind::Docx).unwrap();
    let core = &parts(&document.bytes)["docProps/core.xml"];
    let everybody = people(7, 25);
    for expected in [
        format!("<dc:creator>{}</dc:creator>", everybody[0].name()),
        format!("<cp:lastModifiedBy>{}</cp:lastModifiedBy>", everybody[3].name()),
        "<cp:revision>3</cp:revision>".to_owned(),
        ">2026-01-05T09:30:00Z</dcterms:created>".to_owned(),
        ">2026-01-05T15:30:00Z</dcterms:modified>".to_owned(),
    ] {
        assert!(core.contains(&expected), "{expected} in {core}");
    }
}
