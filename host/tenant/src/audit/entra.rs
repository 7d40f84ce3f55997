//! Entra's logs: who got a token, and what was changed in the directory.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{AuditLog, Doing, Origin, Table};
use crate::directory::User;
use crate::entra::Claims;
use crate::groups::Group;
use crate::ids;
use crate::odata::options::pairs;
use crate::time;

/// What Graph is called as a resource, and its application id.
const RESOURCE: &str = "Microsoft Graph";
const RESOURCE_ID: &str = "00000003-0000-0000-c000-000000000000";

/// How the app registrations of a simulated tenant are called.
const APP_NAME: &str = "haymaker";

/// A request to the token endpoint, and its answer.
pub(crate) struct SignIn<'a> {
    pub(crate) now: u64,
    pub(crate) origin: Origin<'a>,
    pub(crate) correlation_id: &'a str,
    pub(crate) form: &'a [u8],
    /// The claims of the token that was handed out; without them it was refused, as the body says.
    pub(crate) claims: Option<&'a Claims>,
    pub(crate) body: &'a Value,
}

impl SignIn<'_> {
    /// Entra's error code, or zero, and the sentence that goes with it.
    fn result(&self) -> (String, Option<&str>) {
        if self.claims.is_some() {
            return ("0".to_owned(), None);
        }
        let code = self.body.get("error_codes").and_then(|codes| codes.get(0)).map(ToString::to_string);
        (code.unwrap_or_default(), self.body.get("error_description").and_then(Value::as_str))
    }
}

impl AuditLog {
    /// Writes down a request for a token. One that names no grant or no application is nobody's sign-in.
    pub(crate) fn sign_in(&mut self, sign_in: &SignIn<'_>) {
        let form: Vec<(String, String)> = pairs(&String::from_utf8_lossy(sign_in.form)).collect();
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (Some(grant), Some(app)) = (field("grant_type"), field("client_id")) else { return };
        let (code, reason) = sign_in.result();
        // Asking again for a code that nobody has typed in yet is no sign-in.
        if sign_in.body.get("error").is_some_and(|error| error == "authorization_pending") {
            return;
        }
        let table = match grant {
            "client_credentials" => Table::ServicePrincipalSignIns,
            "refresh_token" => Table::NonInteractiveSignIns,
            _ => Table::SignIns,
        };
        let mut row = json!({
            "AADTenantId": self.tenant,
            "AppId": app,
            "ConditionalAccessStatus": "notApplied",
            "CorrelationId": sign_in.correlation_id,
            "Id": ids::uuid(ids::digest(&[b"sign-in", sign_in.origin.operation_id.as_bytes()])),
            "IPAddress": sign_in.origin.ip.to_string(),
            "OperationName": "Sign-in activity",
            "OperationVersion": "1.0",
            "ResourceDisplayName": RESOURCE,
            "ResourceIdentity": RESOURCE_ID,
            "ResourceTenantId": self.tenant,
            "ResultDescription": reason,
            "ResultSignature": if code == "0" { "SUCCESS" } else { "FAILURE" },
            "ResultType": code,
            "UniqueTokenIdentifier": sign_in.claims.map(|claims| claims.uti.as_str()),
        });
        let more = if table == Table::ServicePrincipalSignIns {
            let certificate = field("client_assertion").is_some();
            json!({
                "Category": "ServicePrincipalSignInLogs",
                "ServicePrincipalCredentialKeyId": (!certificate)
                    .then(|| ids::uuid(self.seed.derive("client secret", app))),
                "ServicePrincipalId": self.service_principal(app),
                "ServicePrincipalName": APP_NAME,
            })
        } else {
            let interactive = table == Table::SignIns;
            let user = sign_in.claims.and_then(|claims| claims.upn.as_deref()).or(field("username"));
            json!({
                "AppDisplayName": APP_NAME,
                "AuthenticationProtocol": match grant {
                    "password" => "ropc",
                    "refresh_token" => "none",
                    _ => "deviceCode",
                },
                "AuthenticationRequirement": "singleFactorAuthentication",
                "Category": if interactive { "SignInLogs" } else { "NonInteractiveUserSignInLogs" },
                "ClientAppUsed": "Mobile Apps and Desktop clients",
                "CreatedDateTime": time::millis(sign_in.now),
                "IncomingTokenType": if interactive { "none" } else { "refreshToken" },
                "IsInteractive": interactive,
                "Status": { "errorCode": code.parse::<u64>().unwrap_or_default(), "failureReason": reason },
                "TokenIssuerType": "AzureAD",
                "UserAgent": sign_in.origin.agent,
                "UserId": sign_in.claims.and_then(|claims| claims.oid.as_deref()),
                "UserPrincipalName": user,
                "UserType": "Member",
            })
        };
        if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
            row.extend(more);
        }
        self.write(table, sign_in.now, row);
    }
}

/// What was changed in the directory.
pub(crate) struct Target {
    /// `User` or `Group`.
    pub(crate) kind: &'static str,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The principal name, of a user.
    pub(crate) upn: Option<String>,
}

impl Target {
    pub(crate) fn user(user: &User) -> Target {
        let upn = Some(user.principal_name().to_owned());
        Target { kind: "User", id: user.id, name: user.text("displayName").to_owned(), upn }
    }

    pub(crate) fn group(group: &Group) -> Target {
        Target { kind: "Group", id: group.id, name: group.text("displayName").to_owned(), upn: None }
    }
}

/// A property that was changed: its name, and its values before and after.
pub(crate) type Change = (String, Value, Value);

/// A change to the directory.
pub(crate) struct Deed {
    operation: &'static str,
    target: Target,
    changes: Vec<Change>,
}

/// The properties that a body sets, beside what they were before. Of a password only that it was set is told.
pub(crate) fn changes(body: &Map<String, Value>, before: Option<&Map<String, Value>>) -> Vec<Change> {
    let set = body.iter().filter(|(name, _)| !name.contains('@') && *name != "passwordProfile");
    set.map(|(name, value)| {
        let old = before.and_then(|before| before.get(name)).cloned().unwrap_or_default();
        (name.clone(), old, value.clone())
    })
    .collect()
}

/// Somebody was put into a group, or taken out.
pub(crate) fn membership(operation: &'static str, user: &User, group: &Group) -> super::Deed {
    let about = |name: &str, value: Value| (format!("Group.{name}"), Value::Null, value);
    let changes = vec![about("ObjectID", json!(group.id)), about("DisplayName", json!(group.text("displayName")))];
    directory(operation, Target::user(user), changes)
}

/// A change to the directory, by the name that Entra's list of audit activities gives it.
pub(crate) fn directory(operation: &'static str, target: Target, changes: Vec<Change>) -> super::Deed {
    super::Deed::Directory(Deed { operation, target, changes })
}

impl Deed {
    pub(super) fn row(self, doing: &Doing<'_>, log: &AuditLog, id: Uuid) -> Value {
        let Deed { operation, target, changes } = self;
        let group = operation.to_lowercase().ends_with("group");
        let kind = match operation.split(' ').next() {
            Some("Add") => "Add",
            Some("Delete" | "Hard" | "Remove") => "Delete",
            _ => "Update",
        };
        // Both values as Entra writes them: JSON in a text.
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|(name, old, new)| {
                json!({ "displayName": name, "oldValue": format!("[{old}]"), "newValue": format!("[{new}]") })
            })
            .collect();
        let by = match doing.user {
            Some((id, upn)) => {
                json!({ "user": { "id": id, "userPrincipalName": upn, "ipAddress": doing.origin.ip.to_string() } })
            }
            None => json!({ "app": {
                "appId": doing.app, "displayName": APP_NAME, "servicePrincipalId": log.service_principal(doing.app),
            } }),
        };
        json!({
            "AADOperationType": kind,
            "AADTenantId": log.tenant,
            "ActivityDateTime": time::millis(doing.now),
            "ActivityDisplayName": operation,
            "AdditionalDetails": [{ "key": "User-Agent", "value": doing.origin.agent }],
            "Category": if group { "GroupManagement" } else { "UserManagement" },
            "CorrelationId": doing.client_request_id,
            "Id": format!("Directory_{id}"),
            "Identity": doing.user.map_or(APP_NAME, |(_, upn)| upn),
            "InitiatedBy": by,
            "LoggedByService": "Core Directory",
            "OperationName": operation,
            "OperationVersion": "1.0",
            "Result": "success",
            "SourceSystem": "Azure AD",
            "TargetResources": [{
                "id": target.id,
                "displayName": target.name,
                "type": target.kind,
                "userPrincipalName": target.upn,
                "modifiedProperties": changes,
            }],
        })
    }
}
