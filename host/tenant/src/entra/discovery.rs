//! What clients ask for before they ask for a token: where everything is, and which key signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::rsa::PublicKeyComponents;
use serde_json::{Value, json};

use super::token::{TokenRequest, check_tenant};
use super::{key_id, signer};
use crate::settings::Settings;

/// Answers a `GET` of the login endpoint. `None`: the path is none of its.
pub(crate) fn answer(path: &str, request: &TokenRequest<'_>, settings: &Settings) -> Option<(StatusCode, Value)> {
    let (path, origin) = (path.strip_prefix('/')?, request.origin);
    if path == "common/discovery/instance" {
        return Some((StatusCode::OK, instance(origin, settings)));
    }
    let (tenant, rest) = path.split_once('/')?;
    let found = match rest {
        "v2.0/.well-known/openid-configuration" => configuration(origin, tenant, settings),
        "discovery/v2.0/keys" => keys(),
        _ => return None,
    };
    Some(match check_tenant(tenant, settings, true) {
        Ok(()) => (StatusCode::OK, found),
        Err(refusal) => refusal.answer(request),
    })
}

fn configuration(origin: &str, tenant: &str, settings: &Settings) -> Value {
    let base = format!("{origin}/{tenant}");
    json!({
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{origin}/{}/v2.0", settings.tenant_id),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "name", "preferred_username", "oid", "tid", "ver"],
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": origin.rsplit('/').next().unwrap_or_default(),
    })
}

fn instance(origin: &str, settings: &Settings) -> Value {
    let host = origin.rsplit('/').next().unwrap_or_default();
    json!({
        "tenant_discovery_endpoint": format!("{origin}/{}/v2.0/.well-known/openid-configuration", settings.tenant_id),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}

/// The published key, as a JSON Web Key Set.
fn keys() -> Value {
    let keys: Vec<Value> = signer()
        .map(|signer| {
            let public: PublicKeyComponents<Vec<u8>> = signer.public().into();
            json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id(), "x5t": key_id(),
                "n": URL_SAFE_NO_PAD.encode(public.n),
                "e": URL_SAFE_NO_PAD.encode(public.e),
            })
        })
        .into_iter()
        .collect();
    json!({ "keys": keys })
}
