//! A cloud as it is on bad days: slow to provision, throttled, and now and then wrong. The day's work is the same.
//!
//! Work begins at nine and the tenant's clock at eight, so that whatever provisioning takes, everybody is ready for the
//! same day, and a troubled day can be compared with a smooth one act by act.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use haymaker_tenant::inspect::Overview;
use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::late_riser;
use haymaker_tests::truth::{self, Planned, text};
use serde_json::{Value, json};

/// The seed of tenants and deployments: with it, two days plan the same.
const SEED: &str = "23";

/// Which kind of day.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pattern {
    Flat,
    Office,
}

impl Pattern {
    fn config(self) -> &'static str {
        match self {
            Pattern::Flat => "pattern=flat",
            Pattern::Office => "pattern=office",
        }
    }

    /// A mail takes a request for its draft and one for its sending; an answer four: looking for what is answered, drafting,
    /// writing, sending. Whatever goes wrong, a client that needs more than twice that on average is a storm.
    fn most_requests(self) -> u64 {
        match self {
            Pattern::Flat => 4,
            Pattern::Office => 8,
        }
    }
}

/// A deployment that did its day.
struct Day {
    pattern: Pattern,
    shell: Shell,
    inspection: Inspection,
    before: Overview,
    lines: Vec<Value>,
    status: Value,
    _tenant: TenantProcess,
}

impl Day {
    /// Eight people, from eight to eleven: two hours of work, in a tenant with these flags and faults.
    fn live(pattern: Pattern, flags: &[&str], faults: &Value) -> Day {
        // People speak in Teams with their passwords, which security defaults keep out.
        let usual = ["--seed", SEED, "--security-defaults", "off"];
        let tenant = TenantProcess::with_delays(&[&usual, flags].concat());
        let shell = Shell::new().with(tenant.environment.clone());
        shell.run(&["workload", "install", &late_riser(shell.folder()).to_string_lossy()]).well();
        let inspection = Inspection::of(tenant.address());
        let before = inspection.overview();
        inspection.set_faults(faults);
        let config = ["-c", "workers=8", "-c", pattern.config(), "-d", "3h", "--seed", SEED];
        shell.run(&[&["deploy", "m365-knowledge-worker"], config.as_slice()].concat()).well();
        shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "100"]).well();
        let lines = truth::lines(&shell.run(&["export", "@last"]).well().out);
        let status = shell.run(&["status", "@last", "--format", "json"]).well().json();
        Day { pattern, shell, inspection, before, lines, status, _tenant: tenant }
    }

    /// What was decided beforehand; what people find in the inbox at a visit depends on when mails came.
    fn planned(&self) -> BTreeSet<Planned> {
        let found = ["email.read", "email.organize"];
        let decided = truth::benign(&self.lines).into_iter().filter(|(_, kind, ..)| !found.contains(&kind.as_str()));
        // A task that also reads what it answers has two lines, the second of them with a number.
        decided
            .map(|(id, kind, actor, due)| (id.split('#').next().unwrap_or(&id).to_owned(), kind, actor, due))
            .collect()
    }

    fn told(&self, kinds: &'static [&str]) -> impl Iterator<Item = &Value> {
        self.lines.iter().filter(move |line| kinds.contains(&text(line, "kind")))
    }

    /// Whatever the day was like: everybody did what they would have done on a smooth one, the ground truth and the
    /// tenant agree thing by thing, and nobody stormed.
    fn is_like_any_other(&self) {
        let only = |one: &BTreeSet<Planned>, other: &BTreeSet<Planned>| -> Vec<Planned> {
            one.difference(other).cloned().collect()
        };
        let (own, smooth) = (self.planned(), smooth(self.pattern));
        assert_eq!((only(&own, smooth), only(smooth, &own)), (vec![], vec![]), "more, and less");

        let benign: Vec<&Value> = self.lines.iter().filter(|line| text(line, "label") == "benign").collect();
        benign.iter().for_each(|line| assert_eq!(text(line, "status"), "done", "{line}"));
        self.every_mail_was_sent_once();
        self.what_was_read_is_told();
        self.nothing_else_stands_there_twice();

        // Activities of one task share its requests.
        let by_task = benign.iter().map(|line| (text(line, "id").split('#').next(), *line));
        let tasks: BTreeMap<Option<&str>, &Value> = by_task.collect();
        let requests: u64 = tasks.values().map(|line| line["requests"].as_array().unwrap().len() as u64).sum();
        let bound = self.pattern.most_requests() * benign.len() as u64;
        assert!(requests <= bound, "{requests} requests for {} activities", benign.len());
    }

    fn every_mail_was_sent_once(&self) {
        let mails: Vec<&Value> =
            self.told(&["email.send", "email.reply", "email.reply_all", "email.forward"]).collect();
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
        assert_eq!(after.mail.repeated, 0);
        // Exchange itself writes about meetings.
        if self.pattern == Pattern::Flat {
            assert_eq!(after.mail.submitted, mails.len() as u64, "no mail that the ground truth does not know");
        }
    }

    /// Whoever opened a mail is said to have, each time and once; nobody answers what they did not open.
    fn what_was_read_is_told(&self) {
        let ids = |line: &Value| (text(line, "upn").to_owned(), text(line, "internet_message_id").to_owned());
        // A visit to an empty inbox is a line, too.
        let told: Vec<(String, String)> =
            self.told(&["email.read"]).filter(|line| text(line, "label") == "benign").map(ids).collect();
        let mut once: BTreeSet<&(String, String)> = BTreeSet::new();
        let twice: Vec<_> = told.iter().filter(|read| !once.insert(read)).collect();
        assert!(twice.is_empty(), "nobody opens a mail for the first time twice: {twice:?}");
        let answers = self.told(&["email.reply", "email.reply_all", "email.forward"]);
        let unread = answers.filter(|line| {
            self.pattern == Pattern::Office
                && !once.contains(&(text(line, "upn").to_owned(), text(line, "in_reply_to").to_owned()))
        });
        assert_eq!(unread.map(|line| text(line, "id")).collect::<Vec<_>>(), Vec::<&str>::new(), "answered unread");
        let people = self.inspection.people(text(&self.lines[0], "deployment"));
        let boxes = people.iter().filter_map(|person| self.inspection.mailbox(&person.user_principal_name));
        let opened = boxes.flat_map(|mailbox| {
            let owner = mailbox.owner.clone();
            mailbox
                .messages
                .into_iter()
                .filter(move |mail| mail.is_read && !mail.is_draft && !mail.from.contains(&owner))
        });
        assert_eq!(opened.count(), told.len(), "what is read in the tenant is read in the ground truth");
    }

    /// What was said, called and filed: as much as the ground truth says.
    fn nothing_else_stands_there_twice(&self) {
        let after = self.inspection.overview();
        let posts = self.told(&["teams.channel_message", "teams.chat_message"]).count();
        assert!(posts > 50, "{posts} messages in two hours of eight people");
        assert_eq!(after.posts - self.before.posts, posts);
        let files = self.told(&["document.create"]).count();
        assert!(files > 0, "two hours of eight people without a document");
        assert_eq!(after.files - self.before.files, files);

        let people = self.inspection.people(text(&self.lines[0], "deployment"));
        let own: BTreeSet<String> = people
            .iter()
            .filter_map(|person| self.inspection.calendar(&person.user_principal_name))
            .flat_map(|calendar| {
                let of = calendar.owner.clone();
                calendar.events.into_iter().filter(move |event| event.organizer.contains(&of)).map(|event| event.id)
            })
            .collect();
        let called: BTreeSet<&str> = self.told(&["calendar.create"]).map(|line| text(line, "object_id")).collect();
        let cancelled: BTreeSet<&str> = self.told(&["calendar.cancel"]).map(|line| text(line, "object_id")).collect();
        assert_eq!(called.is_empty(), self.pattern == Pattern::Flat);
        assert!(own.iter().map(String::as_str).eq(called.difference(&cancelled).copied()), "{own:?} {called:?}");
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
fn smooth(pattern: Pattern) -> &'static BTreeSet<Planned> {
    static FLAT: OnceLock<BTreeSet<Planned>> = OnceLock::new();
    static OFFICE: OnceLock<BTreeSet<Planned>> = OnceLock::new();
    let planned = match pattern {
        Pattern::Flat => &FLAT,
        Pattern::Office => &OFFICE,
    };
    planned.get_or_init(|| {
        let planned = Day::live(pattern, &["--instant"], &json!([])).planned();
        assert!(planned.len() > 300, "two hours of eight people are more than {} activities", planned.len());
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
    let day = Day::live(Pattern::Flat, &["--throttle", "documented"], &json!([]));
    day.is_like_any_other();
    day.is_taken_back();
}

#[test]
fn a_tenant_that_throttles_early_and_often_gets_the_same_day() {
    let often = json!([{"operation": "* /v1.0/**", "rate": 0.2, "fault": {"kind": "status", "status": 429, "retry_after": "3"}}]);
    let day = Day::live(Pattern::Flat, &["--throttle", "strict"], &often);
    assert!(day.retried() > 30, "retries are told: {}", day.status["requests"]);
    assert!(day.status["requests"]["throttled"].as_u64().unwrap() > 30, "{}", day.status["requests"]);
    day.is_like_any_other();
    day.is_taken_back();
}

#[test]
fn with_five_percent_faults_of_every_kind_nothing_is_lost_and_nothing_is_done_twice() {
    let day = Day::live(Pattern::Flat, &[], &everything_goes_wrong());
    assert!(day.retried() > 50, "retries are told: {}", day.status["requests"]);
    day.is_like_any_other();
    day.is_taken_back();
}

#[test]
fn an_office_goes_through_delays_throttling_and_faults_of_every_kind_as_if_they_were_not_there() {
    let day = Day::live(Pattern::Office, &["--throttle", "documented"], &everything_goes_wrong());
    assert!(day.retried() > 50, "retries are told: {}", day.status["requests"]);
    day.is_like_any_other();
    day.is_taken_back();
}
