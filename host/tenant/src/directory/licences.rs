//! Licences: a finite number of seats, which people occupy while they live.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Directory, organization, users};
use crate::audit::{self, Target};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply, parameter};
use crate::ids::{self, Seed};
use crate::settings::Settings;
use crate::tenant::State;

/// The SKU whose seats the bystanders occupy.
pub(crate) const BYSTANDERS_SKU: &str = "ENTERPRISEPACK";

/// The ids of SKUs that Microsoft publishes ("Product names and service plan identifiers for licensing").
const KNOWN: [(&str, &str); 5] = [
    ("DEVELOPERPACK_E5", "c42b9cae-ea4f-4ab7-9717-81576235ccac"),
    ("ENTERPRISEPACK", "6fd2c87f-b296-42f0-b197-1e91e994b900"),
    ("ENTERPRISEPREMIUM", "c7df2760-2c81-4ef7-b578-5b5392b571df"),
    ("SPE_E3", "05e9a617-0261-4cee-bb44-138d3ef5d965"),
    ("SPE_E5", "06ebc4ee-1bb5-47dd-8120-11324bc54e06"),
];

/// A SKU without a mailbox in it, so that a licence alone is not taken for one.
const WITHOUT_MAILBOX: (&str, &str) = ("FLOW_FREE", "f30db892-07e9-47e9-837c-80727f46fd3d");

/// The service plans of every SKU here that has a mailbox: name and published id.
const PLANS: [(&str, &str); 3] = [
    ("EXCHANGE_S_ENTERPRISE", "efb87545-963c-4e0d-99df-69c6916d9eb0"),
    ("SHAREPOINTENTERPRISE", "5dbe027f-2339-4123-9542-606e4d348a72"),
    ("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929"),
];

/// Purchased seats of one product.
pub(crate) struct Sku {
    pub(crate) id: Uuid,
    pub(crate) part_number: String,
    pub(crate) seats: u32,
    pub(crate) taken: u32,
}

impl Sku {
    /// Whether it comes with a mailbox.
    pub(crate) fn has_mailbox(&self) -> bool {
        self.part_number != WITHOUT_MAILBOX.0
    }

    fn plans(&self) -> Vec<Value> {
        let plans = if self.has_mailbox() { PLANS.as_slice() } else { &[] };
        plans
            .iter()
            .map(|(name, id)| {
                json!({
                    "servicePlanId": id,
                    "servicePlanName": name,
                    "provisioningStatus": "Success",
                    "appliesTo": "User",
                })
            })
            .collect()
    }

    fn render(&self, tenant_id: &str, account: &str) -> Value {
        json!({
            "id": format!("{tenant_id}_{}", self.id),
            "accountId": tenant_id,
            "accountName": account,
            "appliesTo": "User",
            "capabilityStatus": "Enabled",
            "consumedUnits": self.taken,
            "prepaidUnits": { "enabled": self.seats, "lockedOut": 0, "suspended": 0, "warning": 0 },
            "servicePlans": self.plans(),
            "skuId": self.id.to_string(),
            "skuPartNumber": self.part_number,
            "subscriptionIds": [],
        })
    }
}

/// What these settings bought: the seats they name, and one for each bystander.
pub(super) fn purchased(settings: &Settings, seed: &Seed) -> Vec<Sku> {
    let mut seats = settings.seats.clone();
    match seats.iter_mut().find(|(name, _)| name == BYSTANDERS_SKU) {
        Some((_, number)) => *number = number.saturating_add(settings.bystanders),
        None => seats.push((BYSTANDERS_SKU.to_owned(), settings.bystanders)),
    }
    seats
        .into_iter()
        .map(|(part_number, seats)| {
            let published = KNOWN.iter().chain([&WITHOUT_MAILBOX]).find(|(name, _)| *name == part_number);
            let id = published
                .and_then(|(_, id)| Uuid::try_parse(id).ok())
                .unwrap_or_else(|| ids::uuid(seed.derive("sku", &part_number)));
            Sku { id, part_number, seats, taken: 0 }
        })
        .collect()
}

impl Directory {
    /// Gives back the seats of these licences.
    pub(crate) fn free_seats(&mut self, licences: &[Uuid]) {
        for sku in self.skus.iter_mut().filter(|sku| licences.contains(&sku.id)) {
            sku.taken = sku.taken.saturating_sub(1);
        }
    }

    /// The SKU of this part number.
    pub(crate) fn sku(&self, part_number: &str) -> Option<&Sku> {
        self.skus.iter().find(|sku| sku.part_number == part_number)
    }
}

/// `GET /subscribedSkus`.
pub(crate) fn list_skus(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let account = account(call);
    let skus = state.directory.skus.iter().map(|sku| sku.render(&call.settings.tenant_id, account)).collect();
    Ok(organization::collection(call, "subscribedSkus", skus))
}

/// `GET /subscribedSkus/{id}`.
pub(crate) fn get_sku(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = call.key(0).rsplit('_').next().unwrap_or_default();
    let sku = state.directory.skus.iter().find(|sku| sku.id.to_string().eq_ignore_ascii_case(id));
    let sku = sku.ok_or_else(|| Fault::no_such_object(call.key(0)))?;
    Ok(organization::single(call, "subscribedSkus", sku.render(&call.settings.tenant_id, account(call))))
}

fn account<'c>(call: &'c Call<'_>) -> &'c str {
    call.settings.domain.split('.').next().unwrap_or_default()
}

/// `GET /users/{id}/licenseDetails`.
pub(crate) fn details(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let user = users::found(call, state)?;
    let held = state.directory.skus.iter().filter(|sku| user.licences.contains(&sku.id));
    let details = held
        .map(|sku| {
            json!({
                // An opaque id of the assignment, unique per user and SKU.
                "id": hex::encode(ids::short(ids::digest(&[user.id.as_bytes(), sku.id.as_bytes()]))),
                "servicePlans": sku.plans(),
                "skuId": sku.id.to_string(),
                "skuPartNumber": sku.part_number,
            })
        })
        .collect();
    Ok(organization::collection(call, &format!("users('{}')/licenseDetails", user.id), details))
}

/// `POST /users/{id}/assignLicense`.
pub(crate) fn assign(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let user = users::found(call, state)?;
    let id = user.id;
    let list = |name: &str| {
        parameter(&call.body, name).and_then(Value::as_array).ok_or_else(|| {
            Fault::directory(format!("One or more parameters of the function import 'assignLicense' are missing from the request payload. The missing parameters are: {name}."))
        })
    };
    let parse = |value: Option<&Value>| {
        value
            .and_then(Value::as_str)
            .and_then(|text| Uuid::try_parse(text).ok())
            .ok_or_else(|| Fault::directory("Cannot convert a primitive value to the expected type 'Edm.Guid'."))
    };
    let added =
        list("addLicenses")?.iter().map(|licence| parse(licence.get("skuId"))).collect::<Result<Vec<_>, _>>()?;
    let removed = list("removeLicenses")?.iter().map(|id| parse(Some(id))).collect::<Result<Vec<_>, _>>()?;

    let mut licences = user.licences.clone();
    for sku in &removed {
        let before = licences.len();
        licences.retain(|held| held != sku);
        if licences.len() == before {
            return Err(Fault::directory("User does not have a corresponding license."));
        }
    }
    for sku in &added {
        if !state.directory.skus.iter().any(|known| known.id == *sku) {
            return Err(Fault::directory(format!("License {sku} does not correspond to a valid company License.")));
        }
        if user.text("usageLocation").is_empty() {
            return Err(Fault::directory("License assignment cannot be done for user with invalid usage location."));
        }
        if !licences.contains(sku) {
            licences.push(*sku);
        }
    }
    let fresh: Vec<Uuid> = licences.iter().filter(|sku| !user.licences.contains(sku)).copied().collect();
    let gone: Vec<Uuid> = user.licences.iter().filter(|sku| !licences.contains(sku)).copied().collect();
    for sku in state.directory.skus.iter().filter(|sku| fresh.contains(&sku.id)) {
        if sku.taken >= sku.seats {
            return Err(Fault::directory(format!(
                "Subscription with SKU {} does not have any available licenses.",
                sku.id
            )));
        }
    }
    // Nothing was changed until here, so a refusal leaves everything as it was.
    state.directory.free_seats(&gone);
    state.directory.skus.iter_mut().filter(|sku| fresh.contains(&sku.id)).for_each(|sku| sku.taken += 1);
    if let Some(user) = state.directory.live.get(id) {
        let change = ("AssignedLicense".to_owned(), json!(user.licences), json!(licences));
        call.did(|| audit::directory("Change user license", Target::user(user), vec![change]));
    }
    state.license(id, licences, call);
    users::entity(call, users::found(call, state)?, StatusCode::OK)
}
