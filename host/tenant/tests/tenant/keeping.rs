//! A tenant that goes on where another process left it.

use std::path::Path;

use haymaker_tenant::{Settings, Tenant};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::history::{self, DEPLOYMENT, History, lived, sign_in};
use crate::support::Client;

fn kept(path: &Path) -> Settings {
    Settings { state: Some(path.to_owned()), ..history::settings() }
}

/// Everything that can be seen of the tenant, but for what counts requests.
fn seen(client: &Client, history: &History) -> Vec<String> {
    let mut overview = client.tenant.inspect();
    (overview.requests, overview.throttled) = (0, 0);
    let tenant = &client.tenant;
    let people = [&history.ada, &history.bob];
    let mailboxes = people.iter().map(|id| format!("{:?}", tenant.inspect_mailbox(id).unwrap()));
    let calendars = people.iter().map(|id| format!("{:?}", tenant.inspect_calendar(id).unwrap()));
    mailboxes
        .chain(calendars)
        .chain([
            format!("{overview:?}"),
            format!("{:?}", tenant.inspect_mail(&history.sent).unwrap()),
            format!("{:?}", tenant.inspect_chat(&history.chat).unwrap()),
            format!("{:?}", tenant.inspect_team(&history.team).unwrap()),
            format!("{:?}", tenant.inspect_drive(&history.ada).unwrap()),
            format!("{:?}", tenant.inspect_left(DEPLOYMENT)),
            format!(
                "{:?}",
                client.get(&format!("/users/{}?$select=id,jobTitle,mail,assignedLicenses", history.bob)).body
            ),
            format!("{:?}", client.get(&format!("/users/{}/mailFolders/inbox/messageRules", history.bob)).body),
            format!("{:?}", client.get(&format!("/groups/{}/members", history.group)).body),
            format!("{:?}", client.get("/subscribedSkus").body),
        ])
        .collect()
}

#[test]
fn a_tenant_that_was_kept_is_the_same_after_a_restart_and_its_tokens_are_still_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.state");
    let mut client = Client::new(kept(&path));
    let history = lived(&mut client);
    let before = seen(&client, &history);
    drop(client.tenant);

    client.tenant = Tenant::new(kept(&path)).unwrap();
    assert_eq!(client.tenant.now(), client.now);
    assert_eq!(seen(&client, &history), before);
    sign_in(&client, &client.upn("ada")).expect(200);
    client
        .sign_in(&[("grant_type", "refresh_token"), ("refresh_token", &history.refresh), ("scope", "User.Read")])
        .expect(200);
    // What is made now has other names than what was made before, though the counter of requests begins anew.
    let draft = || client.post(&format!("/users/{}/messages", history.ada), &client.mail("x", &["bob"])).expect(201);
    let (one, two) = (draft(), draft());
    assert_ne!(one.text("internetMessageId"), two.text("internetMessageId"));
    let lying = client.tenant.inspect_mailbox(&history.ada).unwrap().messages;
    assert_eq!(lying.iter().filter(|mail| mail.internet_message_id == one.text("internetMessageId")).count(), 1);
}

#[test]
fn a_tenant_that_is_kept_does_as_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut kept = Client::new(kept(&folder.path().join("tenant.state")));
    let mut bare = Client::new(history::settings());
    let (one, other) = (lived(&mut kept), lived(&mut bare));
    assert_eq!(seen(&kept, &one), seen(&bare, &other));
}

#[test]
fn neither_passwords_nor_secrets_stand_in_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.state");
    let mut client = Client::new(kept(&path));
    let history = lived(&mut client);
    let text = std::fs::read_to_string(&path).unwrap();
    let secret = client.tenant.settings().app.secret.clone();
    for hidden in ["Correct-Horse-7", &secret, &client.token, &history.refresh] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[test]
fn no_mail_that_was_answered_is_lost_wherever_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.state");
    let copy = folder.path().join("copy.state");
    let client = Client::new(kept(&path));
    client.employ("ada");
    client.employ("bob");
    let mail = json!({ "message": client.mail("Hello", &["bob"]) });
    for sent in 1..=3 {
        client.post(&format!("/users/{}/sendMail", client.upn("ada")), &mail).expect(202);
        // What the system has of the file when the process dies now.
        std::fs::copy(&path, &copy).unwrap();
        let again = Tenant::new(kept(&copy)).unwrap();
        assert_eq!(again.inspect().mail.submitted, sent);
    }
    let whole = std::fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in [last, last + 1, (last + whole.len()) / 2, whole.len() - 1] {
        std::fs::write(&copy, &whole[..end]).unwrap();
        assert_eq!(Tenant::new(kept(&copy)).unwrap().inspect().mail.submitted, 2, "{end}");
    }
}

#[test]
fn another_seed_and_a_second_process_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.state");
    let first = Tenant::new(kept(&path)).unwrap();
    let refused = |settings: Settings| Tenant::new(settings).err().unwrap().to_string();
    assert!(refused(kept(&path)).contains("is in use"));
    drop(first);
    let other = Settings { state: Some(path.clone()), ..Settings::seeded(2) };
    assert!(refused(other).contains("was made with seed 1, and the settings say 2"));
}

/// Requests that a client might send in any order: good ones, hopeless ones, and such that are good only after others.
fn any_request() -> impl Strategy<Value = (&'static str, String, Vec<(&'static str, &'static str)>, Value)> {
    let user = prop::sample::select(vec!["ada", "bob", "nobody"]);
    let path = prop::sample::select(vec![
        "",
        "/messages",
        "/sendMail",
        "/mailFolders",
        "/mailFolders/inbox/messageRules",
        "/events",
        "/drive",
        "/drive/root/children",
        "/drive/root:/a/b.txt:/content",
        "/drive/root:/a:/content",
        "/manager/$ref",
        "/mailboxSettings",
        "/revokeSignInSessions",
    ]);
    let method = prop::sample::select(vec!["POST", "PATCH", "PUT", "DELETE", "GET"]);
    let header = prop::sample::select(vec![
        vec![],
        vec![("prefer", "IdType=\"ImmutableId\"")],
        vec![("if-match", "\"x\"")],
        vec![("client-request-id", "again")],
    ]);
    let to = json!([{ "emailAddress": { "address": "outside@example.org" } }]);
    let at = json!({ "dateTime": "2026-01-06T09:00:00", "timeZone": "UTC" });
    let body = prop::sample::select(vec![
        json!({}),
        json!({ "subject": "x", "toRecipients": to }),
        json!({ "message": { "subject": "x", "toRecipients": to } }),
        json!({ "displayName": "x", "folder": {}, "name": "a" }),
        json!({ "subject": "x", "start": at, "end": at }),
        json!({ "jobTitle": "Clerk", "passwordProfile": { "password": "Correct-Horse-8" } }),
        json!({ "passwordProfile": { "password": "weak" } }),
        json!({ "jobTitle": 1.5 }),
    ]);
    (method, user, path, header, body)
        .prop_map(|(method, user, path, header, body)| (method, format!("/users/{user}@DOMAIN{path}"), header, body))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_asked_a_restart_makes_no_difference(requests in prop::collection::vec(any_request(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.state");
        let mut client = Client::new(kept(&path));
        client.employ("ada");
        client.employ("bob");
        for (method, path, headers, body) in &requests {
            let path = path.replace("DOMAIN", client.domain());
            client.call(method, &path, headers, Some(body));
        }
        let seen = |client: &Client| {
            let mut overview = client.tenant.inspect();
            (overview.requests, overview.throttled) = (0, 0);
            let people = ["ada", "bob"].map(|name| client.upn(name));
            let all = people.map(|upn| {
                let tenant = &client.tenant;
                (tenant.inspect_mailbox(&upn), tenant.inspect_calendar(&upn), tenant.inspect_drive(&upn))
            });
            let titles = ["ada", "bob"].map(|name| {
                client.get(&format!("/users/{}?$select=jobTitle", client.upn(name))).body["jobTitle"].clone()
            });
            format!("{overview:?} {all:?} {titles:?}")
        };
        let before = seen(&client);
        drop(client.tenant);
        client.tenant = Tenant::new(kept(&path)).unwrap();
        prop_assert_eq!(seen(&client), before);
    }
}
