//! The ground truth: one line for everything that happened, was refused, or may have happened.
//!
//! The guest says what it did; the host adds ids, times, status and every request that was made for it. A task's
//! requests travel along: attempts that failed, and the tasks it follows from, are part of the activity's record.
//! Every task that is over has a line, except one that is *continued* by a follow-up of its own kind (a draft by its
//! sending): there the last of the chain speaks for all.
//!
//! # The schema
//!
//! A line is a JSON object. Times are RFC 3339, UTC, with milliseconds. A field that does not apply to an activity is
//! *absent*; one that applies and that nobody knows is `null`. Whatever is no list, number or object is a text.
//!
//! | field | what it is |
//! |---|---|
//! | `id` | the activity: its task's id, and `#2`, `#3` after it where one task did several things |
//! | `deployment` | the deployment |
//! | `tenant`, `tenant_id`, `app_id` | where it acts and as which application; `null` in a tenant that has none |
//! | `actor` | whose task it was: within one actor, nothing happens at the same time |
//! | `kind` | what was done: `email.send`, `teams.chat_message`, `calendar.create`, `document.edit`, `user.create`, ... |
//! | `label` | `benign`; `infrastructure` (provisioning, polling, cleanup); the label of an anomaly pack or of its look-alike; `null` for what did not happen, of which nothing is claimed |
//! | `due`, `at` | when it was planned for, and when it was over |
//! | `status` | `done`, `failed`, `denied` (by this host), `unknown` (the answer was lost, and the tenant does not tell), `skipped` (its time was over) |
//! | `recipients` | a list of addresses, in lower case; `[]` without any. For `calendar.create`, who is invited |
//! | `recipient_ids` | the list of their ids in the directory, where the workload tells them |
//! | `scenario`, `step`, `technique` | an anomaly pack, its step, and that step's ATT&CK id |
//! | `worker`, `user_id`, `upn`, `department`, `time_zone` | who did it: the name, the directory's id, the address, the department's key, the IANA zone whose clock they work by |
//! | `object_id` | the id of what was made or changed: a message, an event, a drive item, a user. A document's is its drive item |
//! | `internet_message_id`, `conversation_id` | a mail's, and its conversation's |
//! | `in_reply_to` | what is answered: a mail's `internet_message_id`, or the `object_id` of a message in Teams |
//! | `ical_uid`, `start`, `end`, `series` | a meeting's: the same in every attendee's calendar; its time; the series it belongs to |
//! | `response` | what is answered to an invitation: `accepted`, `tentative`, `declined` |
//! | `team_id`, `channel_id`, `chat_id`, `reaction` | where something was said in Teams, and with what it was reacted to |
//! | `drive_id`, `site_url`, `file_name` | where a document lies, and its name |
//! | `subject` | a mail's, a meeting's |
//! | `content_source` | who wrote the text: `template` or `llm` |
//! | `reason` | why it did not happen; why it is not what it was meant to be |
//! | `auth` | as whom: `app`, or `delegated` (as the worker) |
//! | `requests` | the list of every attempt at every request that was made for it, below |
//!
//! A request is an object:
//!
//! | field | what it is |
//! |---|---|
//! | `request_id` | the tenant's id of it (`request-id` of the answer); `null` without an answer |
//! | `client_request_id` | ours: the same for every attempt at a request |
//! | `batch_id` | the `request_id` of the `$batch` that it was part of; `null` outside of one |
//! | `token_uti` | the `uti` claim of the token that it bore; `null` without one |
//! | `method`, `path` | what was asked for |
//! | `status` | the answer's status, a number; `null` without an answer |
//! | `sent`, `received` | when it left and when the answer was there; `null` without one |
//!
//! # The joins
//!
//! | of the export | with the tenant's logs |
//! |---|---|
//! | `requests[].request_id` | `MicrosoftGraphActivityLogs.RequestId` |
//! | `requests[].batch_id` | `MicrosoftGraphActivityLogs.OperationId` (of a request outside of a batch: its own id) |
//! | `requests[].token_uti` | `MicrosoftGraphActivityLogs.SignInActivityId`, and `UniqueTokenIdentifier` of the sign-in logs |
//! | `internet_message_id` | `EmailEvents.InternetMessageId` and its kin; `OfficeActivity` (Exchange) items |
//! | `object_id` and `file_name` of documents | `OfficeActivity` (SharePoint, OneDrive): `SourceFileName`, below `Site_Url` |
//! | `user_id` | every log's user, where somebody acts as themselves (`auth` is `delegated`) |
//!
//! `haymaker export --queries` prints them as KQL.

use haymaker_engine::{Instant, types};
use haymaker_store::{Activity, Auth, DeploymentView, Exchange, Problem, Stage, TaskView};
use serde_json::{Map, Value, json};

/// What a guest may add to a line by name, in the order in which it is exported. Numbers are the host's.
const REFS: [&str; 28] = [
    RECIPIENT_IDS,
    "scenario",
    "step",
    "technique",
    "worker",
    "user_id",
    "upn",
    "department",
    "time_zone",
    "object_id",
    "internet_message_id",
    "ical_uid",
    "conversation_id",
    "in_reply_to",
    "start",
    "end",
    "series",
    "response",
    "team_id",
    "channel_id",
    "chat_id",
    "reaction",
    "drive_id",
    "site_url",
    "file_name",
    "subject",
    "content_source",
    "reason",
];

/// The one that is a list: a guest gives it once for each, or all at once with commas between them.
const RECIPIENT_IDS: &str = "recipient_ids";

/// Label of everything that serves the workload and is not its simulated people's doing.
pub const INFRASTRUCTURE: &str = "infrastructure";

/// RFC 3339, UTC, milliseconds.
pub fn timestamp(at: Instant) -> String {
    i64::try_from(at)
        .ok()
        .and_then(chrono::DateTime::from_timestamp_millis)
        .map_or_else(|| at.to_string(), |time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// Lines of a task that is done, and the names of refs that the export does not know.
///
/// `requests` are all that were made for it. `continued` says that a follow-up of the same kind goes on with it.
pub fn done(
    deployment: &DeploymentView,
    task: &TaskView,
    at: Instant,
    activities: Vec<types::Activity>,
    requests: &[Exchange],
    continued: bool,
) -> (Vec<Activity>, Vec<String>) {
    let mut unknown = Vec::new();
    if activities.is_empty() {
        let lines = if continued {
            Vec::new()
        } else {
            vec![line(deployment, task, at, "done", bare(&task.task.kind), requests, 0, &mut unknown)]
        };
        return (lines, unknown);
    }
    let lines = activities
        .into_iter()
        .enumerate()
        .map(|(n, activity)| line(deployment, task, at, "done", activity, requests, n, &mut unknown))
        .collect();
    (lines, unknown)
}

/// The line of a task that is over without success.
pub fn ended(
    deployment: &DeploymentView,
    task: &TaskView,
    at: Instant,
    stage: Stage,
    problem: &Problem,
    requests: &[Exchange],
) -> Vec<Activity> {
    let status = match stage {
        Stage::Skipped => "skipped",
        Stage::Unknown => "unknown",
        _ if problem.kind == "denied" => "denied",
        _ => "failed",
    };
    let mut activity = bare(&task.task.kind);
    // Only a workload knows what a task would have been; of one that did not happen, nothing is claimed.
    activity.label = String::new();
    activity.refs.push(("reason".to_owned(), format!("{}: {}", problem.code, problem.message)));
    vec![line(deployment, task, at, status, activity, requests, 0, &mut Vec::new())]
}

/// As whom it was done: as whoever sent the last request that changed something, or else the last.
fn auth(requests: &[Exchange]) -> Auth {
    let changed = requests.iter().rfind(|request| request.method != "GET");
    changed.or(requests.last()).map_or(Auth::App, |request| request.auth)
}

fn request(exchange: &Exchange) -> Value {
    json!({
        "request_id": exchange.request_id,
        "client_request_id": exchange.client_request_id,
        "batch_id": exchange.batch_id,
        "auth": exchange.auth.as_str(),
        "token_uti": exchange.token_uti,
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "sent": timestamp(exchange.sent),
        "received": exchange.received.map(timestamp),
    })
}

fn bare(kind: &str) -> types::Activity {
    types::Activity {
        kind: kind.to_owned(),
        label: INFRASTRUCTURE.to_owned(),
        recipients: Vec::new(),
        refs: Vec::new(),
    }
}

/// What a guest adds to a line, in the order of the export.
fn told(refs: &[(String, String)]) -> Vec<(String, Value)> {
    let field = |name: &&str| {
        let mut values = refs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = match *name {
            RECIPIENT_IDS => {
                let ids: Vec<&str> =
                    values.flat_map(|ids| ids.split(',')).map(str::trim).filter(|id| !id.is_empty()).collect();
                (!ids.is_empty()).then(|| json!(ids))
            }
            _ => values.next().map(|value| json!(value)),
        };
        Some(((*name).to_owned(), value?))
    };
    REFS.iter().filter_map(field).collect()
}

#[expect(clippy::too_many_arguments, reason = "the parts of one line, each from another source")]
fn line(
    deployment: &DeploymentView,
    task: &TaskView,
    at: Instant,
    status: &str,
    activity: types::Activity,
    requests: &[Exchange],
    n: usize,
    unknown: &mut Vec<String>,
) -> Activity {
    let id = if n == 0 { task.task.id.clone() } else { format!("{}#{}", task.task.id, n + 1) };
    let due = task.task.due;
    let tenant = &deployment.acceptance.tenant;
    let mut whole = Map::new();
    whole.insert("id".to_owned(), json!(id));
    whole.insert("deployment".to_owned(), json!(deployment.id));
    whole.insert("tenant".to_owned(), json!(tenant.name));
    whole.insert("tenant_id".to_owned(), json!(tenant.tenant_id));
    whole.insert("app_id".to_owned(), json!(tenant.app_id));
    whole.insert("actor".to_owned(), json!(task.task.actor));
    whole.insert("kind".to_owned(), json!(activity.kind));
    whole.insert("label".to_owned(), if activity.label.is_empty() { Value::Null } else { json!(activity.label) });
    whole.insert("due".to_owned(), json!(timestamp(due)));
    whole.insert("at".to_owned(), json!(timestamp(at)));
    whole.insert("status".to_owned(), json!(status));
    whole.insert("recipients".to_owned(), json!(activity.recipients));
    whole.extend(told(&activity.refs));
    whole.insert("auth".to_owned(), json!(auth(requests).as_str()));
    whole.insert("requests".to_owned(), requests.iter().map(request).collect());
    unknown.extend(activity.refs.into_iter().map(|(name, _)| name).filter(|name| !REFS.contains(&name.as_str())));
    Activity {
        id,
        kind: activity.kind,
        label: activity.label,
        status: status.to_owned(),
        due,
        line: Value::Object(whole),
    }
}

#[cfg(test)]
mod tests {
    use haymaker_store::conformance::sample;

    use super::*;

    #[test]
    fn it_was_done_as_whoever_changed_something_last() {
        let sent = |method: &str, auth| Exchange { method: method.to_owned(), auth, ..sample::exchange("r", None) };
        let (app, person) = (Auth::App, Auth::Delegated);
        assert_eq!(auth(&[]), app);
        assert_eq!(auth(&[sent("GET", app), sent("POST", person), sent("GET", app)]), person);
        assert_eq!(auth(&[sent("POST", person), sent("POST", app)]), app);
        assert_eq!(auth(&[sent("GET", app), sent("GET", person)]), person);
    }

    fn refs(refs: &[(&str, &str)]) -> Vec<(String, String)> {
        refs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn line(given: &[(&str, &str)]) -> Value {
        Value::Object(told(&refs(given)).into_iter().collect())
    }

    #[test]
    fn recipient_ids_are_a_list_however_a_guest_gives_them() {
        let list = json!({"recipient_ids": ["a", "b", "c"]});
        assert_eq!(line(&[("recipient_ids", "a"), ("recipient_ids", "b"), ("recipient_ids", "c")]), list);
        assert_eq!(line(&[("recipient_ids", "a, b,c")]), list);
        assert_eq!(line(&[("recipient_ids", "a")]), json!({"recipient_ids": ["a"]}));
        assert_eq!(line(&[("recipient_ids", "")]), json!({}));
    }

    #[test]
    fn what_a_guest_says_is_passed_through_in_the_order_of_the_export_and_the_rest_is_absent() {
        let given: Vec<(&str, &str)> = REFS.iter().rev().map(|name| (*name, *name)).collect();
        let told = told(&refs(&given));
        assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), REFS);
        assert!(told.iter().all(|(name, value)| *value == json!(name) || name == RECIPIENT_IDS));
        assert_eq!(line(&[("nonsense", "x"), ("ical_uid", "u")]), json!({"ical_uid": "u"}));
    }

    /// The page above is what people read: it names everything that a line may have.
    #[test]
    fn every_field_stands_in_the_documentation() {
        let page: String =
            include_str!("truth.rs").lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
        for name in REFS {
            assert!(page.contains(&format!("`{name}`")), "{name} is not documented");
        }
    }
}
