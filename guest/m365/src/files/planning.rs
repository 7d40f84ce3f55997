//! What is due with documents in a window.
//!
//! The first thing that somebody does is to create a document, even where the draw says that they edit one: there is none
//! yet. Who has begun is remembered, so that every edit that is planned has its document, and so that it is known how
//! many edits were creations instead.

use std::collections::BTreeMap;

use haymaker_guest::{Instant, Problem, Task, chance::stream, state};
use serde::{Deserialize, Serialize};

use super::{CREATE, EDIT, SHARE, Sharing, Step};
use crate::{
    config::{Feature, Pattern},
    cycle,
    expectation::Window,
    office::{Office, Purpose, index},
    paperwork::{self, Deed, Paper},
    people::Person,
    schedule::Stretch,
    ties::Circle,
};

/// State: who has begun.
const BEGUN: &str = "documents/begun";

/// How somebody began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begun {
    /// When their first document was due.
    pub(super) at: Instant,
    /// Whether that was to be an edit.
    pub(super) turned: bool,
}

/// Who has begun, by worker.
///
/// # Errors
/// The state's.
pub(super) fn begun() -> Result<BTreeMap<String, Begun>, Problem> {
    Ok(state::load(BEGUN)?.unwrap_or_default())
}

/// All that is due in a window.
///
/// # Errors
/// The state's.
pub fn tasks(office: &Office, window: Window) -> Result<Vec<Task>, Problem> {
    let ready = office.ready(Feature::Documents)?;
    if ready.is_empty() {
        return Ok(Vec::new());
    }
    let reachable: Vec<usize> = ready.iter().map(|(person, _)| index(person)).collect();
    let (known, mut tasks) = (begun()?, Vec::new());
    let mut begun = known.clone();
    for (person, since) in ready {
        for paper in papers(office, person, Window { from: window.from.max(since), ..window })? {
            let Paper { deed, act, .. } = paper;
            let deed = match (begun.contains_key(&person.worker), deed) {
                (true, deed) => deed,
                // What came before this worker's time was not created, so it is not shared either.
                (false, Deed::Share) => continue,
                (false, deed) => {
                    begun.insert(person.worker.clone(), Begun { at: act.due, turned: deed == Deed::Edit });
                    Deed::Create
                }
            };
            tasks.push(task(office, person, Paper { deed, ..paper }, &reachable)?);
        }
    }
    if begun != known {
        state::save(BEGUN, &begun)?;
    }
    Ok(tasks)
}

fn papers(office: &Office, person: &Person, window: Window) -> Result<Vec<Paper>, Problem> {
    let calendar = &office.place(person)?.calendar;
    // Nobody meets under the flat pattern.
    let meetings: Vec<Stretch> = match office.config.pattern {
        Pattern::Flat => Vec::new(),
        Pattern::Office => {
            let days = calendar.stretches(window.from, window.until).map(|(day, ..)| office.meetings(day));
            let own = |day: &[_]| -> Vec<Stretch> {
                let own = day.iter().filter(|meeting: &&crate::meetings::Meeting| meeting.has(index(person)));
                own.map(|meeting| meeting.time).collect()
            };
            days.flat_map(|day| own(&day)).collect()
        }
    };
    let figures = &office.patterns.documents;
    office.draw(person, Purpose::Documents, |draw| {
        paperwork::between(draw, figures, &meetings, window.from, window.until)
    })
}

fn task(office: &Office, person: &Person, paper: Paper, reachable: &[usize]) -> Result<Task, Problem> {
    let Paper { deed, act, choice } = paper;
    let (kind, end, does) = match deed {
        Deed::Create => (CREATE, "", "writes a document"),
        Deed::Edit => (EDIT, "", "edits a document"),
        Deed::Share => (SHARE, "/share", "shares a document"),
    };
    let id = format!("document/{}/{}/{}{end}", person.worker, act.day, act.number);
    let step = match deed {
        Deed::Create => {
            Step::Create { team: stream(office.seed, &[&id, "place"]).chance(office.patterns.documents.team) }
        }
        Deed::Edit => Step::Edit { choice },
        Deed::Share => Step::Share { choice, how: sharing(office, person, &id, reachable)? },
    };
    Task::new(id, kind, Feature::Documents.actor(&person.worker), act.due)
        .expires(cycle::expiry(&office.place(person)?.calendar, act.due))
        .summary(format!("{} {does}", person.name()))
        .with_payload(&step)
}

/// How somebody shares: by a link, or with some of those they are tied to.
fn sharing(office: &Office, person: &Person, task: &str, reachable: &[usize]) -> Result<Sharing, Problem> {
    let figures = &office.patterns.documents;
    let mut chance = stream(office.seed, &[task, "sharing"]);
    let write = chance.chance(figures.writable);
    let by_link = chance.chance(figures.link);
    let ties = &office.patterns.ties;
    let circle = Circle::of(office.seed, index(person), &office.places, reachable, ties);
    let to = circle.recipients(ties.mail_recipients, &mut chance);
    // Somebody without colleagues has nobody to invite.
    if by_link || to.is_empty() {
        return Ok(Sharing::Link { write });
    }
    let to = to.into_iter().map(|to| Ok(cycle::at(office, to)?.worker.clone())).collect::<Result<_, Problem>>()?;
    Ok(Sharing::People { to, write })
}
