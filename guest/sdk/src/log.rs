//! Lines for the people who watch (`haymaker logs`); kept also when the call fails.

use crate::{bindings::haymaker::workload::events::Level, imports::events::log};

/// For developers of workloads.
pub fn debug(message: impl AsRef<str>) {
    log(Level::Debug, message.as_ref());
}

/// Ordinary.
pub fn info(message: impl AsRef<str>) {
    log(Level::Info, message.as_ref());
}

/// Worth a look.
pub fn warn(message: impl AsRef<str>) {
    log(Level::Warn, message.as_ref());
}

/// Wrong.
pub fn error(message: impl AsRef<str>) {
    log(Level::Error, message.as_ref());
}
