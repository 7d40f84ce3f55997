//! Writing a new document.

use haymaker_guest::{
    Instant, Outcome, Problem,
    time::{self, MINUTE, day_of},
};

use super::{
    CREATE, Clerk,
    drive::{Drive, Item},
    shelf::Filed,
    team, withdrawal,
};
use crate::{documents::Document, graph};

/// How many documents in a folder may have the same name, but for a number behind it. People stop counting early.
const NAMESAKES: u32 = 3;

/// How many of the same name one author files there on one day.
const OWN_NAMESAKES: u32 = 10;

/// How far the clocks of host and tenant may lie apart; an assumption, they are kept by the same hour.
const SKEW: u64 = MINUTE;

/// Writes it.
pub(super) fn perform(clerk: &mut Clerk, for_team: bool) -> Result<Outcome, Problem> {
    let task = clerk.task;
    let mut document = clerk.revision((&task.id, task.due), clerk.person, 1)?;
    let team = if for_team { team::drive(clerk)? } else { None };
    if team.is_none() && clerk.office.adopts() {
        document.folder = format!("{}/{}", withdrawal::folder(&clerk.office.deployment), document.folder);
    }
    let drive = team.as_ref().unwrap_or(&clerk.own);
    let item = file(clerk, drive, &document)?;
    let outcome = clerk.told_written(CREATE, drive, &item.id, &item.name)?;
    let Item { id: item, name, .. } = item;
    clerk.shelf.add(Filed { task: task.id.clone(), created: task.due, item, name, revision: 1, team });
    clerk.shelf.save(&clerk.person.worker)?;
    Ok(outcome)
}

/// Files it under its name, or, where that is taken, with a number behind it, or with author and date, as people do.
fn file(clerk: &Clerk, drive: &Drive, document: &Document) -> Result<Item, Problem> {
    let signed = signed(&document.name, &clerk.person.name(), clerk.task.due);
    let plain = (1..=NAMESAKES).map(|number| numbered(&document.name, number));
    for name in plain.chain((1..=OWN_NAMESAKES).map(|number| numbered(&signed, number))) {
        let response = drive.put_new(document, &name)?;
        if response.status != 409 {
            return graph::accept(response, "cannot create a document")?.json();
        }
        if let Some(item) = drive.named(&document.folder, &name)?.filter(|item| is_ours(clerk, item)) {
            return Ok(item);
        }
    }
    let message = format!("there are {OWN_NAMESAKES} documents of the name {signed} in {}", document.folder);
    Err(Problem::invalid("namesakes", message))
}

/// Whether an item is what an earlier attempt of this task created, whose answer was lost: it came into being since the
/// task was due, and it is none of the worker's other documents.
fn is_ours(clerk: &Clerk, item: &Item) -> bool {
    let due = time::rfc3339(clerk.task.due.saturating_sub(SKEW));
    // To the second, because Graph tells no more.
    let second = |text: &str| text.get(..19).map(str::to_owned);
    second(&item.created_date_time) >= second(&due) && !clerk.shelf.has(&item.id)
}

/// `Plan Ana Ruiz 2026-01-05.docx`
fn signed(name: &str, author: &str, moment: Instant) -> String {
    let day = day_of(moment);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem} {author} {day}.{extension}"),
        None => format!("{name} {author} {day}"),
    }
}

/// `Plan.docx`, `Plan (2).docx`, ..
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        _ if number == 1 => name.to_owned(),
        Some((stem, extension)) => format!("{stem} ({number}).{extension}"),
        None => format!("{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_before_the_ending() {
        assert_eq!(numbered("Plan v1.2.docx", 1), "Plan v1.2.docx");
        assert_eq!(numbered("Plan v1.2.docx", 3), "Plan v1.2 (3).docx");
        let signed = signed("Plan.docx", "Ana Ruiz", 1_767_605_400_000);
        assert_eq!(signed, "Plan Ana Ruiz 2026-01-05.docx");
    }
}
