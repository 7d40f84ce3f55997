//! Documents, looked at as the programs that open them do: as packages, as texts, as files.

mod editing;
mod office;
mod packages;
mod templates;

use std::{collections::BTreeMap, io::Read};

use super::*;
use crate::people::people;

/// Monday, 5 January 2026, 09:30 UTC.
const MOMENT: Instant = 1_767_605_400_000;

/// What `act` makes of a document's identity.
fn with<T>(department: Department, id: &str, act: impl FnOnce(&Identity) -> T) -> T {
    let everybody = people(7, 25);
    let author = &everybody[0];
    act(&Identity { seed: 7, id, department, created: MOMENT, author, everybody: &everybody })
}

/// A revision of the department's `n`-th document; each is made three hours after the one before, by the next person.
fn made(department: Department, n: usize, number: u32) -> Document {
    with(department, &format!("document/w01/{n}"), |identity| {
        let at = MOMENT + u64::from(number - 1) * 10_800_000;
        document(identity, &Revision { number, at, by: &identity.everybody[number as usize % 25] })
    })
}

/// One document of each template of each department, in this revision.
fn one_of_each(number: u32) -> Vec<Document> {
    let mut documents = Vec::new();
    for department in Department::ALL {
        let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
        for n in 0..80 {
            let name = with(department, &format!("document/w01/{n}"), |identity| template_of(identity).header("Name"));
            seen.entry(name).or_insert(n);
        }
        assert_eq!(seen.len(), super::templates(department).len(), "{department:?}: all templates are drawn");
        documents.extend(seen.values().map(|n| made(department, *n, number)));
    }
    documents
}

fn is_package(kind: Kind) -> bool {
    matches!(kind, Kind::Docx | Kind::Xlsx | Kind::Pptx)
}

/// The parts of a package, by a zip reader that is not ours.
fn parts(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut parts = BTreeMap::new();
    for n in 0..archive.len() {
        let mut file = archive.by_index(n).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        parts.insert(file.name().unwrap().into_owned(), text);
    }
    parts
}
