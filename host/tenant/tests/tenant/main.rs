//! The tenant seen from outside: what its clients send, and what they get.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this crate is tests, which clippy sees of the functions marked as such only"
)]

mod audit;
mod batch;
mod bystanders;
mod calendar;
mod conformance;
mod determinism;
mod directory;
mod files;
mod groups;
mod history;
mod hostile;
mod identity;
mod inspection;
mod keeping;
mod mail;
mod organising;
mod rows;
mod server;
mod support;
mod teams;
