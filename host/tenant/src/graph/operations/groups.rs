//! Groups, their members and owners.

use super::options::{ENTITY, FILTER, GROUP_LIST, OBJECT_LIST, USER_LIST};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::groups::{groups, members};

const fn delete(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("DELETE", template, Area::Directory, access, options, run)
}

const fn get(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("GET", template, Area::Directory, access, options, run)
}

const fn patch(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PATCH", template, Area::Directory, access, options, run)
}

const fn post(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("POST", template, Area::Directory, access, options, run)
}

/// The operations.
pub(super) static TABLE: &[Operation] = &[
    get("/groups", may::GROUPS_READ, GROUP_LIST, Run::Does(groups::list)),
    get("/groups/$count", may::GROUPS_READ, FILTER, Run::Does(groups::count)),
    get(
        "/groups/delta",
        may::GROUPS_READ,
        &[],
        Run::Not("tracking of changes: a client that reconciles lists, and needs no delta"),
    ),
    post("/groups", may::GROUPS_CREATE, &[], Run::Does(groups::create)).json(),
    get("/groups/{group-id}", may::GROUPS_READ, ENTITY, Run::Does(groups::get)),
    patch("/groups/{group-id}", may::GROUPS_WRITE, &[], Run::Does(groups::update))
        .json()
        .alone("members@odata.bind", may::MEMBERS_WRITE),
    delete("/groups/{group-id}", may::GROUPS_DELETE, &[], Run::Does(groups::delete)),
    post(
        "/groups/{group-id}/assignLicense",
        may::GROUP_LICENCES,
        &[],
        Run::Not("licences by group: BEHAVIOUR.md gives licences to users, or lets the customer's own groups do it"),
    )
    .json(),
    get("/groups/{group-id}/members", may::MEMBERS_READ, OBJECT_LIST, Run::Does(members::list)),
    get("/groups/{group-id}/members/graph.user", may::MEMBERS_READ, USER_LIST, Run::Does(members::list_users)),
    get("/groups/{group-id}/transitiveMembers", may::MEMBERS_READ, OBJECT_LIST, Run::Does(members::list)),
    post("/groups/{group-id}/members/$ref", may::MEMBERS_WRITE, &[], Run::Does(members::add)).json(),
    delete("/groups/{group-id}/members/{directoryObject-id}/$ref", may::MEMBERS_WRITE, &[], Run::Does(members::remove)),
    get("/groups/{group-id}/owners", may::OWNERS_READ, OBJECT_LIST, Run::Does(members::owners)),
    post("/groups/{group-id}/owners/$ref", may::OWNERS_WRITE, &[], Run::Does(members::add_owner)).json(),
    delete(
        "/groups/{group-id}/owners/{directoryObject-id}/$ref",
        may::OWNERS_WRITE,
        &[],
        Run::Does(members::remove_owner),
    ),
];
