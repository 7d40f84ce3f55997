//! Users, licences, domains, the recycle bin, administrative units.

use super::options::{ENTITY, FILTER, GROUP_LIST, OBJECT_LIST, USER_LIST};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::directory::{deleted, licences, organization, relations, units, users};
use crate::groups::members;

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

const fn put(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PUT", template, Area::Directory, access, options, run)
}

/// The operations.
pub(super) static TABLE: &[Operation] = &[
    get("/domains", may::DOMAINS, ENTITY, Run::Does(organization::domains)),
    get("/domains/{domain-id}", may::DOMAINS, ENTITY, Run::Does(organization::domain)),
    get("/organization", may::ORGANIZATION, ENTITY, Run::Does(organization::list)),
    get("/organization/{organization-id}", may::ONE_ORGANIZATION, ENTITY, Run::Does(organization::get)),
    get("/subscribedSkus", may::SKUS, ENTITY, Run::Does(licences::list_skus)),
    get("/subscribedSkus/{subscribedSku-id}", may::SKUS, ENTITY, Run::Does(licences::get_sku)),
    get("/users", may::USERS_READ, USER_LIST, Run::Does(users::list)),
    get("/users/$count", may::USERS_READ, FILTER, Run::Does(users::count)),
    post("/users", may::USERS_WRITE, &[], Run::Does(users::create)).json(),
    get(
        "/users/delta",
        may::USERS_READ,
        &[],
        Run::Not("tracking of changes: a client that reconciles lists, and needs no delta"),
    ),
    get("/users/{user-id}", may::USERS_READ, ENTITY, Run::Does(users::get)),
    patch("/users/{user-id}", may::USERS_CHANGE, &[], Run::Does(users::update)).json(),
    delete("/users/{user-id}", may::USERS_DELETE, &[], Run::Does(users::delete)),
    post("/users/{user-id}/assignLicense", may::LICENCES_WRITE, &[], Run::Does(licences::assign)).json(),
    get("/users/{user-id}/licenseDetails", may::LICENCES_READ, ENTITY, Run::Does(licences::details)),
    get("/users/{user-id}/manager", may::MANAGER_READ, ENTITY, Run::Does(relations::manager)),
    put("/users/{user-id}/manager/$ref", may::MANAGER_WRITE, &[], Run::Does(relations::set_manager)).json(),
    delete("/users/{user-id}/manager/$ref", may::MANAGER_WRITE, &[], Run::Does(relations::remove_manager)),
    get("/users/{user-id}/directReports", may::REPORTS_READ, OBJECT_LIST, Run::Does(relations::reports)),
    get("/users/{user-id}/memberOf", may::MEMBER_OF, OBJECT_LIST, Run::Does(members::of_user)),
    get("/users/{user-id}/transitiveMemberOf", may::TRANSITIVE_MEMBER_OF, OBJECT_LIST, Run::Does(members::of_user)),
    post("/users/{user-id}/revokeSignInSessions", may::REVOKE, &[], Run::Does(users::revoke)),
    get("/directory/deletedItems/graph.user", may::DELETED_USERS, USER_LIST, Run::Does(deleted::list)),
    get("/directory/deletedItems/graph.group", may::DELETED_GROUPS, GROUP_LIST, Run::Does(deleted::list_groups)),
    get("/directory/deletedItems/{directoryObject-id}", may::DELETED_READ, ENTITY, Run::Does(deleted::get)),
    delete("/directory/deletedItems/{directoryObject-id}", may::DELETED_PURGE, &[], Run::Does(deleted::purge)),
    post(
        "/directory/deletedItems/{directoryObject-id}/restore",
        may::DELETED_RESTORE,
        &[],
        Run::Does(deleted::restore),
    )
    .json_or_nothing(),
    get("/directory/administrativeUnits", may::UNITS_READ, OBJECT_LIST, Run::Does(units::list)),
    post("/directory/administrativeUnits", may::UNITS_WRITE, &[], Run::Does(units::create)).json(),
    get("/directory/administrativeUnits/{administrativeUnit-id}", may::UNITS_READ, ENTITY, Run::Does(units::get)),
    patch("/directory/administrativeUnits/{administrativeUnit-id}", may::UNITS_WRITE, &[], Run::Does(units::update))
        .json(),
    delete("/directory/administrativeUnits/{administrativeUnit-id}", may::UNITS_WRITE, &[], Run::Does(units::delete)),
    get(
        "/directory/administrativeUnits/{administrativeUnit-id}/members",
        may::UNITS_READ,
        OBJECT_LIST,
        Run::Does(units::members),
    ),
    post(
        "/directory/administrativeUnits/{administrativeUnit-id}/members/$ref",
        may::UNITS_MEMBERS,
        &[],
        Run::Does(units::add),
    )
    .json(),
];
