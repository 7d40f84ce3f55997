//! `kill -9` of the host at the worst moments: in the middle of provisioning, of a cycle, of a cleanup.
//!
//! The wire to the tenant is cut first. So one request has arrived whose answer is lost, others have left and never
//! arrive, and the host dies with all of them in doubt. What comes after comes from another folder and other processes.
//!
//! Work begins at nine and the tenant's clock at eight. Doubt about a new worker is settled within that hour, so a
//! killed run and an undisturbed one have the same workers ready for the same day, and must do the same.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use haymaker_tenant::inspect::Overview;
use haymaker_tests::command::{Ran, Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::late_riser;
use haymaker_tests::relay::{Meant, Relay};
use haymaker_tests::truth::{self, Planned};
use serde_json::Value;

/// People at work: all their accounts are made at the same time, so a cut hits several at once.
const WORKERS: &str = "workers=6";

/// From eight to ten: an hour of work for six people, some seventy mails.
const DURATION: &str = "2h";

/// The seed of tenants and deployments: with it, two runs plan the same.
const SEED: &str = "11";

/// Makes an account. `once`: what became of it must be found out.
fn creates_a_user(line: &str) -> bool {
    line.starts_with("POST /v1.0/users HTTP")
}

/// Sends a mail. `once`, too: sent again, it would be there twice.
fn sends_a_mail(line: &str) -> bool {
    line.starts_with("POST ") && line.contains("/send HTTP")
}

/// Takes an account away.
fn deletes_a_user(line: &str) -> bool {
    line.starts_with("DELETE /v1.0/users/")
}

/// A shell, a tenant in a process of its own, the wire between them, and a deployment.
struct Scene {
    relay: Relay,
    inspection: Inspection,
    before: Overview,
    id: String,
    shell: Shell,
    _tenant: TenantProcess,
}

impl Scene {
    /// Deploys; the wire is cut at the `nth` request that `meant` means, if any.
    fn begin(cut: Option<(Meant, usize)>) -> Scene {
        let tenant = TenantProcess::start(&["--seed", SEED]);
        let relay = Relay::to(tenant.address());
        let mut environment = tenant.environment.clone();
        for endpoint in ["HAYMAKER_LOGIN_ENDPOINT", "HAYMAKER_GRAPH_ENDPOINT"] {
            environment.insert(endpoint.to_owned(), relay.address());
        }
        let shell = Shell::new().with(environment);
        shell.run(&["workload", "install", &late_riser(shell.folder()).to_string_lossy()]).well();
        let inspection = Inspection::of(tenant.address());
        let before = inspection.overview();
        if let Some((meant, nth)) = cut {
            relay.cut_at(meant, nth);
        }
        shell.run(&["deploy", "m365-knowledge-worker", "-c", WORKERS, "-d", DURATION, "--seed", SEED]).well();
        let mut scene = Scene { relay, inspection, before, id: String::new(), shell, _tenant: tenant };
        scene.id = scene.status()["deployment_id"].as_str().unwrap().to_owned();
        scene
    }

    /// A command of the same user in another folder.
    fn elsewhere(&self, arguments: &[&str]) -> Ran {
        self.shell.run_in(&self.shell.tmp(), arguments)
    }

    fn status(&self) -> Value {
        self.elsewhere(&["status", "@last", "--format", "json"]).well().json()
    }

    fn waits_for(&self, status: &str) {
        self.elsewhere(&["watch", "@last", "--wait-for", status, "--timeout", "100"]).well();
    }

    /// Kills the host while its requests hang in the air, and looks what is told of that.
    fn kill(&self, status: &str) {
        self.relay.wait_until_cut();
        assert_eq!(self.status()["status"], status, "its host lives, and waits for answers");
        self.shell.kill_host();
        let told = self.status();
        assert_eq!(told["status"], "interrupted", "{told}");
        let seen = self.elsewhere(&["status", "@last"]).well().out + &self.elsewhere(&["list"]).well().out;
        assert!(seen.contains("interrupted") && !seen.contains("running"), "{seen}");
        assert!(self.shell.host().is_none(), "looking starts no host");
        self.relay.mend();
    }

    /// What must hold whatever was killed: everybody is gone, every mail was sent once, nobody else was touched, and
    /// people did what they would have done.
    fn ends_well(&self) {
        let told = self.status();
        assert_eq!(
            (&told["status"], &told["phase"]),
            (&Value::from("completed"), &Value::from("cleaned_up")),
            "{told}"
        );
        assert_eq!((&told["tasks"]["failed"], &told["tasks"]["unknown"]), (&Value::from(0), &Value::from(0)), "{told}");
        assert_eq!(self.inspection.people(&self.id), []);

        let after = self.inspection.overview();
        assert_eq!((after.users_live, after.users_deleted), (self.before.users_live, 0));
        assert_eq!(after.bystanders, self.before.bystanders);
        assert_eq!(after.bystanders.count, 500);

        let lines = self.export();
        let mails = truth::mails(&lines);
        for mail in &mails {
            let trace = self.inspection.mail(mail).unwrap_or_else(|| panic!("{mail} was never sent"));
            assert_eq!(trace.submissions.len(), 1, "{trace:?}");
        }
        assert_eq!(after.mail.submitted, mails.len() as u64, "every mail that was sent is in the ground truth");

        let (killed, undisturbed) = (truth::benign(&lines), undisturbed());
        let only = |one: &BTreeSet<Planned>, other: &BTreeSet<Planned>| -> Vec<Planned> {
            one.difference(other).cloned().collect()
        };
        assert_eq!((only(&killed, undisturbed), only(undisturbed, &killed)), (vec![], vec![]), "more, and less");
    }

    fn export(&self) -> Vec<Value> {
        truth::lines(&self.elsewhere(&["export", "@last"]).well().out)
    }

    fn cleanup(&self) {
        let cleaned = self.elsewhere(&["cleanup", "@last", "--yes"]).well();
        assert!(cleaned.out.contains("0 left in the tenant"), "{}", cleaned.out);
    }
}

/// What people do when nobody kills anything.
fn undisturbed() -> &'static BTreeSet<Planned> {
    static PLANNED: OnceLock<BTreeSet<Planned>> = OnceLock::new();
    PLANNED.get_or_init(|| {
        let scene = Scene::begin(None);
        scene.waits_for("completed");
        let planned = truth::benign(&scene.export());
        assert!(planned.len() > 40, "an hour of six people is more than {} mails", planned.len());
        planned
    })
}

#[test]
fn a_host_killed_in_the_middle_of_provisioning_is_followed_by_one_that_goes_on() {
    let scene = Scene::begin(Some((creates_a_user, 4)));
    scene.kill("running");
    let made = scene.inspection.people(&scene.id).len();
    assert!((1..6).contains(&made), "{made} of 6 accounts are in the tenant");
    scene.elsewhere(&["start", "@last"]).well();
    scene.waits_for("completed");
    scene.cleanup();
    scene.ends_well();
}

#[test]
fn a_host_killed_in_the_middle_of_a_cycle_is_followed_by_one_that_stops_starts_and_goes_on() {
    let scene = Scene::begin(Some((sends_a_mail, 20)));
    scene.kill("running");
    assert_eq!(scene.inspection.overview().mail.submitted, 20, "the last of them without an answer");
    scene.elsewhere(&["stop", "@last"]).well();
    assert_eq!(scene.status()["status"], "stopped");
    assert_eq!(scene.inspection.overview().mail.submitted, 20, "nothing is sent to stop");
    scene.elsewhere(&["start", "@last"]).well();
    scene.waits_for("completed");
    scene.cleanup();
    scene.ends_well();
}

#[test]
fn a_host_killed_in_the_middle_of_a_cleanup_is_followed_by_one_that_finishes_it() {
    let scene = Scene::begin(None);
    scene.waits_for("completed");
    scene.relay.cut_at(deletes_a_user, 3);
    let mut cleanup = scene.shell.command(&["cleanup", "@last", "--yes"]);
    let cleanup = cleanup.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    scene.kill("cleaning_up");
    let left = scene.inspection.people(&scene.id).iter().filter(|person| !person.deleted).count();
    assert!((1..6).contains(&left), "{left} of 6 people are still there");

    let output = cleanup.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "the command that followed it says that it did not come to its end");
    assert!(said.contains("interrupted") && said.contains("haymaker cleanup"), "{said}");
    let refused = scene.elsewhere(&["start", "@last"]);
    assert!(refused.code == Some(1) && refused.err.contains("`haymaker cleanup"), "{}", refused.err);

    scene.cleanup();
    scene.ends_well();
}
