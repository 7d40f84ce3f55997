//! Importing: a thread is opened, filled with posts of the past, and completed; then people can write in it again.
//!
//! A thread takes no post that is older than itself. Whoever opens it may move its beginning into the past for that, and
//! never towards now.

use http::StatusCode;

use super::{Migration, begun, begun_mut, team_mut, thread, thread_mut};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::tenant::State;
use crate::time;

fn start(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    if thread(call, state)?.migration == Migration::InProgress {
        return Err(Fault::bad_request("The thread is already in migration mode."));
    }
    if let Some(stated) = call.body.get("conversationCreationDateTime").filter(|stated| !stated.is_null()) {
        let before = begun(call, state)?;
        let earlier = stated.as_str().and_then(time::parse).filter(|at| *at < before);
        let unfit = || {
            Fault::bad_request(
                "conversationCreationDateTime must be a date and time before the current createdDateTime of the thread.",
            )
        };
        *begun_mut(call, state)? = earlier.ok_or_else(unfit)?;
    }
    thread_mut(call, state)?.migration = Migration::InProgress;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn complete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    if thread(call, state)?.migration != Migration::InProgress {
        return Err(Fault::bad_request("The thread is not in migration mode."));
    }
    thread_mut(call, state)?.migration = Migration::Completed;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST /teams/{id}/channels/{id}/startMigration`.
pub(crate) fn start_channel(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    start(call, state)
}

/// `POST /teams/{id}/channels/{id}/completeMigration`.
pub(crate) fn complete_channel(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    complete(call, state)
}

/// `POST /chats/{id}/startMigration`.
pub(crate) fn start_chat(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    start(call, state)
}

/// `POST /chats/{id}/completeMigration`.
pub(crate) fn complete_chat(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    complete(call, state)
}

/// `POST /teams/{id}/completeMigration`: of a team that was made for it, once none of its channels is open any more.
pub(crate) fn complete_team(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let team = team_mut(call, state)?;
    if team.migration != Migration::InProgress {
        return Err(Fault::bad_request("The team is not in migration mode."));
    }
    if team.channels.values().any(|channel| channel.thread.migration == Migration::InProgress) {
        return Err(Fault::bad_request("All channels must complete their migration before the team does."));
    }
    team.migration = Migration::Completed;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
