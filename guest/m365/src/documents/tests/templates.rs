//! The documents that a department has.

use std::collections::BTreeSet;

use super::*;
use crate::content::vocabulary::is_known;

#[test]
fn every_department_has_six_documents_of_three_kinds_and_every_slot_has_words() {
    for department in Department::ALL {
        let templates = super::super::templates(department);
        let kinds: BTreeSet<Kind> = templates.iter().map(Kind::of).collect();
        assert!(templates.len() >= 6 && kinds.len() >= 3, "{department:?}: {kinds:?}");
        for template in &templates {
            assert!(Kind::ALL.iter().any(|kind| kind.extension() == template.header("Kind")), "{template:?}");
            assert!(template.answers.len() >= 2, "{template:?}");
            for header in ["Name", "Title", "Folder"] {
                assert!(!template.header(header).is_empty(), "{header} of {template:?}");
            }
            let headers = ["Name", "Title", "Folder", "Rows"].map(|header| template.header(header));
            for text in headers.iter().chain([&template.body]).chain(&template.answers) {
                for slot in text.split('{').skip(1) {
                    let slot = slot.split('}').next().unwrap();
                    assert!(is_known(slot), "{{{slot}}} in {text}");
                }
                assert_eq!(text.matches(['{', '[']).count(), text.matches(['}', ']']).count(), "{text}");
            }
        }
    }
}

#[test]
fn every_column_of_every_sheet_is_understood() {
    for template in Department::ALL.into_iter().flat_map(super::super::templates) {
        let described = template.header("Columns").split(" | ").filter(|column| !column.is_empty()).count();
        let columns = sheet::columns(&template);
        assert_eq!(columns.len(), described, "{}", template.header("Columns"));
        assert_eq!(described > 0, Kind::of(&template) == Kind::Xlsx, "{}", template.header("Name"));
        assert!(described == 0 || (template.body.is_empty() && sheet::labels(&template).len() >= 5));
        for slot in template.header("Columns").split("word ").skip(1) {
            assert!(is_known(slot.split(' ').next().unwrap()), "{slot}");
        }
    }
}

#[test]
fn texts_have_headings_paragraphs_lists_and_tables() {
    let documents = one_of_each(1);
    for document in documents.iter().filter(|document| document.kind == Kind::Docx) {
        let text = &parts(&document.bytes)["word/document.xml"];
        for mark in ["\"Heading1\"", "\"ListParagraph\"", "<w:tbl>", "\"Title\""] {
            assert!(text.contains(mark), "{}: {mark}", document.name);
        }
    }
    for document in documents.iter().filter(|document| document.kind == Kind::Pptx) {
        let slides = parts(&document.bytes).keys().filter(|part| part.starts_with("ppt/slides/slide")).count();
        assert!(slides >= 5, "{}: {slides} slides", document.name);
    }
}

#[test]
fn nothing_of_a_template_is_left_in_a_document() {
    for number in [1, 12] {
        for document in one_of_each(number) {
            let text = if is_package(document.kind) {
                let parts = parts(&document.bytes);
                let mut text = String::new();
                for (_, part) in parts.iter().filter(|(name, _)| {
                    name.contains("document.xml") || name.contains("/slide") || name.contains("/sheet")
                }) {
                    let xml = roxmltree::Document::parse(part).unwrap();
                    text.extend(xml.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text()));
                }
                text
            } else {
                String::from_utf8(document.bytes).unwrap()
            };
            assert!(!text.contains(['{', '}', '[', ']']), "{text}");
            assert!(!document.name.contains(['{', '}', '[', ']', '|']) && !document.title.contains(['{', '[', '|']));
            for link in text.split("https://").skip(1) {
                assert!(link.split('/').next().unwrap().ends_with(".example.com"), "{link}");
            }
        }
    }
}

#[test]
fn file_names_are_legal_in_sharepoint() {
    for (name, expected) in [
        ("Atlas: rollout/plan", "Atlas - rollout - plan.docx"),
        ("  50% of #1 \"final\"?. ", "50 of 1 final.docx"),
        ("con", "Document con.docx"),
        ("LPT1", "Document LPT1.docx"),
        ("my_vti_file", "Document my_vti_file.docx"),
        ("~$secret", "secret.docx"),
        ("...", "Document.docx"),
        ("Margie's Travel & Co", "Margie's Travel & Co.docx"),
    ] {
        assert_eq!(legal(name, "docx"), expected);
    }
    assert!(legal(&"é".repeat(300), "docx").chars().count() <= 105);
    for document in one_of_each(1) {
        assert!(!document.name.contains(['"', '*', ':', '<', '>', '?', '/', '\\', '|']), "{}", document.name);
        assert!(document.name.ends_with(&format!(".{}", document.kind.extension())));
    }
}
