//! A value that is shown to nobody.

use std::fmt;
use zeroize::Zeroizing;

/// A secret in memory: erased when dropped, `***` when printed.
///
/// There is deliberately no `Display`, no `Serialize` and no comparison: whoever needs the value says so with
/// [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value over.
    #[must_use]
    pub fn new(value: String) -> Secret {
        Secret(Zeroizing::new(value))
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
