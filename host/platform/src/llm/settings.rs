//! From the environment to a model, or everything that is wrong with it.
//!
//! `LLM_PROVIDER` says who is asked. Without it, the provider is meant whose variables are there, if they are only one's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use haymaker_engine::http::{Auth, Secret};
use reqwest::Url;

use super::budget::Budget;
use super::{Key, Model, Provider, anthropic, azure_ai_foundry, azure_openai, openai};
use crate::problems::suggest;

/// Says who is asked.
pub const PROVIDER: &str = "LLM_PROVIDER";

/// The model's name, where the provider has no variable of its own for it, or that one is not set.
pub(super) const MODEL: &str = "LLM_MODEL";

/// How long one call may take, in seconds.
const TIMEOUT: &str = "LLM_TIMEOUT_SECONDS";

/// Long enough for a long answer of a slow model; what takes longer is not worth waiting for in an office.
const USUAL_TIMEOUT: u64 = 120;

/// Where Entra ID gives tokens, unless `AZURE_AUTHORITY_HOST` names another place.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// What a token for a model in Azure is for.
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

const TENANT_ID: &str = "AZURE_TENANT_ID";
const CLIENT_ID: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const AUTHORITY_HOST: &str = "AZURE_AUTHORITY_HOST";

/// All variables that configure a model: what goes along with a command for it.
pub fn names() -> impl Iterator<Item = &'static str> {
    let own = [PROVIDER, MODEL, TIMEOUT, TENANT_ID, CLIENT_ID, CLIENT_SECRET, AUTHORITY_HOST];
    let of_providers = [anthropic::NAMES, azure_openai::NAMES, azure_ai_foundry::NAMES, openai::NAMES];
    own.into_iter().chain(Budget::NAMES).chain(of_providers.into_iter().flatten().copied())
}

/// Where a model is asked, as a provider's variables have it.
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) key: Key,
    pub(super) name: String,
}

/// The model that an environment configures; none if it configures none.
///
/// # Errors
/// All problems, each with its variable.
pub fn from_environment(environment: &BTreeMap<String, String>) -> Result<Option<Model>, Vec<String>> {
    let reading = Reading { environment, problems: RefCell::default() };
    let model = reading.provider().and_then(|provider| {
        let target = match provider {
            Provider::Anthropic => anthropic::target(&reading),
            Provider::AzureOpenai => azure_openai::target(&reading),
            Provider::AzureAiFoundry => azure_ai_foundry::target(&reading),
            Provider::Openai => openai::target(&reading),
        };
        let timeout = reading.number(TIMEOUT, 1..=600, USUAL_TIMEOUT);
        let budget = Budget::read(&reading);
        let Target { url, key, name } = target?;
        let timeout = Duration::from_secs(timeout);
        Some(Model { provider, name, budget, url, key, timeout, completion_tokens: AtomicBool::new(false) })
    });
    let problems = reading.problems.into_inner();
    if problems.is_empty() { Ok(model) } else { Err(problems) }
}

/// An environment while it is read.
pub(super) struct Reading<'a> {
    environment: &'a BTreeMap<String, String>,
    problems: RefCell<Vec<String>>,
}

impl<'a> Reading<'a> {
    /// A variable's value; empty ones count as absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of these that is set.
    pub(super) fn first(&self, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// The first of these that is set; one must be.
    pub(super) fn need(&self, names: &[&'static str], what: &str) -> Option<(&'static str, &'a str)> {
        let found = self.first(names);
        if found.is_none() {
            self.problem(names.first().copied().unwrap_or_default(), &format!("missing; {what}"));
        }
        found
    }

    pub(super) fn problem(&self, name: &str, why: &str) {
        self.problems.borrow_mut().push(format!("{name}: {why}"));
    }

    /// A key, as a header carries it.
    pub(super) fn key(&self, names: &[&'static str]) -> Option<Arc<Secret>> {
        let (name, value) = self.first(names)?;
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.problem(name, "not a key: it has characters that no key has (a space, a line end)");
        }
        Some(Arc::new(Secret::new(value.to_owned())))
    }

    /// Where somebody is asked. Keys travel encrypted, or on this machine only.
    pub(super) fn address(&self, name: &str, value: &str, has_key: bool) -> Option<Url> {
        let refuse = |why: &str| {
            self.problem(name, why);
            None
        };
        let Ok(url) = Url::parse(value) else {
            return refuse("not an address; write it like https://models.example.com");
        };
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        match url.scheme() {
            "https" => {}
            "http" if loopback || !has_key => {}
            "http" => return refuse("must begin with https://: a key must not travel in the open"),
            _ => return refuse("must begin with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return refuse("must be scheme, host, port and path only");
        }
        Some(url)
    }

    /// A whole number within a range, or what is usual.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<u64>, usual: u64) -> u64 {
        let Some(text) = self.get(name) else { return usual };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.problem(name, &format!("not a whole number from {} to {}", range.start(), range.end()));
                usual
            }
        }
    }

    /// A key of Azure's, in the header that Azure takes it in; or without one, an application of Entra ID.
    pub(super) fn azure_key(&self, names: &[&'static str]) -> Option<Key> {
        if let Some(key) = self.key(names) {
            return Some(Key::Header("api-key", key));
        }
        let given = [TENANT_ID, CLIENT_ID, CLIENT_SECRET].map(|name| (name, self.get(name)));
        let key = names.first().copied().unwrap_or_default();
        if given.iter().all(|(_, value)| value.is_none()) {
            self.problem(key, &format!("missing; or set {TENANT_ID}, {CLIENT_ID} and {CLIENT_SECRET} instead"));
            return None;
        }
        for (name, _) in given.iter().filter(|(_, value)| value.is_none()) {
            self.problem(name, &format!("missing; an application needs all three, where {key} is not set"));
        }
        let authority = self.get(AUTHORITY_HOST).unwrap_or(AUTHORITY);
        self.address(AUTHORITY_HOST, authority, true)?;
        let [(_, tenant), (_, client_id), (_, secret)] = given;
        Some(Key::Entra(Auth::ClientCredentials {
            authority: authority.trim_end_matches('/').to_owned(),
            tenant: tenant?.to_owned(),
            client_id: client_id?.to_owned(),
            client_secret: Arc::new(Secret::new(secret?.to_owned())),
            scope: SCOPE.to_owned(),
        }))
    }

    fn provider(&self) -> Option<Provider> {
        if let Some(named) = self.get(PROVIDER) {
            let word = named.to_ascii_lowercase().replace('-', "_");
            let found = Provider::ALL.into_iter().find(|provider| provider.word() == word);
            if found.is_none() {
                let hint = suggest(&word, Provider::ALL.map(Provider::word));
                self.problem(PROVIDER, &format!("{named:?} is no provider; {hint}"));
            }
            return found;
        }
        let marks = |provider: &Provider| match provider {
            Provider::Anthropic => anthropic::MARKS,
            Provider::AzureOpenai => azure_openai::MARKS,
            Provider::AzureAiFoundry => azure_ai_foundry::MARKS,
            Provider::Openai => openai::MARKS,
        };
        let meant: Vec<Provider> =
            Provider::ALL.into_iter().filter(|provider| self.first(marks(provider)).is_some()).collect();
        match meant.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => {
                let words: Vec<&str> = several.iter().map(|provider| provider.word()).collect();
                let why = format!("not set, and there are variables of {}; say which is to be asked", words.join(", "));
                self.problem(PROVIDER, &why);
                None
            }
        }
    }
}

/// An address with these segments behind its path.
pub(super) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Whether an address's path ends so.
pub(super) fn ends_with(url: &Url, segment: &str) -> bool {
    url.path().trim_end_matches('/').rsplit('/').next() == Some(segment)
}
