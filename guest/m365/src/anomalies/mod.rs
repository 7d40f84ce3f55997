//! Anomaly packs: what attackers do with an account, done by workers to workers, and beside each the like of it that is
//! meant well.
//!
//! A detection that fires on everything is as useless as one that never does, so whoever measures one needs both: for each
//! *malicious* step the tenant shows, another worker does something that looks like it and is not (`benign-lookalike`): a
//! bulk sync, a rule that keeps somebody informed, a late night before a deadline, a link to an all-hands. The ground truth
//! tells them apart, by `label`; `scenario` says which pack of the config a step belongs to (`mass-download/1`), `step` its
//! number in it, and `technique` what MITRE ATT&CK calls it.
//!
//! | pack | kind of its activities | technique | the look-alike |
//! |---|---|---|---|
//! | `mass-download` | `document.download` | T1530 | somebody syncs documents, more slowly |
//! | `forwarding-rule` | `email.rule_create` | T1114.003 | a rule that passes approvals on to a colleague |
//! | `off-hours-burst` | `email.send` | T1078.004 | somebody works late, and writes about work |
//! | `internal-phish` | `email.send` | T1534 | an invitation to an all-hands with a link |
//!
//! Nothing of it reaches anybody but workers: rules send on to workers, mails go to workers, links lead to names that are
//! reserved for examples (RFC 2606).
//!
//! | file | thought |
//! |---|---|
//! | `plan` | which steps there are, and when |
//! | `rule` | making an inbox rule |
//! | `words` | what the mails say |

mod plan;
mod rule;
mod words;

use haymaker_guest::Activity;
use serde::{Deserialize, Serialize};

pub use self::{
    plan::{Upcoming, fits, upcoming},
    rule::{RULE, perform, settle},
};
use crate::config::Pack;

/// What an attacker does.
const MALICIOUS: &str = "malicious";
/// What looks like it.
const LOOKALIKE: &str = "benign-lookalike";

/// Whose step something is: it travels with the work, and marks what the work tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The pack.
    pack: Pack,
    /// Its place in the config, from 1.
    scenario: usize,
    /// The step, from 1.
    step: u32,
    /// Whether it only looks like one.
    alike: bool,
}

impl Mark {
    /// The activity, as this step's.
    #[must_use]
    pub fn put(self, mut activity: Activity) -> Activity {
        activity.label = if self.alike { LOOKALIKE } else { MALICIOUS }.to_owned();
        let scenario = format!("{}/{}", self.pack.key(), self.scenario);
        let activity = activity.with("scenario", scenario).with("step", self.step.to_string());
        if self.alike { activity } else { activity.with("technique", self.pack.technique()) }
    }

    /// The task's name.
    fn task(self) -> String {
        let Mark { scenario, step, alike, .. } = self;
        format!("anomaly/{scenario}/{}{step}", if alike { "alike/" } else { "" })
    }
}

/// The activity, as the step's whose it is, if it is any's.
#[must_use]
pub fn marked(mark: Option<Mark>, activity: Activity) -> Activity {
    match mark {
        Some(mark) => mark.put(activity),
        None => activity,
    }
}
