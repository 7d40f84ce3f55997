//! Tokens, and several requests in one.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use haymaker_tenant::PublicKey;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

use crate::rows::{Row, Rows};
use crate::support::{Answer, Client, settings};

pub(super) const ROWS: Rows = &[
    (
        "POST `{authority}/{tenant}/oauth2/v2.0/token` (form)",
        post_token_answers_200_with_a_bearer_token_or_an_error_in_oauths_shape,
    ),
    ("POST /$batch", post_batch_answers_200_and_each_request_for_itself),
];

#[test]
fn post_token_answers_200_with_a_bearer_token_or_an_error_in_oauths_shape() {
    let client = Client::new(settings());
    let granted = client.sign_in(&[]).expect(200);
    assert_eq!((&granted.body["token_type"], &granted.body["expires_in"]), (&json!("Bearer"), &json!(3599)));
    assert!(!granted.text("access_token").is_empty());
    for (missing, status) in [("client_id", 400), ("client_secret", 401), ("scope", 400), ("grant_type", 400)] {
        let refused = client.sign_in(&[(missing, "")]).expect(status);
        for field in ["error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"] {
            assert!(!refused.body[field].is_null(), "{field}: {refused:?}");
        }
    }
}

/// The tenant's own key, which stands in for that of a client's certificate.
fn key() -> RsaKeyPair {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/entra/signing-key.der");
    RsaKeyPair::from_pkcs8(&std::fs::read(path).unwrap()).unwrap()
}

fn public(key: &RsaKeyPair) -> PublicKey {
    let RsaPublicKeyComponents { n, e } = key.public_key().into();
    PublicKey { modulus: n, exponent: e }
}

/// Asks for a token with these claims, signed.
fn assert_with(client: &Client, key: &RsaKeyPair, claims: &Value) -> Answer {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encoded(&json!({ "alg": "RS256", "typ": "JWT" })), encoded(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    let jwt = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    client.sign_in(&[
        ("client_secret", ""),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &jwt),
    ])
}

#[test]
fn a_signed_assertion_stands_for_the_secret_and_a_wrong_one_does_not() {
    let key = key();
    let mut settings = settings();
    settings.app.keys = vec![public(&key)];
    let client = Client::new(settings.clone());
    let (app, now) = (settings.app.id.as_str(), client.now / 1000);
    let audience = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", settings.tenant_id);
    let good = json!({ "iss": app, "sub": app, "aud": audience, "nbf": now, "exp": now + 600, "jti": "1" });
    let token = assert_with(&client, &key, &good).expect(200).text("access_token");
    client.with(token).get("/domains").expect(200);
    for (name, value, code) in [
        ("aud", json!("https://login.microsoftonline.com/somebody-else/oauth2/v2.0/token"), 700_023),
        ("iss", json!("00000000-0000-4000-8000-000000000009"), 700_021),
        ("sub", json!("00000000-0000-4000-8000-000000000009"), 700_021),
        ("exp", json!(now - 301), 700_024),
        ("nbf", json!(now + 301), 700_024),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        let refused = assert_with(&client, &key, &wrong).expect(401);
        assert_eq!(
            (&refused.body["error"], &refused.body["error_codes"]),
            (&json!("invalid_client"), &json!([code])),
            "{name}"
        );
    }
    // Another certificate is registered with the app.
    settings.app.keys[0].modulus[100] ^= 1;
    let stranger = Client::new(settings);
    assert_eq!(assert_with(&stranger, &key, &good).expect(401).body["error_codes"], json!([700_027]));
    let garbled = stranger.sign_in(&[("client_secret", ""), ("client_assertion", "a.b.c")]).expect(401);
    assert_eq!(garbled.body["error_codes"], json!([50027]));
}

#[test]
fn post_batch_answers_200_and_each_request_for_itself() {
    let row = Row::new(&["User.ReadWrite.All"]);
    let kind = json!({ "Content-Type": "application/json" });
    let batch = |client: &Client, requests: &[Value]| client.post("/$batch", &json!({ "requests": requests }));
    let one = |id: &str| json!({ "id": id, "method": "GET", "url": "/users?$top=1" });
    let many: Vec<Value> = (0..21).map(|number| one(&number.to_string())).collect();
    batch(&row.least, &many).expect(400);
    batch(&row.least, &many[..20]).expect(200);
    batch(&row.least, &[one("1"), one("1")]).expect(400);
    let ada = row.setup.person("ada");
    batch(&row.least, &[json!({ "id": "1", "method": "POST", "url": "/users", "body": ada })]).expect(400);
    let mixed = [
        json!({ "id": "1", "method": "POST", "url": "/users", "headers": kind, "body": ada }),
        json!({ "id": "2", "method": "GET", "url": "/groups" }),
        json!({ "id": "3", "method": "GET", "url": "/users/nobody", "dependsOn": ["1"] }),
        json!({ "id": "4", "method": "GET", "url": "/users", "dependsOn": ["3"] }),
    ];
    let answer = batch(&row.least, &mixed).expect(200);
    let statuses: Vec<&Value> =
        answer.body["responses"].as_array().unwrap().iter().map(|response| &response["status"]).collect();
    assert_eq!(statuses, [201, 403, 404, 424]);
    let answer = batch(&row.bare, &mixed[..1]).expect(200);
    assert_eq!(answer.body["responses"][0]["body"]["error"]["code"], "Authorization_RequestDenied");
}
