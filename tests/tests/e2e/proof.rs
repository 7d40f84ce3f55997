//! What is said before a deployment acts and after it was taken away: the plan, the permissions, the proof, the orphans.

use std::fs;

use haymaker_tenant::Settings;
use haymaker_tests::command::{Shell, TenantProcess, wait_until};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::serve;
use serde_json::Value;

/// How fast a tenant's time goes where a test must meet a deployment at work: a simulated minute takes 0.1 s.
const WALKING: &str = "600";

fn deploy(shell: &Shell, arguments: &[&str]) -> String {
    let command = [&["deploy", "m365-knowledge-worker"], arguments, &["-y", "--format", "json"]].concat();
    shell.run(&command).well().json()["deployment_id"].as_str().unwrap().to_owned()
}

fn status(shell: &Shell, id: &str) -> Value {
    shell.run(&["status", id, "--format", "json"]).well().json()
}

/// Waits until so many things were made.
fn wait_for_things(shell: &Shell, id: &str, number: u64) {
    wait_until("people and groups are made", || {
        (status(shell, id)["ledger"]["created"].as_u64() >= Some(number)).then_some(())
    });
}

#[test]
fn a_plan_says_where_as_whom_how_much_on_a_day_and_what_will_remain() {
    let tenant = TenantProcess::start(&[]);
    let shell = Shell::new().with(tenant.environment.clone());
    let asked = ["deploy", "m365-knowledge-worker", "-c", "workers=3", "-c", "department=hr", "--dry-run"];
    let plan = shell.run(&[&asked[..], &["--format", "json"]].concat()).well().json();
    let forecast = &plan["forecast"];
    assert_eq!(forecast["per_day"]["email.send"], 270.0, "three people of hr, ten mails an hour, nine hours: {plan}");
    assert!(forecast["requests_per_day"].as_f64() > Some(540.0), "a draft and its sending, and all else: {plan}");
    assert_eq!((&forecast["seats"]["needed"], &forecast["seats"]["license"]), (&3.into(), &"DEVELOPERPACK_E5".into()));
    assert_eq!(forecast["first_activity"].as_str().map(|first| &first[..16]), Some("2026-01-05T08:00"), "{plan}");
    assert_eq!(plan["features"]["mail"]["granted"], true);
    assert!(plan["until"].is_null());

    let domain = forecast["domain"].as_str().expect("the look at the tenant told its domain");
    let shown = shell.run(&asked).well().out;
    for said in [domain, "until it is stopped", "3 of ", "on a day", "remains", "audit, sign-in"] {
        assert!(shown.contains(said), "{said:?} is missing in:\n{shown}");
    }
    assert_eq!(Inspection::of(tenant.address()).overview().users_deleted, 0);
    assert_eq!(shell.run(&["list", "--format", "json"]).well().json(), serde_json::json!([]));
}

/// A dry run in a tenant whose application lacks these permissions.
async fn lacking(seed: u64, missing: &[&str], arguments: &'static [&'static str]) -> haymaker_tests::command::Ran {
    let mut settings = Settings::seeded(seed);
    settings.app.roles.retain(|role| !missing.contains(&role.as_str()));
    let (_tenant, environment) = serve(settings).await;
    let run = move || {
        let asked = ["deploy", "m365-knowledge-worker", "-c", "workers=1", "--dry-run", "--format", "json"];
        Shell::new().with(environment).run(&[&asked[..], arguments].concat())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_without_which_nothing_works_is_named_before_anything_is_created() {
    let refused = lacking(11, &["Organization.Read.All"], &[]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("microsoft-365: the application lacks Organization.Read.All"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exchange_may_permit_without_the_token_knowing_is_tried_and_said() {
    let plan = lacking(12, &["Mail.Send"], &["-c", "features=mail"]).await.well().json();
    assert_eq!(plan["features"]["mail"]["granted"], true, "{plan}");
    assert_eq!(plan["features"]["mail"]["untold"], serde_json::json!(["Mail.Send"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_that_is_named_and_not_permitted_is_refused_with_the_remedy() {
    let refused = lacking(13, &[], &["-c", "features=mail, documents"]).await;
    assert_eq!(refused.code, Some(1));
    let said = "features=documents: the application lacks Files.ReadWrite.All; grant it with an administrator's consent, \
                or leave documents out";
    assert!(refused.err.contains(said), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_half_of_the_permissions_goes_well_and_says_what_is_off() {
    let mut settings = Settings::seeded(14).with_every_feature();
    let missing = ["Calendars.ReadWrite", "Files.ReadWrite.All", "Sites.ReadWrite.All"];
    settings.app.roles.retain(|role| !missing.contains(&role.as_str()));
    let (_tenant, environment) = serve(settings).await;
    let day = move || {
        let shell = Shell::new().with(environment);
        let asked = ["-c", "workers=3", "-c", "pattern=office", "-c", "duration_hours=6"];
        let plan =
            shell.run(&[&["deploy", "m365-knowledge-worker", "--dry-run"], asked.as_slice()].concat()).well().out;
        assert!(plan.contains("documents is off: the application lacks Files.ReadWrite.All"), "{plan}");
        assert!(plan.contains("calendar: Calendars.ReadWrite not in the token; will be tried"), "{plan}");
        let id = deploy(&shell, &asked);
        shell.run(&["watch", &id, "--wait-for", "completed", "--timeout", "110"]).well();
        let status = status(&shell, &id);
        let activities = status["activities"].as_object().unwrap();
        assert!(activities["email.send"]["done"].as_u64() > Some(20), "{status}");
        for (kind, tally) in activities {
            assert!(tally["failed"] == 0 && tally["unknown"] == 0, "{kind}: {tally}");
            assert!(!kind.starts_with("document.") && !kind.starts_with("calendar."), "{kind}: {tally}");
        }
        let said = status["said"].as_str().unwrap();
        for off in ["no calendar: the application lacks Calendars.ReadWrite", "no documents: the application lacks"] {
            assert!(said.contains(off), "{off:?} is missing in {said}");
        }
        shell.run(&["cleanup", &id, "--yes"]).well();
    };
    tokio::task::spawn_blocking(day).await.unwrap();
}

#[test]
fn a_cleanup_counts_what_is_left_what_can_be_restored_and_what_is_beyond_and_proves_it() {
    let tenant = TenantProcess::start(&[]);
    let shell = Shell::new().with(tenant.environment.clone());
    let id = deploy(&shell, &["-c", "workers=2", "-d", "1h"]);
    shell.run(&["watch", &id, "--wait-for", "completed", "--timeout", "60"]).well();

    let nowhere = shell.run(&["cleanup", &id, "--yes", "--proof", "/no/such/folder/proof.json"]);
    assert!(nowhere.code == Some(1) && nowhere.err.contains("cannot write"), "{nowhere:?}");
    assert_eq!(status(&shell, &id)["ledger"]["live"], 4, "two people and two groups; nothing was removed");

    let file = shell.folder().join("proof.json");
    let cleaned = shell.run(&["cleanup", &id, "--yes", "--proof", &file.display().to_string()]).well();
    for said in ["0 left in the tenant", "recoverable   2", "beyond Graph", "audit, sign-in"] {
        assert!(cleaned.out.contains(said), "{said:?} is missing in {}", cleaned.out);
    }
    let proof: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(
        (&proof["deployment"], &proof["live"], &proof["status"]),
        (&id.as_str().into(), &0.into(), &"completed".into())
    );
    let entries = proof["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    for entry in entries {
        assert!(entry["created"].is_string() && entry["deleted"].is_string(), "{entry}");
        let requests = entry["evidence"]["requests"].as_array().unwrap();
        let gone = |request: &&Value| request["status"] == 404 && request["request_id"].is_string();
        let path = format!("/{}s/{}", entry["kind"].as_str().unwrap(), entry["id"].as_str().unwrap());
        assert!(
            requests.iter().filter(gone).any(|request| request["path"].as_str().unwrap().starts_with(&path)),
            "{entry}"
        );
    }
    let searches = proof["searches"].as_array().unwrap();
    assert_eq!(searches.len(), 2, "emptiness is proved twice: {proof}");
    assert!(searches.iter().all(|search| search["requests"][0]["request_id"].is_string()), "{proof}");
    assert!(minutes(&searches[0]) + 5 <= minutes(&searches[1]), "a replication delay apart: {proof}");
    let recoverable = &status(&shell, &id)["left"]["recoverable"];
    assert_eq!(recoverable, &proof["recoverable"]);
    let is_group = |it: &Value| it["kind"] == "group" && it["until"].is_string();
    assert!(recoverable.as_array().is_some_and(|all| all.len() == 2 && all.iter().all(is_group)), "{recoverable}");

    let again = shell.run(&["cleanup", &id, "--yes"]).well();
    assert!(again.out.contains("4 created, 4 deleted, 0 left in the tenant"), "{}", again.out);
}

#[test]
fn a_proof_says_of_each_chat_that_it_stays_and_of_a_team_that_it_went_with_its_group() {
    let tenant = TenantProcess::start(&["--security-defaults", "off"]);
    let shell = Shell::new().with(tenant.environment.clone());
    let id = deploy(&shell, &["-c", "workers=3", "-d", "1h"]);
    shell.run(&["watch", &id, "--wait-for", "completed", "--timeout", "60"]).well();
    let file = shell.folder().join("proof.json");
    let cleaned = shell.run(&["cleanup", &id, "--yes", "--proof", &file.display().to_string()]).well().out;
    let proof: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let of = |kind: &str| {
        let entries: Vec<Value> = proof["entries"].as_array().unwrap().clone();
        entries.into_iter().filter(|entry| entry["kind"] == kind).collect::<Vec<Value>>()
    };
    let chats = of("chat");
    assert!(!chats.is_empty() && of("team").len() == 1, "{proof}");
    assert!(chats.iter().all(|chat| chat["stays"].as_str().is_some_and(|why| why.contains("chat"))), "{proof}");
    assert!(of("team").iter().all(|team| team["deleted"].is_string() && team["stays"].is_null()), "{proof}");
    assert!(cleaned.contains(&format!("{} beyond Graph, 0 left in the tenant", chats.len())), "{cleaned}");
    let inside = Inspection::of(tenant.address());
    assert!(chats.iter().all(|chat| inside.chat(chat["id"].as_str().unwrap()).is_some()), "they are there, as it says");
}

/// When a step was done, in minutes of its day.
fn minutes(step: &Value) -> u32 {
    let at = step["at"].as_str().unwrap();
    let number = |part: &str| part.parse::<u32>().unwrap();
    number(&at[11..13]) * 60 + number(&at[14..16])
}

#[test]
fn what_a_lost_home_left_is_found_by_its_tag_and_removed() {
    let tenant = TenantProcess::start(&["--speed", WALKING, "--security-defaults", "off"]);
    let shell = Shell::new().with(tenant.environment.clone());
    let inside = Inspection::of(tenant.address());
    let before = inside.overview().bystanders;
    let lost = deploy(&shell, &["-c", "workers=3", "-c", "pattern=office", "--seed", "1"]);
    // Three people, a security and a Microsoft 365 group, a team with four channels; and the chats in which they talk.
    wait_for_things(&shell, &lost, 12);
    shell.kill_host();
    fs::remove_dir_all(shell.home().path()).unwrap();
    let left = inside.left(&lost);
    assert!(left.users.len() == 3 && left.groups.iter().any(|group| group.team), "they are still there: {left:?}");

    // Another deployment of the new home is none of its business.
    let known = deploy(&shell, &["-c", "workers=1", "--seed", "2"]);
    wait_for_things(&shell, &known, 3);
    let listed = shell.run(&["cleanup", "--orphans", "--dry-run"]).well();
    assert_eq!(listed.out.matches(&format!("haymaker-{lost}-")).count(), 5, "{}", listed.out);
    assert!(listed.err.contains(&format!("{known} is known here")) && !listed.out.contains(&known), "{listed:?}");
    assert_eq!(inside.people(&lost).len(), 3, "a dry run removes nothing");

    let few = shell.run(&["cleanup", "--orphans", "--yes", "--limit", "2"]);
    assert!(few.code == Some(1) && few.err.contains("5 things of 1 deployment are more than 2"), "{few:?}");
    let elsewhere = shell.run(&["cleanup", "--orphans", "--yes", "--tenant", "another"]);
    assert!(elsewhere.code == Some(1) && elsewhere.err.contains("--tenant says another"), "{elsewhere:?}");

    let removed = shell.run(&["cleanup", "--orphans", "--yes"]).well();
    assert!(removed.out.contains(&format!("{lost}: 5 created, 5 deleted, 0 left in the tenant")), "{}", removed.out);
    let left = inside.left(&lost);
    assert!(
        left.users.is_empty() && left.messages.is_empty() && left.files.is_empty(),
        "nor in a recycle bin: {left:?}"
    );
    assert!(left.groups.iter().all(|group| group.deleted), "only Microsoft purges groups: {left:?}");
    assert_eq!(inside.overview().bystanders, before);
    assert_eq!(inside.people(&known).len(), 1);
    let nothing = shell.run(&["cleanup", "--orphans", "--yes"]).well();
    assert!(nothing.out.contains("No orphans were found"), "{}", nothing.out);
    assert_eq!(status(&shell, &lost)["tags"]["recovered"], "orphan");
}
