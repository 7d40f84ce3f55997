//! Values that are lists, written as one text with commas between.

/// Reads every entry.
///
/// # Errors
/// What is wrong with each of them.
pub(super) fn each<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Vec<String>> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for entry in text.split(',').map(str::trim) {
        match read(entry) {
            Ok(value) => all.push(value),
            Err(why) => wrong.push(why),
        }
    }
    if wrong.is_empty() { Ok(all) } else { Err(wrong) }
}

/// Reads every entry as a name that is known.
///
/// # Errors
/// Names that are not, one after the other, as people read them.
pub(super) fn names<T>(text: &str, known: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    each(text, |name| known(name).ok_or_else(|| format!("`{name}`"))).map_err(|unknown| unknown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_that_is_wrong_is_told() {
        assert_eq!(names("1, 2", |name| name.parse::<u8>().ok()), Ok(vec![1, 2]));
        assert_eq!(names("1, x, ,2", |name| name.parse::<u8>().ok()), Err("`x`, ``".to_owned()));
    }
}
