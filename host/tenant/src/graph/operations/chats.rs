//! Chats.

use super::options::{CHAT_LIST, ENTITY, EXPANDED, POST_LIST};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::teams::{chats, migration, posts, reactions};

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

/// The operations that have one way only.
pub(super) static TABLE: &[Operation] = &[
    get("/chats", may::CHATS_READ, CHAT_LIST, Run::Does(chats::list)),
    post("/chats", may::CHAT_CREATE, &[], Run::Does(chats::create)).json(),
    get("/chats/{chat-id}", may::CHAT_READ, EXPANDED, Run::Does(chats::get)),
    patch("/chats/{chat-id}", may::CHAT_WRITE, &[], Run::Does(chats::update)).json(),
    delete("/chats/{chat-id}", may::CHAT_DELETE, &[], Run::Does(chats::delete)),
    post("/chats/{chat-id}/startMigration", may::MIGRATE, &[], Run::Does(migration::start_chat)).json_or_nothing(),
    post("/chats/{chat-id}/completeMigration", may::MIGRATE, &[], Run::Does(migration::complete_chat)),
    get("/chats/{chat-id}/members", may::CHAT_MEMBERS_READ, ENTITY, Run::Does(chats::members)),
    post("/chats/{chat-id}/members", may::CHAT_MEMBERS_WRITE, &[], Run::Does(chats::add_member)).json(),
    get("/chats/{chat-id}/messages", may::CHAT_MESSAGES_READ, POST_LIST, Run::Does(posts::list)),
    post("/chats/{chat-id}/messages", may::CHAT_MESSAGES_SEND, &[], Run::Does(posts::create)).json(),
    get("/chats/{chat-id}/messages/{chatMessage-id}", may::CHAT_MESSAGE_READ, ENTITY, Run::Does(posts::get)),
    post("/chats/{chat-id}/messages/{chatMessage-id}/setReaction", may::CHAT_REACT, &[], Run::Does(reactions::set))
        .json(),
    post("/chats/{chat-id}/messages/{chatMessage-id}/unsetReaction", may::CHAT_REACT, &[], Run::Does(reactions::unset))
        .json(),
    get("/users/{user-id}/chats", may::USER_CHATS, CHAT_LIST, Run::Does(chats::list)),
    get("/users/{user-id}/chats/{chat-id}", may::USER_CHAT, EXPANDED, Run::Does(chats::get)),
    get("/users/{user-id}/chats/{chat-id}/messages", may::USER_CHAT_MESSAGES, POST_LIST, Run::Does(posts::list)),
    get(
        "/users/{user-id}/chats/{chat-id}/messages/{chatMessage-id}",
        may::USER_CHAT_MESSAGE,
        ENTITY,
        Run::Does(posts::get),
    ),
    post(
        "/users/{user-id}/chats/{chat-id}/messages/{chatMessage-id}/setReaction",
        may::CHAT_REACT,
        &[],
        Run::Does(reactions::set),
    )
    .json(),
    post(
        "/users/{user-id}/chats/{chat-id}/messages/{chatMessage-id}/unsetReaction",
        may::CHAT_REACT,
        &[],
        Run::Does(reactions::unset),
    )
    .json(),
    post(
        "/users/{user-id}/teamwork/sendActivityNotification",
        may::NOTIFY,
        &[],
        Run::Not("activity notifications: they need an app of the tenant's own catalogue, and no activity sends them"),
    )
    .json(),
];
