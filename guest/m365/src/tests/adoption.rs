//! People who had accounts before: they work, and afterwards their mailboxes are as they were.

use std::collections::BTreeMap;

use haymaker_guest::{
    Deployment, Ending,
    time::{DAY, HOUR},
};
use serde_json::json;

use super::{
    MONDAY, cleaned, deployed, deployment, host,
    mailbox::Message,
    tenant::{GROUP, Shared, User, tenant},
};
use crate::KnowledgeWorker;
use haymaker_guest::Workload as _;

const NAMES: [&str; 4] = ["Ada Byron", "Grace Hopper", "Barbara Liskov", "Radia Perlman"];

/// A company of four, who have licences, mailboxes and a mail of their own.
fn company() -> Shared {
    let shared = tenant(0);
    let mut tenant = shared.borrow_mut();
    for name in NAMES {
        let (given, family) = name.split_once(' ').unwrap();
        let upn = format!("{}@contoso.example", given.to_lowercase());
        let id = tenant.id();
        let body = json!({"id": id, "userPrincipalName": upn, "mail": upn, "displayName": name, "givenName": given,
            "surname": family, "accountEnabled": true});
        tenant.users.insert(id.clone(), User { body, made: 0, licensed: Some(0) });
        tenant.members.push(id.clone());
        let own = json!({"subject": "Private", "internetMessageId": format!("<{given}@elsewhere.example>"),
            "body": {"content": "Nobody's business."}, "conversationId": "c",
            "from": {"emailAddress": {"address": "grace@contoso.example"}}, "toRecipients": []});
        let message =
            Message { owner: id, body: own, draft: false, read: false, received: true, folder: "inbox".to_owned() };
        let id = tenant.id();
        tenant.messages.insert(id, message);
    }
    drop(tenant);
    shared
}

fn adopting(more: &str) -> Deployment {
    let mut adopting = deployment(&format!(r#", "workers_from": "group:{GROUP}", "actions": "reply, forward"{more}"#));
    adopting.config = adopting.config.replace(r#""workers": 3, "#, "");
    adopting
}

fn mailboxes(tenant: &Shared) -> BTreeMap<String, Message> {
    tenant.borrow().messages.clone()
}

#[test]
fn adopted_people_work_and_keep_everything_that_was_theirs() {
    let (tenant, deployment) = (company(), adopting(""));
    let users = format!("{:?}", tenant.borrow().users.values().map(|user| user.body.clone()).collect::<Vec<_>>());
    let before = mailboxes(&tenant);
    let mut host = host(&tenant, MONDAY);
    let everybody = Ending { success: true, reason: "4 of 4 workers are ready".to_owned() };
    assert_eq!(deployed(&mut host, &deployment), everybody);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 3 * HOUR).unwrap();

    let told: Vec<_> = host.activities().iter().filter(|(_, _, told)| told.label == "benign").cloned().collect();
    assert!(told.len() > 60, "{}", told.len());
    assert!(told.iter().any(|(_, _, told)| told.kind == "email.reply"));
    for (_, _, told) in &told {
        assert!(told.recipients.iter().all(|address| address.ends_with("@contoso.example")), "{:?}", told.recipients);
        assert!(NAMES.contains(&told.refs.iter().find(|(name, _)| name == "worker").unwrap().1.as_str()));
    }
    assert!(host.ledger().iter().all(|entry| entry.kind == "adopted-user"), "nothing was made that could be deleted");
    for request in host.requests() {
        let on_people = request.target.starts_with("/users") && !request.target.contains("/messages");
        assert!(!on_people || request.method == "GET", "{} {}", request.method, request.target);
    }

    let Ending { success, reason } = cleaned(&mut host, &deployment);
    assert!(success && reason == "0 left in the tenant", "{reason}");
    assert!(host.ledger().is_empty());
    let left: Vec<&str> = mailboxes(&tenant).keys().filter(|id| !before.contains_key(*id)).map(|_| "left").collect();
    assert!(left.is_empty() && mailboxes(&tenant).len() == before.len(), "{} mails are left", left.len());
    assert!(tenant.borrow().messages.values().all(|message| !message.read), "nobody opened what was theirs");
    let after = format!("{:?}", tenant.borrow().users.values().map(|user| user.body.clone()).collect::<Vec<_>>());
    assert_eq!(after, users);
}

#[test]
fn mails_whose_drafts_were_lost_are_taken_back_too() {
    let (tenant, deployment) = (company(), adopting(""));
    let before = mailboxes(&tenant).len();
    tenant.borrow_mut().lost = ["/messages", "/send", "createReply"].map(str::to_owned).to_vec();
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 2 * HOUR).unwrap();
    assert!(tenant.borrow().lost.is_empty() && mailboxes(&tenant).len() > before);
    assert!(cleaned(&mut host, &deployment).success);
    assert_eq!(mailboxes(&tenant).len(), before);
}

#[test]
fn whoever_has_a_directory_role_is_not_adopted() {
    let (tenant, deployment) = (company(), adopting(""));
    let first = tenant.borrow().members[0].clone();
    tenant.borrow_mut().privileged.push(first);
    let mut host = host(&tenant, MONDAY);
    let Ending { success, reason } = deployed(&mut host, &deployment);
    assert!(success && reason == "3 of 4 workers are ready; without: worker/w01/adopt (privileged)", "{reason}");
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + HOUR).unwrap();
    assert!(host.activities().iter().all(|(_, _, told)| !told.recipients.contains(&"ada@contoso.example".to_owned())));
}

#[test]
fn a_group_that_is_too_small_or_not_there_is_told_at_once() {
    let reason = |tenant: &Shared, deployment: &Deployment| {
        let Ending { success, reason } = deployed(&mut host(tenant, MONDAY), deployment);
        assert!(!success);
        reason
    };
    let empty = tenant(0);
    assert!(reason(&empty, &adopting("")).contains("no-members"));
    let mut elsewhere = adopting("");
    elsewhere.config = elsewhere.config.replace(GROUP, "ffffffff-0000-4000-8000-0a1b2c3d4e5f");
    assert!(reason(&company(), &elsewhere).contains("no-group"));
    let five = adopting(r#", "workers": 5"#);
    let problem = host(&company(), MONDAY).performing("tenant", || crate::tenant::perform(&five)).unwrap_err();
    assert!(problem.message.contains("use -c workers=4"), "{}", problem.message);
}

#[test]
fn licences_may_be_left_to_the_tenant_or_left_out() {
    let with = |license: &str| {
        let mut deployment = deployment("");
        deployment.config = deployment.config.replace("DEVELOPERPACK_E5", license);
        let tenant = tenant(0);
        let mut host = host(&tenant, MONDAY);
        let deploying = host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::deploy, MONDAY + DAY);
        let asked = host.requests().iter().any(|request| request.target.contains("assignLicense"));
        (deploying.unwrap().phase, asked, host.requests().iter().any(|request| request.target.contains("mailFolders")))
    };
    assert_eq!(with("none"), ("executing".to_owned(), false, false));
    let (_, asked, waits) = with("group");
    assert!(!asked && waits, "the tenant's own group brings the mailbox");
}
