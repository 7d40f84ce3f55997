//! The part of Entra ID that gives out tokens, and the check of them.
//!
//! A token is a signed JWT that says all there is to know about it, so checking one needs no memory of having issued it.
//! Tokens are signed with RS256, and the key is published, because that is what clients that validate them expect. The
//! key is part of this source and so no secret: making one takes seconds, and tenants are made by the thousand in tests.
//! What makes a token this tenant's and nobody else's is a claim that is keyed with the tenant's seed.
//!
//! - [`token`]: the token endpoint and its grants. `device`: signing in on another device. `assertion`: proof by
//!   certificate. `discovery`: what clients ask for first.

mod assertion;
pub(crate) mod credentials;
pub(crate) mod device;
pub(crate) mod discovery;
pub(crate) mod token;

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::graph::Actor;
use crate::graph::fault::Fault;
use crate::ids::{self, Seed};

/// The key that all simulated tenants sign with (PKCS#8).
const SIGNING_KEY: &[u8] = include_bytes!("signing-key.der");

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
    /// `app`: the application speaks for itself; `user`: for somebody.
    pub(crate) idtyp: String,
    /// The application permissions, of an app's token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    /// The delegated permissions, parted by spaces, of a user's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scp: Option<String>,
    /// The user's object id, of a user's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) oid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upn: Option<String>,
    pub(crate) tid: String,
    /// The token's own id; sign-in logs and Graph's activity logs carry it too.
    pub(crate) uti: String,
    pub(crate) ver: String,
    /// Opaque, as Entra has it; here it binds the token to the tenant's seed.
    #[serde(default)]
    pub(crate) rh: String,
}

impl Claims {
    /// In whose name the token speaks.
    pub(crate) fn actor(&self) -> Actor {
        match self.oid.as_deref().filter(|_| self.idtyp == "user").and_then(|id| Uuid::try_parse(id).ok()) {
            Some(id) => Actor::User(id),
            None => Actor::App,
        }
    }

    /// Its permissions, of either kind.
    pub(crate) fn permissions(&self) -> Vec<String> {
        match &self.scp {
            Some(scopes) => scopes.split(' ').map(str::to_owned).collect(),
            None => self.roles.clone(),
        }
    }
}

/// The key, read once. `None` only if it were damaged in the source; then no token is ever issued.
fn signer() -> Option<&'static RsaKeyPair> {
    static SIGNER: OnceLock<Option<RsaKeyPair>> = OnceLock::new();
    SIGNER.get_or_init(|| RsaKeyPair::from_pkcs8(SIGNING_KEY).ok()).as_ref()
}

/// The name of the key: a hash of its public half.
fn key_id() -> String {
    let public = signer().map(|signer| signer.public_key().as_ref().to_vec()).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(ids::short(ids::digest(&[&public])))
}

/// Signs and checks tokens.
pub(crate) struct Issuer {
    binding: Hmac<Sha256>,
}

impl Issuer {
    pub(crate) fn new(seed: &Seed) -> Issuer {
        // As long as the hash's block, which is the size that an HMAC key is made to.
        let mut key = [0; 64];
        let halves = seed.derive("entra", "signing key/1").into_iter().chain(seed.derive("entra", "signing key/2"));
        key.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
        Issuer { binding: <Hmac<Sha256> as Mac>::new(&key.into()) }
    }

    /// What binds a claim to this tenant.
    fn bound(&self, claim: &str) -> Hmac<Sha256> {
        self.binding.clone().chain_update(claim.as_bytes())
    }

    /// A JWT of these claims. `None`: the key cannot sign.
    fn sign(&self, payload: &Value) -> Option<String> {
        let signer = signer()?;
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key_id() });
        let signed = format!("{}.{}", encode(&header), encode(payload));
        let mut signature = vec![0; signer.public().modulus_len()];
        // PKCS#1 signatures are deterministic, so the random numbers are not used.
        let random = ring::rand::SystemRandom::new();
        signer.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// An access token.
    pub(crate) fn issue(&self, claims: &Claims) -> Option<String> {
        let rh = URL_SAFE_NO_PAD.encode(self.bound(&claims.uti).finalize().into_bytes());
        self.sign(&serde_json::to_value(Claims { rh, ..claims.clone() }).ok()?)
    }

    /// A token that only this tenant reads: what it holds is said by `value`, and its end is its seal.
    pub(crate) fn seal(&self, value: &Value) -> String {
        let payload = URL_SAFE_NO_PAD.encode(value.to_string());
        let seal = self.bound(&payload).finalize().into_bytes();
        format!("0.{payload}.{}", URL_SAFE_NO_PAD.encode(seal))
    }

    /// What a sealed token holds, if the seal is unbroken.
    pub(crate) fn unseal(&self, token: &str) -> Option<Value> {
        let (payload, seal) = token.strip_prefix("0.")?.split_once('.')?;
        self.bound(payload).verify_slice(&URL_SAFE_NO_PAD.decode(seal).ok()?).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
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
        let public = signer().map(|signer| signer.public_key().clone()).ok_or_else(forged)?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
            .verify(format!("{header}.{payload}").as_bytes(), &signature)
            .map_err(|_| forged())?;
        let claims: Claims = URL_SAFE_NO_PAD
            .decode(payload)
            .ok()
            .and_then(|payload| serde_json::from_slice(&payload).ok())
            .ok_or_else(forged)?;
        let rh = URL_SAFE_NO_PAD.decode(&claims.rh).map_err(|_| forged())?;
        self.bound(&claims.uti).verify_slice(&rh).map_err(|_| forged())?;
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
