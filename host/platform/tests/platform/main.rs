//! The platform from outside: what it says of manifests, what its policy lets through, and as whom it speaks. One binary,
//! because linking is slow.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod manifests;
mod policy;
mod voice;
