//! Bindings and sugar for workload authors in Rust.
