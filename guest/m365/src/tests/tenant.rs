//! A directory and its mailboxes, as small as the workload's requests: enough to run its whole life in one thread.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use haymaker_guest::{
    Instant, Problem,
    http::{Request, Response},
    time::{MINUTE, SECOND},
};
use serde_json::{Value, json};

use super::{calendars::Event, drives::Drives, mailbox::Message, teamwork::Teamwork};

/// A user, and when it was made.
pub(super) struct User {
    pub(super) body: Value,
    pub(super) made: Instant,
    pub(super) licensed: Option<Instant>,
}

/// What is in the tenant.
#[derive(Default)]
pub(super) struct Tenant {
    pub(super) users: BTreeMap<String, User>,
    pub(super) deleted: BTreeSet<String>,
    /// By id.
    pub(super) messages: BTreeMap<String, Message>,
    /// Folders that were made: the owner and the name, by id.
    pub(super) folders: BTreeMap<String, (String, String)>,
    /// Inbox rules, whoever's.
    pub(super) rules: Vec<Value>,
    /// Groups, teams and chats.
    pub(super) work: Teamwork,
    /// Everybody's copies of events, by id.
    pub(super) events: BTreeMap<String, Event>,
    pub(super) seats: u32,
    /// From making a user until it is found by its id.
    pub(super) replication: Instant,
    /// From a licence until the mailbox answers.
    pub(super) mailbox: Instant,
    /// Answers to requests whose `METHOD target` contains this are lost after they took effect, once each.
    pub(super) lost: Vec<String>,
    /// Workers, by the end of their address, whose mailbox never comes.
    pub(super) broken: Vec<String>,
    pub(super) drives: Drives,
    pub(super) ids: u32,
    /// Ids of users who are members of the one group there is.
    pub(super) members: Vec<String>,
    /// Ids of users who have a directory role.
    pub(super) privileged: Vec<String>,
}

/// The id of the one group there is.
pub(super) const GROUP: &str = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";

/// A tenant that tests look into while the workload talks to it.
pub(super) type Shared = Rc<RefCell<Tenant>>;

pub(super) fn tenant(seats: u32) -> Shared {
    let tenant = Tenant { seats, replication: 5 * SECOND, mailbox: 12 * MINUTE, ..Tenant::default() };
    Rc::new(RefCell::new(tenant))
}

/// Answers requests from this tenant.
pub(super) fn answering(tenant: &Shared) -> impl FnMut(Instant, &Request) -> Result<Response, Problem> + 'static {
    let tenant = tenant.clone();
    move |now, request| {
        let mut tenant = tenant.borrow_mut();
        let (status, body) = tenant.answer(now, request);
        let line = format!("{} {}", request.method, request.target);
        if let Some(lost) = tenant.lost.iter().position(|lost| line.contains(lost.as_str())) {
            tenant.lost.remove(lost);
            let kind = haymaker_guest::ProblemKind::InDoubt;
            return Err(Problem { kind, ..Problem::failed("in-doubt", "the answer was lost") });
        }
        Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
    }
}

pub(super) fn error(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({"error": {"code": code, "message": message}}))
}

pub(super) fn not_found() -> (u16, Value) {
    error(404, "Request_ResourceNotFound", "Resource does not exist.")
}

impl Tenant {
    pub(super) fn id(&mut self) -> String {
        self.ids += 1;
        format!("{:08}-0000-0000-0000-000000000000", self.ids)
    }

    fn answer(&mut self, now: Instant, request: &Request) -> (u16, Value) {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["organization"]) => {
                let domains = json!([{"name": "other.example", "isDefault": false}, {"name": "Contoso.example", "isDefault": true}]);
                (200, json!({"value": [{"id": "o", "verifiedDomains": domains}]}))
            }
            ("GET", ["subscribedSkus"]) => {
                let units = json!({"enabled": self.seats});
                let sku = json!({"skuId": "sku", "skuPartNumber": "DEVELOPERPACK_E5", "consumedUnits": 0, "prepaidUnits": units});
                (200, json!({"value": [sku]}))
            }
            ("GET", ["groups", group, "members", "graph.user"]) if *group == GROUP => {
                let members = self.members.iter().filter_map(|id| self.users.get(id)).map(|user| user.body.clone());
                (200, json!({"value": members.collect::<Vec<_>>()}))
            }
            ("GET", ["groups", _, "members", "graph.user"]) => not_found(),
            ("GET", ["users", id, "transitiveMemberOf"]) => {
                let kind = if self.privileged.iter().any(|known| known == id) { "directoryRole" } else { "group" };
                (200, json!({"value": [{"@odata.type": format!("#microsoft.graph.{kind}"), "id": "x"}]}))
            }
            ("GET", ["users"]) => self.list(query),
            ("POST", ["users"]) => self.create(now, body, request),
            ("GET", ["users", id]) => self.known(now, id).map_or_else(not_found, |user| (200, user.body.clone())),
            ("DELETE", ["users", id]) => match self.users.remove(*id) {
                Some(_) => {
                    self.deleted.insert((*id).to_owned());
                    (204, Value::Null)
                }
                None => not_found(),
            },
            ("GET", ["directory", "deletedItems", id]) if self.deleted.contains(*id) => (200, json!({"id": id})),
            ("DELETE", ["directory", "deletedItems", id]) if self.deleted.remove(*id) => (204, Value::Null),
            ("POST", ["users", id, "assignLicense"]) if self.known(now, id).is_some() => {
                assert_eq!(body["addLicenses"][0]["skuId"], "sku");
                let user = self.users.get_mut(*id).unwrap();
                user.licensed.get_or_insert(now);
                (200, user.body.clone())
            }
            ("GET", ["users", id, "mailFolders", "inbox"]) if !self.has_mailbox(now, id) => error(
                404,
                "MailboxNotEnabledForRESTAPI",
                "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
            ),
            (method, ["users", id, "mailFolders", "inbox", "messageRules"]) if self.has_mailbox(now, id) => {
                if method == "POST" {
                    let mut rule = body;
                    rule["id"] = json!(self.id());
                    self.rules.push(rule.clone());
                    return (201, rule);
                }
                (200, json!({"value": self.rules}))
            }
            (_, ["users", id, "messages" | "mailFolders", ..]) if self.has_mailbox(now, id) => {
                self.mailbox(request, &parts, query, body)
            }
            (_, ["users" | "groups", _, "drive", ..]) => self.drive(now, request, &parts, &body),
            ("POST", ["users", id, "revokeSignInSessions"]) if self.users.contains_key(*id) => {
                self.work.revoked.insert((*id).to_owned());
                (200, json!({"value": true}))
            }
            (_, ["users", id, "events" | "calendarView", ..]) if self.has_mailbox(now, id) => {
                self.calendar(request, &parts, query, body)
            }
            _ => self.teamwork(now, request, &parts, query, body),
        }
    }

    pub(super) fn known(&self, now: Instant, id: &str) -> Option<&User> {
        self.users.get(id).filter(|user| now >= user.made + self.replication)
    }

    fn has_mailbox(&self, now: Instant, id: &str) -> bool {
        let user = self.users.get(id);
        let broken =
            |user: &User| self.broken.iter().any(|end| user.body["mailNickname"].as_str().unwrap().ends_with(end));
        user.is_some_and(|user| user.licensed.is_some_and(|at| now >= at + self.mailbox) && !broken(user))
    }

    fn create(&mut self, now: Instant, body: Value, request: &Request) -> (u16, Value) {
        assert_eq!(body["passwordProfile"]["password"], "", "the host fills it");
        assert_eq!(request.fills[0].pointer, "/passwordProfile/password");
        if self.users.values().any(|user| user.body["userPrincipalName"] == body["userPrincipalName"]) {
            let message = "Another object with the same value for property userPrincipalName already exists.";
            return error(400, "Request_BadRequest", message);
        }
        let id = self.id();
        let mut body = body;
        body["id"] = json!(id);
        self.users.insert(id, User { body: body.clone(), made: now, licensed: None });
        (201, body)
    }

    fn list(&self, query: &str) -> (u16, Value) {
        let is = |user: &User, property: &str| {
            let value = user.body[property].as_str().unwrap_or_default();
            query.contains(&haymaker_guest::http::segment(&format!("{property} eq '{value}'")))
        };
        let found = self.users.values().filter(|user| is(user, "userPrincipalName") || is(user, "employeeType"));
        (200, json!({"value": found.map(|user| user.body.clone()).collect::<Vec<_>>()}))
    }
}
