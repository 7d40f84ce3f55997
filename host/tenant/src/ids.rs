//! Where names come from.
//!
//! Ids drawn from a counter or a generator would depend on which request arrives first, and two runs of the same
//! workload would differ as soon as two requests change places. So every id is a hash of the tenant's seed and of the
//! request that makes the thing: method, path and `client-request-id`. Only a request without that header falls back to
//! a counter. Where one request makes several things of a kind, or is sent twice, the ordinal tells them apart.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256 over parts, each preceded by its length, so that no two lists of parts read the same.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The first sixteen bytes of a digest.
pub(crate) fn short(digest: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    half
}

/// The first eight bytes of a digest, as a number.
pub(crate) fn number(digest: [u8; 32]) -> u64 {
    digest.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// A digest in the shape of a random UUID, which is what Entra's ids look like.
pub(crate) fn uuid(digest: [u8; 32]) -> Uuid {
    uuid::Builder::from_random_bytes(short(digest)).into_uuid()
}

/// The seed of one tenant, from which the names of everything in it derive.
#[derive(Clone, Copy)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    pub(crate) fn new(seed: u64) -> Seed {
        Seed(digest(&[b"haymaker-tenant", &seed.to_be_bytes()]))
    }

    /// The bytes that belong to `name` among all of `kind`.
    pub(crate) fn derive(&self, kind: &str, name: &str) -> [u8; 32] {
        digest(&[&self.0, kind.as_bytes(), name.as_bytes()])
    }
}

/// Names what one request makes.
pub(crate) struct Mint {
    origin: [u8; 32],
}

impl Mint {
    /// For the request that its sender calls `client_request_id`; where it has no name, for the `ordinal`-th such one.
    pub(crate) fn new(seed: &Seed, method: &str, path: &str, client_request_id: Option<&str>, ordinal: u64) -> Mint {
        let origin = match client_request_id {
            Some(id) => digest(&[&seed.0, b"named", method.as_bytes(), path.as_bytes(), id.as_bytes()]),
            None => digest(&[&seed.0, b"unnamed", method.as_bytes(), path.as_bytes(), &ordinal.to_be_bytes()]),
        };
        Mint { origin }
    }

    /// What it derives all names from, in hexadecimal.
    pub(crate) fn origin(&self) -> String {
        hex::encode(self.origin)
    }

    /// For a request that is done again: `origin` is what [`Mint::origin`] said when it was done first.
    pub(crate) fn again(origin: &str) -> Option<Mint> {
        Some(Mint { origin: hex::decode(origin).ok()?.try_into().ok()? })
    }

    /// The bytes of the `ordinal`-th thing of a kind, made for `whom` (a recipient, a mailbox, or nobody in particular).
    pub(crate) fn make(&self, kind: &str, whom: &str, ordinal: u64) -> [u8; 32] {
        digest(&[&self.origin, kind.as_bytes(), whom.as_bytes(), &ordinal.to_be_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(method: &str, path: &str, id: Option<&str>, ordinal: u64) -> [u8; 32] {
        Mint::new(&Seed::new(1), method, path, id, ordinal).make("user", "", 0)
    }

    #[test]
    fn the_order_of_arrival_does_not_name_what_a_named_request_makes() {
        assert_eq!(made("POST", "/users", Some("a"), 1), made("POST", "/users", Some("a"), 2));
        assert_ne!(made("POST", "/users", Some("a"), 1), made("POST", "/users", Some("b"), 1));
    }

    #[test]
    fn one_client_request_id_on_two_operations_makes_two_names() {
        assert_ne!(made("POST", "/users", Some("a"), 1), made("POST", "/groups", Some("a"), 1));
        assert_ne!(made("POST", "/users", Some("a"), 1), made("PATCH", "/users", Some("a"), 1));
    }

    #[test]
    fn requests_without_a_name_are_told_apart_by_a_counter() {
        assert_ne!(made("POST", "/users", None, 1), made("POST", "/users", None, 2));
    }
}
