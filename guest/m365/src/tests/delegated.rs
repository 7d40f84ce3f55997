//! Workers who do everything in their own names.

use haymaker_guest::{Problem, http::Request};

use super::*;

/// An office that acts for itself, in mail, calendars and documents.
fn office() -> Deployment {
    let mut office = deployment(r#", "features": "mail, calendar, documents", "act_as": "delegated""#);
    office.config = office.config.replace("flat", "office");
    office
}

/// Whose mailbox, calendar or drive a request is about.
fn owner(request: &Request) -> Option<&str> {
    let (user, rest) = request.target.strip_prefix("/users/")?.split_once('/')?;
    let own = ["messages", "mailFolders", "events", "calendarView", "drive"];
    own.iter().any(|part| rest.starts_with(part)).then_some(user)
}

#[test]
fn whatever_is_done_in_a_mailbox_a_calendar_or_a_drive_its_owner_does() {
    let (tenant, deployment) = (tenant(3), office());
    let mut host = host(&tenant, MONDAY - HOUR);
    assert!(deployed(&mut host, &deployment).success);
    assert!(host.secrets().is_empty(), "passwords are redeemed, and forgotten");
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 3 * HOUR).unwrap();
    let tenant_users = tenant.borrow();
    let mut seen = BTreeSet::new();
    for request in host.requests() {
        let Some(user) = owner(request) else { continue };
        let upn = tenant_users.users[user].body["userPrincipalName"].as_str().unwrap();
        let worker = crate::naming::worker_of(&deployment.id, upn).unwrap();
        assert_eq!(request.speaker.as_deref(), Some(worker.as_str()), "{} {}", request.method, request.target);
        seen.insert(request.target.split('/').nth(3).unwrap().split('?').next().unwrap().to_owned());
    }
    for part in ["messages", "events", "drive"] {
        assert!(seen.contains(part), "{seen:?}");
    }
    drop(tenant_users);
    assert!(cleaned(&mut host, &deployment).success);
    assert!(host.speakers().is_empty() && host.ledger().is_empty());
    let ended = host.requests().iter().filter(|request| request.target.ends_with("/revokeSignInSessions"));
    assert_eq!(ended.count(), 3);
}

#[test]
fn whom_the_tenant_does_not_let_in_is_no_worker_and_nothing_is_done_in_another_name() {
    let (tenant, deployment) = (tenant(3), office());
    let mut host = host(&tenant, MONDAY - HOUR)
        .admitting(|_, _: &str| Err(Problem::denied("AADSTS50076", "a second factor is needed")));
    let Ending { success, reason } = deployed(&mut host, &deployment);
    assert!(!success && reason.contains("sign-in-refused"), "{reason}");
    assert!(host.requests().iter().all(|request| owner(request).is_none()));
    assert!(cleaned(&mut host, &deployment).success);
    assert!(host.secrets().is_empty());
}
