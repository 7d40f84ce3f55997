//! What a tenant permits, held against what a workload's features need: fewer permissions, fewer features.
//!
//! The token tells, before anything is created: its `roles` are the application permissions that an administrator
//! consented to. Two things it does not tell. Exchange can permit an application a few mailboxes by a way of its own
//! (RBAC for Applications), which no token shows; and what people permit when they sign in is in their tokens only. Such
//! permissions are *untold*: the feature is on, and the first try decides.

use std::collections::BTreeMap;

use haymaker_store::Grant;
use serde_json::{Map, Value};

use crate::manifest::{Feature, Manifest};
use crate::problems::{Problem, Problems};

/// The key under which a guest finds the grants in its parameters, and an operator chooses features in the config.
pub const FEATURES: &str = "features";

/// What an operator writes to have every feature that is permitted.
const AUTO: &str = "auto";

/// Areas of permissions that Exchange's RBAC for Applications can grant beside the token.
const EXCHANGE: [&str; 4] = ["Calendars", "Contacts", "Mail", "MailboxSettings"];

/// Permissions that there are for signed-in people only.
const DELEGATED: [&str; 2] = ["ChannelMessage.Send", "ChatMessage.Send"];

/// What opens more than its name says, from Microsoft's permission reference: a permission, and those that include it.
/// Reading that goes with writing follows from the names and is not listed.
const INCLUDED: [(&str, &[&str]); 13] = [
    ("Channel.Create", &["Group.ReadWrite.All", "Directory.ReadWrite.All"]),
    ("Domain.Read.All", &["Directory.Read.All", "Directory.ReadWrite.All"]),
    ("Files.Read.All", &["Sites.Read.All", "Sites.ReadWrite.All"]),
    ("Files.ReadWrite.All", &["Sites.ReadWrite.All"]),
    ("Group.Create", &["Group.ReadWrite.All", "Directory.ReadWrite.All"]),
    ("Group.ReadWrite.All", &["Directory.ReadWrite.All"]),
    (
        "GroupMember.Read.All",
        &["Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    ),
    ("GroupMember.ReadWrite.All", &["Group.ReadWrite.All", "Directory.ReadWrite.All"]),
    ("LicenseAssignment.ReadWrite.All", &["User.ReadWrite.All", "Directory.ReadWrite.All"]),
    ("Organization.Read.All", &["Directory.Read.All", "Directory.ReadWrite.All"]),
    ("Team.Create", &["Group.ReadWrite.All", "Directory.ReadWrite.All"]),
    ("User.DeleteRestore.All", &["User.ReadWrite.All"]),
    ("User.ReadBasic.All", &["Directory.Read.All", "Directory.ReadWrite.All"]),
];

/// What is permitted of each feature. `roles` are those of the token; none where it does not tell.
///
/// # Errors
///
/// A permission is missing that the workload cannot do without, or that a feature needs which was asked for by name.
pub fn granted(
    manifest: &Manifest,
    config: &Map<String, Value>,
    roles: Option<&[String]>,
) -> Result<BTreeMap<String, Grant>, Problems> {
    let mut problems = Problems::default();
    for target in &manifest.targets {
        let lacking = lacking(&target.permissions, roles);
        if !lacking.missing.is_empty() {
            problems.push(Problem::new(&*target.name, advice(&lacking.missing, "nothing works without")));
        }
    }
    let judge = |feature: &Feature| (feature.name.clone(), lacking(&feature.permissions, roles));
    let grants: BTreeMap<_, _> = manifest.features.iter().map(judge).collect();
    // What the manifest does not list needs nothing; whether there is such a feature the workload knows.
    for name in wanted(config).iter().flatten() {
        if let Some(grant) = grants.get(*name).filter(|grant| !grant.granted) {
            let without = format!("or leave {name} out; it needs");
            problems.push(Problem::new(FEATURES, advice(&grant.missing, &without)).with(name));
        }
    }
    problems.or(grants)
}

/// The grants as a guest sees them, put into its parameters. A workload without features sees none.
pub fn told(parameters: &Value, grants: &BTreeMap<String, Grant>) -> Value {
    let mut parameters = parameters.clone();
    if let (Value::Object(all), false) = (&mut parameters, grants.is_empty()) {
        all.insert(FEATURES.to_owned(), serde_json::to_value(grants).unwrap_or_default());
    }
    parameters
}

/// One line for people about each feature of which something is to be said: of all, or of those that were asked for.
pub fn remarks<'a>(
    config: &'a Map<String, Value>,
    grants: &'a BTreeMap<String, Grant>,
) -> impl Iterator<Item = String> + 'a {
    let wanted = wanted(config);
    let is_meant = move |name: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(&name));
    grants.iter().filter(move |(name, _)| is_meant(name)).filter_map(|(name, grant)| remark(name, grant))
}

/// One line for people about a feature of which something is to be said. Of a way to have a feature, which not every
/// deployment asks for, the workload says it where it matters.
pub fn remark(name: &str, grant: &Grant) -> Option<String> {
    if name.contains('.') {
        return None;
    }
    match (grant.missing.as_slice(), grant.untold.as_slice()) {
        ([], []) => None,
        ([], untold) => Some(format!("{name}: {} not in the token; will be tried", untold.join(", "))),
        (missing, _) => Some(format!("{name} is off: the application lacks {}", missing.join(", "))),
    }
}

fn advice(missing: &[String], why: &str) -> String {
    let them = missing.join(", ");
    format!("the application lacks {them}; grant it with an administrator's consent, {why} {them}")
}

/// The features that were asked for by name; none: whatever is permitted.
fn wanted(config: &Map<String, Value>) -> Option<Vec<&str>> {
    let said = config.get(FEATURES)?.as_str()?;
    (said.trim() != AUTO).then(|| said.split(',').map(str::trim).collect())
}

fn lacking(needed: &[String], roles: Option<&[String]>) -> Grant {
    let mut grant = Grant::default();
    for permission in needed {
        let held = roles.is_some_and(|roles| roles.iter().any(|role| includes(role, permission)));
        if !held {
            let elsewhere = roles.is_none() || is_elsewhere(permission);
            let list = if elsewhere { &mut grant.untold } else { &mut grant.missing };
            list.push(permission.clone());
        }
    }
    grant.granted = grant.missing.is_empty();
    grant
}

/// Whether a permission may be granted where no application's token shows it.
fn is_elsewhere(permission: &str) -> bool {
    DELEGATED.contains(&permission) || permission.split_once('.').is_some_and(|(area, _)| EXCHANGE.contains(&area))
}

/// Whether who holds one permission may do what another allows.
fn includes(held: &str, needed: &str) -> bool {
    let listed = |name: &str| INCLUDED.iter().any(|(known, by)| *known == name && by.contains(&held));
    held == needed || listed(needed) || reads(held, needed)
}

/// Whether both are of one area, and the one that is held reads or writes more of it, as far as the other reaches:
/// `.WhereInstalled` or `.AppFolder` reach less far than `.All`, or than nothing behind the verb.
fn reads(held: &str, needed: &str) -> bool {
    let rank = |verb: &str| ["ReadBasic", "Read", "ReadWrite"].iter().position(|known| *known == verb);
    let parts = |permission: &str| {
        let mut parts = permission.splitn(3, '.').map(str::to_owned);
        Some((parts.next()?, rank(&parts.next()?)?, parts.next().filter(|reach| reach != "All")))
    };
    match (parts(held), parts(needed)) {
        (Some((area, held, reach)), Some((other, needed, wanted))) => {
            area == other && held > needed && (reach.is_none() || reach == wanted)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Manifest {
        let text = "name: w\nversion: 1.0.0\ndescription: d\npackage: { component: w.wasm, contract: haymaker:workload@0.1 }\n\
            targets: [{ name: microsoft-365, permissions: [Organization.Read.All] }]\n\
            features:\n  mail: [Mail.Send]\n  documents: [Files.ReadWrite.All]\n  documents.shared: [Sites.Read.All]\n  people: [User.ReadWrite.All, LicenseAssignment.ReadWrite.All]\n";
        Manifest::parse(text, "workload.yaml").unwrap()
    }

    fn judge(features: Option<&str>, roles: &[&str]) -> Result<BTreeMap<String, Grant>, String> {
        let config = features.map(|text| (FEATURES.to_owned(), json!(text))).into_iter().collect();
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        granted(&manifest(), &config, Some(&roles)).map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_not_permitted_is_off_and_said() {
        let grants = judge(Some("auto"), &["Organization.Read.All", "User.ReadWrite.All", "Mail.Send"]).unwrap();
        assert!(grants["mail"].granted && grants["people"].granted);
        assert_eq!(remark("mail", &grants["mail"]), None);
        assert!(!grants["documents"].granted);
        let said = remark("documents", &grants["documents"]).unwrap();
        assert_eq!(said, "documents is off: the application lacks Files.ReadWrite.All");
        assert!(
            !grants["documents.shared"].granted && remark("documents.shared", &grants["documents.shared"]).is_none()
        );
    }

    #[test]
    fn what_is_asked_for_by_name_and_not_permitted_is_refused() {
        let refused = judge(Some("mail, documents"), &["Organization.Read.All", "Mail.Send"]).unwrap_err();
        assert!(refused.starts_with("features=documents: the application lacks Files.ReadWrite.All"), "{refused}");
        let others = judge(Some("mail, teams"), &["Organization.Read.All", "Mail.Send"]).unwrap();
        assert!(others["mail"].granted && !others["documents"].granted, "nobody asked for documents");
    }

    #[test]
    fn what_everything_needs_is_refused_whatever_the_features_are() {
        let refused = judge(None, &["Mail.Send"]).unwrap_err();
        assert!(refused.starts_with("microsoft-365: the application lacks Organization.Read.All"), "{refused}");
    }

    #[test]
    fn exchange_may_permit_what_no_token_shows() {
        let grants = judge(Some("mail"), &["Organization.Read.All"]).unwrap();
        assert!(grants["mail"].granted);
        assert_eq!(grants["mail"].untold, ["Mail.Send"]);
        assert_eq!(remark("mail", &grants["mail"]).unwrap(), "mail: Mail.Send not in the token; will be tried");
    }

    #[test]
    fn a_token_that_does_not_tell_takes_nothing_away() {
        let grants = granted(&manifest(), &Map::new(), None).unwrap();
        assert!(grants.values().all(|grant| grant.granted && grant.missing.is_empty()));
    }

    #[test]
    fn a_greater_permission_includes_the_smaller() {
        for (held, needed) in [
            ("Mail.ReadWrite", "Mail.ReadBasic.All"),
            ("User.ReadWrite.All", "User.Read.All"),
            ("Directory.Read.All", "Organization.Read.All"),
            ("Sites.ReadWrite.All", "Files.ReadWrite.All"),
        ] {
            assert!(includes(held, needed), "{held} includes {needed}");
            assert!(!includes(needed, held), "{needed} does not include {held}");
        }
        assert!(!includes("Mail.ReadWrite", "Mail.Send"));
        assert!(!includes("Mail.Read", "User.ReadBasic.All"));
        assert!(!includes("Chat.ReadWrite.WhereInstalled", "Chat.Read.All"));
        assert!(includes("Chat.ReadWrite.All", "Chat.Read.WhereInstalled"));
        assert!(includes("Chat.ReadWrite.WhereInstalled", "Chat.Read.WhereInstalled"));
    }

    #[test]
    fn a_guest_finds_its_grants_among_its_parameters() {
        let grants = judge(None, &["Organization.Read.All", "Mail.Send", "User.ReadWrite.All"]).unwrap();
        let told = told(&json!({"rate": 1}), &grants);
        assert_eq!(told["rate"], 1);
        assert_eq!(
            told["features"]["documents"],
            json!({"granted": false, "missing": ["Files.ReadWrite.All"], "untold": []})
        );
        assert_eq!(super::told(&json!({"rate": 1}), &BTreeMap::new()), json!({"rate": 1}));
    }
}
