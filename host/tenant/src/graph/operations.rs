//! The table of operations: for each, who may call it, what it takes, and the function that does it.
//!
//! Templates are those of the published description, so that a test can hold the table against it. The roles are the
//! application permissions, least privileged first, of which a token needs one; those that grant far more than Haymaker
//! ever asks for (device management and the like) are left out.

use super::fault::Fault;
use super::{Call, Reply};
use crate::directory::{deleted, licences, organization, users};
use crate::mail::{folders, messages};
use crate::tenant::State;

/// The service behind an operation: each words its refusals in its own way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Area {
    Directory,
    Outlook,
}

/// Whether there is a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Takes {
    Nothing,
    Json,
}

/// One operation of Graph.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    pub(crate) area: Area,
    pub(crate) roles: &'static [&'static str],
    /// The query options that it takes, without the dollar.
    pub(crate) options: &'static [&'static str],
    pub(crate) takes: Takes,
    pub(crate) run: fn(&Call<'_>, &mut State) -> Result<Reply, Fault>,
}

const DOMAINS: &[&str] = &["Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const ORGANIZATION: &[&str] =
    &["Organization.Read.All", "Directory.Read.All", "Organization.ReadWrite.All", "Directory.ReadWrite.All"];
const ONE_ORGANIZATION: &[&str] = &[
    "Organization.Read.All",
    "User.Read.All",
    "Directory.Read.All",
    "Organization.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const SKUS: &[&str] = &[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
];
const USERS_READ: &[&str] =
    &["User.ReadBasic.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All"];
const USERS_WRITE: &[&str] = &["User.ReadWrite.All", "Directory.ReadWrite.All"];
const USERS_DELETE: &[&str] = &["User.DeleteRestore.All", "User.ReadWrite.All"];
const LICENCES: &[&str] = &["LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All", "User.ReadWrite.All"];
const LICENCES_READ: &[&str] = &[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
];
const DELETED_READ: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const MAIL_READ: &[&str] = &["Mail.ReadBasic.All", "Mail.ReadWrite", "Mail.Read"];
const MAIL_WRITE: &[&str] = &["Mail.ReadWrite"];
const MAIL_SEND: &[&str] = &["Mail.Send"];

const ENTITY: &[&str] = &["select"];
const USER_LIST: &[&str] = &["filter", "select", "orderby", "top", "count"];
const MESSAGE: &[&str] = &["select", "expand"];
const MESSAGE_LIST: &[&str] = &["filter", "select", "expand", "orderby", "top", "skip", "count"];
const FOLDER_LIST: &[&str] = &["select", "top", "skip", "count", "includehiddenfolders"];

const fn directory(
    method: &'static str,
    template: &'static str,
    roles: &'static [&'static str],
    options: &'static [&'static str],
    run: fn(&Call<'_>, &mut State) -> Result<Reply, Fault>,
) -> Operation {
    Operation { method, template, area: Area::Directory, roles, options, takes: Takes::Nothing, run }
}

const fn outlook(
    method: &'static str,
    template: &'static str,
    roles: &'static [&'static str],
    options: &'static [&'static str],
    run: fn(&Call<'_>, &mut State) -> Result<Reply, Fault>,
) -> Operation {
    Operation { method, template, area: Area::Outlook, roles, options, takes: Takes::Nothing, run }
}

impl Operation {
    const fn json(mut self) -> Operation {
        self.takes = Takes::Json;
        self
    }
}

/// Every operation that is implemented.
pub(crate) static TABLE: &[Operation] = &[
    directory("GET", "/domains", DOMAINS, ENTITY, organization::domains),
    directory("GET", "/domains/{domain-id}", DOMAINS, ENTITY, organization::domain),
    directory("GET", "/organization", ORGANIZATION, ENTITY, organization::list),
    directory("GET", "/organization/{organization-id}", ONE_ORGANIZATION, ENTITY, organization::get),
    directory("GET", "/subscribedSkus", SKUS, ENTITY, licences::list_skus),
    directory("GET", "/subscribedSkus/{subscribedSku-id}", SKUS, ENTITY, licences::get_sku),
    directory("GET", "/users", USERS_READ, USER_LIST, users::list),
    directory("GET", "/users/$count", USERS_READ, &["filter"], users::count),
    directory("POST", "/users", USERS_WRITE, &[], users::create).json(),
    directory("GET", "/users/{user-id}", USERS_READ, ENTITY, users::get),
    directory("PATCH", "/users/{user-id}", USERS_WRITE, &[], users::update).json(),
    directory("DELETE", "/users/{user-id}", USERS_DELETE, &[], users::delete),
    directory("POST", "/users/{user-id}/assignLicense", LICENCES, &[], licences::assign).json(),
    directory("GET", "/users/{user-id}/licenseDetails", LICENCES_READ, ENTITY, licences::details),
    directory("GET", "/directory/deletedItems/graph.user", DELETED_READ, USER_LIST, deleted::list),
    directory("GET", "/directory/deletedItems/{directoryObject-id}", DELETED_READ, ENTITY, deleted::get),
    directory("DELETE", "/directory/deletedItems/{directoryObject-id}", USERS_DELETE, &[], deleted::purge),
    outlook("GET", "/users/{user-id}/mailFolders", MAIL_READ, FOLDER_LIST, folders::list),
    outlook("GET", "/users/{user-id}/mailFolders/{mailFolder-id}", MAIL_READ, ENTITY, folders::get),
    outlook(
        "GET",
        "/users/{user-id}/mailFolders/{mailFolder-id}/messages",
        MAIL_READ,
        MESSAGE_LIST,
        messages::list_folder,
    ),
    outlook("POST", "/users/{user-id}/mailFolders/{mailFolder-id}/messages", MAIL_WRITE, &[], messages::create_in)
        .json(),
    outlook("GET", "/users/{user-id}/messages", MAIL_READ, MESSAGE_LIST, messages::list),
    outlook("POST", "/users/{user-id}/messages", MAIL_WRITE, &[], messages::create).json(),
    outlook("GET", "/users/{user-id}/messages/{message-id}", MAIL_READ, MESSAGE, messages::get),
    outlook("PATCH", "/users/{user-id}/messages/{message-id}", MAIL_WRITE, &[], messages::update).json(),
    outlook("DELETE", "/users/{user-id}/messages/{message-id}", MAIL_WRITE, &[], messages::delete),
    outlook("POST", "/users/{user-id}/messages/{message-id}/send", MAIL_SEND, &[], messages::send),
    outlook("POST", "/users/{user-id}/sendMail", MAIL_SEND, &[], messages::send_mail).json(),
];
