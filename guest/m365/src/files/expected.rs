//! How much is expected to be done with documents.

use std::collections::BTreeMap;

use haymaker_guest::{Problem, time::DAY};

use super::{CREATE, EDIT, SHARE, planning};
use crate::{
    config::Feature,
    cycle,
    expectation::{Window, Worked, expected_since},
    office::{Office, Purpose},
    status::{self, Ready},
};

/// Who did nothing for so long will not begin: after a month at the lowest of the usual rates, a chance of one in many
/// millions.
const BEGINNING: u64 = 30 * DAY;

/// What is expected of those who are ready, by kind: the draw's share of each, and of everybody who begins with a document
/// because there was none to edit, one creation more and one edit less.
///
/// Edits that wait for a meeting stay within their day, so of whole days this is exact; of parts of a day it is as if they
/// did not wait.
///
/// # Errors
/// The state's.
pub fn expected(office: &Office, windows: &[Window], ready: &Ready) -> Result<BTreeMap<String, f64>, Problem> {
    let acts = status::acts(office, windows, (Feature::Documents, Purpose::Documents), ready)?.mean;
    if acts == 0.0 {
        return Ok(BTreeMap::new());
    }
    let figures = &office.patterns.documents;
    let all = figures.create + figures.edit;
    let edits = acts * figures.edit / all;
    let turned = turned(office, windows, ready)?.min(edits);
    Ok([
        (CREATE, acts * figures.create / all + turned),
        (EDIT, edits - turned),
        (SHARE, acts * (figures.share / all).min(1.0)),
    ]
    .map(|(kind, count)| (kind.to_owned(), count))
    .into())
}

/// How many begin with what was to be an edit: as planned, and as is to be expected of what is not planned yet.
fn turned(office: &Office, windows: &[Window], ready: &Ready) -> Result<f64, Problem> {
    let begun = planning::begun()?;
    let lies_in = |moment| windows.iter().any(|window| (window.from..window.until).contains(&moment));
    let known = begun.values().filter(|begun| begun.turned && lies_in(begun.at)).count() as f64;
    let planned = cycle::windows()?.last().map_or(0, |last| last.until);
    let rest: Vec<Window> = windows
        .iter()
        .map(|window| Window { from: window.from.max(planned), ..*window })
        .filter(|window| window.from < window.until)
        .collect();
    let Some(first) = rest.first().map(|window| window.from) else { return Ok(known) };
    let rest: Vec<Window> = rest
        .into_iter()
        .map(|window| window.before(first.saturating_add(BEGINNING)))
        .filter(|window| window.from < window.until)
        .collect();
    let worked: Vec<Worked> = office.calendars.iter().map(|calendar| Worked::of(&rest, calendar)).collect();
    let figures = &office.patterns.documents;
    let edit = figures.edit / (figures.create + figures.edit);
    let mut sum = known;
    for person in office.people.iter().filter(|person| !begun.contains_key(&person.worker)) {
        let Some(since) = ready.since(Feature::Documents, person) else { continue };
        let calendar = &office.place(person)?.calendar;
        let own = office.calendars.iter().zip(&worked).find(|(known, _)| std::rc::Rc::ptr_eq(known, calendar));
        let Some((_, whole)) = own else { continue };
        let acts = office.draw(person, Purpose::Documents, |draw| expected_since(draw, whole, &rest, since))?;
        sum += edit * (1.0 - (-acts.mean).exp());
    }
    Ok(sum)
}
