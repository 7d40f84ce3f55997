//! Documents that are looked at from inside the tenant: what lies in its drives is what the ground truth says, and an
//! office program opens it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use haymaker_tests::client::Client;
use haymaker_tests::command::{Shell, TenantProcess, not_run};
use haymaker_tests::truth::{self, text};
use serde_json::Value;

const CREATE: &str = "document.create";
const EDIT: &str = "document.edit";
const SHARE: &str = "document.share";

/// A file in the tenant.
struct File {
    drive: String,
    name: String,
    modified: String,
    bytes: Vec<u8>,
    /// Everything that Graph says of who may open it.
    permissions: String,
}

/// A working day: the ground truth of it, and the files that it left behind, by id.
struct Day {
    truth: Vec<Value>,
    files: BTreeMap<String, File>,
}

/// All files of a user's drive, in whichever folder: whoever has the application's credentials can look into it.
async fn files(tenant: &Client, user: &str) -> Vec<(String, File)> {
    let drive = tenant.json(&format!("/users/{user}/drive")).await;
    let (mut folders, mut files) = (vec![format!("/users/{user}/drive/root")], Vec::new());
    while let Some(folder) = folders.pop() {
        for item in tenant.json(&format!("{folder}/children")).await["value"].as_array().unwrap() {
            let path = format!("/users/{user}/drive/items/{}", text(item, "id"));
            if item.get("folder").is_some() {
                folders.push(path);
                continue;
            }
            let file = File {
                drive: text(&drive, "id").to_owned(),
                name: text(item, "name").to_owned(),
                modified: text(item, "lastModifiedDateTime").to_owned(),
                bytes: tenant.bytes(&format!("{path}/content")).await,
                permissions: tenant.json(&format!("{path}/permissions")).await.to_string(),
            };
            files.push((text(item, "id").to_owned(), file));
        }
    }
    files
}

fn day() -> &'static Day {
    static DAY: OnceLock<Day> = OnceLock::new();
    DAY.get_or_init(|| {
        let tenant = TenantProcess::start(&["--seed", "37"]);
        let shell = Shell::new().with(tenant.environment.clone());
        let config =
            ["-c", "pattern=office", "-c", "features=documents", "-c", "departments=sales: 2, finance: 3, hr: 1"];
        shell
            .run(&[&["deploy", "m365-knowledge-worker", "-d", "9h", "--seed", "37"], config.as_slice()].concat())
            .well();
        shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
        let truth = truth::lines(&shell.run(&["export", "@last"]).well().out);
        let users: BTreeSet<&str> =
            truth.iter().map(|line| text(line, "user_id")).filter(|id| !id.is_empty()).collect();
        assert_eq!(users.len(), 6);
        let looking = async {
            let (client, mut files) = (Client::of(&tenant).await, BTreeMap::new());
            for user in users {
                files.extend(self::files(&client, user).await);
            }
            files
        };
        let files = tokio::runtime::Runtime::new().unwrap().block_on(looking);
        Day { truth, files }
    })
}

/// What was done with documents, in order.
fn done() -> impl Iterator<Item = &'static Value> {
    let kinds = [CREATE, EDIT, SHARE];
    let all = day().truth.iter().filter(move |line| kinds.contains(&text(line, "kind")));
    all.inspect(|line| assert_eq!(text(line, "status"), "done", "{line}"))
}

#[test]
fn every_edit_has_its_document_and_the_drives_hold_what_the_ground_truth_says() {
    let mut newest: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut edits = 0;
    for line in done() {
        let (kind, item) = (text(line, "kind"), text(line, "object_id"));
        assert_eq!(newest.contains_key(item), kind != CREATE, "{line}");
        let file = &day().files[item];
        assert_eq!((text(line, "drive_id"), text(line, "file_name")), (&*file.drive, &*file.name));
        edits += usize::from(kind == EDIT);
        if kind != SHARE {
            newest.insert(item, line);
        }
    }
    assert!(edits > 10 && newest.len() > 6, "{edits} edits of {} documents", newest.len());
    assert!(
        newest.keys().copied().eq(day().files.keys().map(String::as_str)),
        "nothing lies there that nobody told of"
    );
    for (item, line) in newest {
        // Graph tells the second.
        assert_eq!(day().files[item].modified[..19], text(line, "at")[..19], "{line}");
    }
}

#[test]
fn what_was_shared_can_be_opened_by_those_it_was_shared_with_and_by_nobody_outside() {
    let mut shared = 0;
    for line in done().filter(|line| text(line, "kind") == SHARE) {
        let permissions = &day().files[text(line, "object_id")].permissions;
        let people = line["recipients"].as_array().unwrap();
        assert!(!people.is_empty() || permissions.contains("\"organization\""), "{line}");
        assert!(people.iter().all(|address| permissions.contains(address.as_str().unwrap())), "{line}: {permissions}");
        shared += 1;
    }
    assert!(shared > 1, "{shared} shares");
    assert!(day().files.values().all(|file| !file.permissions.contains("anonymous")));
}

#[test]
fn an_office_program_opens_what_lies_in_the_drives() {
    if Command::new("soffice").arg("--version").output().is_err() {
        return not_run("documents from a drive in an office program", "`soffice` is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut kinds: BTreeMap<&str, &File> = BTreeMap::new();
    for file in day().files.values().filter(|file| file.name.ends_with('x')) {
        kinds.insert(file.name.rsplit_once('.').unwrap().1, file);
    }
    assert!(kinds.len() > 1, "{:?}", kinds.keys());
    let paths = kinds.iter().map(|(kind, file)| {
        let path = folder.path().join(format!("document.{kind}"));
        fs::write(&path, &file.bytes).unwrap();
        path
    });
    for path in paths {
        let output = Command::new("soffice")
            .arg(format!("-env:UserInstallation=file://{}/profile", folder.path().display()))
            .args(["--headless", "--norestore", "--convert-to", "pdf", "--outdir"])
            .args([folder.path(), path.as_path()])
            .output()
            .unwrap();
        let pdf = fs::read(path.with_extension("pdf")).unwrap_or_else(|_| panic!("{}: {output:?}", path.display()));
        assert!(pdf.starts_with(b"%PDF") && pdf.len() > 5_000, "{}", path.display());
    }
}
