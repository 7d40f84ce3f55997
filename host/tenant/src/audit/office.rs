//! `OfficeActivity`: what was done in Exchange, SharePoint and Teams.
//!
//! Operations have the names of Microsoft's unified audit log. Who acted stands in `UserId`: the user, where there is one.
//! Of an application that acts for itself SharePoint says `app@sharepoint`; what Exchange and Teams say is documented
//! nowhere, and is written here as Entra names such an actor in the same log: `ServicePrincipal_<object id>`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{AuditLog, Doing};
use crate::calendar::Event;
use crate::directory::User;
use crate::files::{Drive, Item as FileItem, Owner};
use crate::mail::mailbox::{Folder, FolderIndex, Item, Mailbox};
use crate::teams::{Channel, Chat};
use crate::tenant::State;
use crate::time;

/// The service in which something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Exchange,
    OneDrive,
    SharePoint,
    Teams,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Service::Exchange => "Exchange",
            Service::OneDrive => "OneDrive",
            Service::SharePoint => "SharePoint",
            Service::Teams => "MicrosoftTeams",
        }
    }
}

/// Something done in one of them.
pub(crate) struct Deed {
    service: Service,
    record: &'static str,
    operation: &'static str,
    columns: Value,
}

fn deed(service: Service, record: &'static str, operation: &'static str, columns: Value) -> super::Deed {
    super::Deed::Office(Deed { service, record, operation, columns })
}

impl Deed {
    pub(super) fn row(self, doing: &Doing<'_>, log: &AuditLog, id: Uuid) -> Value {
        let files = matches!(self.service, Service::OneDrive | Service::SharePoint);
        let actor = match doing.user {
            Some((_, upn)) => upn.to_owned(),
            None if files => "app@sharepoint".to_owned(),
            None => format!("ServicePrincipal_{}", log.service_principal(doing.app)),
        };
        let mut row = json!({
            "AppAccessContext": {
                "APIId": "00000003-0000-0000-c000-000000000000",
                "ClientAppId": doing.app,
                "CorrelationId": doing.request_id,
                "IssuedAtTime": doing.claims.map(|claims| time::plain(claims.iat.saturating_mul(1000))),
                "UniqueTokenId": doing.claims.map(|claims| claims.uti.as_str()),
            },
            "AppId": doing.app,
            "ClientAppId": doing.app,
            "ClientIP": doing.origin.ip.to_string(),
            "Client_IPAddress": (self.service == Service::Exchange).then(|| doing.origin.ip.to_string()),
            "ClientInfoString": (self.service == Service::Exchange)
                .then(|| format!("Client=REST;{};", doing.origin.agent)),
            "OfficeId": id,
            "OfficeTenantId": log.tenant,
            "OfficeWorkload": self.service.name(),
            "Operation": self.operation,
            "OrganizationId": log.tenant,
            "OrganizationName": log.domain,
            "RecordType": self.record,
            "ResultStatus": "Succeeded",
            "SourceSystem": "OfficeActivityManager",
            "UserAgent": doing.origin.agent,
            "UserId": actor,
            "UserKey": doing.user.map_or(doing.app, |(id, _)| id),
            "UserType": if doing.user.is_some() { "Regular" } else { "Application" },
        });
        if let (Some(row), Value::Object(columns)) = (row.as_object_mut(), self.columns) {
            row.extend(columns);
        }
        row
    }
}

fn folder(folder: Option<&Folder>) -> Value {
    folder.map_or(Value::Null, |folder| {
        json!({ "Id": folder.id(), "Name": folder.display_name, "Path": format!("\\{}", folder.display_name) })
    })
}

/// Something done to a message: `Send`, `Create`, `Update`, `Move`, `MoveToDeletedItems`, `SoftDelete`, `HardDelete`.
pub(crate) fn mail(operation: &'static str, mailbox: &Mailbox, item: &Item) -> super::Deed {
    let content = &item.content;
    let described = json!({
        "Id": item.id(true),
        "InternetMessageId": &*content.internet_message_id,
        "ParentFolder": folder(mailbox.folder(item.folder)),
        "SizeInBytes": content.body.len(),
        "Subject": &*content.subject,
    });
    let columns = json!({
        "Item": described.to_string(),
        "ItemName": &*content.subject,
        "Logon_Type": "Owner",
        "MailboxOwnerUPN": &*mailbox.owner.address,
        "OfficeObjectId": item.id(true),
    });
    deed(Service::Exchange, "ExchangeItem", operation, columns)
}

/// `MailItemsAccessed`: these messages were read, one by one.
pub(crate) fn accessed(mailbox: &Mailbox, items: &[&Item]) -> super::Deed {
    let mut folders: Vec<(FolderIndex, Vec<Value>)> = Vec::new();
    for item in items {
        let shown = json!({ "InternetMessageId": &*item.content.internet_message_id, "Id": item.id(true) });
        match folders.iter_mut().find(|(index, _)| *index == item.folder) {
            Some((_, list)) => list.push(shown),
            None => folders.push((item.folder, vec![shown])),
        }
    }
    let folders: Vec<Value> = folders
        .into_iter()
        .map(|(index, items)| {
            let mut shown = folder(mailbox.folder(index));
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("FolderItems".to_owned(), Value::Array(items));
            }
            shown
        })
        .collect();
    let columns = json!({
        "Folders": Value::Array(folders).to_string(),
        "Logon_Type": "Owner",
        "MailboxOwnerUPN": &*mailbox.owner.address,
        "OperationProperties": [
            { "Name": "MailAccessType", "Value": "Bind" },
            { "Name": "IsThrottled", "Value": "False" },
        ],
    });
    deed(Service::Exchange, "ExchangeItemAggregated", "MailItemsAccessed", columns)
}

/// Something done to an inbox rule: `New-InboxRule`, `Set-InboxRule`, `Remove-InboxRule`; with what it was set to.
pub(crate) fn rule(operation: &'static str, mailbox: &Mailbox, set: &Value) -> super::Deed {
    let name = set.get("displayName").and_then(Value::as_str).unwrap_or_default();
    let mut parameters = vec![json!({ "Name": "Name", "Value": name })];
    // The actions and conditions are parameters of the cmdlet, each by a name of its own.
    let parts = ["actions", "conditions", "exceptions"].into_iter().filter_map(|part| set.get(part)?.as_object());
    for (name, value) in parts.flatten() {
        let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
        parameters.push(json!({ "Name": format!("{}{rest}", first.to_uppercase()), "Value": text(value) }));
    }
    let columns = json!({
        "MailboxOwnerUPN": &*mailbox.owner.address,
        "OfficeObjectId": format!("{}\\{name}", mailbox.owner.address),
        "Parameters": Value::Array(parameters).to_string(),
    });
    deed(Service::Exchange, "ExchangeAdmin", operation, columns)
}

/// A parameter as the cmdlet takes it: lists by semicolons, recipients by their addresses.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(";"),
        Value::Object(_) => {
            value.pointer("/emailAddress/address").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    }
}

/// Something done to an event in somebody's calendar.
pub(crate) fn event(operation: &'static str, owner: &str, event: &Event) -> super::Deed {
    let described = json!({
        "Id": event.id(),
        "ParentFolder": { "Name": "Calendar", "Path": "\\Calendar" },
        "Subject": event.text("subject"),
    });
    let columns = json!({
        "Item": described.to_string(),
        "ItemName": event.text("subject"),
        "ItemType": "IPM.Appointment",
        "Logon_Type": "Owner",
        "MailboxOwnerUPN": owner,
        "OfficeObjectId": event.id(),
    });
    deed(Service::Exchange, "ExchangeItem", operation, columns)
}

/// Something done to a file or a folder: `FileUploaded`, `FileModified`, `FileDownloaded`, `FileRenamed`, `FileMoved`,
/// `FileRecycled`, `FileDeleted`, `FolderCreated`, `FolderRecycled`, `SharingLinkCreated`, `SharingSet`. `site` is where
/// its drive is on the web, `with` the person it was shared with.
pub(crate) fn file(
    operation: &'static str,
    site: &str,
    drive: &Drive,
    item: &FileItem,
    with: Option<&str>,
) -> super::Deed {
    let service = match drive.owner {
        Owner::User(_) => Service::OneDrive,
        Owner::Group(_) => Service::SharePoint,
    };
    // The library is the last segment of the drive's address; the site is what stands before it.
    let (url, library) = site.rsplit_once('/').unwrap_or((site, ""));
    let path = drive.path(item);
    let (folder, name) = path.rsplit_once('/').map_or(("", path.as_str()), |(folder, name)| (folder, name));
    let relative = if folder.is_empty() { library.to_owned() } else { format!("{library}/{folder}") };
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let record =
        if operation.starts_with("Sharing") { "SharePointSharingOperation" } else { "SharePointFileOperation" };
    let columns = json!({
        "EventSource": "SharePoint",
        "ItemType": if item.is_folder() { "Folder" } else { "File" },
        "ListItemUniqueId": Uuid::from_bytes(item.key),
        "OfficeObjectId": format!("{site}/{}", path.replace(' ', "%20")),
        "Site_Url": format!("{url}/"),
        "SourceFileExtension": extension,
        "SourceFileName": name,
        "SourceRelativeUrl": relative,
        "TargetUserOrGroupName": with,
        "TargetUserOrGroupType": with.map(|_| "Member"),
    });
    deed(service, record, operation, columns)
}

/// People as Teams lists them.
fn people(state: &State, ids: &[Uuid]) -> Vec<Value> {
    let users = ids.iter().filter_map(|id| state.directory.live.get(*id));
    let shown =
        |user: &User| json!({ "DisplayName": user.text("displayName"), "Role": 1, "UPN": user.principal_name() });
    users.map(shown).collect()
}

/// Something done in a chat: `ChatCreated`, `ChatUpdated`, `MemberAdded`, `MessageSent`, `MessageUpdated`,
/// `ReactedToMessage`; with the post, if it is about one.
pub(crate) fn chat(operation: &'static str, state: &State, chat: &Chat, post: Option<u64>) -> super::Deed {
    let columns = json!({
        "ChatThreadId": chat.id,
        "CommunicationType": if chat.kind == "oneOnOne" { "OneOnOne" } else { "GroupChat" },
        "ItemName": chat.id,
        "Members": people(state, &chat.members),
        "MessageId": post.map(|id| id.to_string()),
    });
    deed(Service::Teams, "MicrosoftTeams", operation, columns)
}

/// Something done in a channel: `ChannelAdded`, `ChannelDeleted`, and what is done with posts as in chats.
pub(crate) fn channel(
    operation: &'static str,
    state: &State,
    team: Uuid,
    channel: &Channel,
    post: Option<u64>,
) -> super::Deed {
    let columns = json!({
        "AADGroupId": team,
        "ChannelGuid": channel.id,
        "ChannelName": channel.name(),
        "ChannelType": "Standard",
        "CommunicationType": "Team",
        "ItemName": channel.name(),
        "MessageId": post.map(|id| id.to_string()),
        "TeamGuid": team,
        "TeamName": team_name(state, team),
    });
    deed(Service::Teams, "MicrosoftTeams", operation, columns)
}

/// Something done to a team: `TeamCreated`, `MemberAdded`, `MemberRemoved`; with those it is about.
pub(crate) fn team(operation: &'static str, state: &State, team: Uuid, members: &[Uuid]) -> super::Deed {
    let columns = json!({
        "AADGroupId": team,
        "ItemName": team_name(state, team),
        "Members": people(state, members),
        "TeamGuid": team,
        "TeamName": team_name(state, team),
    });
    deed(Service::Teams, "MicrosoftTeams", operation, columns)
}

fn team_name(state: &State, team: Uuid) -> &str {
    state.groups.get(team).map(|group| group.text("displayName")).unwrap_or_default()
}
