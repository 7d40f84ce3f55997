//! Names for requests that are the same in every run.
//!
//! A `client-request-id` is made from who asks and which request of theirs it is, never from chance or the wall clock:
//! a rerun of a task finds its recorded answer by it, the simulated tenant derives its ids from it, and the ground
//! truth joins to the tenant's logs by it.

use sha2::{Digest, Sha256};

/// The `client-request-id` of the `n`-th request of `identity`: a UUID of version 8 (RFC 9562, 5.8: custom bytes).
pub(super) fn request_id(identity: &str, n: u64) -> String {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(draw(&[identity.as_bytes(), &n.to_be_bytes()])) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// The `client-request-id` of the one `once` request of `identity`: it does not depend on how often was looked before,
/// which a rerun may do more or less often.
pub(super) fn once_id(identity: &str) -> String {
    request_id(&format!("{identity}?once"), 1)
}

/// A number in 0..1 that is the same for the same (identity, request, attempt).
pub(super) fn chance(identity: &str, n: u64, attempt: u32) -> f64 {
    let drawn = draw(&[b"wait", identity.as_bytes(), &n.to_be_bytes(), &attempt.to_be_bytes()]);
    let number = drawn.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

/// SHA-256 over parts, each behind its length, so that no two lists of parts are the same bytes.
pub(super) fn draw(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_same_id_in_every_run_and_no_other_request_has_it() {
        let id = request_id("d/mail/1", 1);
        assert_eq!(id, request_id("d/mail/1", 1));
        assert_ne!(id, request_id("d/mail/1", 2));
        assert_ne!(id, request_id("d/mail/", 1));
        let once = once_id("d/mail/1");
        assert_eq!(once, once_id("d/mail/1"));
        assert!((1..100).all(|n| once != request_id("d/mail/1", n)));
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 8);
    }

    #[test]
    fn chance_stays_between_zero_and_one_and_depends_on_the_attempt() {
        let drawn: Vec<f64> = (1..100).map(|attempt| chance("d/t", 1, attempt)).collect();
        assert!(drawn.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
