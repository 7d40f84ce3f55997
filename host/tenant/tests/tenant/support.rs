//! A client that calls the tenant in process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use haymaker_tenant::contract::Contract;
use haymaker_tenant::{CLOCK_HEADER, Settings, Tenant};
use serde_json::{Value, json};

/// A tenant with few bystanders, so that tests are quick.
pub(crate) fn settings() -> Settings {
    Settings { bystanders: 5, ..Settings::seeded(1) }
}

/// The same, with an app that may do all that features need.
pub(crate) fn wide() -> Settings {
    settings().with_every_feature()
}

/// An answer, read.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of an error.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The sentence of an error.
    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    pub(crate) fn value(&self) -> &Vec<Value> {
        self.body["value"].as_array().unwrap_or_else(|| panic!("no value in {self:?}"))
    }

    /// The members of a collection, by one text property.
    pub(crate) fn each(&self, name: &str) -> Vec<String> {
        self.value().iter().map(|item| item[name].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub(crate) fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// A client with a token, at one moment.
pub(crate) struct Client {
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) token: String,
    pub(crate) now: u64,
    contract: Option<Arc<Contract>>,
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Client {
        let now = settings.start;
        let tenant = Tenant::new(settings).unwrap();
        let mut client = Client { tenant, token: String::new(), now, contract: None };
        client.token = client.sign_in(&[]).expect(200).text("access_token");
        client
    }

    /// One that holds every exchange against the description of Graph, if it is there.
    pub(crate) fn checking(settings: Settings) -> Option<Client> {
        Some(Client { contract: Some(contract()?), ..Client::new(settings) })
    }

    /// The same client, but with this token.
    pub(crate) fn with(&self, token: String) -> Client {
        Client { tenant: Arc::clone(&self.tenant), token, now: self.now, contract: self.contract.clone() }
    }

    /// A request to the token endpoint, with these fields of the form replaced or (where empty) left out.
    pub(crate) fn sign_in(&self, fields: &[(&str, &str)]) -> Answer {
        self.sign_in_to(&self.tenant.settings().tenant_id, fields)
    }

    pub(crate) fn sign_in_to(&self, tenant: &str, fields: &[(&str, &str)]) -> Answer {
        let app = &self.tenant.settings().app;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &app.id),
            ("client_secret", &app.secret),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        for (name, value) in fields {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        let form: Vec<String> = form
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| {
                let all = percent_encoding::NON_ALPHANUMERIC;
                format!("{name}={}", percent_encoding::utf8_percent_encode(value, all))
            })
            .collect();
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.raw("POST", &path, &[kind], form.join("&").into_bytes())
    }

    /// A request as it is, at the client's moment.
    pub(crate) fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = http::Request::builder().method(method).uri(path).header(CLOCK_HEADER, self.now);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.tenant.handle(request.body(Bytes::from(body)).unwrap());
        let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
        }
    }

    /// A request to Graph; `path` stands behind the version and may have a query, in which spaces and angle brackets may stand.
    pub(crate) fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend_from_slice(headers);
        let path = format!("/v1.0{}", path.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E"));
        let bytes = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let answer = self.raw(method, &path, &all, bytes);
        if let Some(contract) = &self.contract {
            let (bare, query) = path.split_once('?').unwrap_or((&path, ""));
            let answered = Some(&answer.body).filter(|body| !body.is_null());
            let mut wrong = contract.check_response(method, bare, answer.status, &answer.headers, answered);
            if answer.status < 400 {
                wrong.extend(contract.check_request(method, bare, query, body));
            }
            assert!(wrong.is_empty(), "{method} {path}: {wrong:#?}\n{answer:#?}");
        }
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &[], Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path, &[], Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], None)
    }

    pub(crate) fn domain(&self) -> &str {
        &self.tenant.settings().domain
    }

    pub(crate) fn upn(&self, name: &str) -> String {
        format!("{name}@{}", self.domain())
    }

    /// The body that makes a user.
    pub(crate) fn person(&self, name: &str) -> Value {
        json!({
            "accountEnabled": true,
            "displayName": format!("{name} Example"),
            "mailNickname": name,
            "userPrincipalName": self.upn(name),
            "usageLocation": "US",
            "employeeType": "haymaker:test",
            "passwordProfile": { "password": "Correct-Horse-7", "forceChangePasswordNextSignIn": false },
        })
    }

    /// Makes a user and answers its id.
    pub(crate) fn hire(&self, name: &str) -> String {
        self.post("/users", &self.person(name)).expect(201).text("id")
    }

    /// Gives a user a licence with a mailbox.
    pub(crate) fn license(&self, id: &str) -> Answer {
        let sku = self.get("/subscribedSkus").value()[0]["skuId"].clone();
        let body = json!({ "addLicenses": [{ "skuId": sku, "disabledPlans": [] }], "removeLicenses": [] });
        self.post(&format!("/users/{id}/assignLicense"), &body)
    }

    /// Makes a user with a mailbox.
    pub(crate) fn employ(&self, name: &str) -> String {
        let id = self.hire(name);
        self.license(&id).expect(200);
        id
    }

    /// The body of a mail.
    pub(crate) fn mail(&self, subject: &str, to: &[&str]) -> Value {
        let to: Vec<Value> = to.iter().map(|name| json!({ "emailAddress": { "address": self.upn(name) } })).collect();
        json!({ "subject": subject, "body": { "contentType": "text", "content": "Hello." }, "toRecipients": to })
    }
}

/// The description of Graph, beside the project. It is not ours to copy, so tests say so and pass where it is not.
pub(crate) fn contract() -> Option<Arc<Contract>> {
    static CONTRACT: LazyLock<Option<Arc<Contract>>> = LazyLock::new(|| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/graph-v1.0-subset.json");
        path.exists().then(|| Arc::new(Contract::load(path).unwrap()))
    });
    if CONTRACT.is_none() {
        println!("NOT CHECKED: the description of Graph is not beside the project");
    }
    CONTRACT.clone()
}
