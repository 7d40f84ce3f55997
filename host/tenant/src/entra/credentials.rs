//! What users prove themselves with. A password is kept as a salted hash; nothing here can show it again.

use std::collections::HashMap;

use uuid::Uuid;

use crate::ids;

/// How often a password is hashed. The tenant is a toy for attackers and a tool for tests: enough that a stored state does
/// not read as a list of passwords, little enough that three hundred sign-ins take no time.
const ROUNDS: u32 = 16;

struct Credential {
    password: Sealed,
    /// Whether the next sign-in must choose another password.
    change: bool,
}

/// The users' passwords, and from when on their sessions count.
#[derive(Default)]
pub(crate) struct Credentials {
    passwords: HashMap<Uuid, Credential>,
    revoked: HashMap<Uuid, u64>,
}

/// A password as it is kept.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Sealed {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl Sealed {
    /// `salt` belongs to whatever set the password.
    pub(crate) fn new(password: &str, salt: [u8; 16]) -> Sealed {
        let first = ids::digest(&[&salt, password.as_bytes()]);
        Sealed { salt, hash: (0..ROUNDS).fold(first, |hash, _| ids::digest(&[&hash, &salt])) }
    }

    /// Salt and hash, in hexadecimal.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", hex::encode(self.salt), hex::encode(self.hash))
    }

    /// What [`Sealed::text`] wrote.
    pub(crate) fn read(text: &str) -> Option<Sealed> {
        let (salt, hash) = text.split_at_checked(32)?;
        Some(Sealed { salt: hex::decode(salt).ok()?.try_into().ok()?, hash: hex::decode(hash).ok()?.try_into().ok()? })
    }

    fn is(&self, password: &str) -> bool {
        Sealed::new(password, self.salt) == *self
    }
}

impl Credentials {
    /// Sets a user's password.
    pub(crate) fn set(&mut self, id: Uuid, password: Sealed, change: bool) {
        self.passwords.insert(id, Credential { password, change });
    }

    pub(crate) fn remove(&mut self, id: Uuid) {
        self.passwords.remove(&id);
    }

    /// Whether the password is the user's: then whether it must be changed before it is good for anything.
    pub(super) fn check(&self, id: Uuid, password: &str) -> Option<bool> {
        let credential = self.passwords.get(&id)?;
        credential.password.is(password).then_some(credential.change)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_password_can_be_written_down_and_does_not_show_it() {
        let sealed = Sealed::new("Correct-Horse-7", [7; 16]);
        let read = Sealed::read(&sealed.text()).unwrap();
        assert!(read.is("Correct-Horse-7") && !read.is("Correct-Horse-8"));
        assert!(!sealed.text().contains("Horse"));
        assert_ne!(sealed.text(), Sealed::new("Correct-Horse-7", [8; 16]).text());
    }
}
