//! The project's own commands: demo, test, build, bench.

fn main() {}
