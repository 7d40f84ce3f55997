//! Credentials by name: given with a command, kept in memory, never written.
//!
//! A deployment's secrets from the environment live in the host's memory for as long as the host does. After a restart
//! the deployment's condition is `blocked: NAME` until somebody who has them talks to the host again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use haymaker_engine::http::Secret;

/// Values by credential name.
#[derive(Clone, Default)]
pub struct Credentials(BTreeMap<String, Arc<Secret>>);

impl Credentials {
    /// From names and values; empty values count as absent.
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Credentials {
        let present = values.into_iter().filter(|(_, value)| !value.is_empty());
        Credentials(present.map(|(name, value)| (name, Arc::new(Secret::new(value)))).collect())
    }

    /// A value.
    pub fn get(&self, name: &str) -> Option<&Arc<Secret>> {
        self.0.get(name)
    }

    /// Which of these names have no value.
    pub fn missing<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        names.into_iter().filter(|name| !self.0.contains_key(*name)).map(str::to_owned).collect()
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What this host was given, by (tenant id, application id): good for every deployment that acts there.
#[derive(Default)]
pub struct Keyring(Mutex<BTreeMap<(String, String), Credentials>>);

impl Keyring {
    /// Remembers credentials for a tenant and an application.
    pub fn put(&self, tenant_id: &str, app_id: &str, credentials: Credentials) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((tenant_id.to_owned(), app_id.to_owned()), credentials);
    }

    /// What was given for a tenant and an application; nothing, if nothing was.
    pub fn get(&self, tenant_id: &str, app_id: &str) -> Credentials {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(tenant_id.to_owned(), app_id.to_owned())).cloned().unwrap_or_default()
    }
}
