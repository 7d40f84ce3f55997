//! The mailboxes of the tests' tenant: mail that is drafted, sent, delivered at once, answered, read and filed.

use haymaker_guest::http::{Request, segment};
use serde_json::{Value, json};

use super::tenant::{Tenant, error, not_found};

/// A message in one mailbox.
#[derive(Clone)]
pub(super) struct Message {
    /// The user's id.
    pub(super) owner: String,
    /// As Graph would show it, except for what stands below.
    pub(super) body: Value,
    pub(super) draft: bool,
    pub(super) read: bool,
    /// Whether it was delivered, and not written here.
    pub(super) received: bool,
    pub(super) folder: String,
}

impl Message {
    fn shown(&self, id: &str) -> Value {
        let mut shown = self.body.clone();
        for (name, value) in [
            ("id", json!(id)),
            ("isDraft", json!(self.draft)),
            ("isRead", json!(self.read)),
            ("parentFolderId", json!(self.folder)),
        ] {
            shown[name] = value;
        }
        shown
    }
}

impl Tenant {
    pub(super) fn mailbox(&mut self, request: &Request, parts: &[&str], query: &str, body: Value) -> (u16, Value) {
        let owner = parts[1].to_owned();
        let mine = |message: &Message| message.owner == owner;
        let list = |messages: Vec<Value>| (200, json!({ "value": messages }));
        match (request.method.as_str(), &parts[2..]) {
            ("GET", ["mailFolders", "inbox"]) => (200, json!({"id": "inbox"})),
            ("GET", ["mailFolders", "inbox", "messages"]) => {
                assert!(query.contains("isRead%20eq%20false") && query.contains("internetMessageHeaders"));
                let unread = |message: &Message| mine(message) && message.received && !message.read;
                let here = self.messages.iter().filter(|(_, message)| unread(message) && message.folder == "inbox");
                list(here.take(12).map(|(id, message)| message.shown(id)).collect())
            }
            ("GET", ["mailFolders"]) => {
                let own = self.folders.iter().filter(|(_, (of, _))| *of == owner);
                list(own.map(|(id, (_, name))| json!({"id": id, "displayName": name})).collect())
            }
            ("POST", ["mailFolders"]) => {
                let folder = (owner, body["displayName"].as_str().unwrap().to_owned());
                if self.folders.values().any(|known| *known == folder) {
                    return error(409, "ErrorFolderExists", "A folder with the specified name already exists.");
                }
                let id = self.id();
                self.folders.insert(id.clone(), folder);
                (201, json!({"id": id}))
            }
            ("GET", ["messages"]) => {
                let is = |message: &Message| {
                    query.contains(&segment(message.body["internetMessageId"].as_str().unwrap())) && mine(message)
                };
                let found = self.messages.iter().filter(|(_, message)| is(message));
                list(found.map(|(id, message)| message.shown(id)).collect())
            }
            ("POST", ["messages"]) => self.draft(&owner, body, None),
            ("GET", ["messages", id]) => match self.messages.get(*id).filter(|message| mine(message)) {
                Some(message) => (200, message.shown(id)),
                None => not_found(),
            },
            ("PATCH", ["messages", id]) => match self.messages.get_mut(*id) {
                Some(message) => {
                    message.read |= body["isRead"] == true;
                    if let Some(text) = body.get("body") {
                        assert!(message.draft, "only a draft is written");
                        message.body["body"] = text.clone();
                    }
                    (200, json!({}))
                }
                None => not_found(),
            },
            ("POST", ["messages", id, "send"]) => self.send(id),
            ("POST", ["messages", id, "permanentDelete"]) => match self.messages.remove(*id) {
                Some(_) => (204, Value::Null),
                None => not_found(),
            },
            ("POST", ["messages", id, "move"]) => match self.messages.get_mut(*id) {
                Some(message) => {
                    message.folder = body["destinationId"].as_str().unwrap().to_owned();
                    (201, json!({ "id": id }))
                }
                None => not_found(),
            },
            ("POST", ["messages", id, action]) => match self.messages.get(*id).cloned() {
                Some(original) => {
                    let own = self.users[&owner].body["userPrincipalName"].clone();
                    self.draft(&owner, answered(&original, action, &body, &own), Some(&original))
                }
                None => not_found(),
            },
            _ => not_found(),
        }
    }

    fn draft(&mut self, owner: &str, mut body: Value, original: Option<&Message>) -> (u16, Value) {
        let id = self.id();
        body["conversationId"] = original.map_or_else(|| json!(id), |original| original.body["conversationId"].clone());
        body["from"] = json!({"emailAddress": {"address": self.users[owner].body["userPrincipalName"]}});
        let message = Message {
            owner: owner.to_owned(),
            body,
            draft: true,
            read: true,
            received: false,
            folder: "drafts".to_owned(),
        };
        let shown = message.shown(&id);
        self.messages.insert(id, message);
        (201, shown)
    }

    fn send(&mut self, id: &str) -> (u16, Value) {
        let Some(message) = self.messages.get_mut(id).filter(|message| message.draft) else {
            return error(404, "ErrorItemNotFound", "The specified object was not found in the store.");
        };
        message.draft = false;
        message.folder = "sentitems".to_owned();
        let sent = message.clone();
        for recipient in sent.body["toRecipients"].as_array().unwrap() {
            let address = &recipient["emailAddress"]["address"];
            let owner = self.users.iter().find(|(_, user)| user.body["userPrincipalName"] == *address);
            let owner = owner.map(|(id, _)| id.clone()).unwrap();
            let copy = Message { owner, read: false, received: true, folder: "inbox".to_owned(), ..sent.clone() };
            let id = self.id();
            self.messages.insert(id, copy);
        }
        (202, Value::Null)
    }
}

/// What Graph makes of an answer's draft.
fn answered(original: &Message, action: &str, asked: &Value, own: &Value) -> Value {
    let mut body = asked["message"].clone();
    let subject = original.body["subject"].as_str().unwrap();
    let bare = subject.trim_start_matches("RE: ").trim_start_matches("FW: ");
    let sender = json!({"emailAddress": original.body["from"]["emailAddress"]});
    let prefix = match action {
        "createReply" => {
            body["toRecipients"] = json!([sender]);
            "RE"
        }
        "createReplyAll" => {
            let others = original.body["toRecipients"].as_array().unwrap().iter().cloned();
            let others = others.filter(|other| other["emailAddress"]["address"] != *own);
            body["toRecipients"] = [sender].into_iter().chain(others).collect();
            "RE"
        }
        _ => "FW",
    };
    body["subject"] = json!(format!("{prefix}: {bare}"));
    body["body"] = json!({"contentType": "text", "content": format!("\r\n____\r\n{}", original.body["body"]["content"].as_str().unwrap())});
    body
}
