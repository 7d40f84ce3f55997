//! Constructors of the contract's error type: one per kind, named like it.

use crate::{Instant, Problem, ProblemKind};

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident;)*) => {
        impl Problem {
            $($(#[$doc])*
            pub fn $name(code: impl Into<String>, message: impl Into<String>) -> Problem {
                Problem { kind: ProblemKind::$kind, code: code.into(), message: message.into(), retry_at: None }
            })*
        }
    };
}

constructors! {
    /// The input is wrong and stays wrong: never retried.
    invalid => Invalid;
    /// Not granted: never retried.
    denied => Denied;
    /// The host has no such capability: go on without it.
    unavailable => Unavailable;
    /// The other side is not ready yet: tried again without counting as a failure. Say when with [`Problem::at`].
    not_ready => NotReady;
    /// A limit or a budget is used up.
    exhausted => Exhausted;
    /// Nothing was sent, or nothing that matters: tried again with backoff.
    unreachable => Unreachable;
    /// The other side answered, and the answer was a failure: tried again with backoff, up to a limit.
    failed => Failed;
}

impl Problem {
    /// A key of the config that is wrong: `invalid`, with the code `config.<key>`.
    pub fn config(key: &str, message: impl Into<String>) -> Problem {
        Problem::invalid(format!("config.{key}"), message)
    }

    /// The earliest moment at which trying again makes sense.
    #[must_use]
    pub fn at(self, moment: Instant) -> Problem {
        Problem { retry_at: Some(moment), ..self }
    }
}
