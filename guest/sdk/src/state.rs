//! What a workload remembers: values with a JSON form, under keys.
//!
//! Writes of a call commit together with its result, and a call that fails writes nothing. `perform` and `settle` write
//! only under [`actor_key`] of their task's actor, planning functions everything else.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Problem, imports};

/// How many entries one call of the host's `list` gives at most.
const PAGE: u32 = 1_000;

/// A key that tasks of this actor may write.
pub fn actor_key(actor: &str, name: &str) -> String {
    format!("actor/{actor}/{name}")
}

/// The value under a key.
///
/// # Errors
/// `invalid` when it is not what this version writes.
pub fn load<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Problem> {
    imports::state::get(key).map(|bytes| decode(key, &bytes)).transpose()
}

/// Sets a value.
///
/// # Errors
/// `denied` where this call may not write the key, `exhausted` at the manifest's limit.
pub fn save(key: &str, value: &impl Serialize) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(value)
        .map_err(|error| Problem::invalid("state", format!("the value for {key} has no JSON form: {error}")))?;
    imports::state::set(key, Some(&bytes))
}

/// Removes a key.
///
/// # Errors
/// `denied` where this call may not write the key.
pub fn remove(key: &str) -> Result<(), Problem> {
    imports::state::set(key, None)
}

/// All values whose key begins with `prefix`, in the order of their keys.
///
/// # Errors
/// `invalid` when one is not what this version writes.
pub fn list<T: DeserializeOwned>(prefix: &str) -> Result<Vec<(String, T)>, Problem> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = imports::state::list(prefix, after.as_deref(), PAGE);
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(last.clone());
        for (key, bytes) in page {
            let value = decode(&key, &bytes)?;
            found.push((key, value));
        }
    }
}

fn decode<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        Problem::invalid("state", format!("the state at {key} is not what this version writes: {error}"))
    })
}
