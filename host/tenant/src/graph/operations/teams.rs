//! Teams, channels and their posts.

use super::options::{CHANNEL_LIST, ENTITY, POST_LIST};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::teams::{channels, members, migration, posts, reactions, teams};

const fn delete(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("DELETE", template, Area::Teams, access, options, run)
}

const fn get(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("GET", template, Area::Teams, access, options, run)
}

const fn patch(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PATCH", template, Area::Teams, access, options, run)
}

const fn post(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("POST", template, Area::Teams, access, options, run)
}

const fn put(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PUT", template, Area::Teams, access, options, run)
}

/// The operations that have one way only.
pub(super) static TABLE: &[Operation] = &[
    post("/teams", may::TEAM_CREATE, &[], Run::Does(teams::create)).json(),
    put("/groups/{group-id}/team", may::OWNERS_WRITE, &[], Run::Does(teams::of_group_create)).json_or_nothing(),
    get("/groups/{group-id}/team", may::TEAM_READ, ENTITY, Run::Does(teams::get)),
    get("/teams/{team-id}", may::TEAM_READ, ENTITY, Run::Does(teams::get)),
    patch("/teams/{team-id}", may::TEAM_WRITE, &[], Run::Does(teams::update)).json(),
    post("/teams/{team-id}/archive", may::TEAM_WRITE, &[], Run::Does(teams::archive)).json_or_nothing(),
    get(
        "/teams/{team-id}/operations/{teamsAsyncOperation-id}",
        may::TEAM_OPERATION,
        ENTITY,
        Run::Does(teams::operation),
    ),
    post("/teams/{team-id}/completeMigration", may::MIGRATE, &[], Run::Does(migration::complete_team)),
    get("/users/{user-id}/joinedTeams", may::JOINED_TEAMS, ENTITY, Run::Does(teams::joined)),
    get("/teams/{team-id}/primaryChannel", may::PRIMARY_CHANNEL, ENTITY, Run::Does(channels::primary)),
    get("/teams/{team-id}/channels", may::CHANNELS_READ, CHANNEL_LIST, Run::Does(channels::list)),
    post("/teams/{team-id}/channels", may::CHANNEL_CREATE, &[], Run::Does(channels::create)).json(),
    get("/teams/{team-id}/channels/{channel-id}", may::CHANNELS_READ, ENTITY, Run::Does(channels::get)),
    patch("/teams/{team-id}/channels/{channel-id}", may::CHANNEL_WRITE, &[], Run::Does(channels::update)).json(),
    delete("/teams/{team-id}/channels/{channel-id}", may::CHANNEL_DELETE, &[], Run::Does(channels::delete)),
    get(
        "/teams/{team-id}/channels/{channel-id}/filesFolder",
        may::FILES_READ_GROUPS,
        ENTITY,
        Run::Does(channels::files_folder),
    ),
    get("/teams/{team-id}/channels/{channel-id}/members", may::CHANNEL_MEMBERS, ENTITY, Run::Does(channels::members)),
    post(
        "/teams/{team-id}/channels/{channel-id}/startMigration",
        may::MIGRATE,
        &[],
        Run::Does(migration::start_channel),
    )
    .json_or_nothing(),
    post(
        "/teams/{team-id}/channels/{channel-id}/completeMigration",
        may::MIGRATE,
        &[],
        Run::Does(migration::complete_channel),
    ),
    get("/teams/{team-id}/members", may::TEAM_MEMBERS_READ, ENTITY, Run::Does(members::list)),
    post("/teams/{team-id}/members", may::TEAM_MEMBERS_WRITE, &[], Run::Does(members::add)).json(),
    post("/teams/{team-id}/members/add", may::TEAM_MEMBERS_WRITE, &[], Run::Does(members::add_many)).json(),
    get("/teams/{team-id}/members/{conversationMember-id}", may::TEAM_MEMBERS_READ, ENTITY, Run::Does(members::get)),
    patch("/teams/{team-id}/members/{conversationMember-id}", may::TEAM_MEMBERS_WRITE, &[], Run::Does(members::update))
        .json(),
    delete(
        "/teams/{team-id}/members/{conversationMember-id}",
        may::TEAM_MEMBERS_WRITE,
        &[],
        Run::Does(members::remove),
    ),
    get(
        "/teams/{team-id}/channels/{channel-id}/messages",
        may::CHANNEL_MESSAGES_READ,
        POST_LIST,
        Run::Does(posts::list),
    ),
    post("/teams/{team-id}/channels/{channel-id}/messages", may::CHANNEL_MESSAGES_SEND, &[], Run::Does(posts::create))
        .json(),
    get(
        "/teams/{team-id}/channels/{channel-id}/messages/delta",
        may::CHANNEL_MESSAGES_DELTA,
        &[],
        Run::Not("tracking of changes: channels are read whole"),
    ),
    get(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}",
        may::CHANNEL_MESSAGES_READ,
        ENTITY,
        Run::Does(posts::get),
    ),
    patch(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}",
        may::CHANNEL_MESSAGES_WRITE,
        &[],
        Run::Does(posts::update),
    )
    .json(),
    get(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/replies",
        may::CHANNEL_MESSAGES_READ,
        POST_LIST,
        Run::Does(posts::list),
    ),
    post(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/replies",
        may::CHANNEL_MESSAGES_SEND,
        &[],
        Run::Does(posts::create),
    )
    .json(),
    post(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/setReaction",
        may::CHANNEL_REACT,
        &[],
        Run::Does(reactions::set),
    )
    .json(),
    post(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/unsetReaction",
        may::CHANNEL_REACT,
        &[],
        Run::Does(reactions::unset),
    )
    .json(),
    post(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/replies/{chatMessage-id1}/setReaction",
        may::CHANNEL_REACT,
        &[],
        Run::Does(reactions::set),
    )
    .json(),
    post(
        "/teams/{team-id}/channels/{channel-id}/messages/{chatMessage-id}/replies/{chatMessage-id1}/unsetReaction",
        may::CHANNEL_REACT,
        &[],
        Run::Does(reactions::unset),
    )
    .json(),
];
