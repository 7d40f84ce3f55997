//! The office: who works in a deployment, and what is remembered of them and of the tenant.

use std::collections::BTreeMap;

use haymaker_guest::{Activity, Deployment, Instant, Problem, Task, config, state};
use serde::{Deserialize, Serialize};

use crate::{
    config::Config,
    naming,
    people::{Person, people},
};

/// The actor of everything that concerns the tenant as a whole.
pub const TENANT: &str = "tenant";

/// What was found out about the tenant before anything was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The default domain, lower case.
    pub domain: String,
    /// Its licences, by `skuPartNumber`.
    pub skus: BTreeMap<String, Sku>,
}

/// A licence that the tenant has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    /// Its id.
    pub id: String,
    /// Seats that nobody had when it was looked at.
    pub free: u32,
}

/// A worker's account in the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The user's id.
    pub user_id: String,
    /// Since when its mailbox answers; none: not yet.
    pub ready: Option<Instant>,
}

/// A deployment with its people.
pub struct Office {
    /// The deployment's id.
    pub deployment: String,
    /// Its seed.
    pub seed: u64,
    /// Its config.
    pub config: Config,
    /// Everybody, in the order of their numbers.
    pub people: Vec<Person>,
}

impl Office {
    /// The office of a deployment.
    ///
    /// # Errors
    /// `invalid` when the config does not fit.
    pub fn of(deployment: &Deployment) -> Result<Office, Problem> {
        let config: Config = config(deployment)?;
        let people = people(deployment.seed, config.workers);
        Ok(Office { deployment: deployment.id.clone(), seed: deployment.seed, config, people })
    }

    /// A person by its worker's id.
    ///
    /// # Errors
    /// `invalid` when nobody has it.
    pub fn person(&self, worker: &str) -> Result<&Person, Problem> {
        let index = naming::number(worker).and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.people.get(index as usize)).ok_or_else(|| {
            Problem::invalid("no-such-worker", format!("{worker} is none of the {} workers", self.config.workers))
        })
    }

    /// A person's address.
    pub fn address(&self, person: &Person, tenant: &Tenant) -> String {
        naming::upn(&self.deployment, person.number, &tenant.domain)
    }

    /// An activity of this person, with what identifies it in the ground truth.
    pub fn told(&self, activity: Activity, person: &Person, upn: &str, user_id: &str) -> Activity {
        activity
            .with("worker", person.name())
            .with("user_id", user_id)
            .with("upn", upn)
            .with("department", self.config.department.key())
    }
}

impl Tenant {
    const NAME: &str = "found";

    /// What is known; none before the tenant was looked at.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub fn known() -> Result<Option<Tenant>, Problem> {
        state::load(&state::actor_key(TENANT, Tenant::NAME))
    }

    /// What is known, for tasks that are planned only then.
    ///
    /// # Errors
    /// `invalid` when nothing is.
    pub fn required() -> Result<Tenant, Problem> {
        Tenant::known()?.ok_or_else(|| Problem::invalid("no-tenant", "the tenant has not been looked at"))
    }

    /// Remembers it; from a task of [`TENANT`].
    ///
    /// # Errors
    /// The host's.
    pub fn save(&self) -> Result<(), Problem> {
        state::save(&state::actor_key(TENANT, Tenant::NAME), self)
    }
}

impl Account {
    const NAME: &str = "account";

    /// A worker's account; none before it was created.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub fn of(worker: &str) -> Result<Option<Account>, Problem> {
        state::load(&state::actor_key(worker, Account::NAME))
    }

    /// The account of the worker whose task this is.
    ///
    /// # Errors
    /// `invalid` when it has none.
    pub fn required(task: &Task) -> Result<Account, Problem> {
        Account::of(&task.actor)?
            .ok_or_else(|| Problem::invalid("no-account", format!("{} has no account in the tenant", task.actor)))
    }

    /// Remembers it; from a task of this worker.
    ///
    /// # Errors
    /// The host's.
    pub fn save(&self, worker: &str) -> Result<(), Problem> {
        state::save(&state::actor_key(worker, Account::NAME), self)
    }

    /// All accounts by worker.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub fn all() -> Result<BTreeMap<String, Account>, Problem> {
        // Only workers begin with a `w`, and they have nothing but an account.
        let accounts = state::list("actor/w")?.into_iter();
        let worker = |key: &str| key.split('/').nth(1).unwrap_or_default().to_owned();
        Ok(accounts.map(|(key, account)| (worker(&key), account)).collect())
    }
}
