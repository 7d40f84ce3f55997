//! Listening to answers: what they prove, and what of them the guest may see.

use haymaker_engine::http::{Canonical, Response};
use serde_json::Value;

use super::looks::{attended, is_made, is_sent, participants, shows_participants};
use super::own::{Kind, Own, Standing};
use super::private;

/// Remembers what the answer to a permitted request proves, and takes out of it what is not the deployment's own.
pub(super) fn hear(own: &Own, request: &Canonical, mut response: Response) -> Response {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    if !(200..300).contains(&response.status) {
        match (response.status, segments.as_slice()) {
            (404, ["users", user]) => own.witness().misses(Kind::User, user),
            (404, ["groups", group]) => own.witness().misses(Kind::Group, group),
            _ => {}
        }
        return response;
    }
    match segments.as_slice() {
        ["users", user, "transitiveMemberOf"] => memberships(own, request, user, &response),
        ["users", user, rest @ ..] if !rest.is_empty() => match own.standing(user) {
            Ok(Some(standing)) => of_person(own, request, standing, rest, &mut response),
            _ => return response,
        },
        ["users", ..] | ["directory", ..] => {
            users(own, request, &response);
            groups(own, request, &response);
        }
        ["groups", group, rest @ ..] if !rest.is_empty() => of_group(own, request, group, rest, &response),
        ["groups", ..] => groups(own, request, &response),
        [one] if super::groups::unique_name(one).is_some() => groups(own, request, &response),
        ["teams"] => started(own, &response),
        ["teams", _, "channels", _, "filesFolder"] => {
            let item = json(&response);
            hear_id(own, Kind::Drive, item.pointer("/parentReference/driveId"));
        }
        ["chats"] if request.method == "POST" => private::begun(own, request, &json(&response)),
        ["chats", chat, "messages", rest @ ..] => private::messages(own, request, chat, rest, &mut response),
        ["sites", _, "drive"] => hear_id(own, Kind::Drive, json(&response).get("id")),
        ["sites", _, "drives"] => all(&json(&response)).for_each(|drive| hear_id(own, Kind::Drive, drive.get("id"))),
        _ => {}
    }
    response
}

pub(super) fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

/// The items of a list, or the one thing.
fn all(body: &Value) -> impl Iterator<Item = &Value> {
    let items = body.get("value").and_then(Value::as_array);
    let one = items.is_none().then_some(body);
    items.into_iter().flatten().chain(one)
}

pub(super) fn text<'a>(thing: &'a Value, name: &str) -> &'a str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn hear_id(own: &Own, kind: Kind, id: Option<&Value>) {
    if let Some(id) = id.and_then(Value::as_str).filter(|id| !id.is_empty()) {
        own.witness().hear(kind, id, []);
    }
}

/// Users with the deployment's tag; the answer to a creation may show neither it nor the name, but the request had both.
fn users(own: &Own, request: &Canonical, response: &Response) {
    let body = json(response);
    for user in all(&body) {
        let (id, name) = (text(user, "id"), text(user, "userPrincipalName"));
        let made = request.method == "POST" && request.segments.len() == 1;
        if !id.is_empty() && (made || text(user, "employeeType") == own.tag()) {
            let asked = request.json.as_ref().filter(|_| made).map_or("", |body| name_in(body));
            own.witness().hear(Kind::User, id, [unprefixed(id, name), text(user, "mail"), asked]);
        }
    }
}

/// The name that a creation asks for, however it is spelled; it was found in the ledger before it was sent.
fn name_in(body: &Value) -> &str {
    let mut members = body.as_object().into_iter().flatten();
    let name = members.find(|(key, _)| key.eq_ignore_ascii_case("userPrincipalName"));
    name.and_then(|(_, value)| value.as_str()).unwrap_or_default()
}

/// A deleted user's name has its id before it, without dashes.
fn unprefixed<'a>(id: &str, name: &'a str) -> &'a str {
    name.strip_prefix(&id.replace('-', "")).unwrap_or(name)
}

/// Groups whose name is nobody else's.
fn groups(own: &Own, request: &Canonical, response: &Response) {
    let body = json(response);
    let asked = request.segments.first().and_then(|one| super::groups::unique_name(one)).unwrap_or_default();
    for group in all(&body) {
        let names = [text(group, "uniqueName"), text(group, "mailNickname"), asked];
        let own_names: Vec<&str> = names.into_iter().filter(|name| own.is_own_form(name)).collect();
        let id = text(group, "id");
        if !id.is_empty() && !own_names.is_empty() {
            own.witness().hear(Kind::Group, id, own_names);
        }
    }
}

/// What belongs to a group: the lender's members, or the parts of an own one.
fn of_group(own: &Own, request: &Canonical, group: &str, rest: &[&str], response: &Response) {
    let body = json(response);
    match rest {
        ["members" | "transitiveMembers", ..] if own.group(group).is_err() && request.method == "GET" => {
            lend(own, &body);
        }
        ["sites", "root"] => hear_id(own, Kind::Site, body.get("id")),
        ["drive"] => hear_id(own, Kind::Drive, body.get("id")),
        ["drives"] => all(&body).for_each(|drive| hear_id(own, Kind::Drive, drive.get("id"))),
        _ => {}
    }
}

/// Whom the operator lends.
pub(super) fn lend(own: &Own, members: &Value) {
    for person in all(members).filter(|member| is_user(member)) {
        let id = text(person, "id");
        if !id.is_empty() {
            own.witness().hear(Kind::Adopted, id, [text(person, "userPrincipalName"), text(person, "mail")]);
        }
    }
}

/// What somebody is a member of, and whether a role in the directory is among it.
///
/// An answer is the whole list only if nothing was left out of it (by a filter, by beginning in the middle) and every
/// item says what it is (which a header can turn off): else a role would be overlooked because it was not shown.
fn memberships(own: &Own, request: &Canonical, user: &str, response: &Response) {
    let body = json(response);
    let privileged = all(&body).any(|one| text(one, "@odata.type").ends_with("directoryRole"));
    let plain = |name: &str| matches!(name.to_ascii_lowercase().trim_start_matches('$'), "select" | "top");
    let typed = |items: &Vec<Value>| items.iter().all(|one| !text(one, "@odata.type").is_empty());
    let terse = request.header("accept").is_some_and(|accept| accept.to_ascii_lowercase().contains("none"));
    let whole = request.query.iter().all(|(name, _)| plain(name))
        && !terse
        && body.get("value").and_then(Value::as_array).is_some_and(typed)
        && body.get("@odata.nextLink").is_none();
    own.witness().hear_memberships(&Kind::Adopted.folded(user), privileged, whole);
}

/// Lists of members hold groups and devices, too.
fn is_user(member: &Value) -> bool {
    matches!(text(member, "@odata.type"), "" | "#microsoft.graph.user")
}

/// `202 Accepted`, `Location: /teams('x')/operations('y')`: a team that is being made, of a group that is.
fn started(own: &Own, response: &Response) {
    let location = response.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.as_str());
    let id = location.and_then(|location| location.split_once("/teams('")).and_then(|(_, rest)| rest.split_once("')"));
    if let Some((id, _)) = id {
        own.witness().hear(Kind::Team, id, []);
    }
}

/// What belongs to a person of the deployment.
fn of_person(own: &Own, request: &Canonical, standing: Standing, rest: &[&str], response: &mut Response) {
    let created = standing == Standing::Created;
    match (request.method, rest) {
        ("POST", ["messages"] | ["mailFolders", _, "messages"]) => written(own, response),
        (
            "POST",
            ["messages", _, "createReply" | "createReplyAll" | "createForward"]
            | ["mailFolders", _, "messages", _, "createReply" | "createReplyAll" | "createForward"],
        ) => written(own, response),
        ("POST", ["messages", id, "send"] | ["mailFolders", _, "messages", id, "send"]) => {
            own.witness().forget_among_workers(id);
        }
        ("GET", ["messages"] | ["mailFolders", _, "messages"]) => messages(own, request, standing, response),
        ("POST", ["mailFolders"] | ["mailFolders", _, "childFolders"]) if !created => {
            hear_id(own, Kind::Folder, json(response).get("id"));
        }
        ("POST", ["events"] | ["calendar", "events"] | ["calendars", _, "events"]) => {
            let event = json(response);
            written(own, response);
            hear_id(own, Kind::Event, event.get("iCalUId"));
        }
        ("GET", ["events" | "calendarView", ..] | ["calendar", _, ..] | ["calendars", _, _, ..]) => {
            events(own, request, standing, response);
        }
        ("GET", ["drive"]) if created => hear_id(own, Kind::Drive, json(response).get("id")),
        ("GET", ["drives"]) if created => {
            all(&json(response)).for_each(|drive| hear_id(own, Kind::Drive, drive.get("id")));
        }
        ("PUT" | "POST", ["drive", ..]) if !created => {
            if let Some(id) = json(response).get("id").and_then(Value::as_str) {
                own.witness().is_ours(id);
            }
        }
        (_, ["chats", chat, "messages", rest @ ..]) => private::messages(own, request, chat, rest, response),
        ("GET", ["chats"]) => all(&json(response)).filter(|chat| among_workers(own, chat)).for_each(|chat| {
            hear_id(own, Kind::Chat, chat.get("id"));
        }),
        _ => {}
    }
}

/// A draft or an event that this deployment wrote, through a request in which everybody was checked.
fn written(own: &Own, response: &Response) {
    if let Some(id) = json(response).get("id").and_then(Value::as_str) {
        let mut witness = own.witness();
        witness.is_among_workers(id);
        witness.is_ours(id);
    }
}

/// Messages that a guest reads: what an adopted person's mailbox holds of others is not shown; where everybody that a
/// message names is shown, it need not be looked at when it is answered.
fn messages(own: &Own, request: &Canonical, standing: Standing, response: &mut Response) {
    let shows = request.option("select").is_none_or(|select| select.contains("Recipients"));
    if standing == Standing::Created && !shows {
        return;
    }
    if standing == Standing::Adopted {
        keep(request, response, |message| {
            let known = own.witness().knows_ours(text(message, "id"));
            known || is_sent(own, message).unwrap_or(false)
        });
    }
    for message in all(&json(response)) {
        let Some(id) = message.get("id").and_then(Value::as_str) else { continue };
        if standing == Standing::Adopted {
            own.witness().is_ours(id);
        }
        if shows_participants(message) && participants(own, message).is_ok() {
            own.witness().is_among_workers(id);
        }
    }
}

/// Events that a guest reads, likewise.
fn events(own: &Own, request: &Canonical, standing: Standing, response: &mut Response) {
    if standing == Standing::Adopted {
        keep(request, response, |event| is_made(own, event).unwrap_or(false));
    }
    for event in all(&json(response)) {
        let Some(id) = event.get("id").and_then(Value::as_str) else { continue };
        if standing == Standing::Adopted {
            own.witness().is_ours(id);
        }
        let shows = event.get("organizer").is_some() && event.get("attendees").is_some();
        if shows && attended(own, event).is_ok() {
            own.witness().is_among_workers(id);
        }
    }
}

/// Whether a chat shows its members, and all of them are workers.
fn among_workers(own: &Own, chat: &Value) -> bool {
    let members = chat.get("members").and_then(Value::as_array).filter(|members| !members.is_empty());
    members.is_some_and(|members| {
        members.iter().all(|member| own.standing(text(member, "userId")).is_ok_and(|standing| standing.is_some()))
    })
}

/// Takes items out of a list; what is no list that can be read is not shown at all.
///
/// The body is made anew from what is left: a count, or a link to more of what was filtered, would tell how many of the
/// others there are. Lists that are not filtered are paged through by their link.
fn keep(request: &Canonical, response: &mut Response, is_own: impl Fn(&Value) -> bool) {
    let mut body = json(response);
    // One thing was looked at before it was asked for.
    if body.get("id").is_some() {
        return;
    }
    let mut items = match body.get_mut("value").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    items.retain(is_own);
    let next = body.get("@odata.nextLink").filter(|next| next.is_string() && request.option("filter").is_none());
    let shown = match next {
        Some(next) => serde_json::json!({ "value": items, "@odata.nextLink": next }),
        None => serde_json::json!({ "value": items }),
    };
    show(response, &shown);
}

pub(super) fn show(response: &mut Response, body: &Value) {
    response.body = body.to_string().into_bytes();
    response.headers.retain(|(name, _)| name != "content-length");
}
