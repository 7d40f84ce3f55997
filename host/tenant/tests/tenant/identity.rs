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

/// A token of a user, by password.
pub(crate) fn as_user(client: &Client, name: &str, scope: &str) -> String {
    let fields = [
        ("grant_type", "password"),
        ("username", &client.upn(name)),
        ("password", "Correct-Horse-7"),
        ("scope", scope),
    ];
    client.sign_in(&fields.map(|(name, value)| (name, value as &str))).expect(200).text("access_token")
}

#[test]
fn a_password_is_not_enough_where_security_defaults_are_on() {
    let client = Client::new(settings());
    client.employ("ada");
    let upn = client.upn("ada");
    let fields = [("grant_type", "password"), ("username", upn.as_str()), ("password", "Correct-Horse-7")];
    let refused = client.sign_in(&fields).expect(400);
    assert_eq!((&refused.body["error"], &refused.body["error_codes"][0]), (&"invalid_grant".into(), &50079.into()));
    assert_eq!(refused.body["suberror"], "basic_action");
}

#[test]
fn a_user_signs_in_refreshes_and_is_thrown_out() {
    let mut client = Client::new(Settings { security_defaults: false, ..settings() });
    let ada = client.employ("ada");
    let upn = client.upn("ada");
    let scope = "offline_access openid https://graph.microsoft.com/Mail.Send";
    let fields =
        [("grant_type", "password"), ("username", upn.as_str()), ("password", "Correct-Horse-7"), ("scope", scope)];
    let answer = client.sign_in(&fields).expect(200);
    let claims = payload(&answer.text("access_token"));
    assert_eq!(
        (&claims["scp"], &claims["oid"], &claims["idtyp"]),
        (&"Mail.Send".into(), &ada.as_str().into(), &"user".into())
    );
    assert_eq!(payload(&answer.text("id_token"))["preferred_username"], upn.as_str());
    let refresh = answer.text("refresh_token");
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_secret", ""), ("scope", scope)];
    client.sign_in(&fields).expect(200);
    let broken = format!("{refresh}x");
    client.sign_in(&[("grant_type", "refresh_token"), ("refresh_token", broken.as_str())]).expect(400);
    client.now += 1000;
    client.call("POST", &format!("/users/{ada}/revokeSignInSessions"), &[], None).expect(200);
    assert_eq!(client.sign_in(&fields).expect(400).body["error_codes"][0], 50173);
    let wrong = [("grant_type", "password"), ("username", upn.as_str()), ("password", "x")];
    assert_eq!(client.sign_in(&wrong).expect(400).body["error_codes"][0], 50126);
    client.token = as_user(&client, "ada", "https://graph.microsoft.com/Mail.ReadWrite");
    client.get("/me/messages").expect(200);
    let bob = client.get("/users?$top=3");
    assert_eq!(bob.status, 403);
    assert_eq!(client.get(&format!("/users/{}/messages", client.upn("nobody"))).status, 404);
}

#[test]
fn a_device_code_waits_for_somebody_to_type_it_in() {
    let mut client = Client::new(settings());
    client.employ("ada");
    let settings = client.tenant.settings().clone();
    let form =
        format!("client_id={}&scope=offline_access%20https%3A%2F%2Fgraph.microsoft.com%2FMail.Send", settings.app.id);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let begun = client
        .raw("POST", &format!("/{}/oauth2/v2.0/devicecode", settings.tenant_id), &kind, form.into_bytes())
        .expect(200);
    let (device, user) = (begun.text("device_code"), begun.text("user_code"));
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", device.as_str()),
        ("client_secret", ""),
        ("scope", "https://graph.microsoft.com/Mail.Send"),
    ];
    assert_eq!(client.sign_in(&fields).expect(400).body["error"], "authorization_pending");
    assert!(client.tenant.approve_device(&user, &client.upn("ada")));
    assert!(!client.tenant.approve_device("XXXXXXXXX", &client.upn("ada")));
    client.sign_in(&fields).expect(200);
    client.sign_in(&fields).expect(400);
    client.now += 1;
}

#[test]
fn tokens_are_signed_by_the_published_key() {
    let client = Client::new(settings());
    let tenant = client.tenant.settings().tenant_id.clone();
    let configuration =
        client.raw("GET", &format!("/{tenant}/v2.0/.well-known/openid-configuration"), &[], Vec::new()).expect(200);
    let keys = configuration.text("jwks_uri").replace("https://graph.microsoft.com", "");
    let keys = client.raw("GET", &keys, &[], Vec::new()).expect(200);
    let number = |name: &str| URL_SAFE_NO_PAD.decode(keys.body["keys"][0][name].as_str().unwrap()).unwrap();
    let (signed, signature) = client.token.rsplit_once('.').unwrap();
    let key = ring::signature::RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).unwrap();
}

#[test]
fn a_fault_refuses_a_token_in_oauths_words() {
    let client = Client::new(settings());
    for (status, error, code) in [
        (400, "unauthorized_client", 7_000_112),
        (401, "invalid_client", 7_000_222),
        (429, "temporarily_unavailable", 90_055),
        (503, "temporarily_unavailable", 90_033),
    ] {
        let rules = serde_json::json!([{
            "operation": "POST /*/oauth2/v2.0/token", "rate": 1.0,
            "fault": { "kind": "status", "status": status, "retry_after": "7" },
        }]);
        client.raw("POST", "/_haymaker/faults", &[], rules.to_string().into_bytes()).expect(200);
        let refused = client.sign_in(&[]).expect(status);
        assert_eq!((&refused.body["error"], &refused.body["error_codes"]), (&error.into(), &serde_json::json!([code])));
        assert!(refused.text("error_description").starts_with(&format!("AADSTS{code}: ")));
        assert_eq!(refused.headers["retry-after"], "7");
        client.get("/domains").expect(200);
    }
    client.tenant.set_faults(Vec::new());
    client.sign_in(&[]).expect(200);
}

#[test]
fn a_permission_for_some_mailboxes_shows_more_there_than_the_basics() {
    let mut settings = settings();
    settings.more_apps = vec![haymaker_tenant::App {
        roles: vec!["Mail.ReadBasic.All".to_owned()],
        id: "00000000-0000-4000-8000-000000000001".to_owned(),
        ..settings.app.clone()
    }];
    settings.mailbox_grants = vec![haymaker_tenant::MailboxGrant {
        app: settings.more_apps[0].id.clone(),
        permission: "Mail.ReadWrite".to_owned(),
        scope: haymaker_tenant::MailboxScope::Users(vec![format!("ada@{}", settings.domain)]),
    }];
    let client = Client::new(settings);
    let narrow = client.sign_in(&[("client_id", "00000000-0000-4000-8000-000000000001")]).expect(200);
    let narrow = client.with(narrow.text("access_token"));
    for (name, whole) in [("ada", true), ("bob", false)] {
        client.employ(name);
        let path = format!("/users/{}/messages", client.upn(name));
        client.post(&path, &client.mail("x", &[name])).expect(201);
        let seen = narrow.get(&path).expect(200);
        assert_eq!(seen.value()[0].get("body").is_some(), whole, "{name}");
        assert_eq!(narrow.post(&path, &client.mail("y", &[name])).status == 201, whole, "{name}");
    }
}

#[test]
fn the_login_endpoint_refuses_what_is_no_request_for_a_token_in_oauths_shape() {
    let client = Client::new(settings());
    let tenant = &client.tenant.settings().tenant_id;
    for (method, path, error, code) in [
        ("GET", format!("/{tenant}/oauth2/v2.0/token"), "invalid_request", 900_561),
        ("PUT", format!("/{tenant}/oauth2/v2.0/token"), "invalid_request", 900_561),
        ("GET", format!("/{tenant}/oauth2/v2.0/devicecode"), "invalid_request", 900_561),
        ("GET", "/elsewhere/v2.0/.well-known/openid-configuration".to_owned(), "invalid_request", 90002),
        ("GET", "/elsewhere/discovery/v2.0/keys".to_owned(), "invalid_request", 90002),
    ] {
        let refused = client.raw(method, &path, &[], Vec::new()).expect(400);
        assert_eq!((&refused.body["error"], &refused.body["error_codes"][0]), (&error.into(), &code.into()), "{path}");
        let said = refused.text("error_description");
        assert!(said.starts_with(&format!("AADSTS{code}: ")), "{said}");
        assert!(code != 900_561 || said.contains(&format!("Received a {method} request.")), "{said}");
    }
}
