//! Language models: who answers a guest's `llm.complete`.
//!
//! A model is configured by the environment that comes with a command, like every credential, and lives in this host's
//! memory for the deployments it was given for. It is never what a deployment depends on unless its manifest says so:
//! without one, a guest is told `unavailable` and does without.
//!
//! A provider is out in the real world, also where the tenant is simulated: what is waited for is waited for on the
//! machine's clock, and virtual time stands still meanwhile. Long waits have permits of their own ([`Models`]), so that
//! slow models never keep tasks from running that need none.
//!
//! | module | thought |
//! |---|---|
//! | [`settings`] | from the environment to a [`Model`], or everything that is wrong with it |
//! | `anthropic`, `openai`, `azure_openai`, `azure_ai_foundry` | one provider each: its variables, its addresses, its words |
//! | `client` | the attempts of one call: retries, patience, what an answer means |
//! | `wire` | one exchange over a connection |
//! | `redact` | what of a provider's words may be shown |
//! | [`budget`] | how much may be asked |
//! | [`wish`] | whether a deployment wants a model |
//! | [`lent`] | the model of one deployment, and of one call of it |

mod anthropic;
mod azure_ai_foundry;
mod azure_openai;
pub mod budget;
mod client;
pub mod lent;
mod openai;
mod redact;
pub mod settings;
#[cfg(test)]
mod tests;
mod wire;
pub mod wish;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use haymaker_engine::http::{self, Gateway, Secret};
use haymaker_store as store;
use reqwest::Url;
use tokio::sync::Semaphore;

use self::budget::{Budget, Reserved};

/// Calls of models under way at once, over all deployments of a host: what a usual account's rate allows, and few enough
/// that instances which wait for them cost little memory.
const AT_ONCE: usize = 8;

/// Who runs a model, and what is spoken with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The Messages API of Anthropic.
    Anthropic,
    /// Chat completions of a deployment in Azure OpenAI.
    AzureOpenai,
    /// The inference endpoint for models of Azure AI Foundry.
    AzureAiFoundry,
    /// Chat completions of OpenAI, or of whatever speaks the same.
    Openai,
}

impl Provider {
    /// All of them.
    pub const ALL: [Provider; 4] =
        [Provider::Anthropic, Provider::AzureOpenai, Provider::AzureAiFoundry, Provider::Openai];

    /// As `LLM_PROVIDER` names it.
    pub fn word(self) -> &'static str {
        match self {
            Provider::Anthropic => "anthropic",
            Provider::AzureOpenai => "azure_openai",
            Provider::AzureAiFoundry => "azure_ai_foundry",
            Provider::Openai => "openai",
        }
    }
}

/// How the host says who it is.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// Not at all.
    None,
    /// A key in a header of this name.
    Header(&'static str, Arc<Secret>),
    /// A key as bearer token.
    Bearer(Arc<Secret>),
    /// A token of Entra ID.
    Entra(http::Auth),
}

/// A model that was configured.
#[derive(Debug)]
pub struct Model {
    /// Who runs it.
    pub provider: Provider,
    /// The model's name, or its deployment's.
    pub name: String,
    /// How much may be asked.
    pub budget: Budget,
    /// Where it is asked.
    url: Url,
    key: Key,
    /// How long one call may take, retries included.
    timeout: Duration,
    /// Whether the most tokens of an answer are told as `max_completion_tokens`: newer models know no `max_tokens`.
    completion_tokens: AtomicBool,
}

impl Model {
    /// As the store keeps it.
    pub fn stored(&self) -> store::Model {
        store::Model { provider: self.provider.word().to_owned(), name: self.name.clone() }
    }
}

impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.provider.word(), self.name)
    }
}

/// All models of a host: its connections to them, who waits for one, and which deployment was given which.
pub struct Models {
    http: reqwest::Client,
    gateway: Arc<Gateway>,
    permits: Arc<Semaphore>,
    /// What calls under way may come to use, by whose budget it is.
    reserved: Mutex<BTreeMap<String, Reserved>>,
    given: Mutex<BTreeMap<String, Arc<Model>>>,
}

impl Models {
    /// Prepares connections; opens none. `gateway` gives tokens of Entra ID.
    ///
    /// # Errors
    /// A sentence: the environment names authorities that cannot be read, or the TLS library cannot be set up.
    pub fn new(gateway: Arc<Gateway>) -> Result<Arc<Models>, String> {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let (reserved, given) = (Mutex::default(), Mutex::default());
        Ok(Arc::new(Models { http: wire::client()?, gateway, permits, reserved, given }))
    }

    /// Remembers a model for a deployment, for as long as the host lives.
    pub fn put(&self, deployment: &str, model: Arc<Model>) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).insert(deployment.to_owned(), model);
    }

    /// The model that was given for a deployment.
    pub fn get(&self, deployment: &str) -> Option<Arc<Model>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).get(deployment).cloned()
    }
}
