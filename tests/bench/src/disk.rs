//! What the disk alone asks for a promise.

use std::io::Write;
use std::time::Instant;

use crate::figures::{Series, table};

/// Appends that are measured.
const APPENDS: usize = 100;

/// What is appended: a page of the store, which is the least that a flushed commit writes.
const PAGE: [u8; 4096] = [b'x'; 4096];

/// Measures, and says what came of it.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn measure() -> anyhow::Result<String> {
    let folder = crate::folder()?;
    let mut file = std::fs::File::create(folder.path().join("file"))?;
    let mut series = Series::default();
    for _ in 0..APPENDS {
        let begun = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        series.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let rows = [vec![String::new(), "µs each".to_owned()], vec!["write and fsync 4 KiB".to_owned(), series.text(0)]];
    Ok(table("The disk: what a flushed commit waits for at least", &rows))
}
