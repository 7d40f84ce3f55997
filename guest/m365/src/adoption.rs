//! People who have accounts of their own: members of a group that the operator names.
//!
//! They are never patched, tagged, licensed or deleted. The ledger lists them as lent, because only what it lists may be
//! touched, and lets go of them at the end. Which of them work is decided once, when the tenant is looked at: in the order of their ids, which says nothing about
//! anybody and never changes. Whoever has a directory role is refused, because what is simulated in their name could be
//! taken for theirs.

use std::borrow::Cow;

use haymaker_guest::{Problem, http::Request, log, state};
use serde::{Deserialize, Serialize};

use crate::{
    graph::{self, ENDPOINT},
    office::{Office, TENANT, index},
    people::Person,
};

/// What the ledger calls them.
pub const LENT: &str = "adopted-user";

/// Somebody who is adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// The user's id.
    pub id: String,
    /// Its name for signing in.
    pub upn: String,
    address: String,
    given: String,
    family: String,
}

/// A member of the group.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    id: String,
    #[serde(default)]
    user_principal_name: String,
    #[serde(default)]
    mail: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    given_name: Option<String>,
    #[serde(default)]
    surname: Option<String>,
    /// Not shown to an application that may only read the basics.
    #[serde(default)]
    account_enabled: Option<bool>,
}

impl Member {
    const SELECT: &str = "id,userPrincipalName,mail,displayName,givenName,surname,accountEnabled";

    fn is_able(&self) -> bool {
        self.account_enabled != Some(false) && !self.user_principal_name.is_empty()
    }

    fn adopted(self) -> Adopted {
        let shown = self.display_name.unwrap_or_default();
        let (first, rest) = shown.split_once(' ').unwrap_or((&shown, ""));
        let name = |own: Option<String>, shown: &str| own.filter(|own| !own.is_empty()).unwrap_or(shown.to_owned());
        Adopted {
            given: name(self.given_name, if first.is_empty() { &self.user_principal_name } else { first }),
            family: name(self.surname, rest),
            address: self.mail.unwrap_or_else(|| self.user_principal_name.clone()).to_lowercase(),
            upn: self.user_principal_name,
            id: self.id,
        }
    }
}

fn key() -> String {
    state::actor_key(TENANT, "adopted")
}

/// Looks who can be adopted, and remembers who is; from a task of [`TENANT`].
///
/// # Errors
/// Graph's; `invalid` with `no-group` or `no-members` when there are not enough.
pub fn look(office: &Office, group: &str) -> Result<(), Problem> {
    let request = Request::get(ENDPOINT, format!("/groups/{group}/members/graph.user"))
        .query("$select", Member::SELECT)
        .query("$top", "999");
    let response = request.send()?;
    if response.status == 404 {
        let message = format!("the tenant has no group {group}; `workers_from` names it by its object id");
        return Err(Problem::invalid("no-group", message));
    }
    let what = "cannot read the group's members";
    let mut members: Vec<Member> = graph::rest(graph::accept(response, what)?, what)?;
    let all = members.len();
    members.retain(Member::is_able);
    members.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let wanted = if office.config.counted { office.config.workers() as usize } else { members.len() };
    if members.is_empty() || members.len() < wanted {
        let hint = match members.len() {
            0 => "put people with enabled accounts into it".to_owned(),
            able => format!("use -c workers={able}"),
        };
        let message = format!("the group {group} has {all} members, {} of them able to work: {hint}", members.len());
        return Err(Problem::invalid("no-members", message));
    }
    members.truncate(wanted.min(crate::config::MOST_WORKERS as usize));
    log::info(format!("{} of the group's {all} members are adopted", members.len()));
    state::save(&key(), &members.into_iter().map(Member::adopted).collect::<Vec<_>>())
}

impl Adopted {
    /// Everybody who is, in the order of the workers' numbers.
    ///
    /// # Errors
    /// The state's.
    pub fn known() -> Result<Vec<Adopted>, Problem> {
        Ok(state::load(&key())?.unwrap_or_default())
    }

    /// Whom a person stands for.
    ///
    /// # Errors
    /// `invalid` when nobody is there.
    pub fn of(person: &Person) -> Result<Adopted, Problem> {
        let nobody = || Problem::invalid("no-such-worker", format!("nobody was adopted as {}", person.worker));
        Adopted::known()?.into_iter().nth(index(person)).ok_or_else(nobody)
    }

    /// Lends a person its name and address.
    pub(crate) fn lend(self, person: &mut Person) {
        person.given = Cow::Owned(self.given);
        person.family = Cow::Owned(self.family);
        person.address = Some(self.address);
    }

    /// Whether it has no directory role.
    ///
    /// # Errors
    /// `invalid` with `privileged` when it has one; Graph's.
    pub fn must_be_ordinary(&self) -> Result<(), Problem> {
        #[derive(Deserialize)]
        struct Membership {
            #[serde(rename = "@odata.type", default)]
            kind: String,
        }
        let target = format!("{}/transitiveMemberOf", graph::user(&self.id));
        let request = Request::get(ENDPOINT, target).query("$select", "id").query("$top", "999");
        let memberships: Vec<Membership> = graph::collect(request, "cannot read somebody's roles")?;
        if memberships.iter().any(|membership| membership.kind.ends_with("directoryRole")) {
            let message = format!("{} has a directory role, and is not adopted; take it out of the group", self.upn);
            return Err(Problem::invalid("privileged", message));
        }
        Ok(())
    }
}
