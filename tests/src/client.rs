//! Another client of a simulated tenant, which names no time and has the application's token: what it sees is there.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::command::TenantProcess;
use crate::truth::text;

/// A client with a token, and the tenant that it is of.
pub struct Client<'a> {
    /// The tenant.
    pub tenant: &'a TenantProcess,
    http: reqwest::Client,
    token: String,
}

impl<'a> Client<'a> {
    /// Of this tenant.
    ///
    /// # Panics
    ///
    /// If the tenant gives no token.
    pub async fn of(tenant: &'a TenantProcess) -> Client<'a> {
        // Fails only if another test did it, and then it is done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client without options");
        let variable = |name: &str| tenant.environment.get(name).map_or("", String::as_str);
        let form = format!(
            "grant_type=client_credentials&scope=https://graph.microsoft.com/.default&client_id={}&client_secret={}",
            variable("KW_APP_ID"),
            utf8_percent_encode(variable("KW_CLIENT_SECRET"), NON_ALPHANUMERIC)
        );
        let url = format!("{}/{}/oauth2/v2.0/token", variable("HAYMAKER_LOGIN_ENDPOINT"), variable("KW_TENANT_ID"));
        let request = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await.expect("the tenant answers");
        let answer: Value = answer.json().await.expect("tokens come as JSON");
        let token = text(&answer, "access_token").to_owned();
        Client { tenant, http, token }
    }

    /// A request to a path from the tenant's root, as `/v1.0/users`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.tenant.address())).bearer_auth(&self.token)
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

    /// The same, read as JSON.
    ///
    /// # Panics
    ///
    /// If it is not there.
    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.bytes(path).await).expect("Graph answers in JSON")
    }
}
