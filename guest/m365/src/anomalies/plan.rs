//! Which steps a pack has, and when they are due.
//!
//! Packs are planned beside the work of the day, and not by it: attackers do not keep office hours. A step that was
//! planned once is never planned again; one whose time passed while nobody was there is left out.

use haymaker_guest::{
    Instant, Problem, Task,
    chance::stream,
    journal,
    plan::HORIZON,
    time::{self, HOUR, MINUTE, SECOND},
};

use super::{
    Mark,
    rule::{self, RULE},
    words,
};
use crate::{
    config::{Anomaly, Feature, Pack},
    cycle, files,
    mail::{self, Step},
    naming,
    office::{Office, index},
    people::Person,
};

/// How late a step may be done: later it would be another pattern.
const PATIENCE: u64 = 2 * HOUR;

/// How long after a pack its look-alike begins.
const ASIDE: u64 = 25 * MINUTE;

/// What comes of packs soon.
pub struct Upcoming {
    /// What is due within the plan's reach.
    pub tasks: Vec<Task>,
    /// When the next step beyond it is due.
    next: Option<Instant>,
}

impl Upcoming {
    /// This moment, or an earlier one at which there is something to be planned.
    pub fn wake(&self, moment: Instant) -> Instant {
        // As late as the plan's reach allows.
        self.next.map_or(moment, |next| moment.min(next.saturating_sub(HORIZON)))
    }
}

/// The steps that are to be planned now.
///
/// # Errors
/// The host's.
pub fn upcoming(office: &Office, now: Instant) -> Result<Upcoming, Problem> {
    let mut upcoming = Upcoming { tasks: Vec::new(), next: None };
    for (n, anomaly) in office.config.anomalies.iter().enumerate() {
        for alike in [false, true] {
            // Of adopted people nobody knew beforehand how many there are.
            let Ok(person) = who(office, anomaly, alike) else { continue };
            for step in 1..=steps(anomaly) {
                let mark = Mark { pack: anomaly.pack, scenario: n + 1, step, alike };
                let due = due(office, anomaly, mark)?;
                if due + PATIENCE < now || journal::get(&mark.task()).is_some() {
                    continue;
                }
                if due > now + HORIZON {
                    upcoming.next = Some(upcoming.next.map_or(due, |next| next.min(due)));
                } else {
                    upcoming.tasks.push(task(office, anomaly, person, mark, due)?);
                }
            }
        }
    }
    Ok(upcoming)
}

/// Whether all packs lie in the run, and those that are to be off hours are.
///
/// # Errors
/// `invalid`, with what is wrong with the first that does not.
pub fn fits(office: &Office, begun: Instant, end: Option<Instant>) -> Result<(), Problem> {
    for (n, anomaly) in office.config.anomalies.iter().enumerate() {
        let wrong = |why: String| Err(Problem::invalid("anomalies", format!("anomalies[{n}].at: {why}")));
        let at = begin(office, anomaly)?;
        if at < begun {
            return wrong(format!("the run begins at {}, which is later", time::rfc3339(begun)));
        }
        if let Some(end) = end.filter(|end| last(office, anomaly, n + 1).is_ok_and(|last| last >= *end)) {
            let why = "the run ends before it and its look-alike are over";
            return wrong(format!("{why} ({}); give it longer, or have it earlier", time::rfc3339(end)));
        }
        let calendar = &office.place(who(office, anomaly, false)?)?.calendar;
        let works = calendar.hours(calendar.day_of(at)).is_some_and(|(opens, closes)| (opens..closes).contains(&at));
        if anomaly.pack == Pack::OffHoursBurst && works {
            return wrong("that is in working hours, and nothing is strange about it".to_owned());
        }
    }
    Ok(())
}

/// How many steps: each is an activity.
fn steps(anomaly: &Anomaly) -> u32 {
    match anomaly.pack {
        Pack::MassDownload | Pack::OffHoursBurst => anomaly.count,
        Pack::ForwardingRule | Pack::InternalPhish => 1,
    }
}

fn who<'a>(office: &'a Office, anomaly: &Anomaly, alike: bool) -> Result<&'a Person, Problem> {
    let number = if alike { anomaly.double(office.config.workers()) } else { anomaly.worker };
    office.person(&naming::worker(number))
}

/// When a pack begins.
fn begin(office: &Office, anomaly: &Anomaly) -> Result<Instant, Problem> {
    let (day, since) = anomaly.at;
    Ok(office.place(who(office, anomaly, false)?)?.calendar.zone.moment(day, since))
}

/// When a step is due: at the pack's pace, with the unevenness of whoever clicks, or of a program that waits for the net.
fn due(office: &Office, anomaly: &Anomaly, mark: Mark) -> Result<Instant, Problem> {
    let pace = match (anomaly.pack, mark.alike) {
        (Pack::MassDownload, false) => 2 * SECOND,
        (Pack::MassDownload, true) => 8 * SECOND,
        (_, false) => MINUTE,
        (_, true) => 4 * MINUTE,
    };
    let aside = if mark.alike { ASIDE } else { 0 };
    let jitter = stream(office.seed, &[&mark.task(), "due"]).below(pace);
    Ok(begin(office, anomaly)? + aside + u64::from(mark.step - 1) * pace + jitter)
}

/// When the last step of a pack and of its look-alike is due.
fn last(office: &Office, anomaly: &Anomaly, scenario: usize) -> Result<Instant, Problem> {
    let mark = |alike| Mark { pack: anomaly.pack, scenario, step: steps(anomaly), alike };
    Ok(due(office, anomaly, mark(false))?.max(due(office, anomaly, mark(true))?))
}

fn task(office: &Office, anomaly: &Anomaly, person: &Person, mark: Mark, due: Instant) -> Result<Task, Problem> {
    let name = person.name();
    let (kind, feature, summary) = match (anomaly.pack, mark.alike) {
        (Pack::MassDownload, false) => (files::DOWNLOAD, Feature::Documents, format!("{name} downloads documents")),
        (Pack::MassDownload, true) => (files::DOWNLOAD, Feature::Documents, format!("{name} syncs documents")),
        (Pack::ForwardingRule, _) => (RULE, Feature::Mail, format!("{name} makes an inbox rule")),
        (Pack::OffHoursBurst, _) => (mail::SEND, Feature::Mail, format!("{name} writes mail off hours")),
        (Pack::InternalPhish, _) => (mail::SEND, Feature::Mail, format!("{name} sends colleagues a link")),
    };
    let task =
        Task::new(mark.task(), kind, feature.actor(&person.worker), due).expires(due + PATIENCE).summary(summary);
    match anomaly.pack {
        Pack::MassDownload => task.with_payload(&files::download(mark.step, mark)),
        Pack::ForwardingRule => {
            let to = colleagues(office, person, mark, 1)?;
            task.with_payload(&rule::Making { mark, to: to.into_iter().next().unwrap_or_default() })
        }
        Pack::OffHoursBurst => {
            let to = colleagues(office, person, mark, 1)?;
            task.with_payload(&Step::Draft { to, written: None, mark: Some(mark) })
        }
        Pack::InternalPhish => {
            let to = colleagues(office, person, mark, anomaly.count as usize)?;
            let written = Some(if mark.alike { words::all_hands() } else { words::phish() });
            task.with_payload(&Step::Draft { to, written, mark: Some(mark) })
        }
    }
}

/// Some of the others, as many as there are at most.
fn colleagues(office: &Office, person: &Person, mark: Mark, count: usize) -> Result<Vec<String>, Problem> {
    let mut others: Vec<usize> = (0..office.people.len()).filter(|other| *other != index(person)).collect();
    let count = count.min(others.len());
    stream(office.seed, &[&mark.task(), "to"]).sample(&mut others, count);
    others.truncate(count);
    others.into_iter().map(|other| Ok(cycle::at(office, other)?.worker.clone())).collect()
}
