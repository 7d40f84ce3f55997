//! What an export would tell of tasks that all go well.

use std::collections::{BTreeMap, VecDeque};

use haymaker_guest::{Instant, Task};
use haymaker_m365::invitations;
use haymaker_m365::mail;
use haymaker_m365::office::Office;
use haymaker_m365::people::Person;
use haymaker_m365::talk::{Conversation, Response, Spot};
use haymaker_realism::line::Line;
use serde::Deserialize;
use serde_json::Value;

/// The deployment, which stands in everybody's address.
pub(crate) const DEPLOYMENT: &str = "m365-knowledge-worker-1a2b3c4d";

/// How many mails are read when somebody looks into the inbox.
const READ_AT_ONCE: usize = 12;

/// What a task in Teams does.
#[derive(Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Says {
    Begin { conversation: Conversation },
    Respond { response: Response },
}

/// What a task with documents does.
#[derive(Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Works {
    Create {},
    Edit { choice: u64 },
    Share { choice: u64 },
}

/// The lines of all tasks, in their order. Tasks are in the order of their time.
pub(crate) fn lines(office: &Office, tasks: Vec<Task>, from: Instant, until: Instant) -> Vec<Line> {
    let mut telling = Telling { office, until, lines: Vec::new(), inboxes: BTreeMap::new(), shelves: BTreeMap::new() };
    for person in &office.people {
        let made = Line { label: Some("infrastructure".to_owned()), ..Line::default() };
        telling.tell(person, "user.mailbox", format!("worker/{}", person.worker), from, made);
    }
    for task in tasks {
        let person = office.person(&task.actor).unwrap();
        match task.kind.split('.').next().unwrap() {
            "email" => telling.mail(person, &task),
            "teams" if task.kind.ends_with("message") || task.kind.ends_with("reaction") => telling.talk(person, &task),
            "calendar" => telling.meeting(person, &task),
            "document" => telling.document(person, &task),
            // What makes somebody ready: here they are.
            _ => {}
        }
    }
    let mut lines = telling.lines;
    lines.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
    lines
}

pub(crate) fn upn(number: u32) -> String {
    format!("haymaker-{DEPLOYMENT}-{number}@contoso.example")
}

struct Telling<'a> {
    office: &'a Office,
    until: Instant,
    lines: Vec<Line>,
    /// Mails that nobody has read yet, by the index of who received them.
    inboxes: BTreeMap<usize, VecDeque<String>>,
    /// Documents that somebody has created.
    shelves: BTreeMap<String, Vec<String>>,
}

impl Telling<'_> {
    fn tell(&mut self, person: &Person, kind: &str, id: String, due: Instant, line: Line) {
        if due >= self.until {
            return;
        }
        let place = self.office.place(person).unwrap();
        self.lines.push(Line {
            id,
            deployment: DEPLOYMENT.to_owned(),
            kind: kind.to_owned(),
            label: Some(line.label.unwrap_or_else(|| "benign".to_owned())),
            status: "done".to_owned(),
            due,
            at: due,
            upn: Some(upn(person.number)),
            department: Some(place.department.key().to_owned()),
            time_zone: Some(place.calendar.zone.name().to_owned()),
            ..line
        });
    }

    fn upns(&self, people: &[usize]) -> Vec<String> {
        people.iter().map(|index| upn(self.office.people[*index].number)).collect()
    }

    /// Mails come as soon as they are sent; a look into the inbox reads some, and who answers has read.
    fn mail(&mut self, person: &Person, task: &Task) {
        let named = |id: &str| format!("<{id}@contoso.example>");
        let mine = (person.number - 1) as usize;
        if task.kind == mail::READ {
            let inbox = self.inboxes.entry(mine).or_default();
            let read: Vec<String> = inbox.drain(..inbox.len().min(READ_AT_ONCE)).collect();
            read.into_iter().for_each(|mail| self.read(person, task, mail));
            return;
        }
        let (recipients, in_reply_to) = match task.read_payload().unwrap() {
            mail::Step::Draft { to, .. } => {
                let index = |worker: &String| (self.office.person(worker).unwrap().number - 1) as usize;
                (to.iter().map(index).collect(), None)
            }
            mail::Step::Answer { answer, .. } => {
                let original = named(&answer.original());
                (answer.recipients, Some(original))
            }
            step => panic!("{step:?} is never planned"),
        };
        if let Some(original) = &in_reply_to {
            let inbox = self.inboxes.entry(mine).or_default();
            if let Some(place) = inbox.iter().position(|mail| mail == original) {
                inbox.remove(place);
                self.read(person, task, original.clone());
            }
        }
        for to in &recipients {
            self.inboxes.entry(*to).or_default().push_back(named(&task.id));
        }
        let recipients = self.upns(&recipients);
        let line = Line { recipients, internet_message_id: Some(named(&task.id)), in_reply_to, ..Line::default() };
        self.tell(person, &task.kind, task.id.clone(), task.due, line);
    }

    fn read(&mut self, person: &Person, task: &Task, mail: String) {
        let line = Line { internet_message_id: Some(mail.clone()), ..Line::default() };
        self.tell(person, mail::READ, format!("{}#{mail}", task.id), task.due, line);
    }

    fn talk(&mut self, person: &Person, task: &Task) {
        let mine = (person.number - 1) as usize;
        let (conversation, in_reply_to, reacts) = match task.read_payload().unwrap() {
            Says::Begin { conversation } => (conversation, None, false),
            Says::Respond { response } => {
                let Response { conversation, to, reaction, .. } = response;
                let root = &conversation.root;
                let original = if to.number == 1 { root.clone() } else { format!("{root}/{}", to.number) };
                (conversation, Some(original), reaction.is_some())
            }
        };
        let recipients = match &conversation.place {
            Spot::Chat(others) => {
                let all = std::iter::once(conversation.first.by).chain(others.iter().copied());
                self.upns(&all.filter(|other| *other != mine).collect::<Vec<_>>())
            }
            Spot::Channel(_) => Vec::new(),
        };
        let object_id = if reacts { in_reply_to.clone() } else { Some(task.id.clone()) };
        let line = Line { recipients, object_id, in_reply_to, ..Line::default() };
        self.tell(person, &task.kind, task.id.clone(), task.due, line);
    }

    fn meeting(&mut self, person: &Person, task: &Task) {
        let line = |event: &str, (from, until): (Instant, Instant), series: Option<String>| Line {
            ical_uid: Some(event.to_owned()),
            start: Some(from),
            end: Some(until),
            series,
            ..Line::default()
        };
        let line = match task.read_payload().unwrap() {
            invitations::Step::Call { invitation, .. } => Line {
                recipients: self.upns(&invitation.invited),
                ..line(
                    &invitation.event,
                    (invitation.from, invitation.until),
                    invitation.weekly.then(|| invitation.event.clone()),
                )
            },
            invitations::Step::Open { from, until, series, .. } => {
                let event = task.id.split("/answer/").next().unwrap();
                let payload: Value = serde_json::from_str(&task.payload).unwrap();
                let response = payload["answer"].as_str().map(str::to_owned);
                Line { response, ..line(event, (from, until), series) }
            }
            invitations::Step::Find { from, until, series } => {
                let meeting = task.id.strip_suffix("/cancel").unwrap();
                line(series.as_deref().unwrap_or(meeting), (from, until), series.clone())
            }
            step => panic!("{step:?} is never planned"),
        };
        self.tell(person, &task.kind, task.id.clone(), task.due, line);
    }

    /// What somebody works on is one of the documents that they have created; what was created is theirs.
    fn document(&mut self, person: &Person, task: &Task) {
        let known = self.shelves.entry(person.worker.clone()).or_default();
        let document = match task.read_payload().unwrap() {
            Works::Create {} => {
                known.push(task.id.clone());
                task.id.clone()
            }
            Works::Edit { choice } | Works::Share { choice } => known[choice as usize % known.len()].clone(),
        };
        let line = Line { object_id: Some(document), ..Line::default() };
        self.tell(person, &task.kind, task.id.clone(), task.due, line);
    }
}
