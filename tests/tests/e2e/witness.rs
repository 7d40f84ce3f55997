//! An office as its tenant bears witness of it. What lies in mailboxes, calendars, drives, channels and chats is read, and
//! nothing that the host says; and it has the rates, threads, delays and meetings of the table of assumptions.
//!
//! The same for a run of any size, by hand: let a tenant live in a shell (`haymaker tenant simulate --instant --security-defaults off > tenant.env`),
//! deploy into it, wait until the run is over, and do not clean up. Then
//!
//! ```console
//! $ . ./tenant.env; WITNESS_DEPLOYMENT=m365-knowledge-worker-1a2b3c4d WITNESS_HOLIDAYS=2026-01-07 \
//!     cargo test -p haymaker-tests --test e2e -- --ignored witness
//! ```

use std::collections::{BTreeMap, BTreeSet};

use haymaker_platform::manifest::Manifest;
use haymaker_realism::calendar::Calendar;
use haymaker_realism::check::Verdict;
use haymaker_realism::line::{Instant, Line};
use haymaker_realism::setting::{Pattern, Terms};
use haymaker_realism::table::Table;
use haymaker_realism::{Report, examine};
use haymaker_tests::client::Client;
use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::truth::text;
use serde_json::{Value, json};

/// Somebody who works there.
struct Person {
    id: String,
    upn: String,
    department: String,
    created: Instant,
}

/// A file, as often as it was written.
struct File {
    created: Instant,
    modified: Instant,
    versions: u32,
}

/// What a tenant shows of a deployment.
#[derive(Default)]
struct Witness {
    /// What people did, as an export would tell it. A tenant tells when, and not what was planned.
    lines: Vec<Line>,
    /// Mails that somebody sent, with what is answered as it lies in the mailbox of whoever answers.
    answers: Vec<(Line, Option<Instant>)>,
    files: Vec<File>,
    /// Who was invited and comes, whose own calendar does not have the meeting.
    missing: Vec<String>,
}

/// What the tenant can be asked about. It does not tell which line of a chat answers which, nor when each of several
/// versions of a document was written, nor to the millisecond when a mail was sent.
const ASKED: [&str; 17] = [
    "mail an hour",
    "mail, all departments",
    "Teams messages an hour",
    "Teams messages, all departments",
    "hours of the day, new mail",
    "lunch against the hours beside it, new mail",
    "on weekends and days off",
    "answers to nothing",
    "answers before what they answer",
    "mails answered by who did not receive them",
    "minutes of work until an answer",
    "width of that",
    "threads of",
    "answers, share",
    "recipients of a new mail",
    "meetings",
    "answers to invitations",
];

fn moment(text: &str) -> Instant {
    let parsed = chrono::DateTime::parse_from_rfc3339(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    parsed.timestamp_millis().try_into().unwrap()
}

/// A beginning or an end, which Graph tells in UTC if nobody asks for more.
fn zoned(value: &Value) -> Instant {
    assert_eq!(text(value, "timeZone"), "UTC");
    moment(&format!("{}Z", text(value, "dateTime").trim_end_matches('Z')))
}

fn address(value: &Value) -> String {
    text(&value["emailAddress"], "address").to_lowercase()
}

fn addresses(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(address).collect()
}

fn header<'a>(mail: &'a Value, name: &str) -> Option<&'a str> {
    let mut headers = mail["internetMessageHeaders"].as_array().into_iter().flatten();
    headers.find(|header| text(header, "name").eq_ignore_ascii_case(name)).map(|header| text(header, "value"))
}

impl Person {
    fn of(user: &Value) -> Person {
        let department = match text(user, "department") {
            "Human Resources" => "hr".to_owned(),
            "Executive Office" => "executive".to_owned(),
            other => other.to_lowercase(),
        };
        let upn = text(user, "userPrincipalName").to_lowercase();
        Person { id: text(user, "id").to_owned(), upn, department, created: moment(text(user, "createdDateTime")) }
    }

    fn line(&self, kind: &str, at: Instant, line: Line) -> Line {
        Line {
            deployment: "as the tenant tells".to_owned(),
            kind: kind.to_owned(),
            label: Some(line.label.unwrap_or_else(|| "benign".to_owned())),
            status: "done".to_owned(),
            due: at,
            at,
            upn: Some(self.upn.clone()),
            department: Some(self.department.clone()),
            ..line
        }
    }
}

impl Witness {
    async fn read(look: &Client, inspection: &Inspection, deployment: &str) -> Witness {
        let filter = format!("$filter=employeeType%20eq%20'haymaker:{deployment}'&$top=999");
        let select = "$select=id,userPrincipalName,department,createdDateTime";
        let people: Vec<Person> = look.all(&format!("/users?{filter}&{select}")).await.iter().map(Person::of).collect();
        let mut witness = Witness::default();
        let mut calendars = BTreeMap::new();
        let begin = people.iter().map(|person| person.created).min().expect("somebody works there");
        for person in &people {
            calendars.insert(person.upn.as_str(), events(look, person, begin, inspection.overview().now).await);
        }
        for person in &people {
            let made = Line { label: Some("infrastructure".to_owned()), ..Line::default() };
            witness.lines.push(person.line("user.mailbox", person.created, made));
            witness.mailbox(look, person).await;
            witness.files.extend(files(look, &format!("/users/{}", person.id)).await);
            witness.calendar(person, &people, &calendars);
        }
        witness.talk(inspection, deployment, &people);
        witness.set_clocks(&people, &calendars);
        for group in inspection.left(deployment).groups.iter().filter(|group| group.team) {
            witness.files.extend(files(look, &format!("/groups/{}", group.id)).await);
        }
        witness
    }

    /// What somebody sent, and what they have received of what they answer.
    async fn mailbox(&mut self, look: &Client, person: &Person) {
        let select = "subject,internetMessageId,sentDateTime,isDraft,from,toRecipients,internetMessageHeaders";
        let mails = look.all(&format!("/users/{}/messages?$select={select}&$top=500", person.id)).await;
        let sent = |mail: &Value| moment(text(mail, "sentDateTime"));
        let by_id: BTreeMap<&str, &Value> = mails.iter().map(|mail| (text(mail, "internetMessageId"), mail)).collect();
        for (id, mail) in &by_id {
            let own = address(&mail["from"]) == person.upn && header(mail, "x-haymaker-id").is_some();
            if !own || mail["isDraft"] == true {
                continue;
            }
            let (recipients, original) = (addresses(&mail["toRecipients"]), header(mail, "In-Reply-To"));
            let kind = match original {
                None => "email.send",
                Some(_) if text(mail, "subject").starts_with("FW: ") => "email.forward",
                Some(_) if recipients.len() > 1 => "email.reply_all",
                Some(_) => "email.reply",
            };
            let line = Line {
                recipients,
                internet_message_id: Some((*id).to_owned()),
                in_reply_to: original.map(str::to_owned),
                ..Line::default()
            };
            let line = person.line(kind, sent(mail), line);
            if let Some(original) = original {
                self.answers.push((line.clone(), by_id.get(original).map(|mail| sent(mail))));
            }
            self.lines.push(line);
        }
    }

    /// The meetings that somebody organises and that take place, and what was answered to them.
    fn calendar(&mut self, person: &Person, people: &[Person], calendars: &BTreeMap<&str, Vec<Value>>) {
        for event in calendars[person.upn.as_str()].iter().filter(|event| event["isOrganizer"] == true) {
            let (start, end) = (zoned(&event["start"]), zoned(&event["end"]));
            let uid = |event: &Value| format!("{}/{}", text(event, "iCalUId"), zoned(&event["start"]));
            let line = |recipients, response| Line {
                recipients,
                ical_uid: Some(uid(event)),
                start: Some(start),
                end: Some(end),
                response,
                ..Line::default()
            };
            let call = line(addresses(&event["attendees"]), None);
            let created = moment(text(event, "createdDateTime"));
            self.lines.push(person.line("calendar.create", created, call));
            for attendee in event["attendees"].as_array().unwrap() {
                let who = address(attendee);
                let other = people.iter().find(|other| other.upn == who).expect("only colleagues are invited");
                let response = match text(&attendee["status"], "response") {
                    "accepted" => "accepted",
                    "tentativelyAccepted" => "tentative",
                    "declined" => "declined",
                    _ => continue,
                };
                if response != "declined" && !calendars[who.as_str()].iter().any(|theirs| uid(theirs) == uid(event)) {
                    self.missing.push(format!("{who}: {}", text(event, "subject")));
                }
                let answered = moment(text(&attendee["status"], "time"));
                let line = line(Vec::new(), Some(response.to_owned()));
                self.lines.push(other.line("calendar.respond", answered, line));
            }
        }
    }

    /// What was said in channels and chats.
    fn talk(&mut self, inspection: &Inspection, deployment: &str, people: &[Person]) {
        let left = inspection.left(deployment);
        let teams = left.groups.iter().filter(|group| group.team).filter_map(|group| inspection.team(&group.id));
        let mut posts: Vec<_> = teams
            .flat_map(|team| team.channels.into_values().flatten())
            .map(|post| (post, "teams.channel_message", Vec::new()))
            .collect();
        for chat in left.chats.iter().filter_map(|chat| inspection.chat(&chat.id)) {
            posts.extend(chat.posts.into_iter().map(|post| (post, "teams.chat_message", chat.members.clone())));
        }
        posts.sort_by(|(one, ..), (other, ..)| (&one.at, &one.id).cmp(&(&other.at, &other.id)));
        // All answers hang below the first post: each continues what stands there so far.
        let mut newest: BTreeMap<String, String> = BTreeMap::new();
        for (mut post, kind, members) in posts {
            if let Some(root) = post.answers.clone() {
                post.answers = Some(newest.insert(root.clone(), post.id.clone()).unwrap_or(root));
            }
            let from = post.from.unwrap_or_default().to_lowercase();
            let Some(person) = people.iter().find(|person| person.upn == from) else { continue };
            let line = Line {
                recipients: members.into_iter().filter(|member| !member.eq_ignore_ascii_case(&from)).collect(),
                object_id: Some(post.id),
                in_reply_to: post.answers,
                ..Line::default()
            };
            self.lines.push(person.line(kind, moment(&post.at), line));
        }
    }

    /// Finds out by which clock everybody works: by that of the meetings that they call, or, where they called none, by
    /// that of the colleagues whose working hours are theirs.
    fn set_clocks(&mut self, people: &[Person], calendars: &BTreeMap<&str, Vec<Value>>) {
        let own = |person: &Person| {
            let mut events = calendars[person.upn.as_str()].iter();
            Some(text(events.find(|event| event["isOrganizer"] == true)?, "originalStartTimeZone").to_owned())
        };
        let known: BTreeSet<String> = people.iter().filter_map(own).collect();
        for person in people {
            let is_theirs = |line: &&Line| line.upn.as_deref() == Some(&*person.upn);
            let outside = |zone: &&String| {
                let calendar = Calendar::new(zone.parse().unwrap(), (8, 17), [1.0; 7], BTreeSet::new(), vec![1.0]);
                self.lines.iter().filter(is_theirs).filter(|line| calendar.part(line.at).is_none()).count()
            };
            let zone = own(person).or_else(|| known.iter().min_by_key(outside).cloned());
            for line in self.lines.iter_mut().filter(|line| is_theirs(&&**line)) {
                line.time_zone = Some(zone.clone().unwrap_or_else(|| "UTC".to_owned()));
            }
        }
    }

    /// What is found, held against the manifest's table.
    fn report(&self, holidays: &str) -> Report {
        let manifest = std::fs::read_to_string(haymaker_tests::root().join("workload.yaml")).unwrap();
        let patterns = Manifest::parse(&manifest, "workload.yaml").unwrap().activity_patterns;
        let holidays = holidays.split(',').filter(|day| !day.is_empty()).map(|day| day.trim().parse().unwrap());
        let terms = Terms { pattern: Some(Pattern::Office), holidays: Some(holidays.collect()), ..Terms::default() };
        examine(&self.lines, &Table::read(&patterns, &json!({})).unwrap(), &terms).unwrap()
    }
}

/// What stands in somebody's calendar: each time of a series, and nothing that was cancelled.
async fn events(look: &Client, person: &Person, from: Instant, until: Instant) -> Vec<Value> {
    let shown = |at: Instant| {
        let at = chrono::DateTime::from_timestamp_millis(at.try_into().unwrap()).unwrap();
        at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let window = format!("startDateTime={}&endDateTime={}&$top=500", shown(from), shown(until));
    let mut events = look.all(&format!("/users/{}/calendarView?{window}", person.id)).await;
    events.retain(|event| event["isCancelled"] == false);
    events
}

/// All files in a drive, in whichever folder.
async fn files(look: &Client, owner: &str) -> Vec<File> {
    let (mut folders, mut files) = (vec![format!("{owner}/drive/root")], Vec::new());
    while let Some(folder) = folders.pop() {
        for item in look.all(&format!("{folder}/children")).await {
            if item.get("folder").is_some() {
                folders.push(format!("{owner}/drive/items/{}", text(&item, "id")));
                continue;
            }
            // `"c:{id},4"` of the fourth version's content.
            let version = text(&item, "cTag").trim_matches('"').rsplit(',').next().unwrap_or_default();
            files.push(File {
                created: moment(text(&item, "createdDateTime")),
                modified: moment(text(&item, "lastModifiedDateTime")),
                versions: version.parse().unwrap_or_else(|_| panic!("{item}")),
            });
        }
    }
    files
}

/// Asserts that what lies in the tenant is an office of the table's; at least so many checks must be able to tell.
fn agrees(witness: &Witness, holidays: &str, least: usize) {
    for (answer, original) in &witness.answers {
        let original = original.unwrap_or_else(|| panic!("what is answered never came: {answer:?}"));
        assert!(original < answer.at, "the original is of {original}: {answer:?}");
    }
    assert_eq!(witness.missing, Vec::<String>::new(), "who comes has the meeting in their calendar");
    for file in &witness.files {
        assert!(file.created <= file.modified && (file.versions > 1 || file.created == file.modified));
    }

    let report = witness.report(holidays);
    for line in witness.lines.iter().filter(|line| line.is_benign()) {
        let worker = &report.setting.workers[report.setting.who(line).unwrap()];
        let hours = worker.calendar.hours(worker.calendar.day_of(line.at));
        let (opens, closes) = hours.unwrap_or_else(|| panic!("on a day off: {line:?}"));
        assert!((opens..closes + 15 * 60_000).contains(&line.at), "outside of working hours: {line:?}");
    }
    let asked = |check: &&haymaker_realism::check::Check| ASKED.iter().any(|name| check.check.starts_with(name));
    let off: Vec<_> = report.checks.iter().filter(asked).filter(|check| check.verdict == Verdict::Off).collect();
    assert!(off.is_empty(), "{off:#?}");
    let told = report.checks.iter().filter(asked).filter(|check| check.verdict == Verdict::Ok).count();
    assert!(told >= least, "{told} checks could tell: {:#?}", report.checks);

    documents(witness, &report);
}

/// Documents are created and edited as often as the table says. The five standard errors are those of a count whose day's
/// factor varies.
fn documents(witness: &Witness, report: &Report) {
    let manifest = std::fs::read_to_string(haymaker_tests::root().join("workload.yaml")).unwrap();
    let patterns = Manifest::parse(&manifest, "workload.yaml").unwrap().activity_patterns;
    let table = Table::read(&patterns, &json!({})).unwrap();
    let hours = f64::from(table.working_hours.to - table.working_hours.from);
    let days = report.setting.days().iter().map(|day| {
        let department = &report.setting.workers[day.worker].department;
        table.rates(department).documents_per_day * day.hours / hours
    });
    let days: Vec<f64> = days.collect();
    let expected: f64 = days.iter().sum();
    let variance: f64 = days.iter().map(|mean| mean + mean.powi(2) * report.setting.variance.powi(2) / 3.0).sum();
    let written = witness.files.iter().map(|file| f64::from(file.versions)).sum::<f64>();
    assert!((written - expected).abs() < 5.0 * variance.sqrt(), "{written} of {expected} written documents");
}

/// The environment's own tenant, or one that was started for a test.
fn look(variable: impl Fn(&str) -> String, deployment: &str) -> Witness {
    let inspection = Inspection::of(&variable("HAYMAKER_GRAPH_ENDPOINT"));
    let reading = async {
        let look = Client::named_by(variable).await;
        Witness::read(&look, &inspection, deployment).await
    };
    tokio::runtime::Runtime::new().unwrap().block_on(reading)
}

#[test]
fn what_lies_in_a_tenant_after_two_days_is_the_office_that_the_table_describes() {
    let tenant = TenantProcess::start(&["--seed", "41", "--security-defaults", "off"]);
    let shell = Shell::new().with(tenant.environment.clone());
    let config = ["pattern=office", "departments=finance: 6, operations: 6", "time_zones=Europe/Berlin: 6, UTC: 6"];
    let config: Vec<&str> = config.iter().flat_map(|pair| ["-c", *pair]).collect();
    shell.run(&[&["deploy", "m365-knowledge-worker", "-d", "2d", "--seed", "41"], config.as_slice()].concat()).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "400"]).well();
    let status = shell.run(&["status", "@last", "--format", "json"]).well().json();
    let deployment = text(&status, "deployment_id").to_owned();

    let witness = look(|name| tenant.environment[name].clone(), &deployment);
    let kinds: BTreeSet<&str> = witness.lines.iter().map(|line| line.kind.as_str()).collect();
    assert!(kinds.len() >= 9, "{kinds:?}");
    agrees(&witness, "", 20);

    // What is no office is told apart: the same, with every second answer to something that nobody wrote.
    let mut lost = witness;
    for line in lost.lines.iter_mut().filter(|line| line.in_reply_to.is_some()).step_by(2) {
        line.in_reply_to = Some("<nothing@contoso.example>".to_owned());
    }
    let off = lost.report("").checks;
    assert!(off.iter().any(|check| check.check == "answers to nothing, mail" && check.verdict == Verdict::Off));
}

#[test]
#[ignore = "looks into a tenant that somebody else started; see above"]
fn what_lies_in_the_tenant_of_the_environment_is_the_office_that_the_table_describes() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} says which tenant"));
    let witness = look(variable, &variable("WITNESS_DEPLOYMENT"));
    agrees(&witness, &std::env::var("WITNESS_HOLIDAYS").unwrap_or_default(), 40);
}
