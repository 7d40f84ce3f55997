//! Editing: a revision is a function of (document, number), and says what it changed.

use std::collections::BTreeSet;

use super::*;

#[test]
fn equal_documents_are_equal_byte_for_byte_and_revisions_are_not() {
    assert_eq!(one_of_each(4), one_of_each(4));
    for department in Department::ALL {
        for n in 0..4 {
            let revisions: Vec<Document> = (1..=12).map(|number| made(department, n, number)).collect();
            let different: BTreeSet<_> = revisions.iter().map(|document| &document.bytes).collect();
            assert_eq!(different.len(), revisions.len(), "{}", revisions[0].name);
            assert!(revisions.iter().all(|document| document.name == revisions[0].name), "an edit renames nothing");
            assert!(revisions.iter().skip(1).all(|document| document.change != "first version"));
            let (kind, name) = with(department, &format!("document/w01/{n}"), file_name);
            assert_eq!((kind, &name), (revisions[0].kind, &revisions[0].name));
        }
    }
}

/// Not only the history and the date: what the document says has changed too.
#[test]
fn an_edit_changes_a_little_and_keeps_the_rest() {
    for department in Department::ALL {
        for n in 0..6 {
            for number in 1..5 {
                let [before, after] = [number, number + 1].map(|number| made(department, n, number));
                let [before, after] = [&before, &after].map(|document| match document.kind {
                    Kind::Text | Kind::Markdown => lines(&String::from_utf8(document.bytes.clone()).unwrap()),
                    Kind::Docx => lines(&parts(&document.bytes)["word/document.xml"].replace("<w:p>", "\n")),
                    Kind::Pptx => {
                        let slides = parts(&document.bytes);
                        let text: String = slides
                            .iter()
                            .filter(|(name, _)| name.starts_with("ppt/slides/slide"))
                            .map(|(_, xml)| xml.as_str())
                            .collect();
                        lines(&text.replace("<a:p>", "\n"))
                    }
                    Kind::Xlsx => lines(&parts(&document.bytes)["xl/worksheets/sheet1.xml"].replace("<row", "\n<row")),
                });
                let gone = before.difference(&after).count();
                let new = after.difference(&before).count();
                assert!(
                    new >= 1 && gone <= before.len() / 2 && new <= 14,
                    "{department:?} {n}.{number}: -{gone} +{new} of {}",
                    before.len()
                );
            }
        }
    }
}

/// The lines of a document, but for those that every revision changes.
fn lines(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.contains("ersion 1.") && !line.contains("ersion history"));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_document_that_is_edited_a_hundred_times_stays_a_document() {
    for department in Department::ALL {
        for n in 0..2 {
            let [first, last] = [1, 100].map(|number| made(department, n, number));
            assert!(last.bytes.len() < 3 * first.bytes.len() + 20_000, "{}: {} bytes", last.name, last.bytes.len());
        }
    }
}

#[test]
fn files_have_the_size_of_office_documents() {
    for document in one_of_each(3) {
        let size = document.bytes.len();
        assert!(size > 300 && size < 60_000, "{}: {size} bytes", document.name);
    }
}
