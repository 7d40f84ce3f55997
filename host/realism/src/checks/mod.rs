//! The checks, a file for each kind of them.

mod bounds;
mod conversations;
mod documents;
mod drawn;
mod meetings;
mod rates;
mod rhythm;
mod threads;
mod ties;

use crate::{
    check::Draft,
    line::Line,
    setting::{Setting, WorkerDay},
    table::Table,
};

/// What is examined.
pub(crate) struct Scene<'a> {
    /// What people did.
    pub(crate) acts: Vec<&'a Line>,
    /// Everything.
    pub(crate) lines: &'a [Line],
    /// Who and when.
    pub(crate) setting: &'a Setting,
    /// What should be.
    pub(crate) table: &'a Table,
}

/// What rates are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Every mail sent.
    Mail,
    /// Messages in channels and chats.
    Teams,
    /// Documents created and edited.
    Documents,
}

impl Group {
    pub(crate) const ALL: [Group; 3] = [Group::Mail, Group::Teams, Group::Documents];

    pub(crate) fn kinds(self) -> &'static [&'static str] {
        match self {
            Group::Mail => &MAIL,
            Group::Teams => &["teams.channel_message", "teams.chat_message"],
            Group::Documents => &["document.create", "document.edit"],
        }
    }

    /// Whether something answers, instead of being begun.
    pub(crate) fn is_answer(self, line: &Line) -> bool {
        match self {
            Group::Mail => line.kind != NEW_MAIL,
            Group::Teams => line.in_reply_to.is_some(),
            Group::Documents => false,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Group::Mail => "mail",
            Group::Teams => "Teams messages",
            Group::Documents => "documents",
        }
    }

    /// What is begun, where that is not all of it.
    pub(crate) fn begun(self) -> &'static str {
        match self {
            Group::Mail => "new mail",
            Group::Teams => "new Teams messages",
            Group::Documents => "documents",
        }
    }
}

/// New mails, and what continues a thread.
pub(crate) const MAIL: [&str; 4] = [NEW_MAIL, REPLY, REPLY_ALL, FORWARD];
pub(crate) const NEW_MAIL: &str = "email.send";
pub(crate) const REPLY: &str = "email.reply";
pub(crate) const REPLY_ALL: &str = "email.reply_all";
pub(crate) const FORWARD: &str = "email.forward";

impl<'a> Scene<'a> {
    /// The acts of some kinds.
    pub(crate) fn of(&self, kinds: &'a [&'a str]) -> impl Iterator<Item = &'a Line> {
        self.acts.iter().copied().filter(move |line| kinds.contains(&line.kind.as_str()))
    }

    /// Whether there is any act of these kinds.
    pub(crate) fn has(&self, kinds: &'a [&'a str]) -> bool {
        self.of(kinds).next().is_some()
    }

    /// Whether any act of these kinds was meant, done or not: what was meant and never done is missing.
    pub(crate) fn meant(&self, kinds: &[&str]) -> bool {
        self.lines.iter().any(|line| line.is_meant() && kinds.contains(&line.kind.as_str()))
    }

    /// The worker-day, by its index, that an act belongs to.
    pub(crate) fn day_of(&self, line: &Line) -> Option<usize> {
        self.setting.day_at(self.setting.who(line)?, line.due)
    }

    /// How many acts of some kinds each worker-day has.
    pub(crate) fn counts(&self, kinds: &'a [&'a str]) -> Vec<f64> {
        let mut counts = vec![0.0; self.setting.days().len()];
        for line in self.of(kinds) {
            if let Some(count) = self.day_of(line).and_then(|day| counts.get_mut(day)) {
                *count += 1.0;
            }
        }
        counts
    }

    /// The department of a worker-day.
    pub(crate) fn department(&self, day: &WorkerDay) -> &'a str {
        self.setting.workers.get(day.worker).map_or("", |worker| &worker.department)
    }

    /// How many acts of a group are expected in an hour that a worker-day's work is worth.
    pub(crate) fn rate(&self, group: Group, day: &WorkerDay) -> f64 {
        let rates = self.table.rates(self.department(day));
        match group {
            Group::Mail => rates.email_per_hour,
            Group::Teams => rates.teams_per_hour,
            Group::Documents => rates.documents_per_day / self.hours(),
        }
    }

    /// Hours of a working day.
    pub(crate) fn hours(&self) -> f64 {
        f64::from(self.table.working_hours.to.saturating_sub(self.table.working_hours.from).max(1))
    }
}

/// All of them.
pub(crate) fn all(lines: &[Line], setting: &Setting, table: &Table) -> Vec<Draft> {
    let acts = lines.iter().filter(|line| line.is_benign()).collect();
    let scene = Scene { acts, lines, setting, table };
    let checks = [
        rates::checks(&scene),
        rhythm::checks(&scene),
        bounds::checks(&scene),
        conversations::checks(&scene),
        threads::checks(&scene),
        ties::checks(&scene),
        meetings::checks(&scene),
        documents::checks(&scene),
    ];
    checks.into_iter().flatten().collect()
}
