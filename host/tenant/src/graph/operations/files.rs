//! Sites, drives and what lies in them. A drive is reached by four ways, each with the same operations behind it.

use super::options::{CONFLICT, ENTITY, EXPANDED, ITEM_LIST};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::files::{content, drives, items, sessions, sharing, sites};

const fn delete(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("DELETE", template, Area::Files, access, options, run)
}

const fn get(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("GET", template, Area::Files, access, options, run)
}

const fn patch(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PATCH", template, Area::Files, access, options, run)
}

const fn post(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("POST", template, Area::Files, access, options, run)
}

const fn put(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PUT", template, Area::Files, access, options, run)
}

/// The operations that have one way only.
pub(super) static TABLE: &[Operation] = &[
    get("/groups/{group-id}/sites/root", may::SITES_READ, ENTITY, Run::Does(sites::of_group)),
    get("/sites/{site-id}", may::SITES_READ, ENTITY, Run::Does(sites::get)),
    get("/sites/{site-id}:/{item-path}", may::SITES_READ, ENTITY, Run::Does(sites::by_path)),
    get("/drives/{drive-id}", may::FILES_READ, ENTITY, Run::Does(drives::get)),
    get("/groups/{group-id}/drive", may::FILES_READ, ENTITY, Run::Does(drives::get)),
    get("/groups/{group-id}/drives", may::FILES_READ, ENTITY, Run::Does(drives::list)),
    get("/sites/{site-id}/drive", may::FILES_READ, ENTITY, Run::Does(drives::get)),
    get("/sites/{site-id}/drives", may::FILES_READ, ENTITY, Run::Does(drives::list)),
    get("/users/{user-id}/drive", may::FILES_READ, ENTITY, Run::Does(drives::get)),
    get("/users/{user-id}/drives", may::FILES_READ, ENTITY, Run::Does(drives::list)),
    get(
        "/users/{user-id}/drive/root/delta",
        may::FILES_READ,
        &[],
        Run::Not("tracking of changes: a client that reconciles lists, and needs no delta"),
    ),
];

/// The operations on a drive, by the way that leads there.
macro_rules! drive_operations {
    ($prefix:literal) => {
        &[
            get(concat!($prefix, "/root"), may::FILES_READ_GROUPS, EXPANDED, Run::Does(items::get)),
            get(concat!($prefix, "/items/{driveItem-id}"), may::FILES_READ_GROUPS, EXPANDED, Run::Does(items::get)),
            get(concat!($prefix, "/root:/{item-path}"), may::FILES_READ_GROUPS, EXPANDED, Run::Does(items::get)),
            get(concat!($prefix, "/root/children"), may::FILES_READ, ITEM_LIST, Run::Does(items::children)),
            get(
                concat!($prefix, "/items/{driveItem-id}/children"),
                may::FILES_READ,
                ITEM_LIST,
                Run::Does(items::children),
            ),
            get(
                concat!($prefix, "/root:/{item-path}:/children"),
                may::FILES_READ,
                ITEM_LIST,
                Run::Does(items::children),
            ),
            post(concat!($prefix, "/root/children"), may::FILES_WRITE, &[], Run::Does(items::create_folder)).json(),
            post(
                concat!($prefix, "/items/{driveItem-id}/children"),
                may::FILES_WRITE,
                &[],
                Run::Does(items::create_folder),
            )
            .json(),
            post(
                concat!($prefix, "/root:/{item-path}:/children"),
                may::FILES_WRITE,
                &[],
                Run::Does(items::create_folder),
            )
            .json(),
            patch(concat!($prefix, "/items/{driveItem-id}"), may::FILES_WRITE, CONFLICT, Run::Does(items::update))
                .json(),
            patch(concat!($prefix, "/root:/{item-path}"), may::FILES_WRITE, CONFLICT, Run::Does(items::update)).json(),
            delete(concat!($prefix, "/items/{driveItem-id}"), may::FILES_WRITE, &[], Run::Does(items::delete)),
            delete(concat!($prefix, "/root:/{item-path}"), may::FILES_WRITE, &[], Run::Does(items::delete)),
            post(
                concat!($prefix, "/items/{driveItem-id}/permanentDelete"),
                may::FILES_WRITE,
                &[],
                Run::Does(items::delete),
            ),
            get(concat!($prefix, "/items/{driveItem-id}/content"), may::FILES_READ, &[], Run::Does(content::download)),
            get(concat!($prefix, "/root:/{item-path}:/content"), may::FILES_READ, &[], Run::Does(content::download)),
            put(
                concat!($prefix, "/items/{driveItem-id}/content"),
                may::FILES_WRITE,
                CONFLICT,
                Run::Does(content::replace),
            )
            .bytes(),
            put(
                concat!($prefix, "/items/{driveItem-id}:/{item-name}:/content"),
                may::FILES_WRITE,
                CONFLICT,
                Run::Does(content::upload),
            )
            .bytes(),
            put(
                concat!($prefix, "/root:/{item-path}:/content"),
                may::FILES_WRITE,
                CONFLICT,
                Run::Does(content::upload),
            )
            .bytes(),
            post(
                concat!($prefix, "/items/{driveItem-id}/copy"),
                may::FILES_WRITE,
                &[],
                Run::Not(
                    "copies of files: a copy is a long operation with a monitor of its own, and no activity copies",
                ),
            )
            .json(),
            post(
                concat!($prefix, "/root:/{item-path}:/copy"),
                may::FILES_WRITE,
                &[],
                Run::Not(
                    "copies of files: a copy is a long operation with a monitor of its own, and no activity copies",
                ),
            )
            .json(),
            post(
                concat!($prefix, "/items/{driveItem-id}/createUploadSession"),
                may::FILES_SESSION,
                &[],
                Run::Does(sessions::create),
            )
            .json_or_nothing(),
            post(
                concat!($prefix, "/items/{driveItem-id}:/{item-name}:/createUploadSession"),
                may::FILES_SESSION,
                &[],
                Run::Does(sessions::create),
            )
            .json_or_nothing(),
            post(
                concat!($prefix, "/root:/{item-path}:/createUploadSession"),
                may::FILES_SESSION,
                &[],
                Run::Does(sessions::create),
            )
            .json_or_nothing(),
            post(
                concat!($prefix, "/items/{driveItem-id}/createLink"),
                may::FILES_WRITE,
                &[],
                Run::Does(sharing::create_link),
            )
            .json(),
            post(
                concat!($prefix, "/root:/{item-path}:/createLink"),
                may::FILES_WRITE,
                &[],
                Run::Does(sharing::create_link),
            )
            .json(),
            post(concat!($prefix, "/items/{driveItem-id}/invite"), may::FILES_WRITE, &[], Run::Does(sharing::invite))
                .json(),
            post(concat!($prefix, "/root:/{item-path}:/invite"), may::FILES_WRITE, &[], Run::Does(sharing::invite))
                .json(),
            get(
                concat!($prefix, "/items/{driveItem-id}/permissions"),
                may::FILES_READ,
                ENTITY,
                Run::Does(sharing::list),
            ),
            get(concat!($prefix, "/root:/{item-path}:/permissions"), may::FILES_READ, ENTITY, Run::Does(sharing::list)),
            get(
                concat!($prefix, "/items/{driveItem-id}/permissions/{permission-id}"),
                may::FILES_READ,
                ENTITY,
                Run::Does(sharing::get),
            ),
            patch(
                concat!($prefix, "/items/{driveItem-id}/permissions/{permission-id}"),
                may::FILES_WRITE,
                &[],
                Run::Does(sharing::update),
            )
            .json(),
            delete(
                concat!($prefix, "/items/{driveItem-id}/permissions/{permission-id}"),
                may::FILES_WRITE,
                &[],
                Run::Does(sharing::delete),
            ),
        ]
    };
}

pub(super) static BY_DRIVE: &[Operation] = drive_operations!("/drives/{drive-id}");
pub(super) static BY_GROUP: &[Operation] = drive_operations!("/groups/{group-id}/drive");
pub(super) static BY_SITE: &[Operation] = drive_operations!("/sites/{site-id}/drive");
pub(super) static BY_USER: &[Operation] = drive_operations!("/users/{user-id}/drive");
