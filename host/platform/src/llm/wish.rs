//! Whether a deployment wants a model: what its manifest says, and what its config turns on.

use serde::Serialize;
use serde_json::Value;

use crate::manifest::Manifest;

/// What a manifest says about language models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LlmUse {
    /// Whether it does without one.
    #[serde(rename = "use")]
    pub need: Need,
    /// The boolean config key that turns it on; none: always on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// How much a workload needs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It does without one, where there is none.
    Optional,
    /// It does nothing without one.
    Required,
}

/// Whether a deployment wants a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Its manifest does not ask for one.
    Never,
    /// Its config does not turn it on.
    Off,
    /// It wants one.
    Wanted(Need),
}

impl Wish {
    /// What a deployment with this manifest and config wants.
    pub fn of(manifest: &Manifest, config: &Value) -> Wish {
        let Some(LlmUse { need, when }) = &manifest.llm else { return Wish::Never };
        let is_on = |key: &String| config.get(key).and_then(Value::as_bool).unwrap_or(false);
        if when.as_ref().is_none_or(is_on) { Wish::Wanted(*need) } else { Wish::Off }
    }

    /// Whether it wants one.
    pub fn is_wanted(self) -> bool {
        matches!(self, Wish::Wanted(_))
    }
}
