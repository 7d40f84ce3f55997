//! Weeks that the flagship plans, drawn natively, are held against its table of assumptions: right ones pass, mutants fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod mutants;
mod office;
mod seeds;
mod telling;
