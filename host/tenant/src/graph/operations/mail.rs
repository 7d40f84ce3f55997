//! Mailboxes. A message is reached by two ways: through the mailbox, and through its folder.

use super::options::{ENTITY, EXPANDED, FOLDER_LIST, MESSAGE_LIST};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::mail::{attachments, filing, folders, messages, replies, rules, settings};

const fn delete(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("DELETE", template, Area::Outlook, access, options, run)
}

const fn get(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("GET", template, Area::Outlook, access, options, run)
}

const fn patch(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PATCH", template, Area::Outlook, access, options, run)
}

const fn post(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("POST", template, Area::Outlook, access, options, run)
}

/// The operations that have one way only.
pub(super) static TABLE: &[Operation] = &[
    get("/users/{user-id}/mailFolders", may::MAIL_READ, FOLDER_LIST, Run::Does(folders::list)),
    post("/users/{user-id}/mailFolders", may::MAIL_WRITE, &[], Run::Does(folders::create)).json(),
    get("/users/{user-id}/mailFolders/{mailFolder-id}", may::MAIL_READ, ENTITY, Run::Does(folders::get)),
    patch("/users/{user-id}/mailFolders/{mailFolder-id}", may::MAIL_WRITE, &[], Run::Does(folders::update)).json(),
    delete("/users/{user-id}/mailFolders/{mailFolder-id}", may::MAIL_WRITE, &[], Run::Does(folders::delete)),
    get(
        "/users/{user-id}/mailFolders/{mailFolder-id}/childFolders",
        may::MAIL_READ,
        FOLDER_LIST,
        Run::Does(folders::list),
    ),
    post("/users/{user-id}/mailFolders/{mailFolder-id}/childFolders", may::MAIL_WRITE, &[], Run::Does(folders::create))
        .json(),
    get("/users/{user-id}/mailFolders/{mailFolder-id}/messageRules", may::RULES, ENTITY, Run::Does(rules::list)),
    post("/users/{user-id}/mailFolders/{mailFolder-id}/messageRules", may::RULES, &[], Run::Does(rules::create)).json(),
    get(
        "/users/{user-id}/mailFolders/{mailFolder-id}/messageRules/{messageRule-id}",
        may::RULES,
        ENTITY,
        Run::Does(rules::get),
    ),
    patch(
        "/users/{user-id}/mailFolders/{mailFolder-id}/messageRules/{messageRule-id}",
        may::RULES,
        &[],
        Run::Does(rules::update),
    )
    .json(),
    delete(
        "/users/{user-id}/mailFolders/{mailFolder-id}/messageRules/{messageRule-id}",
        may::RULES,
        &[],
        Run::Does(rules::delete),
    ),
    get(
        "/users/{user-id}/mailFolders/{mailFolder-id}/messages",
        may::MAIL_READ,
        MESSAGE_LIST,
        Run::Does(messages::list_folder),
    ),
    get(
        "/users/{user-id}/mailFolders/{mailFolder-id}/messages/delta",
        may::MAIL_DELTA,
        &[],
        Run::Not("tracking of changes: workloads find mail by folder and time"),
    ),
    post("/users/{user-id}/mailFolders/{mailFolder-id}/messages", may::MAIL_WRITE, &[], Run::Does(messages::create_in))
        .json(),
    get("/users/{user-id}/messages", may::MAIL_READ, MESSAGE_LIST, Run::Does(messages::list)),
    post("/users/{user-id}/messages", may::MAIL_WRITE, &[], Run::Does(messages::create)).json(),
    post("/users/{user-id}/sendMail", may::MAIL_SEND, &[], Run::Does(messages::send_mail)).json(),
    get("/users/{user-id}/mailboxSettings", may::SETTINGS_READ, ENTITY, Run::Does(settings::get)),
    patch("/users/{user-id}/mailboxSettings", may::RULES, &[], Run::Does(settings::update)).json(),
];

/// The operations on a message, by the way that leads there.
macro_rules! message_operations {
    ($prefix:literal) => {
        &[
            get(concat!($prefix, "/messages/{message-id}"), may::MAIL_READ_ONE, EXPANDED, Run::Does(messages::get)),
            patch(concat!($prefix, "/messages/{message-id}"), may::MAIL_WRITE, &[], Run::Does(messages::update)).json(),
            delete(concat!($prefix, "/messages/{message-id}"), may::MAIL_WRITE, &[], Run::Does(messages::delete)),
            post(
                concat!($prefix, "/messages/{message-id}/permanentDelete"),
                may::MAIL_WRITE,
                &[],
                Run::Does(messages::purge),
            ),
            post(
                concat!($prefix, "/messages/{message-id}/move"),
                may::MAIL_WRITE,
                &[],
                Run::Does(filing::move_message),
            )
            .json(),
            post(
                concat!($prefix, "/messages/{message-id}/copy"),
                may::MAIL_WRITE,
                &[],
                Run::Does(filing::copy_message),
            )
            .json(),
            post(concat!($prefix, "/messages/{message-id}/send"), may::MAIL_SEND, &[], Run::Does(messages::send)),
            post(concat!($prefix, "/messages/{message-id}/reply"), may::MAIL_SEND, &[], Run::Does(replies::reply))
                .json_or_nothing(),
            post(
                concat!($prefix, "/messages/{message-id}/replyAll"),
                may::MAIL_SEND,
                &[],
                Run::Does(replies::reply_all),
            )
            .json_or_nothing(),
            post(concat!($prefix, "/messages/{message-id}/forward"), may::MAIL_SEND, &[], Run::Does(replies::forward))
                .json(),
            post(
                concat!($prefix, "/messages/{message-id}/createReply"),
                may::MAIL_WRITE,
                &[],
                Run::Does(replies::create_reply),
            )
            .json_or_nothing(),
            post(
                concat!($prefix, "/messages/{message-id}/createReplyAll"),
                may::MAIL_WRITE,
                &[],
                Run::Does(replies::create_reply_all),
            )
            .json_or_nothing(),
            post(
                concat!($prefix, "/messages/{message-id}/createForward"),
                may::MAIL_WRITE,
                &[],
                Run::Does(replies::create_forward),
            )
            .json_or_nothing(),
            get(
                concat!($prefix, "/messages/{message-id}/attachments"),
                may::ATTACHMENTS_READ,
                ENTITY,
                Run::Does(attachments::list),
            ),
            post(
                concat!($prefix, "/messages/{message-id}/attachments"),
                may::MAIL_WRITE,
                &[],
                Run::Does(attachments::create),
            )
            .json(),
            get(
                concat!($prefix, "/messages/{message-id}/attachments/{attachment-id}"),
                may::ATTACHMENT_READ,
                EXPANDED,
                Run::Does(attachments::get),
            ),
        ]
    };
}

pub(super) static BY_USER: &[Operation] = message_operations!("/users/{user-id}");
pub(super) static BY_FOLDER: &[Operation] = message_operations!("/users/{user-id}/mailFolders/{mailFolder-id}");
