//! The organisation and its one domain.

use http::StatusCode;
use serde_json::{Value, json};

use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::odata::project;
use crate::tenant::State;
use crate::time;

/// What the tenant's domain is used for.
const SERVICES: [&str; 3] = ["Email", "OfficeCommunicationsOnline", "Intune"];

fn the_domain(call: &Call<'_>) -> Value {
    json!({
        "id": call.settings.domain,
        "authenticationType": "Managed",
        "availabilityStatus": null,
        "isAdminManaged": true,
        "isDefault": true,
        "isInitial": true,
        "isRoot": true,
        "isVerified": true,
        "supportedServices": SERVICES,
        "passwordValidityPeriodInDays": 2_147_483_647,
        "passwordNotificationWindowInDays": 14,
        "state": null,
    })
}

fn the_organization(call: &Call<'_>) -> Value {
    json!({
        "id": call.settings.tenant_id,
        "displayName": call.settings.organization,
        "countryLetterCode": "US",
        "defaultUsageLocation": null,
        "preferredLanguage": "en",
        "tenantType": "AAD",
        "createdDateTime": time::seconds(call.settings.start.saturating_sub(400 * time::DAY)),
        "businessPhones": [],
        "technicalNotificationMails": [],
        "verifiedDomains": [{
            "capabilities": SERVICES.join(", "),
            "isDefault": true,
            "isInitial": true,
            "name": call.settings.domain,
            "type": "Managed",
        }],
    })
}

/// `GET /domains`.
pub(crate) fn domains(call: &Call<'_>, _: &mut State) -> Result<Reply, Fault> {
    Ok(collection(call, "domains", vec![the_domain(call)]))
}

/// `GET /domains/{id}`.
pub(crate) fn domain(call: &Call<'_>, _: &mut State) -> Result<Reply, Fault> {
    if !call.key(0).eq_ignore_ascii_case(&call.settings.domain) {
        return Err(Fault::no_such_object(call.key(0)));
    }
    Ok(single(call, "domains", the_domain(call)))
}

/// `GET /organization`.
pub(crate) fn list(call: &Call<'_>, _: &mut State) -> Result<Reply, Fault> {
    Ok(collection(call, "organization", vec![the_organization(call)]))
}

/// `GET /organization/{id}`.
pub(crate) fn get(call: &Call<'_>, _: &mut State) -> Result<Reply, Fault> {
    if !call.key(0).eq_ignore_ascii_case(&call.settings.tenant_id) {
        return Err(Fault::no_such_object(call.key(0)));
    }
    Ok(single(call, "organization", the_organization(call)))
}

/// All of a small collection, with the selected properties.
pub(super) fn collection(call: &Call<'_>, name: &str, items: Vec<Value>) -> Reply {
    let items = items.into_iter().map(|item| selected(call, item)).collect();
    call.page(call.collection_context(name), None, items, None)
}

/// One of a small collection, with the selected properties.
pub(super) fn single(call: &Call<'_>, name: &str, item: Value) -> Reply {
    let mut body = json!({ "@odata.context": format!("{}/$entity", call.collection_context(name)) });
    if let (Some(fields), Value::Object(item)) = (body.as_object_mut(), selected(call, item)) {
        fields.extend(item);
    }
    Reply::json(StatusCode::OK, body)
}

fn selected(call: &Call<'_>, item: Value) -> Value {
    match &call.options.select {
        Some(select) => project(item, &select.split(',').map(str::trim).collect::<Vec<_>>()),
        None => item,
    }
}
