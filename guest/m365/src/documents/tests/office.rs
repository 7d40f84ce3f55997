//! Whether an office program opens the documents: LibreOffice, where it is installed.

use std::{fs, io::Write, path::Path, process::Command};

use super::*;

/// Converts all files at once, with a profile of its own so that it disturbs nobody's.
fn converted(folder: &Path, files: &[String], to: &str) {
    let output = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}/profile", folder.display()))
        .args(["--headless", "--norestore", "--convert-to", to, "--outdir"])
        .arg(folder)
        .args(files.iter().map(|file| folder.join(file)))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn libreoffice_opens_every_kind_where_it_is_installed() {
    if Command::new("soffice").arg("--version").output().is_err() {
        // Past the test's capture, which would keep it from whoever reads that all is well.
        let said =
            writeln!(std::io::stderr(), "NOT RUN: `soffice` is not installed, no office program opened a document");
        return said.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    // For a person to look at: the files stay where this variable says.
    let kept = std::env::var_os("HAYMAKER_DOCUMENTS");
    let mut documents: BTreeMap<Kind, Vec<Document>> = BTreeMap::new();
    for document in one_of_each(4) {
        documents.entry(document.kind).or_default().push(document);
    }
    let mut titles: BTreeMap<Kind, Vec<(String, String)>> = BTreeMap::new();
    for (kind, documents) in documents {
        for (n, document) in documents.into_iter().enumerate().take(if kept.is_some() { 100 } else { 1 }) {
            let stem = format!("{}-{n}", kind.extension());
            fs::write(folder.path().join(format!("{stem}.{}", kind.extension())), &document.bytes).unwrap();
            titles.entry(kind).or_default().push((stem, document.title));
        }
    }
    let named = |kind: Kind| -> Vec<String> {
        titles[&kind].iter().map(|(stem, _)| format!("{stem}.{}", kind.extension())).collect()
    };
    let all: Vec<String> = [Kind::Docx, Kind::Xlsx, Kind::Pptx, Kind::Text].into_iter().flat_map(named).collect();
    converted(folder.path(), &all, "pdf");
    for file in &all {
        let pdf = fs::read(folder.path().join(file).with_extension("pdf"))
            .unwrap_or_else(|_| panic!("{file} was not opened"));
        assert!(pdf.starts_with(b"%PDF") && pdf.len() > 5_000, "{file}: {} bytes", pdf.len());
    }
    if let Some(kept) = kept {
        for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), Path::new(&kept).join(entry.file_name())).unwrap();
        }
    }
    // What it read is what was written: as text, and as a table whose totals it calculates itself.
    converted(folder.path(), &named(Kind::Docx), "txt:Text (encoded):UTF8");
    // Comma, quotation mark, UTF-8.
    converted(folder.path(), &named(Kind::Xlsx), "csv:Text - txt - csv (StarCalc):44,34,76");
    for (kind, extension) in [(Kind::Docx, "txt"), (Kind::Xlsx, "csv")] {
        for (stem, title) in &titles[&kind] {
            let text = fs::read_to_string(folder.path().join(format!("{stem}.{extension}"))).unwrap();
            assert!(text.trim_start_matches(['\u{feff}', '"']).starts_with(title.as_str()), "{title}: {text}");
            assert!(!text.contains("Err:") && !text.contains('#'), "{text}");
        }
    }
}
