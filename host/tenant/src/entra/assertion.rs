//! Proof by certificate: a JWT that the client signs with the private key of a certificate registered with the app.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256};
use serde_json::Value;

use super::token::{Refusal, TokenRequest};
use crate::settings::{App, Settings};

/// By how much clocks may differ, in seconds, as Entra allows.
const SKEW: u64 = 300;

/// Checks an assertion: signed by one of the app's keys, made by the app, for this endpoint, and not outside its time.
pub(super) fn check(jwt: &str, app: &App, request: &TokenRequest<'_>, settings: &Settings) -> Result<(), Refusal> {
    let malformed = || Refusal::client(50027, "JWT token is invalid or malformed.");
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { return Err(malformed()) };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).or_else(|_| URL_SAFE.decode(part)).map_err(|_| malformed());
    let parse = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| malformed());
    let (head, claims) = (parse(header)?, parse(payload)?);
    let signature = decode(signature)?;
    let algorithm = match head.get("alg").and_then(Value::as_str) {
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => return Err(malformed()),
    };
    let signed = format!("{header}.{payload}");
    let genuine = app.keys.iter().any(|key| {
        let public = PublicKeyComponents { n: &key.modulus, e: &key.exponent };
        public.verify(algorithm, signed.as_bytes(), &signature).is_ok()
    });
    if !genuine {
        return Err(Refusal::client(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Application: '{}'].",
                app.id
            ),
        ));
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    for name in ["iss", "sub"] {
        if !text(name).eq_ignore_ascii_case(&app.id) {
            return Err(Refusal::client(
                700_021,
                format!("Client assertion application identifier doesn't match 'client_id' parameter: '{name}'."),
            ));
        }
    }
    let tenants = [request.tenant, &settings.tenant_id];
    let ours = tenants.iter().any(|tenant| {
        text("aud").ends_with(&format!("/{tenant}/oauth2/v2.0/token"))
            || text("aud").ends_with(&format!("/{tenant}/v2.0"))
    });
    if !ours {
        return Err(Refusal::client(
            700_023,
            format!("Client assertion audience claim does not match Realm issuer: '{}'.", text("aud")),
        ));
    }
    let (now, moment) = (request.now / 1000, |name: &str| claims.get(name).and_then(Value::as_u64));
    if moment("exp").is_none_or(|end| now >= end.saturating_add(SKEW))
        || moment("nbf").is_some_and(|begin| now.saturating_add(SKEW) < begin)
    {
        return Err(Refusal::client(700_024, "Client assertion is not within its valid time range."));
    }
    Ok(())
}
