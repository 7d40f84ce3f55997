//! Loads components and lends them capabilities.
