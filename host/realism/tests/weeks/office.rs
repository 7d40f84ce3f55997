//! A week of an office as its export would tell it, without a tenant: the flagship plans, and everything that it plans
//! happens when it is due.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use haymaker_guest::chance::stream;
use haymaker_guest::testing::Host;
use haymaker_guest::time::{DAY, HOUR};
use haymaker_guest::{Deployment, Instant, Task, Wake, Workload};
use haymaker_m365::KnowledgeWorker;
use haymaker_m365::meetings::Response;
use haymaker_m365::office::{Account, Office, Purpose};
use haymaker_m365::paperwork::{self, Deed};
use haymaker_m365::people::Person;
use haymaker_m365::talk::{self, Echo, Place};
use haymaker_m365::ties::Circle;
use haymaker_realism::line::Line;
use serde::Deserialize;
use serde_json::Value;

/// Monday, 5 January 2026, 08:00 UTC.
pub(crate) const MONDAY: Instant = 1_767_600_000_000;

/// Sixty people in six departments and three time zones, one of whose days is a holiday.
pub(crate) const SIXTY: &str = r#"{"pattern": "office", "license": "E5", "usage_location": "US", "holidays": "2026-01-07",
    "departments": "operations: 10, engineering: 10, sales: 10, hr: 10, finance: 10, executive: 10",
    "time_zones": "Europe/Berlin: 20, America/New_York: 20, Asia/Kolkata: 20"}"#;

/// The same people at the same rate all day, who only write new mail.
pub(crate) const FLAT: &str = r#"{"pattern": "flat", "license": "E5", "usage_location": "US", "holidays": "2026-01-07",
    "departments": "operations: 10, engineering: 10, sales: 10, hr: 10, finance: 10, executive: 10",
    "time_zones": "Europe/Berlin: 20, America/New_York: 20, Asia/Kolkata: 20"}"#;

/// The manifest's patterns.
pub(crate) fn usual() -> Value {
    #[derive(Deserialize)]
    struct Manifest {
        activity_patterns: Value,
    }
    let manifest: Manifest = serde_norway::from_str(include_str!("../../../../workload.yaml")).unwrap();
    manifest.activity_patterns
}

/// What happens to somebody's mail.
#[derive(Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    Draft { to: Vec<String> },
    Answer { answer: Answer },
}

#[derive(Deserialize)]
struct Answer {
    root: String,
    to: u32,
    recipients: Vec<usize>,
}

/// A deployment while its week is written down.
struct Week {
    deployment: Deployment,
    lines: RefCell<Vec<Line>>,
    until: Instant,
}

/// A week from Monday 08:00 UTC on, with these patterns.
pub(crate) fn week(config: &str, patterns: &Value, seed: u64) -> Vec<Line> {
    let deployment = Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed, config: config.to_owned() };
    let week = Week { deployment, lines: RefCell::default(), until: MONDAY + 7 * DAY };
    let mut host = Host::new(MONDAY).with_parameters(patterns);
    let office = |host: &mut Host, act: &dyn Fn(&Office)| {
        host.planning(|| Office::of(&week.deployment).map(|office| act(&office))).unwrap();
    };
    let people: RefCell<Vec<Person>> = RefCell::default();
    office(&mut host, &|office| people.borrow_mut().clone_from(&office.people));
    for person in people.borrow().iter() {
        let account = Account { user_id: person.worker.clone(), ready: Some(MONDAY), ..Account::default() };
        host.performing(&person.worker, || account.save(&person.worker)).unwrap();
    }
    let tasks = planned(&mut host, &week);
    office(&mut host, &|office| {
        week.made(office);
        week.mails(office, &tasks);
        if config.contains("office") {
            week.meetings(office);
            week.messages(office);
            week.documents(office);
        }
    });
    let mut lines = week.lines.into_inner();
    lines.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
    lines
}

fn planned(host: &mut Host, week: &Week) -> Vec<Task> {
    let mut tasks = Vec::new();
    loop {
        let plan = host.planning(|| KnowledgeWorker::cycle(&week.deployment)).unwrap();
        tasks.extend(plan.tasks.into_iter().filter(|task| task.due < week.until));
        match plan.wake {
            Wake::At(moment) if moment < week.until => host.advance_to(moment),
            _ => break,
        }
    }
    tasks.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
    tasks
}

fn upn(person: &Person) -> String {
    format!("haymaker-m365-knowledge-worker-1a2b3c4d-{}@contoso.example", person.number)
}

impl Week {
    fn tell(&self, office: &Office, person: &Person, kind: &str, id: &str, due: Instant, line: Line) {
        if due >= self.until {
            return;
        }
        let place = office.place(person).unwrap();
        self.lines.borrow_mut().push(Line {
            id: id.to_owned(),
            deployment: self.deployment.id.clone(),
            kind: kind.to_owned(),
            label: Some(line.label.unwrap_or_else(|| "benign".to_owned())),
            status: "done".to_owned(),
            due,
            at: due,
            upn: Some(upn(person)),
            department: Some(place.department.key().to_owned()),
            time_zone: Some(place.calendar.zone.name().to_owned()),
            ..line
        });
    }

    fn made(&self, office: &Office) {
        for person in &office.people {
            let line = Line { label: Some("infrastructure".to_owned()), ..Line::default() };
            self.tell(office, person, "user.mailbox", &format!("worker/{}", person.worker), MONDAY, line);
        }
    }

    /// Mails come as soon as they are sent; a look into the inbox reads twelve, and who answers has read.
    fn mails(&self, office: &Office, tasks: &[Task]) {
        let mut unread: BTreeMap<usize, VecDeque<String>> = BTreeMap::new();
        let mail = |id: &str| format!("<{id}@contoso.example>");
        let read = |person: &Person, task: &Task, mail: String| {
            let line = Line { internet_message_id: Some(mail.clone()), ..Line::default() };
            self.tell(office, person, "email.read", &format!("{}#{mail}", task.id), task.due, line);
        };
        for task in tasks {
            let person = office.person(&task.actor).unwrap();
            let mine = (person.number - 1) as usize;
            let (recipients, in_reply_to) = match task.kind.as_str() {
                "email.read" => {
                    let inbox = unread.entry(mine).or_default();
                    for mail in inbox.drain(..inbox.len().min(12)) {
                        read(person, task, mail);
                    }
                    continue;
                }
                "email.send" | "email.reply" | "email.reply_all" | "email.forward" => {
                    match serde_json::from_str(&task.payload).unwrap() {
                        Step::Draft { to } => {
                            let number = |to: &String| (office.person(to).unwrap().number - 1) as usize;
                            (to.iter().map(number).collect(), None)
                        }
                        Step::Answer { answer: Answer { root, to, recipients } } => {
                            let original = if to == 1 { root } else { format!("{root}/{to}") };
                            (recipients, Some(mail(&original)))
                        }
                    }
                }
                _ => continue,
            };
            if let Some(original) = &in_reply_to {
                let inbox = unread.entry(mine).or_default();
                if let Some(place) = inbox.iter().position(|mail| mail == original) {
                    inbox.remove(place);
                    read(person, task, original.clone());
                }
            }
            let recipients: Vec<usize> = recipients;
            for to in &recipients {
                unread.entry(*to).or_default().push_back(mail(&task.id));
            }
            let line = Line {
                recipients: recipients.iter().map(|to| upn(&office.people[*to])).collect(),
                internet_message_id: Some(mail(&task.id)),
                in_reply_to,
                ..Line::default()
            };
            self.tell(office, person, &task.kind, &task.id, task.due, line);
        }
    }

    fn meetings(&self, office: &Office) {
        let days = (0..7).map(|day| haymaker_guest::time::day_of(MONDAY + day * DAY));
        for meeting in days.flat_map(|day| office.meetings(day).to_vec()).filter(|meeting| meeting.time.0 > MONDAY) {
            let organiser = &office.people[meeting.organiser];
            let line = |recipients| Line {
                recipients,
                ical_uid: Some(meeting.id.clone()),
                start: Some(meeting.time.0),
                end: Some(meeting.time.1),
                series: meeting.series.clone(),
                ..Line::default()
            };
            let calendar = &office.place(organiser).unwrap().calendar;
            let invited = calendar.next(MONDAY).unwrap();
            let upns = meeting.invitees.iter().map(|invitee| upn(&office.people[invitee.index])).collect();
            self.tell(office, organiser, "calendar.create", &meeting.id, invited.min(meeting.time.0), line(upns));
            for invitee in &meeting.invitees {
                let response = match invitee.response {
                    Response::Accepted => "accepted",
                    Response::Tentative => "tentative",
                    Response::Declined => "declined",
                    Response::None => continue,
                };
                let person = &office.people[invitee.index];
                let due = office.place(person).unwrap().calendar.next(invited.min(meeting.time.0)).unwrap();
                let line = Line { response: Some(response.to_owned()), ..line(Vec::new()) };
                self.tell(office, person, "calendar.respond", &format!("{}/{}", meeting.id, person.worker), due, line);
            }
            if meeting.cancelled {
                let due = invited.min(meeting.time.0);
                self.tell(office, organiser, "calendar.cancel", &format!("{}/x", meeting.id), due, line(Vec::new()));
            }
        }
    }

    /// Answers take the place of new messages, as they do among mails.
    fn messages(&self, office: &Office) {
        let everybody: Vec<usize> = (0..office.people.len()).collect();
        let mut turns: BTreeSet<(Instant, usize, Option<String>, String)> = BTreeSet::new();
        let mut said: BTreeMap<String, talk::Message> = BTreeMap::new();
        let mut owed: BTreeMap<usize, u32> = BTreeMap::new();
        for (index, person) in office.people.iter().enumerate() {
            let circle = Circle::of(office.seed, index, &office.places, &everybody, &office.patterns.ties);
            let acts = office.draw(person, Purpose::Teams, |draw| draw.between(MONDAY, self.until)).unwrap();
            for act in acts {
                let id = format!("teams/{}/{}/{}", person.worker, act.day, act.number);
                said.insert(id.clone(), talk::message(office.seed, &person.worker, act, &circle, &office.patterns));
                turns.insert((act.due, index, None, id));
            }
        }
        while let Some((due, index, original, id)) = turns.pop_first() {
            let person = &office.people[index];
            let owes = owed.entry(index).or_default();
            if original.is_some() {
                *owes += 1;
            } else if *owes > 0 {
                *owes -= 1;
                continue;
            }
            let (kind, recipients) = match said.get(&id).map(|message| &message.place) {
                Some(Place::Chat(others)) => {
                    ("teams.chat_message", others.iter().map(|to| upn(&office.people[*to])).collect())
                }
                _ => ("teams.channel_message", Vec::new()),
            };
            let echo = said.get(&id).map(|message| (message.echo, message.place.clone()));
            if let Some((Echo::Answer(latency), place)) = echo {
                let mut chance = stream(office.seed, &[&id, "by"]);
                let others: Vec<usize> = match place {
                    Place::Chat(others) => others,
                    Place::Channel => everybody.iter().copied().filter(|other| *other != index).collect(),
                };
                if let Some(by) = chance.pick(&others).copied() {
                    let calendar = &office.places[by].calendar;
                    let at = calendar.after(due, latency).unwrap();
                    turns.insert((at, by, Some(id.clone()), format!("{id}/answer")));
                }
            }
            let line = Line { recipients, object_id: Some(id.clone()), in_reply_to: original, ..Line::default() };
            self.tell(office, person, kind, &id, due, line);
        }
    }

    fn documents(&self, office: &Office) {
        for person in &office.people {
            let index = (person.number - 1) as usize;
            let meetings: Vec<_> = (0..7)
                .flat_map(|day| office.meetings(haymaker_guest::time::day_of(MONDAY + day * DAY)).to_vec())
                .filter(|meeting| meeting.has(index))
                .map(|meeting| meeting.time)
                .collect();
            let figures = &office.patterns.documents;
            let day_by_day = |draw: &haymaker_m365::schedule::Draw| {
                let mut all = Vec::new();
                for day in 0..7 {
                    let (from, until) = (MONDAY - 8 * HOUR + day * DAY, MONDAY - 8 * HOUR + (day + 1) * DAY);
                    let today: Vec<_> =
                        meetings.iter().copied().filter(|time| (from..until).contains(&time.0)).collect();
                    all.extend(paperwork::between(draw, figures, &today, from.max(MONDAY), until));
                }
                all
            };
            let mut known: Vec<String> = Vec::new();
            for (n, paper) in office.draw(person, Purpose::Documents, day_by_day).unwrap().into_iter().enumerate() {
                let id = format!("doc/{}/{n}", person.worker);
                let (kind, document) = match (paper.deed, known.is_empty()) {
                    (Deed::Create, _) | (_, true) => ("document.create", id.clone()),
                    (Deed::Edit, _) => ("document.edit", known[paper.choice as usize % known.len()].clone()),
                    (Deed::Share, _) => ("document.share", known[paper.choice as usize % known.len()].clone()),
                };
                if kind == "document.create" {
                    known.push(id.clone());
                }
                let line = Line { object_id: Some(document), ..Line::default() };
                self.tell(office, person, kind, &id, paper.act.due, line);
            }
        }
    }
}
