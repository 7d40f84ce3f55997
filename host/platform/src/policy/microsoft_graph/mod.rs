//! The blast radius in Microsoft Graph: a deployment touches what it made, and writes to its own workers only.
//!
//! Everything is decided from the request as it will be sent, from the ledger, and from what the tenant itself says;
//! never from what a guest says of itself. What the policy does not know, it denies: a new path, property, query option or
//! header needs a rule here before a workload can use it.
//!
//! | module | thought |
//! |---|---|
//! | `own` | what is this deployment's: the ledger, as the host believes it |
//! | `witness`, `hearing` | why it believes it: what the tenant said |
//! | `lent` | how lists of adopted people's things may be asked for |
//! | `looks` | what only the tenant knows, and how it is asked |
//! | `people`, `mail`, `calendar`, `drives`, `sharing`, `groups`, `teams`, `chats`, `private`, `posts` | what may be asked of each |
//! | `anomalies` | what ordinary work never needs |
//! | `addresses`, `binds` | whom something goes to; links inside bodies |
//! | `body`, `options`, `path`, `denial` | how requests are read, and refused |

mod addresses;
mod anomalies;
mod binds;
mod body;
mod calendar;
mod chats;
mod denial;
mod drives;
mod groups;
mod hearing;
mod lent;
mod looks;
mod mail;
mod options;
mod own;
mod path;
mod people;
mod posts;
mod private;
mod sharing;
mod teams;
mod witness;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Denial, Objection, Peek, Policy, Response};

use self::looks::Ruling;
use self::own::{Kind, Own, Standing};
use crate::grants::Records;

/// The policy for one deployment.
pub struct MicrosoftGraph {
    own: Own,
}

impl MicrosoftGraph {
    /// The policy for the deployment of these records.
    pub fn new(records: Arc<Records>) -> MicrosoftGraph {
        MicrosoftGraph { own: Own::new(records) }
    }

    /// The same, in a tenant whose operator permits anomalies, or does not.
    #[must_use]
    pub fn permitting(mut self, anomalies: bool) -> MicrosoftGraph {
        self.own.permits_anomalies = anomalies;
        self
    }

    /// Whether the ledger may list a thing under this name with this id: the tenant said so. Kinds that this policy does
    /// not decide by need no witness.
    ///
    /// # Errors
    /// The denial, for the guest.
    pub fn vouches(&self, kind: &str, name: &str, remote_id: &str) -> Result<(), Denial> {
        let Some(of) = Kind::of(kind) else { return Ok(()) };
        if self.own.vouches(of, name, remote_id)? {
            return Ok(());
        }
        let why = format!("nothing that the tenant said makes {remote_id:?} the {kind} {name:?} of this deployment");
        Err(denial::denial("claim", why))
    }

    /// Whether the ledger may let go of a thing: the tenant said that it is gone. A workload that let go of people who are
    /// still there would leave them behind, and a cleanup would call itself complete. What is part of a group goes with
    /// it, and chats nobody can delete: of those the workload's word is enough.
    ///
    /// # Errors
    /// The denial, for the guest.
    pub fn lets_go(&self, kind: &str, name: &str, remote_id: Option<&str>) -> Result<(), Denial> {
        let Some(of @ (Kind::User | Kind::Group)) = Kind::of(kind) else { return Ok(()) };
        if self.own.witness().lets_go(of, name, remote_id) {
            return Ok(());
        }
        let why = format!("the {kind} {name:?} stays in the ledger: the tenant did not say that it is gone");
        Err(denial::denial("release", why))
    }

    /// Whether the path leads to somebody who is lent: then addresses are compared with the lender's roster.
    fn concerns_lent(&self, request: &Canonical) -> Result<bool, Denial> {
        let ["users", user, ..] = *request.segments.iter().map(String::as_str).collect::<Vec<_>>() else {
            return Ok(false);
        };
        Ok(self.own.standing(user)? == Some(Standing::Adopted))
    }

    async fn attempt(&self, request: &Canonical, peek: &dyn Peek) -> Result<(), Objection> {
        match self.decide(request)? {
            Ruling::Permitted => Ok(()),
            Ruling::Look(look) if look.is_known(&self.own) => Ok(()),
            Ruling::Look(look) => look.take(&self.own, request, peek).await,
        }
    }

    /// What can be said without asking the tenant.
    fn decide(&self, request: &Canonical) -> Result<Ruling, Denial> {
        options::check(request)?;
        let own = &self.own;
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match (request.method, segments.as_slice()) {
            ("GET", ["domains" | "organization" | "subscribedSkus"] | ["organization" | "domains", _]) => {}
            (_, ["users", rest @ ..]) => return people::decide(request, own, rest),
            (_, ["directory", "deletedItems", rest @ ..]) => people::deleted(request, own, rest)?,
            (_, ["groups", rest @ ..]) => return groups::decide(request, own, rest),
            (_, ["teams", rest @ ..]) => teams::decide(request, own, rest)?,
            (_, ["chats", rest @ ..]) => chats::decide(request, own, rest)?,
            (_, ["drives", rest @ ..]) => return drives::by_id(request, own, rest),
            (_, ["sites", rest @ ..]) => return drives::of_site(request, own, rest),
            (_, ["subscriptions", ..]) => anomalies::permit(request, "subscriptions")?,
            (_, [one]) if groups::unique_name(one).is_some() => {
                groups::by_name(request, own, groups::unique_name(one).unwrap_or_default())?;
            }
            _ => return Err(path::uncovered(request)),
        }
        Ok(Ruling::Permitted)
    }
}

impl Policy for MicrosoftGraph {
    fn check<'a>(&'a self, request: &'a Canonical, peek: &'a dyn Peek) -> Pending<'a, Result<(), Objection>> {
        Box::pin(async move {
            if self.concerns_lent(request)? {
                looks::read_roster(&self.own, peek).await?;
            }
            match self.attempt(request, peek).await {
                // Perhaps somebody lent, under an address that the ledger does not list.
                Err(Objection::Denied(denial)) if !looks::read_roster(&self.own, peek).await? => Err(denial.into()),
                Err(Objection::Denied(_)) => self.attempt(request, peek).await,
                other => other,
            }
        })
    }

    fn shown(&self, request: &Canonical, response: Response) -> Response {
        hearing::hear(&self.own, request, response)
    }
}
