//! Documents that are created, edited and shared: through a morning, and when something goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::{tenant::Shared, *};
use crate::files;

/// A sales team of four and two people of finance, who have the most documents.
fn office(more: &str) -> Deployment {
    let config = format!(
        r#"{{"departments": "sales: 4, finance: 2", "pattern": "office", "features": "documents, groups", "license": "DEVELOPERPACK_E5", "usage_location": "US"{more}}}"#
    );
    Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed: 42, config }
}

fn made(deployment: &Deployment) -> (Shared, Host) {
    let tenant = tenant(6);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, deployment);
    (tenant, host)
}

fn works(host: &mut Host, deployment: &Deployment, hours: u64) {
    host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cycle, MONDAY + hours * HOUR).unwrap();
}

/// A day, with the tenant that it left behind.
fn day(deployment: &Deployment) -> (Shared, Host) {
    let (tenant, mut host) = made(deployment);
    works(&mut host, deployment, 9);
    (tenant, host)
}

fn field<'a>(activity: &'a Activity, name: &str) -> &'a str {
    activity.refs.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str()).unwrap()
}

fn is_document(activity: &Activity) -> bool {
    [files::CREATE, files::EDIT, files::SHARE].contains(&activity.kind.as_str())
}

/// What was done with documents: when, by which task, what.
fn done(host: &Host) -> Vec<&(Instant, String, Activity)> {
    host.activities().iter().filter(|(_, _, activity)| is_document(activity)).collect()
}

fn counts(host: &Host) -> BTreeMap<&str, f64> {
    let mut counts = BTreeMap::new();
    for (_, _, activity) in done(host) {
        *counts.entry(activity.kind.as_str()).or_default() += 1.0;
    }
    counts
}

/// The revision that an office document says it is.
fn revision(bytes: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.split_once("<cp:revision>")?.1.split_once('<')?.0.parse().ok()
}

#[test]
fn every_edit_and_every_share_has_its_document_earlier_and_the_drives_say_the_same() {
    let (tenant, host) = day(&office(""));
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
    let tenant = tenant.borrow();
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for (_, task, activity) in done(&host) {
        let item = field(activity, "object_id");
        let file = &tenant.drives.files[item];
        assert!(file.place.ends_with(field(activity, "file_name")) && file.place.contains('/'), "{}", file.place);
        let owner = file.drive.split('/').nth(1).unwrap();
        assert_eq!(field(activity, "drive_id"), format!("b!{owner}"));
        assert_eq!(field(activity, "site_url"), format!("https://contoso.example/personal/{owner}/"));
        match activity.kind.as_str() {
            files::CREATE => assert!(written.insert(item, 1).is_none(), "{task}"),
            files::EDIT => *written.get_mut(item).unwrap() += 1,
            _ => {
                assert!(written.contains_key(item), "{task} shares what nobody wrote");
                assert!(!activity.recipients.contains(&field(activity, "upn").to_owned()));
                assert!(activity.recipients.iter().all(|address| file.granted.contains_key(address)));
                assert!(!activity.recipients.is_empty() || !file.links.is_empty());
                assert_eq!(recipient_ids(activity).len(), activity.recipients.len());
                shared.insert(item);
            }
        }
    }
    assert!(written.len() > 5 && shared.len() > 1 && written.values().any(|versions| *versions > 2), "{written:?}");
    assert_eq!(tenant.drives.files.len(), written.len(), "nothing lies there that nobody told of");
    for (id, file) in &tenant.drives.files {
        assert_eq!(file.versions.len(), written[id.as_str()]);
        for (version, number) in file.versions.iter().zip(1..) {
            assert!(revision(version).is_none_or(|says| says == number), "{}", file.place);
        }
    }
}

/// Five standard deviations of Poisson's, over a week of six finance people: 240 creations and edits.
#[test]
fn what_is_done_agrees_with_what_was_expected() {
    for pattern in ["flat", "office"] {
        let mut deployment = office("");
        deployment.config = deployment.config.replace("office", pattern).replace("sales: 4, finance: 2", "finance: 6");
        let (_tenant, mut host) = made(&deployment);
        let status = |host: &mut Host| host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
        works(&mut host, &deployment, 5 * 24);
        let status = status(&mut host);
        let counts = counts(&host);
        let mut sum = 0.0;
        for kind in [files::CREATE, files::EDIT, files::SHARE] {
            let expected = status["expected"][kind].as_f64().unwrap();
            assert!((counts[kind] - expected).abs() < 5.0 * expected.sqrt(), "{kind}: {} of {expected}", counts[kind]);
            sum += if kind == files::SHARE { 0.0 } else { expected };
        }
        // Eight a day, five days, six people; who was ready a little after eight did a little less.
        assert!((236.0..=240.0).contains(&sum), "{pattern}: {sum}");
        assert!(
            status["summary"].as_str().unwrap().starts_with("6 of 6 workers are ready for documents"),
            "{}",
            status["summary"]
        );
    }
}

/// Nothing has begun, so each of six is expected to turn an edit into a creation, three times of four.
#[test]
fn before_anything_is_done_a_run_expects_as_many_creations_as_there_will_be() {
    let deployment = office(r#", "duration_hours": 10"#);
    let tenant = tenant(6);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    let total =
        |host: &mut Host| host.planning(|| KnowledgeWorker::status(&deployment)).unwrap()["expected_total"].clone();
    let before = total(&mut host);
    let sum: f64 = [files::CREATE, files::EDIT].map(|kind| before[kind].as_f64().unwrap()).iter().sum();
    let drawn = sum / 4.0;
    let turned = before[files::CREATE].as_f64().unwrap() - drawn;
    assert!((0.6 * 6.0..0.75 * 6.0).contains(&turned), "{turned} of six people");
    works(&mut host, &deployment, 9);
    let after = total(&mut host);
    let turned = after[files::CREATE].as_f64().unwrap() - drawn;
    assert!((1.0..=6.0).contains(&turned) && (turned - turned.round()).abs() < 0.01, "it is known by now: {turned}");
}

#[test]
fn the_same_seed_gives_the_same_files_byte_for_byte() {
    let files = |(tenant, _): (Shared, Host)| -> Vec<(String, Vec<Vec<u8>>)> {
        let tenant = tenant.borrow();
        tenant.drives.files.values().map(|file| (file.place.clone(), file.versions.clone())).collect()
    };
    let first = files(day(&office("")));
    assert!(first.len() > 5);
    assert_eq!(first, files(day(&office(""))));
}

#[test]
fn a_drive_that_never_comes_costs_its_worker_the_documents_and_nobody_any_mail() {
    let mut deployment = office("");
    deployment.config = deployment.config.replace("documents, groups", "mail, documents");
    let tenant = tenant(6);
    tenant.borrow_mut().drives.missing.push("-2".to_owned());
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    assert!(host.now() < MONDAY, "making the workers does not wait for drives");
    works(&mut host, &deployment, 9);
    let by = |host: &Host, kinds: fn(&Activity) -> bool| -> BTreeSet<String> {
        let own = host.activities().iter().filter(|(_, _, activity)| kinds(activity));
        own.map(|(_, _, activity)| field(activity, "upn").rsplit_once('-').unwrap().1.to_owned()).collect()
    };
    let all = |numbers: &[u32]| -> BTreeSet<String> {
        numbers.iter().map(|number| format!("{number}@contoso.example")).collect()
    };
    assert_eq!(by(&host, |activity| activity.kind == "email.send"), all(&[1, 2, 3, 4, 5, 6]));
    assert_eq!(by(&host, is_document), all(&[1, 3, 4, 5, 6]));
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    assert!(status["summary"].as_str().unwrap().contains("5 for documents"), "{}", status["summary"]);
    assert_eq!(host.task("worker/w02/drive").unwrap().1.stage, Stage::Open);

    works(&mut host, &deployment, 26);
    let (_, standing) = host.task("worker/w02/drive").unwrap();
    assert_eq!((standing.stage, standing.code.as_str()), (Stage::Failed, "drive-late"));
    let looks = host.requests().iter().filter(|request| request.target.ends_with("/drive?$select=id,webUrl"));
    assert!(looks.count() < 150, "ever more rarely");
    assert!(cleaned(&mut host, &deployment).success);
}

#[test]
fn whoever_uses_only_mail_has_no_documents() {
    let mut deployment = office("");
    deployment.config = deployment.config.replace("documents, groups", "mail");
    let (tenant, mut host) = made(&deployment);
    works(&mut host, &deployment, 1);
    assert!(done(&host).is_empty() && tenant.borrow().drives.files.is_empty());
    assert!(!host.requests().iter().any(|request| request.target.contains("/drive")));
}

#[test]
fn what_was_deleted_is_neither_edited_nor_shared() {
    let deployment = office("");
    let (tenant, mut host) = made(&deployment);
    works(&mut host, &deployment, 4);
    let gone: BTreeSet<String> = std::mem::take(&mut tenant.borrow_mut().drives.files).into_keys().collect();
    assert!(gone.len() > 3);
    works(&mut host, &deployment, 9);
    let later: Vec<_> = done(&host).into_iter().filter(|(at, ..)| *at >= MONDAY + 4 * HOUR).collect();
    assert!(later.len() > 5 && later.iter().all(|(_, _, activity)| !gone.contains(field(activity, "object_id"))));
    for (_, standing) in host.activities().iter().filter_map(|(_, task, _)| host.task(task)) {
        assert_eq!(standing.stage, Stage::Done);
    }
    // A share that finds nothing says so; an edit that does writes something new.
    let kinds: BTreeSet<(&str, bool)> = later
        .iter()
        .map(|(_, task, activity)| (activity.kind.as_str(), host.task(task).unwrap().0.kind == files::EDIT))
        .collect();
    assert!(kinds.contains(&(files::CREATE, true)), "{kinds:?}");
}

/// A day in which an answer is lost every half an hour.
fn unlucky_day(deployment: &Deployment, lost: &[&str]) -> (Shared, Host) {
    let (tenant, mut host) = made(deployment);
    for half in 0..18 {
        // One of each at a time: that a host gives up after several is not what is looked at.
        tenant.borrow_mut().lost = lost.iter().map(|line| (*line).to_owned()).collect();
        host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cycle, MONDAY + half * 30 * MINUTE).unwrap();
    }
    (tenant, host)
}

#[test]
fn answers_that_are_lost_make_no_second_document_and_leave_out_no_edit() {
    let (tenant, host) = unlucky_day(&office(""), &["/content", "/createLink"]);
    let tenant = tenant.borrow();
    assert_eq!(host.count(Stage::Failed), 0);
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, _, activity) in done(&host).into_iter().filter(|(_, _, activity)| activity.kind != files::SHARE) {
        *written.entry(field(activity, "object_id")).or_default() += 1;
    }
    assert_eq!(written.keys().collect::<Vec<_>>(), tenant.drives.files.keys().collect::<Vec<_>>());
    let mut repeated = 0;
    for (id, file) in &tenant.drives.files {
        let mut versions = file.versions.clone();
        versions.dedup();
        assert_eq!(versions.len(), written[id.as_str()], "{}", file.place);
        repeated += file.versions.len() - versions.len();
    }
    assert!(repeated > 0, "an edit was repeated, byte for byte");
}

#[test]
fn an_invitation_whose_answer_was_lost_is_found_and_not_repeated() {
    let deployment = office("");
    let (tenant, mut host) = day(&deployment);
    let invites = done(&host).into_iter().find(|(_, task, _)| task.ends_with("/share/invite")).cloned().unwrap();
    let (_, id, told) = invites;
    let task = host.task(&id).unwrap().0.clone();
    let settle = |host: &mut Host| {
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task)))
    };
    let Verdict::Happened(outcome) = settle(&mut host).unwrap() else { panic!("it happened") };
    assert_eq!(outcome.activities, [told]);
    tenant.borrow_mut().drives.files.values_mut().for_each(|file| file.granted.clear());
    assert_eq!(settle(&mut host).unwrap(), Verdict::DidNot, "long after it was due");
}

#[test]
fn somebody_who_changes_a_document_at_the_same_time_is_not_written_over_unseen() {
    let deployment = office("");
    let (tenant, mut host) = made(&deployment);
    works(&mut host, &deployment, 4);
    tenant.borrow_mut().drives.restless = 8;
    works(&mut host, &deployment, 9);
    assert_eq!((tenant.borrow().drives.restless, host.count(Stage::Failed)), (0, 0));
    let edits =
        done(&host).into_iter().filter(|(at, _, activity)| *at > MONDAY + 4 * HOUR && activity.kind == files::EDIT);
    let late = edits.filter(|(at, task, _)| *at > host.task(task).unwrap().0.due);
    assert!(late.count() > 0, "after three attempts it is left alone for a while");
}

#[test]
fn a_document_whose_name_is_taken_gets_a_number_behind_it() {
    let deployment = office("");
    let taken = {
        let (tenant, _) = day(&deployment);
        let tenant = tenant.borrow();
        let (_, file) = tenant.drives.files.first_key_value().unwrap();
        (file.drive.clone(), file.place.clone())
    };
    let (tenant, mut host) = made(&deployment);
    tenant.borrow_mut().drives.lay("a person's own", &taken.0, &taken.1, MONDAY - DAY);
    works(&mut host, &deployment, 9);
    let tenant = tenant.borrow();
    assert_eq!(tenant.drives.files["a person's own"].versions, [b"theirs"]);
    let (stem, extension) = taken.1.rsplit_once('.').unwrap();
    let numbered = format!("{stem} (2).{extension}");
    assert!(tenant.drives.files.values().any(|file| file.drive == taken.0 && file.place == numbered), "{numbered}");
    assert!(done(&host).iter().any(|(_, _, activity)| numbered.ends_with(field(activity, "file_name"))));
}

#[test]
fn a_department_with_a_site_keeps_some_documents_there_and_works_on_them_together() {
    let mut deployment = office("");
    deployment.config = deployment.config.replace("sales: 4, finance: 2", "sales: 1, finance: 5");
    let tenant = tenant(6);
    tenant.borrow_mut().work.allowed = true;
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    works(&mut host, &deployment, 2 * 24);
    let group = |department: &str| {
        let name = format!("haymaker-m365-knowledge-worker-1a2b3c4d-{department}");
        let entry = host.ledger().into_iter().find(|entry| entry.kind == "group" && entry.name == name).unwrap();
        entry.remote_id.unwrap()
    };
    let site = |department: &str| format!("groups/{}/drive", group(department));
    let tenant = tenant.borrow();
    assert_eq!(host.count(Stage::Failed), 0);
    let mut writers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, _, activity) in done(&host) {
        let place = &tenant.drives.files[field(activity, "object_id")].drive;
        let in_site = place.starts_with("groups/");
        assert!(!in_site || *place == site(field(activity, "department")));
        if in_site && activity.kind != files::SHARE {
            writers.entry(field(activity, "object_id")).or_default().insert(field(activity, "upn"));
        }
    }
    assert!(writers.len() > 1 && writers.values().any(|people| people.len() > 1), "{writers:?}");
    for (file, writers) in writers.keys().map(|id| (&tenant.drives.files[*id], &writers[id])) {
        let says: Vec<u32> = file.versions.iter().filter_map(|version| revision(version)).collect();
        let counted: Vec<u32> = (1..=says.len() as u32).collect();
        assert_eq!(says, counted, "whoever of {writers:?} makes it, it is the next revision");
    }
}
