//! Tokens: given out, refused and checked as Entra ID and Graph do.

use std::time::Duration;

use crate::support::{Client, settings};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use haymaker_tenant::Settings;
use serde_json::Value;

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn the_right_secret_gets_a_token_that_says_what_it_may() {
    let client = Client::new(settings());
    let answer = client.sign_in(&[]).expect(200);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3599);
    let claims = payload(&answer.text("access_token"));
    assert_eq!(claims["tid"], client.tenant.settings().tenant_id.as_str());
    assert_eq!(claims["appid"], client.tenant.settings().app.id.as_str());
    assert_eq!(claims["iat"], client.now / 1000);
    assert_eq!(claims["exp"], client.now / 1000 + 3599);
    assert!(claims["roles"].as_array().unwrap().contains(&"Mail.Send".into()));
    assert!(!claims["uti"].as_str().unwrap().is_empty());
}

#[test]
fn entra_refuses_in_its_own_words() {
    let client = Client::new(settings());
    type Fields = &'static [(&'static str, &'static str)];
    let cases: [(&str, Fields, u16, &str, u32); 9] = [
        ("", &[("client_secret", "wrong")], 401, "invalid_client", 7_000_215),
        ("", &[("client_secret", "")], 401, "invalid_client", 7_000_216),
        ("", &[("client_id", "00000000-0000-0000-0000-000000000001")], 400, "unauthorized_client", 700_016),
        ("", &[("client_id", "")], 400, "invalid_request", 900_144),
        ("", &[("grant_type", "telepathy")], 400, "unsupported_grant_type", 70003),
        ("", &[("scope", "")], 400, "invalid_request", 90014),
        ("", &[("scope", "https://graph.microsoft.com/Mail.Send")], 400, "invalid_scope", 1_002_012),
        ("", &[("scope", "https://example.com/.default")], 400, "invalid_resource", 500_011),
        ("00000000-0000-0000-0000-000000000009", &[], 400, "invalid_request", 90002),
    ];
    for (tenant, fields, status, error, code) in cases {
        let answer = match tenant {
            "" => client.sign_in(fields),
            tenant => client.sign_in_to(tenant, fields),
        };
        let answer = answer.expect(status);
        assert_eq!(answer.body["error"], error, "{answer:?}");
        assert_eq!(answer.body["error_codes"], serde_json::json!([code]));
        let description = answer.text("error_description");
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(!description.contains(&client.tenant.settings().app.secret));
    }
}

#[test]
fn the_domain_names_the_tenant_too() {
    let client = Client::new(settings());
    client.sign_in_to(client.domain(), &[]).expect(200);
}

#[test]
fn graph_refuses_tokens_that_are_absent_garbled_or_forged() {
    let client = Client::new(settings());
    let other = Client::new(Settings { tenant_id: client.tenant.settings().tenant_id.clone(), ..Settings::seeded(2) });
    let mut parts: Vec<&str> = client.token.split('.').collect();
    let wider = URL_SAFE_NO_PAD.encode(payload(&client.token).to_string().replace("Mail.Send", "Mail.Sent"));
    parts[1] = &wider;
    for (header, text) in [
        (None, "Access token is empty."),
        (Some("Basic abc".to_owned()), "Access token is empty."),
        (Some("Bearer abc".to_owned()), "IDX14100: JWT is not well formed"),
        (Some("Bearer a.b".to_owned()), "IDX14120"),
        (Some(format!("Bearer {}", parts.join("."))), "Access token validation failure. Invalid signature."),
        (Some(format!("Bearer {}", other.token)), "Access token validation failure. Invalid signature."),
    ] {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = client.raw("GET", "/v1.0/users", &headers, Vec::new()).expect(401);
        assert_eq!(answer.code(), "InvalidAuthenticationToken");
        assert!(answer.message().starts_with(text), "{answer:?}");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}

#[test]
fn a_token_is_refused_from_the_moment_it_expires() {
    let mut client = Client::new(Settings { token_lifetime: Duration::from_secs(60), ..settings() });
    client.now += 59_999;
    client.get("/domains").expect(200);
    client.now += 1;
    let answer = client.get("/domains").expect(401);
    assert_eq!(answer.message(), "Lifetime validation failed, the token is expired.");
    client.token = client.sign_in(&[]).expect(200).text("access_token");
    client.get("/domains").expect(200);
}

#[test]
fn an_operation_without_its_role_is_refused_by_the_service_behind_it() {
    let mut narrow = settings();
    narrow.app.roles = vec!["Mail.Send".to_owned()];
    let client = Client::new(narrow);
    let directory = client.get("/users").expect(403);
    assert_eq!(directory.code(), "Authorization_RequestDenied");
    assert_eq!(directory.message(), "Insufficient privileges to complete the operation.");
    assert_eq!(client.get("/users/x/messages").expect(403).code(), "ErrorAccessDenied");
    // It may send, so the refusal is not for the role.
    assert_eq!(client.post("/users/x/sendMail", &serde_json::json!({})).expect(404).code(), "ErrorInvalidUser");
}

#[test]
fn every_answer_has_the_ids_that_support_asks_for() {
    let client = Client::new(settings());
    let id = "6f0ffb95-5a1f-4b5c-9b41-1f2e63a0f2a1";
    for path in ["/domains", "/users/nobody", "/nowhere"] {
        let answer = client.call("GET", path, &[("client-request-id", id)], None);
        assert_eq!(answer.headers["client-request-id"], id);
        assert_eq!(answer.headers["date"], "Mon, 05 Jan 2026 08:00:00 GMT");
        assert_eq!(answer.headers["request-id"].len(), 36);
        if answer.status >= 400 {
            let inner = &answer.body["error"]["innerError"];
            assert_eq!(inner["request-id"], answer.headers["request-id"].as_str());
            assert_eq!(inner["client-request-id"], id);
            assert_eq!(inner["date"], "2026-01-05T08:00:00");
        }
    }
}
