//! What a failed call failed of.
//!
//! Wasmtime gives one error type. Inside it are, by type: the host's own [`Abort`], a trap of WebAssembly, the guest's
//! wish to exit, or wasmtime's complaint. Here they are told apart, once.

use std::collections::BTreeSet;

use wasmtime::{Trap, WasmBacktrace};

use crate::abort::Abort;
use crate::call::FailureKind;

/// How many frames of a guest's stack are kept, innermost first.
pub(crate) const FRAMES: usize = 40;

/// A stack of [`FRAMES`] frames with so few functions in it is a recursion.
const RECURSION: usize = 4;

/// The kind of a failure. `stderr` is the end of the guest's standard error.
pub(crate) fn kind(error: &wasmtime::Error, stderr: String) -> FailureKind {
    if let Some(abort) = error.downcast_ref::<Abort>() {
        return match abort.clone() {
            Abort::Memory { limit } => FailureKind::Memory { limit },
            Abort::Compute { limit } => FailureKind::Compute { limit },
            Abort::TooMuch { what, limit } => FailureKind::TooMuch { what, limit },
            Abort::Later { at, problem } => FailureKind::Later { at, problem },
            Abort::Host(why) => FailureKind::Host(why),
        };
    }
    if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        return FailureKind::Host(format!("the pool of instances is exhausted: {error}"));
    }
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::StackOverflow) => return FailureKind::StackOverflow,
        // A Rust or C guest keeps part of its stack in linear memory, below everything else: an overflow there is an
        // access below zero.
        Some(Trap::MemoryOutOfBounds) if recurses(&backtrace) => return FailureKind::StackOverflow,
        _ => {}
    }
    let message = trap.map_or_else(|| cause(error), ToString::to_string);
    FailureKind::Trap { message, backtrace, stderr }
}

/// The innermost reason: what is around it only says that a call failed.
fn cause(error: &wasmtime::Error) -> String {
    error.root_cause().to_string()
}

/// The functions of a stack, innermost first, by the names that their authors gave them.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    // Wasmtime prints one frame per line, `  3: 0x1234 - module!function`, and only there are names demangled.
    let text = backtrace.to_string();
    let named = |line: &str| Some(line.rsplit_once("!").or_else(|| line.split_once(" - "))?.1.trim().to_owned());
    text.lines().skip(1).filter_map(named).take(FRAMES).collect()
}

/// Whether the whole of a deep stack is a few functions over and over.
fn recurses(backtrace: &[String]) -> bool {
    backtrace.len() >= FRAMES && backtrace.iter().collect::<BTreeSet<_>>().len() <= RECURSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_own_reasons_are_found_below_what_is_around_them() {
        let error = wasmtime::Error::from(Abort::Host("the disk is full".to_owned())).context("error while executing");
        assert_eq!(kind(&error, String::new()), FailureKind::Host("the disk is full".to_owned()));
    }

    #[test]
    fn a_deep_stack_of_few_functions_is_a_recursion() {
        let deep: Vec<String> = (0..FRAMES).map(|n| format!("f{}", n % 2)).collect();
        let wide: Vec<String> = (0..FRAMES).map(|n| format!("f{n}")).collect();
        assert!(recurses(&deep));
        assert!(!recurses(&wide) && !recurses(&deep[1..]));
    }
}
