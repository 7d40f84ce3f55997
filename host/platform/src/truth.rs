//! The ground truth: one line for everything that happened, was refused, or may have happened.
//!
//! The guest says what it did; the host adds ids, times, status and every request that was made for it. A task's
//! requests travel along: attempts that failed, and the tasks it follows from, are part of the activity's record.
//! Every task that is over has a line, except one that is *continued* by a follow-up of its own kind (a draft by its
//! sending): there the last of the chain speaks for all.

use haymaker_engine::{Instant, types};
use haymaker_store::{Activity, Auth, DeploymentView, Exchange, Problem, Stage, TaskView};
use serde_json::{Map, Value, json};

/// What a guest may add to a line by name, in the order in which it is exported. Numbers and lists are the host's.
const REFS: [&str; 28] = [
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
    "team_id",
    "channel_id",
    "chat_id",
    "drive_id",
    "site_url",
    "file_name",
    "start",
    "end",
    "series",
    "response",
    "subject",
    "content_source",
    "reaction",
    "recipient_ids",
    "reason",
];

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
    for name in REFS {
        if let Some((_, value)) = activity.refs.iter().find(|(known, _)| known == name) {
            whole.insert(name.to_owned(), json!(value));
        }
    }
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
}
