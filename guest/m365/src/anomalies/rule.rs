//! Making an inbox rule. It goes with its mailbox, when the user is deleted: nobody who is adopted is given one.

use haymaker_guest::{Activity, Deployment, LostRequest, Outcome, Problem, Task, Verdict, http::Request, time::MINUTE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Mark;
use crate::{
    graph::{self, ENDPOINT},
    office::{Account, Office, Tenant},
};

/// The kind of the task, and of its activity.
pub const RULE: &str = "email.rule_create";

/// How long a new rule may take to show.
const IN_TRANSIT: u64 = MINUTE;

/// What a task of this kind does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Making {
    /// Whose step it is.
    pub(super) mark: Mark,
    /// The worker to whom the rule sends on.
    pub(super) to: String,
}

/// A rule as it is found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    #[serde(default)]
    display_name: String,
}

impl Making {
    /// Attackers call their rules as little as they can; others say what they are for. A worker who makes several has one
    /// of each name: by that it is found whether one was made.
    fn name(&self) -> String {
        let nth = self.mark.scenario;
        match (self.mark.alike, nth) {
            (true, 1) => "Approvals to a colleague".to_owned(),
            (true, nth) => format!("Approvals to a colleague {nth}"),
            (false, nth) => ".".repeat(nth),
        }
    }

    fn body(&self, address: &str) -> Value {
        let to = json!([{"emailAddress": {"address": address}}]);
        let (words, actions) = if self.mark.alike {
            (json!({"subjectContains": ["approval"]}), json!({"forwardTo": to}))
        } else {
            let words = json!({"bodyOrSubjectContains": ["invoice", "payment", "password"]});
            (words, json!({"forwardTo": to, "stopProcessingRules": true}))
        };
        json!({"displayName": self.name(), "sequence": 1, "isEnabled": true, "conditions": words, "actions": actions})
    }
}

/// Somebody at the mailbox whose rule it is to be.
struct Maker<'a> {
    office: &'a Office,
    task: &'a Task,
    account: Account,
    tenant: Tenant,
    making: Making,
}

impl<'a> Maker<'a> {
    fn of(office: &'a Office, task: &'a Task) -> Result<Maker<'a>, Problem> {
        let (account, tenant) = (Account::required(task)?, Tenant::required()?);
        Ok(Maker { office, task, account, tenant, making: task.read_payload()? })
    }

    fn rules(&self) -> String {
        format!("{}/mailFolders/inbox/messageRules", graph::user(&self.account.user_id))
    }

    /// Where the rule sends mail on to.
    fn address(&self) -> Result<String, Problem> {
        Ok(self.office.address(self.office.person(&self.making.to)?, &self.tenant))
    }

    fn made(&self, rule: &str) -> Result<Outcome, Problem> {
        let person = self.office.person(&self.task.actor)?;
        let upn = self.office.address(person, &self.tenant);
        let address = self.address()?;
        let activity = self.office.told(Activity::benign(RULE), person, &upn, &self.account.user_id)?;
        let activity = activity.to([address.as_str()]).with("object_id", rule).with("subject", self.making.name());
        Ok(Outcome::activity(self.making.mark.put(activity)))
    }
}

/// Makes it.
///
/// # Errors
/// Graph's.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let maker = Maker::of(&office, task)?;
    let request = Request::post_json(ENDPOINT, maker.rules(), &maker.making.body(&maker.address()?));
    let response = office.speak(&task.actor, || request.send())?;
    let rule: Found = graph::accept(response, "cannot make an inbox rule")?.json()?;
    maker.made(&rule.id)
}

/// Looks whether it was made whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let maker = Maker::of(&office, task)?;
    let rules: Vec<Found> = office
        .speak(&task.actor, || graph::collect(Request::get(ENDPOINT, maker.rules()), "cannot read inbox rules"))?;
    match rules.into_iter().find(|rule| rule.display_name == maker.making.name()) {
        Some(rule) => maker.made(&rule.id).map(Verdict::Happened),
        None => Ok(lost.unseen(IN_TRANSIT)),
    }
}
