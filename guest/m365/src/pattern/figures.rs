//! The table of assumptions: every figure of how offices behave, with where it comes from.
//!
//! The manifest shows the same table, and an operator changes it there; each part and each figure may be left out. Where
//! a figure says *assumed*, nobody published it and nothing depends on its exact value.

use serde::Deserialize;

/// When in a day, and in a week, much is done (`pattern: office`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rhythm {
    /// How much is done in each of the equal parts of a working day: two peaks and a dip for lunch (Microsoft Research
    /// 2022, "triple peak day": about 10:30 and 14:30; the single values are assumed). Only their proportions count.
    pub shape: Vec<f64>,
    /// The same for Monday to Sunday; 1 is usual, 0 a day off. Assumed: their mean over a week's work is 1.
    pub weekdays: [f64; 7],
    /// How many messages follow another one at once, on average (cascades: Malmgren et al. 2008; the value is assumed).
    pub followers: f64,
    /// Within how many minutes they follow (Malmgren et al. 2008: cascades end within minutes).
    pub follow_minutes: f64,
}

impl Default for Rhythm {
    fn default() -> Rhythm {
        Rhythm {
            shape: vec![0.70, 1.15, 1.30, 1.15, 0.50, 1.05, 1.25, 1.10, 0.80],
            weekdays: [1.00, 1.08, 1.08, 1.04, 0.80, 0.0, 0.0],
            followers: 0.5,
            follow_minutes: 2.0,
        }
    }
}

/// Whom people write to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ties {
    /// Share of what goes to the same department. Assumed, like the next two.
    pub department: f64,
    /// Share of what goes to one's manager and one's reports.
    pub line: f64,
    /// Share of what goes to other departments.
    pub across: f64,
    /// People that a mail goes to, on average: with the rates, 117 mails received a day (Work Trend Index 2025).
    pub mail_recipients: f64,
    /// People that a chat message goes to, on average: 153 received a day (the same).
    pub chat_recipients: f64,
}

impl Default for Ties {
    fn default() -> Ties {
        Ties { department: 0.65, line: 0.20, across: 0.15, mail_recipients: 1.7, chat_recipients: 2.0 }
    }
}

/// How conversations by mail go on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Threads {
    /// Share of mails that stay alone (Enron's mails: Klimt and Yang 2004).
    pub alone: f64,
    /// Of the others, the shares of threads with 2, 3, 4 and 5 mails; the rest has more (the same).
    pub sizes: [f64; 4],
    /// The mean size of those that have more (the same).
    pub longer: f64,
    /// How likely a mail to 1, 2-3, 4-9 and 10 people is answered by one of them: it weighs *who* answers (assumed after
    /// Yang et al. 2017, who found fewer answers with more recipients).
    pub answer_by_recipients: [f64; 4],
    /// Share of a thread's further mails that pass it on to somebody else. Assumed.
    pub forward: f64,
    /// Share of answers to several people's mail that go to all of them. Assumed.
    pub reply_all: f64,
}

impl Default for Threads {
    fn default() -> Threads {
        Threads {
            alone: 0.72,
            sizes: [0.556, 0.159, 0.101, 0.043],
            longer: 13.0,
            answer_by_recipients: [0.45, 0.25, 0.08, 0.02],
            forward: 0.05,
            reply_all: 0.30,
        }
    }
}

/// How long an answer takes, in working time: lognormal.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Half of the answers take less, in minutes.
    pub median_minutes: f64,
    /// The standard deviation of its logarithm.
    pub sigma: f64,
    /// None takes less, in minutes.
    pub least_minutes: f64,
}

/// How long answers take.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Latencies {
    /// To mail: half within 47 minutes, 90 % within a day (Kooti et al. 2015).
    pub mail: Latency,
    /// To chat: half within 5 minutes (Work Trend Index 2021); its width is assumed.
    pub chat: Latency,
}

impl Default for Latencies {
    fn default() -> Latencies {
        Latencies {
            mail: Latency { median_minutes: 47.0, sigma: 1.9, least_minutes: 1.0 },
            chat: Latency { median_minutes: 5.0, sigma: 1.2, least_minutes: 0.1 },
        }
    }
}

/// How people deal with what they receive. All assumed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inbox {
    /// How often somebody looks into the inbox, per hour of working time.
    pub visits_per_hour: f64,
    /// How many mails they read then, at most.
    pub read_at_once: u32,
    /// Share of what was read that is filed in a folder.
    pub filed: f64,
}

impl Default for Inbox {
    fn default() -> Inbox {
        Inbox { visits_per_hour: 3.0, read_at_once: 12, filed: 0.1 }
    }
}

/// Chats and channels in Teams. All assumed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Talk {
    /// Share of messages that are posted in a channel instead of a chat.
    pub channel: f64,
    /// Share of messages that somebody answers.
    pub answered: f64,
    /// Share of messages that somebody reacts to, without a word.
    pub reaction: f64,
    /// How many group chats of each size somebody has begun: the same people keep talking in the same chats.
    pub groups: u32,
}

impl Default for Talk {
    fn default() -> Talk {
        Talk { channel: 0.4, answered: 0.45, reaction: 0.15, groups: 3 }
    }
}

/// Meetings. Assumed, where nothing else is said.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Meetings {
    /// How long they may be, in minutes.
    pub minutes: [u32; 5],
    /// The share of each length.
    pub lengths: [f64; 5],
    /// Shares of meetings of 2, 3-5, 6-9 and 10-15 people.
    pub sizes: [f64; 4],
    /// Share of invitations that are accepted.
    pub accept: f64,
    /// Share that is answered with "perhaps".
    pub tentative: f64,
    /// Share that is declined; what is left is never answered.
    pub decline: f64,
    /// Share of meetings that belong to a weekly series.
    pub recurring: f64,
    /// Share of meetings that are cancelled before they take place.
    pub cancelled: f64,
    /// How much people send while in one, as a share of what they send otherwise.
    pub quiet: f64,
}

impl Default for Meetings {
    fn default() -> Meetings {
        Meetings {
            minutes: [15, 30, 45, 60, 90],
            lengths: [0.15, 0.50, 0.10, 0.22, 0.03],
            sizes: [0.40, 0.40, 0.15, 0.05],
            accept: 0.70,
            tentative: 0.08,
            decline: 0.07,
            recurring: 0.5,
            cancelled: 0.05,
            quiet: 0.3,
        }
    }
}

/// Documents. All assumed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documents {
    /// How often one is created, in proportion to the next two.
    pub create: f64,
    /// How often one is edited.
    pub edit: f64,
    /// How often one is shared.
    pub share: f64,
    /// Share of edits that happen shortly before a meeting, where there is one.
    pub before_meetings: f64,
    /// How shortly, in minutes.
    pub before_minutes: f64,
}

impl Default for Documents {
    fn default() -> Documents {
        Documents { create: 1.0, edit: 3.0, share: 0.5, before_meetings: 0.3, before_minutes: 10.0 }
    }
}
