//! The properties of a user: which there are, what may be asked of them, which values they take, how they are shown.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::User;
use crate::graph::fault::Fault;
use crate::odata::{Catalog, Filterable, Kind, Property, Scalar, TEXTS};
use crate::time;

const fn property(name: &'static str, kind: Kind, filter: Filterable, usual: bool) -> Property {
    Property { name, kind, filter, usual }
}

const LICENCES: Kind = Kind::Many(&[property("skuId", Kind::Guid, Filterable::Equal, true)]);

/// The properties that are kept. Which of them are answered without `$select` is documented with `GET /users/{id}`,
/// which of them can be filtered by with the user resource.
pub(crate) const USER: Catalog = Catalog {
    type_name: "microsoft.graph.user",
    directory: true,
    properties: &[
        property("businessPhones", TEXTS, Filterable::Equal, true),
        property("displayName", Kind::Text, Filterable::Full, true),
        property("givenName", Kind::Text, Filterable::Full, true),
        property("jobTitle", Kind::Text, Filterable::Full, true),
        property("mail", Kind::Text, Filterable::Full, true),
        property("mobilePhone", Kind::Text, Filterable::Equal, true),
        property("officeLocation", Kind::Text, Filterable::Equal, true),
        property("preferredLanguage", Kind::Text, Filterable::Equal, true),
        property("surname", Kind::Text, Filterable::Full, true),
        property("userPrincipalName", Kind::Text, Filterable::Full, true),
        property("id", Kind::Text, Filterable::Equal, true),
        property("accountEnabled", Kind::Bool, Filterable::Equal, false),
        property("assignedLicenses", LICENCES, Filterable::Equal, false),
        property("city", Kind::Text, Filterable::Full, false),
        property("companyName", Kind::Text, Filterable::Full, false),
        property("country", Kind::Text, Filterable::Full, false),
        property("createdDateTime", Kind::Time, Filterable::Full, false),
        property("deletedDateTime", Kind::Time, Filterable::Full, false),
        property("department", Kind::Text, Filterable::Full, false),
        property("employeeHireDate", Kind::Time, Filterable::Full, false),
        property("employeeId", Kind::Text, Filterable::Full, false),
        property("employeeType", Kind::Text, Filterable::Full, false),
        property("faxNumber", Kind::Text, Filterable::Equal, false),
        property("mailNickname", Kind::Text, Filterable::Full, false),
        property("onPremisesImmutableId", Kind::Text, Filterable::Equal, false),
        property("otherMails", TEXTS, Filterable::Equal, false),
        property("passwordPolicies", Kind::Text, Filterable::No, false),
        property("passwordProfile", Kind::Other, Filterable::No, false),
        property("postalCode", Kind::Text, Filterable::Full, false),
        property("preferredDataLocation", Kind::Text, Filterable::Equal, false),
        property("proxyAddresses", TEXTS, Filterable::Equal, false),
        property("showInAddressList", Kind::Bool, Filterable::No, false),
        property("state", Kind::Text, Filterable::Full, false),
        property("streetAddress", Kind::Text, Filterable::Full, false),
        property("usageLocation", Kind::Text, Filterable::Full, false),
        property("userType", Kind::Text, Filterable::Equal, false),
    ],
};

/// What the directory sets and nobody else.
const READ_ONLY: [&str; 5] = ["id", "assignedLicenses", "createdDateTime", "deletedDateTime", "proxyAddresses"];

/// The longest value of a text property that has no smaller limit of its own, in characters.
const LONGEST: usize = 1024;

/// The longest values that the user resource documents, in characters.
const LIMITS: [(&str, usize); 10] = [
    ("displayName", 256),
    ("mailNickname", 64),
    ("givenName", 64),
    ("surname", 64),
    ("jobTitle", 128),
    ("department", 64),
    ("employeeId", 16),
    ("companyName", 64),
    ("userPrincipalName", 113),
    ("city", 128),
];

/// The properties in a body that may be stored, each checked; the password is checked and left out.
pub(super) fn settable(body: &Map<String, Value>, domain: &str) -> Result<Map<String, Value>, Fault> {
    let mut settable = Map::new();
    for (name, value) in body {
        if name.starts_with("@odata.") {
            continue;
        }
        let property = USER.find(name).ok_or_else(|| Fault::directory(format!("Invalid property '{name}'.")))?;
        if READ_ONLY.contains(&property.name) {
            return Err(Fault::directory(format!("Property '{name}' is read-only and cannot be set.")));
        }
        if property.name == "passwordProfile" {
            password(value)?;
            continue;
        }
        if !takes(property, value, domain) {
            if property.name == "userPrincipalName" && value.as_str().is_some_and(|text| text.contains('@')) {
                return Err(Fault::directory(
                    "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.",
                ));
            }
            return Err(Fault::invalid_value(property.name, "User"));
        }
        settable.insert(property.name.to_owned(), value.clone());
    }
    Ok(settable)
}

fn takes(property: &Property, value: &Value, domain: &str) -> bool {
    match (property.kind, value) {
        (_, Value::Null) => {
            !matches!(property.name, "displayName" | "userPrincipalName" | "mailNickname" | "accountEnabled")
        }
        (Kind::Bool, Value::Bool(_)) => true,
        (Kind::Time, Value::String(text)) => time::parse(text).is_some(),
        (Kind::Other | Kind::Many(_), Value::Array(texts)) => texts.iter().all(Value::is_string),
        (Kind::Text, Value::String(text)) => {
            let longest = LIMITS.iter().find(|(name, _)| *name == property.name).map_or(LONGEST, |(_, limit)| *limit);
            !text.is_empty() && text.chars().count() <= longest && well_formed(property.name, text, domain)
        }
        _ => false,
    }
}

fn well_formed(name: &str, text: &str, domain: &str) -> bool {
    match name {
        "usageLocation" => text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()),
        "mailNickname" => text.bytes().all(|b| b.is_ascii_graphic() && !b"@()\\[]\";:<>,".contains(&b)),
        "userType" => matches!(text, "Member" | "Guest"),
        "userPrincipalName" => text.split_once('@').is_some_and(|(local, at)| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"'.-_!#^~".contains(&b);
            !local.is_empty()
                && local.len() <= 64
                && local.bytes().all(allowed)
                && !local.ends_with('.')
                && at.eq_ignore_ascii_case(domain)
        }),
        _ => true,
    }
}

/// Checks a `passwordProfile`; nothing of it is kept.
fn password(profile: &Value) -> Result<(), Fault> {
    let Some(password) = profile.get("password") else { return Ok(()) };
    let Some(password) = password.as_str().filter(|password| !password.is_empty()) else {
        return Err(Fault::invalid_value("passwordProfile.password", "User"));
    };
    // Entra's rule: 8 to 256 characters of at least three of four kinds.
    let kinds: [fn(&char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    let used = kinds.iter().filter(|kind| password.chars().any(|c| kind(&c))).count();
    if used < 3 || !(8..=256).contains(&password.chars().count()) {
        return Err(Fault {
            detail: Some(("InvalidPassword", "password")),
            ..Fault::directory(
                "The specified password does not comply with password complexity requirements. Please provide a different password.",
            )
        });
    }
    Ok(())
}

/// One property of a user, for comparing.
pub(super) fn scalar<'u>(user: &'u User, name: &str) -> Scalar<'u> {
    let Some(property) = USER.find(name) else { return Scalar::Null };
    match property.name {
        "id" => Scalar::Text(user.id.to_string().into()),
        "createdDateTime" => Scalar::Time(user.created),
        "deletedDateTime" => user.deleted.map_or(Scalar::Null, Scalar::Time),
        name if matches!(property.kind, Kind::Many(_)) => match shown(user, name) {
            Value::Array(values) => Scalar::Many(values.into()),
            _ => Scalar::Null,
        },
        name => Scalar::of(user.properties.get(name), property.kind),
    }
}

/// One property of a user, for showing.
fn shown(user: &User, name: &str) -> Value {
    match name {
        "id" => Value::String(user.id.to_string()),
        "createdDateTime" => Value::String(time::seconds(user.created)),
        "deletedDateTime" => user.deleted.map_or(Value::Null, |deleted| Value::String(time::seconds(deleted))),
        "assignedLicenses" => {
            user.licences.iter().map(|sku: &Uuid| json!({ "disabledPlans": [], "skuId": sku.to_string() })).collect()
        }
        "proxyAddresses" => match user.text("mail") {
            "" => json!([]),
            mail => json!([format!("SMTP:{mail}")]),
        },
        name => user.properties.get(name).cloned().unwrap_or_else(|| match name {
            "businessPhones" | "otherMails" => json!([]),
            _ => Value::Null,
        }),
    }
}

/// A user with these of its properties.
pub(super) fn render(user: &User, selection: &[&str]) -> Map<String, Value> {
    selection.iter().map(|name| ((*name).to_owned(), shown(user, name))).collect()
}

/// A user with all of its properties, for looking into the tenant.
pub(crate) fn render_all(user: &User) -> Map<String, Value> {
    USER.properties.iter().map(|property| (property.name.to_owned(), shown(user, property.name))).collect()
}
