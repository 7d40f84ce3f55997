//! Another client of a tenant, with the application's token: what it sees is there, whatever a host believes.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::command::TenantProcess;
use crate::truth::text;

/// A client with a token.
pub struct Client {
    http: reqwest::Client,
    address: String,
    token: String,
}

impl Client {
    /// Of this simulated tenant.
    ///
    /// # Panics
    ///
    /// If the tenant gives no token.
    pub async fn of(tenant: &TenantProcess) -> Client {
        Client::named_by(|name| tenant.environment.get(name).cloned().unwrap_or_default()).await
    }

    /// Of the tenant that this environment leads to: `tenant simulate` prints it.
    ///
    /// # Panics
    ///
    /// If the tenant gives no token.
    pub async fn named_by(variable: impl Fn(&str) -> String) -> Client {
        // Fails only if another test did it, and then it is done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client needs nothing of this machine");
        let form = format!(
            "grant_type=client_credentials&scope=https://graph.microsoft.com/.default&client_id={}&client_secret={}",
            variable("KW_APP_ID"),
            utf8_percent_encode(&variable("KW_CLIENT_SECRET"), NON_ALPHANUMERIC)
        );
        let url = format!("{}/{}/oauth2/v2.0/token", variable("HAYMAKER_LOGIN_ENDPOINT"), variable("KW_TENANT_ID"));
        let request = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await.expect("the tenant answers");
        let answer: Value = answer.json().await.expect("a token comes as JSON");
        let token = text(&answer, "access_token").to_owned();
        Client { http, address: variable("HAYMAKER_GRAPH_ENDPOINT"), token }
    }

    /// A request to a path from the tenant's root, as `/v1.0/users`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address)).bearer_auth(&self.token)
    }

    /// What Graph has at a path, as `/users`.
    ///
    /// # Panics
    ///
    /// If it is not there.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.request(Method::GET, &format!("/v1.0{path}")).send().await.expect("the tenant answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.expect("the answer comes whole").into()
    }

    /// The same, which is JSON.
    ///
    /// # Panics
    ///
    /// If it is not there, or is not.
    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.bytes(path).await).expect("Graph speaks JSON")
    }

    /// All of a list, page by page.
    ///
    /// # Panics
    ///
    /// If it is none.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let mut page = self.json(&path).await;
            let link = page.get("@odata.nextLink").and_then(Value::as_str);
            next = link.map(|link| link.trim_start_matches(&format!("{}/v1.0", self.address)).to_owned());
            all.append(page.get_mut("value").and_then(Value::as_array_mut).expect("a page has a list"));
        }
        all
    }
}
