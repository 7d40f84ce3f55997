//! End-to-end tests, hostile guests, crash tests, benchmarks.
