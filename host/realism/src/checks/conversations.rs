//! How answers hang together with what they answer, and how long they take.

use std::collections::BTreeMap;

use super::{FORWARD, MAIL, REPLY, REPLY_ALL, Scene};
use crate::{
    check::Draft,
    line::Line,
    statistics::{Waited, lognormal},
    table::Latency,
};

/// Maximum likelihood is exact for what the table says; what the tenant makes of it (minutes of delivery) is not.
const MEDIAN_MARGIN: f64 = 0.05;
const SIGMA_MARGIN: f64 = 0.03;

const MINUTE: f64 = 60_000.0;

/// Messages in Teams, which may answer others.
const TEAMS: [&str; 2] = ["teams.channel_message", "teams.chat_message"];

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mails = Answers::of(scene, &MAIL, &[REPLY, REPLY_ALL, FORWARD], |line| line.internet_message_id.as_deref());
    if mails.count() > 0 {
        drafts.extend(mails.whole(scene, "mail"));
        drafts.push(received(&mails));
        drafts.extend(read(scene, &mails));
        drafts.extend(mails.latency(scene, "mail", &scene.table.latency.mail));
    }
    let messages = Answers::of(scene, &TEAMS, &TEAMS, |line| line.object_id.as_deref());
    if messages.count() > 0 {
        drafts.extend(messages.whole(scene, "Teams"));
        drafts.extend(messages.latency(scene, "Teams", &scene.table.latency.chat));
    }
    let reactions = Answers::of(scene, &TEAMS, &["teams.reaction"], |line| line.object_id.as_deref());
    if reactions.count() > 0 {
        drafts.extend(reactions.whole(scene, "reactions"));
    }
    drafts
}

/// Answers with what they answer.
struct Answers<'a> {
    found: Vec<(&'a Line, &'a Line)>,
    lost: usize,
}

impl<'a> Answers<'a> {
    fn of(
        scene: &Scene<'a>,
        originals: &'a [&'a str],
        answers: &'a [&'a str],
        id: impl Fn(&'a Line) -> Option<&'a str>,
    ) -> Answers<'a> {
        let named = |line: &'a Line| Some(((line.room(), id(line)?), line));
        let by_id: BTreeMap<(Option<&str>, &str), &Line> = scene.of(originals).filter_map(named).collect();
        let (mut found, mut lost) = (Vec::new(), 0);
        for line in scene.of(answers) {
            match (&line.in_reply_to, originals == answers) {
                (Some(to), _) => match by_id.get(&(line.room(), to.as_str())) {
                    Some(original) => found.push((line, *original)),
                    None => lost += 1,
                },
                // Among messages that may answer or not, those that say nothing do not.
                (None, true) => {}
                (None, false) => lost += 1,
            }
        }
        Answers { found, lost }
    }

    fn count(&self) -> usize {
        self.found.len() + self.lost
    }

    /// Every answer has its original, and that is earlier.
    fn whole(&self, scene: &Scene, what: &str) -> [Draft; 2] {
        // What nobody knows of may have happened; its line has no id.
        let unknown = scene.lines.iter().filter(|line| line.status == "unknown").count();
        let early =
            self.found.iter().filter(|(answer, original)| answer.due <= original.due || answer.at < original.at);
        [
            Draft::rarely(format!("answers to nothing, {what}"), self.lost, unknown, self.count()),
            Draft::never(format!("answers before what they answer, {what}"), early.count(), self.found.len()),
        ]
    }

    fn latency(&self, scene: &Scene, what: &str, figures: &Latency) -> [Draft; 2] {
        let setting = scene.setting;
        let waited = |(answer, original): &(&Line, &Line)| {
            let calendar = &setting.workers.get(setting.who(answer)?)?.calendar;
            let minutes = calendar.between(original.due, answer.due) as f64 / MINUTE;
            Some(Waited { minutes, limit: calendar.between(original.due, setting.end) as f64 / MINUTE })
        };
        let waited: Vec<Waited> = self.found.iter().filter_map(waited).collect();
        let (median, sigma) = lognormal(&waited, figures.least_minutes).unzip();
        [
            Draft::logarithm(
                format!("minutes of work until an answer, {what} (median)"),
                median,
                figures.median_minutes.ln(),
                MEDIAN_MARGIN,
            ),
            Draft::estimate(format!("width of that (sigma), {what}"), sigma, figures.sigma, SIGMA_MARGIN),
        ]
    }
}

/// Only who received a mail answers it.
fn received(mails: &Answers) -> Draft {
    let by_stranger = |(answer, original): &&(&Line, &Line)| {
        let upn = answer.upn.as_deref().unwrap_or_default();
        !original.recipients.iter().any(|recipient| recipient.eq_ignore_ascii_case(upn))
    };
    let cases = mails.found.iter().filter(by_stranger).count();
    Draft::never("mails answered by who did not receive them", cases, mails.found.len())
}

/// Who answers has read; where reading is told at all.
fn read(scene: &Scene, mails: &Answers) -> Option<Draft> {
    let mut read: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in scene.of(&["email.read"]) {
        let (Some(upn), Some(id)) = (&line.upn, &line.internet_message_id) else { continue };
        let at = read.entry((upn, id)).or_insert(line.at);
        *at = line.at.min(*at);
    }
    if read.is_empty() {
        return None;
    }
    let unread = |(answer, _): &&(&Line, &Line)| {
        let (upn, id) = (answer.upn.as_deref().unwrap_or_default(), answer.in_reply_to.as_deref().unwrap_or_default());
        read.get(&(upn, id)).is_none_or(|at| *at > answer.at)
    };
    Some(Draft::never("mails answered unread", mails.found.iter().filter(unread).count(), mails.found.len()))
}
