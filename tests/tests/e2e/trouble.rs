//! A cloud as it is on bad days: slow to provision, throttled, and now and then wrong. The day's work is the same.
//!
//! Work begins at nine and the tenant's clock at eight, so that whatever provisioning takes, everybody is ready for the
//! same day, and a troubled day can be compared with a smooth one act by act.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use haymaker_tenant::inspect::Overview;
use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::late_riser;
use haymaker_tests::truth::{self, Planned, text};
use serde_json::{Value, json};

/// The seed of tenants and deployments: with it, two days plan the same.
const SEED: &str = "23";

/// A mail takes a request for its draft and one for its sending. Whatever goes wrong, a client that needs more than
/// twice that on average is a storm.
const REQUESTS_PER_MAIL: u64 = 4;

/// A deployment that did its day.
struct Day {
    shell: Shell,
    inspection: Inspection,
    before: Overview,
    lines: Vec<Value>,
    status: Value,
    _tenant: TenantProcess,
}

impl Day {
    /// Eight people, from eight to eleven: two hours of work, in a tenant with these flags and faults.
    fn live(flags: &[&str], faults: &Value) -> Day {
        let tenant = TenantProcess::with_delays(&[&["--seed", SEED], flags].concat());
        let shell = Shell::new().with(tenant.environment.clone());
        shell.run(&["workload", "install", &late_riser(shell.folder()).to_string_lossy()]).well();
        let inspection = Inspection::of(tenant.address());
        let before = inspection.overview();
        inspection.set_faults(faults);
        shell.run(&["deploy", "m365-knowledge-worker", "-c", "workers=8", "-d", "3h", "--seed", SEED]).well();
        shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "100"]).well();
        let lines = truth::lines(&shell.run(&["export", "@last"]).well().out);
        let status = shell.run(&["status", "@last", "--format", "json"]).well().json();
        Day { shell, inspection, before, lines, status, _tenant: tenant }
    }

    fn planned(&self) -> BTreeSet<Planned> {
        truth::benign(&self.lines)
    }

    /// Whatever the day was like: everybody did what they would have done on a smooth one, the ground truth and the
    /// mailboxes agree mail by mail, and nobody stormed.
    fn is_like_any_other(&self) {
        let only = |one: &BTreeSet<Planned>, other: &BTreeSet<Planned>| -> Vec<Planned> {
            one.difference(other).cloned().collect()
        };
        let (own, smooth) = (self.planned(), smooth());
        assert_eq!((only(&own, smooth), only(smooth, &own)), (vec![], vec![]), "more, and less");

        let benign: Vec<&Value> = self.lines.iter().filter(|line| text(line, "label") == "benign").collect();
        benign.iter().for_each(|line| assert_eq!(text(line, "status"), "done", "{line}"));
        let mails: Vec<&Value> = benign.iter().copied().filter(|line| text(line, "kind") == "email.send").collect();
        for line in &mails {
            let id = text(line, "internet_message_id");
            let trace = self.inspection.mail(id).unwrap_or_else(|| panic!("never sent: {line}"));
            let [sent] = trace.submissions.as_slice() else { panic!("sent more than once: {trace:?}") };
            let lies_in: BTreeSet<&str> = sent.recipients.iter().map(|receipt| receipt.address.as_str()).collect();
            let meant: BTreeSet<&str> =
                line["recipients"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(lies_in, meant, "{line}");
            assert!(sent.recipients.iter().all(|receipt| receipt.outcome == "delivered"), "{trace:?}");
        }
        let after = self.inspection.overview();
        assert_eq!(after.mail.submitted, mails.len() as u64, "no mail was sent that the ground truth does not know");
        assert_eq!(after.mail.repeated, 0);
        assert_eq!(self.status["activities"]["email.send"]["done"], mails.len(), "{}", self.status);

        let requests: u64 = benign.iter().map(|line| line["requests"].as_array().unwrap().len() as u64).sum();
        let bound = REQUESTS_PER_MAIL * benign.len() as u64;
        assert!(requests <= bound, "{requests} requests for {} mails", benign.len());
    }

    fn retried(&self) -> u64 {
        self.status["requests"]["retried"].as_u64().unwrap()
    }

    /// And is taken back as any other.
    fn is_taken_back(&self) {
        let cleaned = self.shell.run(&["cleanup", "@last", "--yes"]).well();
        assert!(cleaned.out.contains("0 left in the tenant"), "{}", cleaned.out);
        let after = self.inspection.overview();
        assert_eq!((after.users_live, after.users_deleted), (self.before.users_live, 0));
        assert_eq!(after.bystanders, self.before.bystanders);
    }
}

/// What people do on a smooth day.
fn smooth() -> &'static BTreeSet<Planned> {
    static PLANNED: OnceLock<BTreeSet<Planned>> = OnceLock::new();
    PLANNED.get_or_init(|| {
        let planned = Day::live(&["--instant"], &json!([])).planned();
        assert!(planned.len() > 150, "two hours of eight people are more than {} mails", planned.len());
        planned
    })
}

/// Everything that can go wrong with a request, each in one of twenty: four in ten do not go well.
fn everything_goes_wrong() -> Value {
    let faults = [
        json!({"kind": "status", "status": 500}),
        json!({"kind": "status", "status": 503, "retry_after": "2"}),
        json!({"kind": "status", "status": 429, "retry_after": "1.5"}),
        json!({"kind": "status", "status": 429}),
        json!({"kind": "status", "status": 504}),
        json!({"kind": "slow", "milliseconds": 40}),
        json!({"kind": "reset_before"}),
        json!({"kind": "reset_after"}),
        json!({"kind": "half"}),
        json!({"kind": "wrong_body"}),
    ];
    faults
        .into_iter()
        .enumerate()
        .flat_map(|(seed, fault)| {
            ["* /v1.0/**", "POST /*/oauth2/v2.0/token"]
                .map(|operation| json!({"operation": operation, "rate": 0.05, "seed": seed, "fault": fault}))
        })
        .collect()
}

#[test]
fn provisioning_delays_and_documented_throttling_change_nothing_of_the_day() {
    let day = Day::live(&["--throttle", "documented"], &json!([]));
    day.is_like_any_other();
    day.is_taken_back();
}

#[test]
fn a_tenant_that_throttles_early_and_often_gets_the_same_day() {
    let often = json!([{"operation": "* /v1.0/**", "rate": 0.2, "fault": {"kind": "status", "status": 429, "retry_after": "3"}}]);
    let day = Day::live(&["--throttle", "strict"], &often);
    assert!(day.retried() > 30, "retries are told: {}", day.status["requests"]);
    assert!(day.status["requests"]["throttled"].as_u64().unwrap() > 30, "{}", day.status["requests"]);
    day.is_like_any_other();
    day.is_taken_back();
}

#[test]
fn with_five_percent_faults_of_every_kind_nothing_is_lost_and_nothing_is_done_twice() {
    let day = Day::live(&[], &everything_goes_wrong());
    assert!(day.retried() > 50, "retries are told: {}", day.status["requests"]);
    day.is_like_any_other();
    day.is_taken_back();
}
