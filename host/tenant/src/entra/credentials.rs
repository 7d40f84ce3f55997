//! What users prove themselves with. A password is kept as a salted hash; nothing here can show it again.

use std::collections::HashMap;

use uuid::Uuid;

use crate::ids;

/// How often a password is hashed. The tenant is a toy for attackers and a tool for tests: enough that a stored state does
/// not read as a list of passwords, little enough that three hundred sign-ins take no time.
const ROUNDS: u32 = 16;

struct Credential {
    hash: [u8; 32],
    /// Whether the next sign-in must choose another password.
    change: bool,
}

/// The users' passwords, and from when on their sessions count.
#[derive(Default)]
pub(crate) struct Credentials {
    passwords: HashMap<Uuid, Credential>,
    revoked: HashMap<Uuid, u64>,
}

fn hashed(id: Uuid, password: &str) -> [u8; 32] {
    (0..ROUNDS).fold(ids::digest(&[id.as_bytes(), password.as_bytes()]), |hash, _| ids::digest(&[&hash, id.as_bytes()]))
}

impl Credentials {
    /// Sets a user's password.
    pub(crate) fn set(&mut self, id: Uuid, password: &str, change: bool) {
        self.passwords.insert(id, Credential { hash: hashed(id, password), change });
    }

    pub(crate) fn remove(&mut self, id: Uuid) {
        self.passwords.remove(&id);
    }

    /// Whether the password is the user's: then whether it must be changed before it is good for anything.
    pub(super) fn check(&self, id: Uuid, password: &str) -> Option<bool> {
        let credential = self.passwords.get(&id)?;
        (credential.hash == hashed(id, password)).then_some(credential.change)
    }

    /// Ends all sessions that began before `now`.
    pub(crate) fn revoke(&mut self, id: Uuid, now: u64) {
        self.revoked.insert(id, now);
    }

    /// From when on a user's refresh tokens count, UTC milliseconds.
    pub(super) fn valid_from(&self, id: Uuid) -> Option<u64> {
        self.revoked.get(&id).copied()
    }
}
