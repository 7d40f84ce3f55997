//! Downloading documents, one after the other. What is downloaded is read to its end, and thrown away.

use haymaker_guest::{
    Activity, Outcome, Problem,
    http::Request,
    time::{self, MINUTE},
};

use super::{Clerk, DOWNLOAD};
use crate::{
    anomalies::Mark,
    graph::{self, ENDPOINT},
};

/// Downloads the document at this place among those that the worker may open: the own ones first, then the team's.
pub(super) fn perform(clerk: &mut Clerk, choice: u64, mark: Mark) -> Result<Outcome, Problem> {
    let mut open = clerk.open()?;
    while !open.is_empty() {
        let chosen = open.remove((choice % open.len() as u64) as usize).document;
        let drive = clerk.drive(&chosen);
        let response = Request::get(ENDPOINT, format!("{}/content", drive.item_path(&chosen.item))).send()?;
        // What somebody deleted cannot be downloaded: another one is.
        if response.status == 404 {
            continue;
        }
        graph::accept(response, "cannot download a document")?;
        let told = clerk.told(Activity::benign(DOWNLOAD), drive, &chosen.item, &chosen.name)?;
        return Ok(Outcome::activity(mark.put(told)));
    }
    let message = format!("{} has no documents yet", clerk.person.name());
    Err(Problem::not_ready("no-documents", message).at(time::now() + MINUTE))
}
