//! The tenant's policy: what an operator permits, and how much of it, whatever deployments ask for.
//!
//! It is a file of the operator's, not of a deployment's, so nobody who deploys widens it. Where there is none, there are
//! no anomalies, and the caps are so wide that only something that ran wild meets them:
//!
//! ```yaml
//! # $HAYMAKER_HOME/tenants/<tenant id>.yaml
//! allow_anomalies: false
//! caps:
//!   objects: 20000             # made here and not yet taken away: users, groups, chats, ...
//!   deletes_per_day: 200000    # DELETE, and `permanentDelete`
//!   requests_per_day: 5000000
//!   mails_per_day: 500000      # sent, answered, passed on
//! ```
//!
//! Days are UTC, on the tenant's clock. The file is read when a deployment is accepted and when it is taken up (`start`,
//! a restart of the host); what is wrong with it is said all at once, and then nothing is deployed.
//!
//! | module | thought |
//! |---|---|
//! | [`anomalies`] | what a deployment's config asks for that only `allow_anomalies` permits |
//! | `spending` | how much of the caps is used up, and what happens where they are reached |

pub mod anomalies;
mod spending;

use std::io;
use std::path::Path;

use crate::problems::{Problem, Problems};
use crate::yaml::{self, Field, Fields, Reader};

pub(crate) use self::spending::{Allowance, Spending};

const KEYS: [&str; 2] = ["allow_anomalies", "caps"];
const CAPS: [&str; 4] = ["objects", "deletes_per_day", "requests_per_day", "mails_per_day"];

/// More than this is no cap, and no number that every reader of JSON keeps.
const MOST: u64 = 1_000_000_000_000;

/// What an operator permits in a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantPolicy {
    /// Whether deployments may do what defenders are to find (anomaly packs).
    pub allow_anomalies: bool,
    /// How much all deployments together may do.
    pub caps: Caps,
}

/// Limits of all deployments in a tenant together. 0 permits none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Live objects: ledger entries that are intended or made, and not taken away.
    pub objects: u64,
    /// Requests that delete, in a day.
    pub deletes_per_day: u64,
    /// Requests in a day. One that is tried again counts once, until the host is restarted: then each attempt does.
    pub requests_per_day: u64,
    /// Requests that send, answer or pass on a mail, in a day. What a calendar sends by itself is not among them.
    pub mails_per_day: u64,
}

impl Default for Caps {
    /// Ten deployments of the largest size (300 people who write sixty mails a day, each some ten requests) meet none of
    /// them, and take away in one day what they made in a week.
    fn default() -> Caps {
        Caps { objects: 20_000, deletes_per_day: 200_000, requests_per_day: 5_000_000, mails_per_day: 500_000 }
    }
}

impl TenantPolicy {
    /// Reads the operator's file; without one, what is permitted by default.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(path: &Path) -> Result<TenantPolicy, Problems> {
        let origin = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => TenantPolicy::parse(&text, &origin),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(TenantPolicy::default()),
            Err(error) => Err(Problem::new("", format!("{origin} cannot be read: {error}")).into()),
        }
    }

    /// Reads a text; `origin` is the file's name for messages.
    ///
    /// # Errors
    /// All that is wrong with it, with lines.
    pub fn parse(text: &str, origin: &str) -> Result<TenantPolicy, Problems> {
        let reader = Reader::new(origin);
        let root = yaml::parse(text, &reader);
        let fields = root.as_ref().and_then(|root| Fields::root(&reader, root, "a tenant's policy", &KEYS));
        let policy = fields.map(|fields| TenantPolicy {
            allow_anomalies: fields.get("allow_anomalies").and_then(|field| field.flag()).unwrap_or_default(),
            caps: fields
                .get("caps")
                .and_then(|field| field.fields(&CAPS))
                .map(|caps| read_caps(&caps))
                .unwrap_or_default(),
        });
        reader.finish(policy.unwrap_or_default())
    }
}

fn read_caps(fields: &Fields<'_>) -> Caps {
    let usual = Caps::default();
    let read = |name, usual| fields.get(name).and_then(|field| number(&field)).unwrap_or(usual);
    let [objects, deletes, requests, mails] = CAPS;
    Caps {
        objects: read(objects, usual.objects),
        deletes_per_day: read(deletes, usual.deletes_per_day),
        requests_per_day: read(requests, usual.requests_per_day),
        mails_per_day: read(mails, usual.mails_per_day),
    }
}

fn number(field: &Field<'_>) -> Option<u64> {
    let wanted = || format!("write a whole number from 0 to {MOST}");
    field.parse(|_| field.json().as_u64().filter(|number| *number <= MOST).ok_or_else(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TenantPolicy, Problems> {
        TenantPolicy::parse(text, "t.yaml")
    }

    #[test]
    fn what_the_file_does_not_say_is_as_without_it() {
        let read = parse("allow_anomalies: true\ncaps: { mails_per_day: 0 }\n").unwrap();
        assert_eq!(read, TenantPolicy { allow_anomalies: true, caps: Caps { mails_per_day: 0, ..Caps::default() } });
        assert_eq!(parse("caps:\n").unwrap(), TenantPolicy::default());
        let nowhere = tempfile::tempdir().unwrap();
        let absent = TenantPolicy::read(&nowhere.path().join("t.yaml")).unwrap();
        assert!(!absent.allow_anomalies && absent == TenantPolicy::default());
    }

    #[test]
    fn a_file_is_refused_with_all_its_problems_and_their_lines() {
        let text = "allow_anomalys: true\nallow_anomalies: maybe\ncaps:\n  objects: -1\n  mails_per_day: many\n  \
                    requests_per_day: \"7\"\n  deletes: 7\n";
        let said = parse(text).unwrap_err().to_string();
        let expected = [
            "t.yaml:1: allow_anomalys: unknown key; did you mean allow_anomalies?",
            "t.yaml:2: allow_anomalies=maybe: write true or false",
            "t.yaml:4: caps.objects=-1: write a whole number from 0 to 1000000000000",
            "t.yaml:5: caps.mails_per_day=many: write a whole number from 0 to 1000000000000",
            "t.yaml:6: caps.requests_per_day=7: write a whole number from 0 to 1000000000000",
        ];
        assert!(expected.iter().all(|line| said.contains(line)), "{said}");
        assert!(said.contains("t.yaml:7: caps.deletes: unknown key"), "{said}");
        for text in ["", "- a\n", "caps: 7\n", "a: [\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
