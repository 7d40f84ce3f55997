//! Whether an operator's figures make sense: each is looked at, and the first that does not is named.

use super::{HIGHEST_RATE, Hours, Patterns};

/// A figure that makes no sense: its key below `activity_patterns`, and why.
pub(super) type Wrong = (String, String);

/// Whether all figures make sense.
pub(super) fn check(patterns: &Patterns) -> Result<(), Wrong> {
    let Hours { from, to } = patterns.working_hours;
    if from >= to || to > 24 {
        return wrong("working_hours", format!("{from} to {to} is no part of a day; write hours from 0 to 24"));
    }
    if patterns.working_days.is_empty() {
        return wrong("working_days", "is empty: nobody would ever work".to_owned());
    }
    for (department, rates) in &patterns.departments {
        let per_day = HIGHEST_RATE * f64::from(to - from);
        let figures = [
            ("email_per_hour", rates.email_per_hour, HIGHEST_RATE),
            ("teams_per_hour", rates.teams_per_hour, HIGHEST_RATE),
            ("documents_per_day", rates.documents_per_day, per_day),
            ("meetings_per_day", rates.meetings_per_day, 2.0 * f64::from(to - from)),
        ];
        for (key, figure, most) in figures {
            let key = format!("departments.{}.{key}", department.key());
            figure.map_or(Ok(()), |figure| within(&key, figure, 0.0, most))?;
        }
    }
    rhythm(patterns)?;
    threads(patterns)?;
    meetings(patterns)?;
    let Patterns { ties, talk, inbox, documents, .. } = patterns;
    shares("ties", &[ties.department, ties.line, ties.across])?;
    within("ties.mail_recipients", ties.mail_recipients, 1.0, 20.0)?;
    within("ties.chat_recipients", ties.chat_recipients, 1.0, 20.0)?;
    for (key, share) in [("channel", talk.channel), ("answered", talk.answered), ("reaction", talk.reaction)] {
        within(&format!("talk.{key}"), share, 0.0, 1.0)?;
    }
    within("talk.answered and reaction together", talk.answered + talk.reaction, 0.0, 1.0)?;
    within("talk.groups", f64::from(talk.groups), 1.0, 100.0)?;
    within("inbox.visits_per_hour", inbox.visits_per_hour, 0.0, HIGHEST_RATE)?;
    within("inbox.read_at_once", f64::from(inbox.read_at_once), 1.0, 25.0)?;
    within("inbox.filed", inbox.filed, 0.0, 1.0)?;
    shares("documents", &[documents.create, documents.edit, documents.share])?;
    within("documents.create", documents.create, f64::MIN_POSITIVE, f64::MAX)?;
    within("documents.before_meetings", documents.before_meetings, 0.0, 1.0)?;
    within("documents.before_minutes", documents.before_minutes, 1.0, 60.0)
}

fn rhythm(patterns: &Patterns) -> Result<(), Wrong> {
    let rhythm = &patterns.rhythm;
    shares("rhythm.shape", &rhythm.shape)?;
    shares("rhythm.weekdays", &rhythm.weekdays)?;
    within("rhythm.followers", rhythm.followers, 0.0, 5.0)?;
    within("rhythm.follow_minutes", rhythm.follow_minutes, 0.1, 60.0)
}

fn threads(patterns: &Patterns) -> Result<(), Wrong> {
    let threads = &patterns.threads;
    within("threads.alone", threads.alone, 0.0, 1.0)?;
    shares("threads.sizes", &threads.sizes)?;
    within("threads.sizes", threads.sizes.iter().sum(), 0.0, 1.0)?;
    within("threads.longer", threads.longer, 6.0, 100.0)?;
    shares("threads.answer_by_recipients", &threads.answer_by_recipients)?;
    within("threads.forward", threads.forward, 0.0, 1.0)?;
    within("threads.reply_all", threads.reply_all, 0.0, 1.0)?;
    for (key, latency) in [("mail", patterns.latency.mail), ("chat", patterns.latency.chat)] {
        within(&format!("latency.{key}.median_minutes"), latency.median_minutes, 0.1, 10_000.0)?;
        within(&format!("latency.{key}.sigma"), latency.sigma, 0.0, 4.0)?;
        within(&format!("latency.{key}.least_minutes"), latency.least_minutes, 0.0, latency.median_minutes)?;
    }
    Ok(())
}

fn meetings(patterns: &Patterns) -> Result<(), Wrong> {
    let meetings = &patterns.meetings;
    let longest = f64::from(patterns.working_hours.to - patterns.working_hours.from) * 60.0;
    meetings.minutes.iter().try_for_each(|minutes| within("meetings.minutes", f64::from(*minutes), 5.0, longest))?;
    shares("meetings.lengths", &meetings.lengths)?;
    shares("meetings.sizes", &meetings.sizes)?;
    let answers = [meetings.accept, meetings.tentative, meetings.decline];
    shares("meetings.accept, tentative and decline", &answers)?;
    within("meetings.accept, tentative and decline together", answers.iter().sum(), 0.0, 1.0)?;
    for (key, share) in [("recurring", meetings.recurring), ("quiet", meetings.quiet)] {
        within(&format!("meetings.{key}"), share, 0.0, 1.0)?;
    }
    // Were all cancelled, nobody could attend as many as the department's table says.
    within("meetings.cancelled", meetings.cancelled, 0.0, 0.9)
}

fn within(key: &str, figure: f64, least: f64, most: f64) -> Result<(), Wrong> {
    if (least..=most).contains(&figure) {
        Ok(())
    } else {
        wrong(key, format!("{figure} is not between {least} and {most}"))
    }
}

/// Shares of a whole: none negative, and not all of them nothing.
fn shares(key: &str, shares: &[f64]) -> Result<(), Wrong> {
    let sound = shares.iter().all(|share| (0.0..=f64::MAX).contains(share)) && shares.iter().any(|share| *share > 0.0);
    if sound { Ok(()) } else { wrong(key, format!("{shares:?}: no figure may be negative, and one must be above 0")) }
}

fn wrong(key: &str, why: String) -> Result<(), Wrong> {
    Err((key.to_owned(), why))
}
