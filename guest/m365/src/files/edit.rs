//! Writing the next version of a document.

use haymaker_guest::{
    Outcome, Problem,
    time::{self, MINUTE},
};

use super::{Clerk, EDIT, create, shelf::Open};
use crate::graph;

/// How often somebody else may be faster until this waits a while.
const TRIES: u32 = 3;

/// Edits the chosen one of the documents there are.
pub(super) fn perform(clerk: &mut Clerk, choice: u64) -> Result<Outcome, Problem> {
    let mut open = clerk.open()?;
    while !open.is_empty() {
        let chosen = open.remove((choice % open.len() as u64) as usize);
        if let Some(outcome) = edit(clerk, &chosen)? {
            clerk.shelf.changed(&chosen, chosen.revision + 1);
            clerk.shelf.save(&clerk.person.worker)?;
            return Ok(outcome);
        }
        clerk.shelf.forget(&chosen.document.task);
    }
    // All that there was has been deleted: whoever meant to work on it begins anew.
    create::perform(clerk, false)
}

/// Edits one; none if it is gone.
fn edit(clerk: &Clerk, open: &Open) -> Result<Option<Outcome>, Problem> {
    let Open { document: filed, author, revision } = open;
    let drive = clerk.drive(filed);
    let author = clerk.office.person(author)?;
    let document = clerk.revision((&filed.task, filed.created), author, revision + 1)?;
    for _ in 0..TRIES {
        let Some(item) = drive.item(&filed.item)? else { return Ok(None) };
        let response = drive.replace(&item, &document)?;
        match response.status {
            404 => return Ok(None),
            412 => {}
            _ => {
                graph::accept(response, "cannot edit a document")?;
                return clerk.told_written(EDIT, drive, &item.id, &item.name).map(Some);
            }
        }
    }
    let message = format!("somebody keeps changing {}", filed.name);
    Err(Problem::not_ready("changing", message).at(time::now() + MINUTE))
}
