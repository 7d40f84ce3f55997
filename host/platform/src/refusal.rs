//! Why a command was not carried out: one sentence, and every single problem where there are several.

use serde::{Deserialize, Serialize};

use crate::problems::Problems;

/// A command's refusal, also over the host's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is wrong and what to do, in one sentence.
    pub message: String,
    /// Every problem, each with its key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl Refusal {
    /// In one sentence.
    pub fn new(message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), problems: Vec::new() }
    }

    /// With its problems.
    pub fn with(message: impl Into<String>, problems: Vec<String>) -> Refusal {
        Refusal { message: message.into(), problems }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Refusal {}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Refusal {
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        match all.as_slice() {
            [one] => Refusal::new(one.clone()),
            _ => Refusal::with(format!("{} problems; nothing was done:", all.len()), all),
        }
    }
}

impl From<haymaker_store::Error> for Refusal {
    fn from(error: haymaker_store::Error) -> Refusal {
        Refusal::new(error.to_string())
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Refusal {
        Refusal::new(format!("{error:#}"))
    }
}

impl From<crate::registry::RegistryError> for Refusal {
    fn from(error: crate::registry::RegistryError) -> Refusal {
        Refusal::new(error.to_string())
    }
}
