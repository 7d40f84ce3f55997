//! The part of Entra ID that gives out tokens, and the check of them.
//!
//! A token is a signed JWT that says all there is to know about it, so checking one needs no memory of having issued it.
//! It is signed with a key that derives from the tenant's seed: clients treat access tokens as opaque, so nothing but
//! this tenant ever checks the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::graph::fault::Fault;
use crate::ids::{Mint, Seed, uuid};
use crate::odata::options::pairs;
use crate::settings::Settings;
use crate::time;

/// The audiences under which Graph is known, besides loopback addresses: the four clouds, and its application id.
const GRAPH: [&str; 5] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    /// Seconds since 1970, as all its times.
    pub(crate) iat: u64,
    pub(crate) nbf: u64,
    pub(crate) exp: u64,
    pub(crate) appid: String,
    /// `app`: the application speaks for itself.
    pub(crate) idtyp: String,
    pub(crate) roles: Vec<String>,
    pub(crate) tid: String,
    /// The token's own id; sign-in logs and Graph's activity logs carry it too.
    pub(crate) uti: String,
    pub(crate) ver: String,
}

/// Signs and checks tokens.
pub(crate) struct Issuer {
    key: Hmac<Sha256>,
}

impl Issuer {
    pub(crate) fn new(seed: &Seed) -> Issuer {
        // As long as the hash's block, which is the size that an HMAC key is made to.
        let mut key = [0; 64];
        let halves = seed.derive("entra", "signing key/1").into_iter().chain(seed.derive("entra", "signing key/2"));
        key.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
        Issuer { key: <Hmac<Sha256> as Mac>::new(&key.into()) }
    }

    fn signature(&self, signed: &str) -> Hmac<Sha256> {
        self.key.clone().chain_update(signed.as_bytes())
    }

    fn issue(&self, claims: &Claims) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let payload = serde_json::to_value(claims).unwrap_or_default();
        let signed = format!("{}.{}", encode(&json!({ "typ": "JWT", "alg": "HS256" })), encode(&payload));
        let signature = URL_SAFE_NO_PAD.encode(self.signature(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// Who is calling, by the `Authorization` header.
    ///
    /// # Errors
    /// 401 in Graph's words: absent, garbled, forged, for somebody else, expired.
    pub(crate) fn check(&self, authorization: Option<&str>, tenant: &str, now: u64) -> Result<Claims, Fault> {
        let token = authorization
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.is_empty())
            .ok_or_else(|| Fault::unauthenticated("Access token is empty."))?;
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(Fault::unauthenticated(if parts.len() == 1 {
                "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact \
                 Serialization Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): \
                 'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector.EncodedCiphertext.\
                 EncodedAuthenticationTag'."
            } else {
                "IDX14120: JWT is not well formed, there are an unexpected number of dots (.)."
            }));
        };
        let forged = || Fault::unauthenticated("Access token validation failure. Invalid signature.");
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| forged())?;
        self.signature(&format!("{header}.{payload}")).verify_slice(&signature).map_err(|_| forged())?;
        let claims: Claims = URL_SAFE_NO_PAD
            .decode(payload)
            .ok()
            .and_then(|payload| serde_json::from_slice(&payload).ok())
            .ok_or_else(forged)?;
        if claims.tid != tenant || !is_graph(&claims.aud) {
            return Err(Fault::unauthenticated("Access token validation failure. Invalid audience."));
        }
        if now >= claims.exp.saturating_mul(1000) {
            return Err(Fault::unauthenticated("Lifetime validation failed, the token is expired."));
        }
        Ok(claims)
    }
}

fn is_graph(audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    let local = audience.strip_prefix("http://").or_else(|| audience.strip_prefix("https://")).unwrap_or_default();
    let host = local.rsplit_once(':').map_or(local, |(host, _)| host);
    GRAPH.contains(&audience) || matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

/// A refusal in Entra's words.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, code: u32, text: impl Into<String>) -> Refusal {
        Refusal { status, error, code, text: text.into() }
    }

    fn missing(parameter: &str) -> Refusal {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{parameter}'."),
        )
    }
}

/// A request to the token endpoint.
pub(crate) struct TokenRequest<'a> {
    /// The tenant in the path.
    pub(crate) tenant: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) now: u64,
    pub(crate) correlation_id: &'a str,
    pub(crate) mint: &'a Mint,
    /// Scheme and host under which the client reached it.
    pub(crate) origin: &'a str,
}

/// Answers `POST /{tenant}/oauth2/v2.0/token`: a status and a JSON body.
pub(crate) fn token(request: &TokenRequest<'_>, settings: &Settings, issuer: &Issuer) -> (StatusCode, Value) {
    match granted(request, settings) {
        Ok(claims) => (
            StatusCode::OK,
            json!({
                "token_type": "Bearer",
                "expires_in": claims.exp - claims.iat,
                "ext_expires_in": claims.exp - claims.iat,
                "access_token": issuer.issue(&claims),
            }),
        ),
        Err(refusal) => {
            let trace = uuid(request.mint.make("trace", "", 0)).to_string();
            let timestamp = time::spaced(request.now);
            let description = format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {} Timestamp: {timestamp}",
                refusal.code, refusal.text, request.correlation_id
            );
            let body = json!({
                "error": refusal.error,
                "error_description": description,
                "error_codes": [refusal.code],
                "timestamp": timestamp,
                "trace_id": trace,
                "correlation_id": request.correlation_id,
                "error_uri": format!("{}/error?code={}", request.origin, refusal.code),
            });
            (refusal.status, body)
        }
    }
}

fn granted(request: &TokenRequest<'_>, settings: &Settings) -> Result<Claims, Refusal> {
    let form: Vec<(String, String)> = pairs(&String::from_utf8_lossy(request.body)).collect();
    let field =
        |name: &str| form.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str());
    let known = [settings.tenant_id.as_str(), settings.domain.as_str()];
    if !known.iter().any(|name| name.eq_ignore_ascii_case(request.tenant)) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            90002,
            format!(
                "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct \
                 cloud. Check with your subscription administrator, this may happen if there are no active subscriptions \
                 for the tenant.",
                request.tenant
            ),
        ));
    }
    match field("grant_type") {
        None => return Err(Refusal::missing("grant_type")),
        Some("client_credentials") => {}
        Some(other) => {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                70003,
                format!("The app requested an unsupported grant type '{other}'."),
            ));
        }
    }
    let client = field("client_id").ok_or_else(|| Refusal::missing("client_id"))?;
    if !client.eq_ignore_ascii_case(&settings.app.id) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the \
                 tenant. You may have sent your authentication request to the wrong tenant.",
                settings.organization
            ),
        ));
    }
    let scope = field("scope").ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            90014,
            "The required field 'scope' is missing from the credential. Ensure that you have all the necessary parameters \
             for the login request.",
        )
    })?;
    let secret = field("client_secret").ok_or_else(|| {
        Refusal::new(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )
    })?;
    if secret != settings.app.secret {
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                 not the client secret ID, for a secret added to app '{}'.",
                settings.app.id
            ),
        ));
    }
    let resource = scope.strip_suffix("/.default").ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
                 /.default suffixed to the resource identifier (application ID URI)."
            ),
        )
    })?;
    if !is_graph(resource) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named {}. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the \
                 tenant. You might have sent your authentication request to the wrong tenant.",
                settings.organization
            ),
        ));
    }
    let issued = request.now / 1000;
    let uti = crate::ids::short(request.mint.make("token", &issued.to_string(), 0));
    Ok(Claims {
        aud: resource.to_owned(),
        iss: format!("https://sts.windows.net/{}/", settings.tenant_id),
        iat: issued,
        nbf: issued,
        exp: issued.saturating_add(settings.token_lifetime.as_secs()),
        appid: settings.app.id.clone(),
        idtyp: "app".to_owned(),
        roles: settings.app.roles.clone(),
        tid: settings.tenant_id.clone(),
        uti: URL_SAFE_NO_PAD.encode(uti),
        ver: "1.0".to_owned(),
    })
}
