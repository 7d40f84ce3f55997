//! The words of plain enums: one spelling for the log, for columns that can be filtered, for commands and for people.

use crate::record::{Auth, Desired, Level, PlanFunction, Stage, Status};

/// A name that none of an enum's words is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of {1}")]
pub struct UnknownWord(
    /// What was given.
    pub String,
    /// What is known, with commas.
    pub String,
);

/// Gives an enum its words.
macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),+) => {
        impl $type {
            /// Every value, in the order of a life.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word, as it stands in the log.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord(word.to_owned(), [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(Desired: Running = "running", Stopped = "stopped", Removed = "removed");
words!(Status: Pending = "pending", Running = "running", Stopped = "stopped", CleaningUp = "cleaning_up",
    Completed = "completed", Failed = "failed");
words!(PlanFunction: Deploy = "deploy", Cycle = "cycle", Stop = "stop", Cleanup = "cleanup");
words!(Stage: Open = "open", Done = "done", Failed = "failed", Skipped = "skipped", Unknown = "unknown");
words!(Auth: App = "app", Delegated = "delegated");
words!(Level: Debug = "debug", Info = "info", Warn = "warn", Error = "error");

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn same_in_the_log<T: Serialize + Copy + std::fmt::Display + std::str::FromStr + PartialEq>(all: &[T]) {
        for value in all {
            let word = value.to_string();
            assert_eq!(serde_json::to_string(value).unwrap(), format!("\"{word}\""));
            assert!(word.parse::<T>().ok() == Some(*value));
        }
    }

    #[test]
    fn a_word_is_the_same_in_the_log_and_everywhere_else() {
        same_in_the_log(Desired::ALL);
        same_in_the_log(Status::ALL);
        same_in_the_log(PlanFunction::ALL);
        same_in_the_log(Stage::ALL);
        same_in_the_log(Auth::ALL);
        same_in_the_log(Level::ALL);
    }

    #[test]
    fn an_unknown_word_is_refused_with_the_known_ones() {
        assert_eq!(
            "asleep".parse::<Desired>().unwrap_err().to_string(),
            "\"asleep\" is none of running, stopped, removed"
        );
    }
}
