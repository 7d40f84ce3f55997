//! Inbox rules: what a mailbox does by itself with what arrives.
//!
//! They matter to a simulation because attackers like them: a rule that forwards or hides mail is the classic trace of a
//! taken-over mailbox, and a detection that looks for it must find one that really works.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::content::{Address, Content, IMPORTANCES};
use super::mailbox::{DELETED_ITEMS, FolderIndex, INBOX, Item, Key, Mailbox};
use super::{opened, opened_mut, owner};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, RECIPIENTS, Shape, TEXTS};
use crate::graph::{Call, Reply};
use crate::ids;
use crate::tenant::State;

static PREDICATES: Fields = Fields {
    name: "messageRulePredicates",
    fields: &[
        ("subjectContains", TEXTS),
        ("bodyContains", TEXTS),
        ("bodyOrSubjectContains", TEXTS),
        ("senderContains", TEXTS),
        ("recipientContains", TEXTS),
        ("headerContains", TEXTS),
        ("fromAddresses", RECIPIENTS),
        ("sentToAddresses", RECIPIENTS),
        ("hasAttachments", Shape::Bool),
        ("importance", Shape::Word(&IMPORTANCES)),
        ("sentToMe", Shape::Bool),
        ("sentCcMe", Shape::Bool),
        ("sentOnlyToMe", Shape::Bool),
        ("sentToOrCcMe", Shape::Bool),
        ("notSentToMe", Shape::Bool),
        ("isMeetingRequest", Shape::Bool),
        ("isMeetingResponse", Shape::Bool),
    ],
};
static ACTIONS: Fields = Fields {
    name: "messageRuleActions",
    fields: &[
        ("assignCategories", TEXTS),
        ("copyToFolder", Shape::Text),
        ("delete", Shape::Bool),
        ("forwardAsAttachmentTo", RECIPIENTS),
        ("forwardTo", RECIPIENTS),
        ("markAsRead", Shape::Bool),
        ("markImportance", Shape::Word(&IMPORTANCES)),
        ("moveToFolder", Shape::Text),
        ("permanentDelete", Shape::Bool),
        ("redirectTo", RECIPIENTS),
        ("stopProcessingRules", Shape::Bool),
    ],
};
static RULE: Fields = Fields {
    name: "messageRule",
    fields: &[
        ("displayName", Shape::Text),
        ("sequence", Shape::Int),
        ("isEnabled", Shape::Bool),
        ("isReadOnly", Shape::Ignored),
        ("hasError", Shape::Ignored),
        ("id", Shape::Ignored),
        ("conditions", Shape::Object(&PREDICATES)),
        ("exceptions", Shape::Object(&PREDICATES)),
        ("actions", Shape::Object(&ACTIONS)),
    ],
};

/// A rule as it was set.
#[derive(Debug)]
pub(crate) struct Rule {
    key: Key,
    properties: Map<String, Value>,
}

impl Rule {
    fn id(&self) -> String {
        format!("AQAA{}", hex::encode(self.key))
    }

    /// As Graph shows it.
    pub(crate) fn render(&self) -> Value {
        let mut shown = json!({
            "id": self.id(), "displayName": "", "sequence": 1, "isEnabled": true, "hasError": false, "isReadOnly": false,
        });
        if let Some(fields) = shown.as_object_mut() {
            fields.extend(self.properties.clone());
        }
        shown
    }

    fn sequence(&self) -> i64 {
        self.properties.get("sequence").and_then(Value::as_i64).unwrap_or(1)
    }

    fn part(&self, name: &str) -> Option<&Map<String, Value>> {
        self.properties.get(name).and_then(Value::as_object)
    }
}

/// A mail that a rule passes on.
pub(super) struct Passed {
    pub(super) to: Vec<Address>,
    /// Redirected mail keeps its sender; forwarded mail does not.
    pub(super) redirected: bool,
}

/// Lays an arriving message into the mailbox as its rules say, and answers with what they pass on.
pub(super) fn apply(mailbox: &mut Mailbox, mut item: Item) -> Vec<Passed> {
    let mut passed = Vec::new();
    let mut gone = false;
    let mut copies: Vec<FolderIndex> = Vec::new();
    for rule in &mailbox.rules {
        let holds = rule
            .part("conditions")
            .is_none_or(|conditions| conditions.is_empty() || all_hold(conditions, &item, mailbox));
        let excepted = rule.part("exceptions").is_some_and(|exceptions| any_holds(exceptions, &item, mailbox));
        let enabled = rule.properties.get("isEnabled") != Some(&Value::Bool(false));
        let Some(actions) = rule.part("actions").filter(|_| enabled && holds && !excepted) else { continue };
        let is = |name: &str| actions.get(name) == Some(&Value::Bool(true));
        let folder = |name: &str| actions.get(name).and_then(Value::as_str).and_then(|id| mailbox.find_folder(id));
        for (name, redirected) in [("forwardTo", false), ("forwardAsAttachmentTo", false), ("redirectTo", true)] {
            let to = addresses(actions.get(name));
            if !to.is_empty() {
                passed.push(Passed { to, redirected });
            }
        }
        item.read |= is("markAsRead");
        item.folder = folder("moveToFolder").unwrap_or(item.folder);
        copies.extend(folder("copyToFolder"));
        if is("delete") {
            item.folder = DELETED_ITEMS;
        }
        gone |= is("permanentDelete");
        change(&mut item, actions);
        if is("stopProcessingRules") {
            break;
        }
    }
    for (number, folder) in copies.into_iter().enumerate() {
        let key = ids::short(ids::digest(&[&item.key, b"copied by a rule", &number.to_be_bytes()]));
        mailbox.put(Item { key, folder, ..item.clone() });
    }
    if !gone {
        mailbox.put(item);
    }
    passed
}

fn change(item: &mut Item, actions: &Map<String, Value>) {
    let categories = actions.get("assignCategories").and_then(Value::as_array);
    let importance = actions.get("markImportance").and_then(Value::as_str);
    if categories.is_none() && importance.is_none() {
        return;
    }
    let mut content = (*item.content).clone();
    let names = categories.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    content.categories.extend(names);
    if let Some(word) = IMPORTANCES.into_iter().find(|word| Some(*word) == importance) {
        content.importance = word;
    }
    item.content = content.into();
}

fn addresses(value: Option<&Value>) -> Vec<Address> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|recipient| {
        let email = recipient.get("emailAddress")?;
        let address = email.get("address")?.as_str()?.to_owned();
        let name = email.get("name").and_then(Value::as_str).unwrap_or(&address).to_owned();
        Some(Address { name: name.into(), address: address.into() })
    })
    .collect()
}

fn all_hold(conditions: &Map<String, Value>, item: &Item, mailbox: &Mailbox) -> bool {
    set(conditions).all(|(name, value)| one_holds(name, value, item, mailbox))
}

fn any_holds(conditions: &Map<String, Value>, item: &Item, mailbox: &Mailbox) -> bool {
    set(conditions).any(|(name, value)| one_holds(name, value, item, mailbox))
}

/// The conditions that say anything: null, `false` and an empty list do not.
fn set(conditions: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    conditions.iter().filter(|(_, value)| {
        !(value.is_null() || **value == Value::Bool(false) || value.as_array().is_some_and(Vec::is_empty))
    })
}

fn one_holds(name: &str, value: &Value, item: &Item, mailbox: &Mailbox) -> bool {
    let content: &Content = &item.content;
    let mine = |list: &[Address]| list.iter().any(|one| one.address.eq_ignore_ascii_case(&mailbox.owner.address));
    let contains = |texts: &[String]| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(|wanted| texts.iter().any(|text| text.to_lowercase().contains(&wanted.to_lowercase())))
    };
    let everyone = || content.to.iter().chain(&content.cc);
    let shown = |one: &Address| format!("{} {}", one.name, one.address);
    let among = |list: &[Address]| {
        let wanted = addresses(Some(value));
        list.iter().any(|one| wanted.iter().any(|other| other.address.eq_ignore_ascii_case(&one.address)))
    };
    match name {
        "subjectContains" => contains(&[content.subject.to_string()]),
        "bodyContains" => contains(&[content.plain()]),
        "bodyOrSubjectContains" => contains(&[content.subject.to_string(), content.plain()]),
        "senderContains" => contains(&[shown(&content.from)]),
        "recipientContains" => contains(&everyone().map(shown).collect::<Vec<_>>()),
        "headerContains" => {
            contains(&content.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>())
        }
        "fromAddresses" => among(std::slice::from_ref(&content.from)),
        "sentToAddresses" => among(&content.to) || among(&content.cc),
        "hasAttachments" => content.has_attachments(),
        "importance" => value.as_str() == Some(content.importance),
        "sentToMe" => mine(&content.to),
        "sentCcMe" => mine(&content.cc),
        "sentToOrCcMe" => mine(&content.to) || mine(&content.cc),
        "sentOnlyToMe" => mine(&content.to) && content.recipients().len() == 1,
        "notSentToMe" => !mine(&content.to),
        "isMeetingRequest" => content.meeting == Some("meetingRequest"),
        "isMeetingResponse" => {
            content.meeting.is_some_and(|kind| !matches!(kind, "meetingRequest" | "meetingCancelled"))
        }
        _ => false,
    }
}

/// The folder of the path must be the inbox: only it has rules.
fn inbox(call: &Call<'_>, mailbox: &Mailbox) -> Result<(), Fault> {
    match mailbox.find_folder(call.of("mailFolder-id")) {
        Some(INBOX) => Ok(()),
        Some(_) => Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRequest",
            "Rules are only supported on the Inbox folder.",
        )),
        None => Err(Fault::item_not_found()),
    }
}

fn position(call: &Call<'_>, mailbox: &Mailbox) -> Result<usize, Fault> {
    inbox(call, mailbox)?;
    let wanted = call.of("messageRule-id");
    mailbox.rules.iter().position(|rule| rule.id() == wanted).ok_or_else(Fault::item_not_found)
}

/// `GET .../messageRules`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    inbox(call, mailbox)?;
    let rules = mailbox.rules.iter().map(Rule::render).collect();
    Ok(call.page(call.context("messageRules"), None, rules, None))
}

/// `GET .../messageRules/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    let rule = mailbox.rules.get(position(call, mailbox)?).ok_or_else(Fault::item_not_found)?;
    Ok(call.entity("messageRules", rule.render(), StatusCode::OK))
}

/// `POST .../messageRules`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let name = owner(call, state)?.to_string();
    let mailbox = opened_mut(call, state)?;
    inbox(call, mailbox)?;
    let properties = shape::read(Area::Outlook, &RULE, &call.body)?;
    if properties.get("displayName").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRequest",
            "The display name of the rule is missing.",
        ));
    }
    let mut ordinals = (0..).map(|ordinal| ids::short(call.mint.make("rule", &name, ordinal)));
    let key = ordinals.find(|key| mailbox.rules.iter().all(|rule| rule.key != *key)).unwrap_or_default();
    let rule = Rule { key, properties };
    let shown = rule.render();
    let location = format!("{}{}/{}", call.base, call.path, rule.id());
    call.did(|| audit::rule("New-InboxRule", mailbox, &shown));
    mailbox.rules.push(rule);
    mailbox.rules.sort_by_key(Rule::sequence);
    Ok(call.entity("messageRules", shown, StatusCode::CREATED).with(header::LOCATION, location))
}

/// `PATCH .../messageRules/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let at = position(call, mailbox)?;
    let changes = shape::read(Area::Outlook, &RULE, &call.body)?;
    let rule = mailbox.rules.get_mut(at).ok_or_else(Fault::item_not_found)?;
    rule.properties.extend(changes);
    let shown = rule.render();
    call.did(|| audit::rule("Set-InboxRule", mailbox, &shown));
    mailbox.rules.sort_by_key(Rule::sequence);
    Ok(call.entity("messageRules", shown, StatusCode::OK))
}

/// `DELETE .../messageRules/{id}`.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let at = position(call, mailbox)?;
    let gone = mailbox.rules.remove(at);
    call.did(|| audit::rule("Remove-InboxRule", mailbox, &gone.render()));
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
