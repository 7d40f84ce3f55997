//! Reactions: of users only, one of a kind from each.

use http::StatusCode;
use serde_json::Value;

use super::{Reaction, posts, tell, thread_mut};
use crate::graph::fault::Fault;
use crate::graph::{Actor, Call, Reply, parameter};
use crate::tenant::State;

fn kind(call: &Call<'_>) -> Result<String, Fault> {
    let kind = parameter(&call.body, "reactionType").and_then(Value::as_str).filter(|kind| !kind.is_empty());
    kind.map(str::to_owned).ok_or_else(|| Fault::bad_request("'reactionType' is required."))
}

fn changed(call: &Call<'_>, state: &mut State, set: bool) -> Result<Reply, Fault> {
    let kind = kind(call)?;
    let Actor::User(user) = call.actor else {
        return Err(Fault::teams_forbidden("Reactions are not supported in application-only context."));
    };
    let number = posts::id(call)?;
    let post = thread_mut(call, state)?.posts.get_mut(&number).ok_or_else(posts::missing)?;
    post.reactions.retain(|reaction| !(reaction.user == user && reaction.kind == kind));
    if set {
        post.reactions.push(Reaction { kind, user, at: call.now });
    }
    post.modified = call.now;
    if set {
        tell(call, state, "ReactedToMessage", number);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST .../setReaction`.
pub(crate) fn set(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    changed(call, state, true)
}

/// `POST .../unsetReaction`.
pub(crate) fn unset(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    changed(call, state, false)
}
