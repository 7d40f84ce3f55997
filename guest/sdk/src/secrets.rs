//! Secrets that a guest can name and use ([`Request::fill`](crate::http::Request::fill)), and never see.

use crate::{Problem, imports};

/// Makes a random secret of `length` characters (12 to 128). A known name keeps its secret.
///
/// # Errors
/// `denied` in planning functions.
pub fn generate(name: &str, length: u32) -> Result<(), Problem> {
    imports::secrets::generate(name, length)
}

/// Forgets a secret.
///
/// # Errors
/// `denied` in planning functions.
pub fn forget(name: &str) -> Result<(), Problem> {
    imports::secrets::forget(name)
}
