//! Signing in on another device: the app shows a code, a person types it in elsewhere and signs in there.
//!
//! The person's part happens outside the protocol; here it is `POST /_haymaker/devicelogin` with the code and the user's
//! name, as if that user had typed it in and passed every check.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::token::{Form, Refusal, TokenRequest, check_tenant, find_app};
use crate::ids;
use crate::settings::Settings;
use crate::tenant::State;

/// How long a code is good for, and how often an app may ask, in seconds, as Entra answers.
const LIFETIME: u64 = 900;
const INTERVAL: u64 = 5;

struct Pending {
    user_code: String,
    expires: u64,
    user: Option<Uuid>,
}

/// Codes that were given out and not redeemed.
#[derive(Default)]
pub(crate) struct Devices {
    pending: BTreeMap<String, Pending>,
}

impl Devices {
    /// Says that `user` typed in the code. `false`: there is no such code, or no longer.
    pub(crate) fn approve(&mut self, user_code: &str, user: Uuid, now: u64) -> bool {
        let found = self.pending.values_mut().find(|one| one.user_code.eq_ignore_ascii_case(user_code));
        match found.filter(|one| now < one.expires) {
            Some(pending) => {
                pending.user = Some(user);
                true
            }
            None => false,
        }
    }

    /// The user who signed in with the code; then the code is spent.
    pub(super) fn redeem(&mut self, device_code: &str, now: u64) -> Result<Uuid, Refusal> {
        let pending = self.pending.get(device_code).ok_or_else(|| {
            Refusal::bad(
                "invalid_grant",
                70000,
                "The provided value for the input parameter 'device_code' is not valid.",
            )
        })?;
        if now >= pending.expires {
            return Err(Refusal::bad(
                "expired_token",
                70020,
                "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
            ));
        }
        let user = pending.user.ok_or_else(|| {
            Refusal::bad(
                "authorization_pending",
                70016,
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            )
        })?;
        self.pending.remove(device_code);
        Ok(user)
    }
}

/// Answers `POST /{tenant}/oauth2/v2.0/devicecode`.
pub(crate) fn begin(request: &TokenRequest<'_>, settings: &Settings, state: &mut State) -> (StatusCode, Value) {
    let form = Form::read(request.body);
    let checked = check_tenant(request.tenant, settings, true).and_then(|()| find_app(&form, settings).map(|_| ()));
    if let Err(refusal) = checked {
        return refusal.answer(request);
    }
    // Letters and digits that nobody confuses, as on the real page.
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let bytes = request.mint.make("user code", "", 0);
    let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).map(|letter| char::from(*letter));
    let user_code: String = bytes.iter().filter_map(letter).take(9).collect();
    let device_code = hex::encode(ids::digest(&[&bytes]));
    let expires = request.now.saturating_add(LIFETIME * 1000);
    state.devices.pending.insert(device_code.clone(), Pending { user_code: user_code.clone(), expires, user: None });
    let page = format!("{}/_haymaker/devicelogin", request.origin);
    let body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": LIFETIME,
        "interval": INTERVAL,
        "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
    });
    (StatusCode::OK, body)
}
