//! The engine with real guests: what it calls, what it refuses, what it survives. One binary, because linking is slow.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod calls;
mod common;
mod fit;
mod hostile;
