//! What earlier deployments left in the tenant, for a host that does not remember them.
//!
//! Nothing is known of them but how this workload names and tags what it makes: users carry `haymaker:<deployment>` in
//! `employeeType`, groups are called `haymaker-<deployment>-...`. The search only lists; whether what it finds is really an
//! orphan, and what becomes of it, the host decides.

use haymaker_guest::{Activity, Outcome, Problem, ProblemKind, http::Request, log, state};
use serde::{Deserialize, Serialize};

use crate::{
    graph::{self, ENDPOINT},
    groups::GROUP,
    office::TENANT,
    provision::USER,
};

/// The kind of the task; the host's word.
pub const FIND: &str = "orphans.find";

/// What every deployment's tag begins with.
const TAG: &str = "haymaker:";

/// What the names of every deployment's groups begin with.
const PREFIX: &str = "haymaker-";

/// What can carry no tag.
const UNTAGGED: &str = "mailboxes and drives of people who were adopted (nothing in them carries a tag: only the home that \
                        put it there knows it), chats (no application may list or delete them), and the recycle bin (what lies there is \
                        gone for good after 30 days)";

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Everything that carries a tag.
    pub things: Vec<Thing>,
    /// What could not be searched, and why.
    pub unsearched: Vec<String>,
}

/// A thing that carries a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// The deployment that the tag names.
    pub deployment: String,
    /// As in the ledger.
    pub kind: String,
    /// As in the ledger.
    pub name: String,
    /// The tenant's id.
    pub id: String,
    /// The tag.
    pub tag: String,
    /// When it was created (RFC 3339).
    pub created: String,
}

impl Found {
    fn key() -> String {
        state::actor_key(TENANT, "orphans")
    }

    /// What was found; nothing, if nobody searched.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub fn known() -> Result<Option<Found>, Problem> {
        state::load(&Found::key())
    }
}

/// A user or a group of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    #[serde(default)]
    user_principal_name: String,
    #[serde(default)]
    employee_type: Option<String>,
    #[serde(default)]
    unique_name: Option<String>,
    #[serde(default)]
    created_date_time: Option<String>,
}

/// Searches the tenant.
///
/// # Errors
/// Graph's, when the users cannot be listed.
pub fn perform() -> Result<Outcome, Problem> {
    let mut found = Found::default();
    let users =
        list("/users", &format!("startswith(employeeType,{})", graph::text(TAG)), "userPrincipalName,employeeType")?;
    found.things.extend(users.into_iter().filter_map(user));
    match list("/groups", &format!("startswith(uniqueName,{})", graph::text(PREFIX)), "uniqueName") {
        Ok(groups) => found.things.extend(groups.into_iter().filter_map(group)),
        // An application without groups has none to leave behind, but an earlier one may have had.
        Err(problem) if problem.kind == ProblemKind::Denied => {
            found.unsearched.push(format!("groups ({})", problem.message));
        }
        Err(problem) => return Err(problem),
    }
    found.unsearched.push(UNTAGGED.to_owned());
    log::info(format!("{} things carry a tag of haymaker's", found.things.len()));
    state::save(&Found::key(), &found)?;
    Ok(Outcome::activity(Activity::infrastructure(FIND)))
}

fn list(path: &str, filter: &str, names: &str) -> Result<Vec<Listed>, Problem> {
    let select = format!("id,{names},createdDateTime");
    let request = Request::get(ENDPOINT, path).query("$filter", filter).query("$select", &select).query("$top", "999");
    graph::collect(request, &format!("cannot search {path}"))
}

fn user(listed: Listed) -> Option<Thing> {
    let tag = listed.employee_type?;
    Some(Thing {
        deployment: tag.strip_prefix(TAG)?.to_owned(),
        kind: USER.to_owned(),
        name: listed.user_principal_name,
        id: listed.id,
        tag,
        created: listed.created_date_time.unwrap_or_default(),
    })
}

/// A group, whose name is all the tag that it has.
fn group(listed: Listed) -> Option<Thing> {
    let name = listed.unique_name?;
    Some(Thing {
        deployment: deployment_of(&name)?.to_owned(),
        kind: GROUP.to_owned(),
        tag: name.clone(),
        name,
        id: listed.id,
        created: listed.created_date_time.unwrap_or_default(),
    })
}

/// The deployment in the name of one of its groups: all up to eight hexadecimal digits between dashes.
fn deployment_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(PREFIX)?;
    let ends = rest.match_indices('-').map(|(at, _)| at);
    let is_id = |end: usize| {
        let (id, _) = rest.split_at_checked(end)?;
        let (_, number) = id.rsplit_once('-')?;
        (number.len() == 8 && number.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
    };
    ends.filter_map(is_id).next()
}

#[cfg(test)]
mod tests {
    use haymaker_guest::{http::Response, testing::Host};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_groups_name_tells_its_deployment() {
        let id = "m365-knowledge-worker-0123abcd";
        assert_eq!(deployment_of(&format!("haymaker-{id}-sales")), Some(id));
        assert_eq!(deployment_of(&format!("haymaker-{id}-sales-sec")), Some(id));
        for other in ["sales", "haymaker-sales", "haymaker-m365-knowledge-worker-0123abcd", "haymaker-x-0123abcg-y"] {
            assert_eq!(deployment_of(other), None, "{other}");
        }
    }

    fn found(groups: u16) -> Found {
        let answer = move |_, request: &Request| {
            let (status, body) = if request.target.starts_with("/users?") {
                let user = json!({"id": "u-1", "userPrincipalName": "haymaker-d-0123abcd-1@x", "employeeType": "haymaker:d-0123abcd",
                    "createdDateTime": "2026-01-05T08:00:00Z"});
                (200, json!({"value": [user]}))
            } else if groups == 200 {
                (200, json!({"value": [{"id": "g-1", "uniqueName": "haymaker-d-0123abcd-sales"}, {"id": "g-2"}]}))
            } else {
                (
                    groups,
                    json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges."}}),
                )
            };
            Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
        };
        let mut host = Host::new(0).answering(answer);
        host.performing(TENANT, perform).unwrap();
        host.planning(Found::known).unwrap().unwrap()
    }

    #[test]
    fn what_carries_a_tag_is_found_with_the_deployment_that_it_names() {
        let found = found(200);
        let told: Vec<_> = found.things.iter().map(|thing| (thing.kind.as_str(), thing.deployment.as_str())).collect();
        assert_eq!(told, [("user", "d-0123abcd"), ("group", "d-0123abcd")]);
        assert_eq!(found.things[0].created, "2026-01-05T08:00:00Z");
        assert_eq!(found.unsearched, [UNTAGGED]);
    }

    #[test]
    fn groups_that_may_not_be_listed_are_said_not_to_be_searched() {
        let found = found(403);
        assert_eq!(found.things.len(), 1);
        assert!(found.unsearched[0].starts_with("groups (cannot search /groups"), "{found:?}");
    }
}
