//! Names by which everything of a deployment can be found in the tenant.

use sha2::{Digest, Sha256};

/// A worker's id within its deployment: `w07`. The number alone decides, so more workers rename nobody.
pub fn worker(number: u32) -> String {
    format!("w{number:02}")
}

/// The worker for whom an actor acts: `w07` and `w07.documents` are both the seventh worker's.
pub fn worker_of_actor(actor: &str) -> &str {
    actor.split_once('.').map_or(actor, |(worker, _)| worker)
}

/// The number of a worker's id.
pub fn number(worker: &str) -> Option<u32> {
    worker.strip_prefix('w')?.parse().ok()
}

/// The part of a worker's address before the `@`; also its `mailNickname`.
pub fn nickname(deployment: &str, number: u32) -> String {
    format!("haymaker-{deployment}-{number}").to_lowercase()
}

/// A worker's `userPrincipalName`, which is its address too; in lower case, as Entra makes addresses.
pub fn upn(deployment: &str, number: u32, domain: &str) -> String {
    format!("{}@{}", nickname(deployment, number), domain.to_lowercase())
}

/// The worker's id of a `userPrincipalName` of this deployment; none if it is not one.
pub fn worker_of(deployment: &str, upn: &str) -> Option<String> {
    let (nickname, _) = upn.split_once('@')?;
    let number = nickname.strip_prefix(&format!("haymaker-{deployment}-").to_lowercase())?;
    number.parse().ok().map(worker)
}

/// What `employeeType` says of every user that a deployment makes.
pub fn tag(deployment: &str) -> String {
    format!("haymaker:{deployment}")
}

/// The `internetMessageId` of a task's mail: the same whenever the task runs, so that its mail can be found again.
pub fn message_id(deployment: &str, task: &str, domain: &str) -> String {
    let hash = Sha256::digest(format!("{deployment}\0{task}"));
    let name: String = hex::encode(hash).chars().take(32).collect();
    format!("<{name}@{}>", domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_its_worker_and_only_to_its_own_deployment() {
        let upn = upn("m365-knowledge-worker-1a2b3c4d", 7, "Contoso.example");
        assert_eq!(upn, "haymaker-m365-knowledge-worker-1a2b3c4d-7@contoso.example");
        assert_eq!(worker_of("m365-knowledge-worker-1a2b3c4d", &upn), Some("w07".to_owned()));
        assert_eq!(worker_of("m365-knowledge-worker-ffffffff", &upn), None);
        assert_eq!(number("w07"), Some(7));
        assert_eq!(number("w300"), Some(300));
    }

    #[test]
    fn the_longest_nickname_fits_into_the_directory() {
        assert!(nickname("m365-knowledge-worker-1a2b3c4d", 300).len() <= 64, "mailNickname has 64 characters");
    }

    #[test]
    fn tasks_have_message_ids_of_their_own() {
        let id = |task| message_id("d", task, "contoso.example");
        assert_eq!(id("mail/w01/2026-01-05/1"), id("mail/w01/2026-01-05/1"));
        assert_ne!(id("mail/w01/2026-01-05/1"), id("mail/w01/2026-01-05/2"));
    }
}
