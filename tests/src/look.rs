//! Looking into a tenant as whoever has the application's credentials can: by Graph.

use serde_json::Value;

use crate::truth::text;

/// Somebody with the application's token.
pub struct Look {
    http: reqwest::Client,
    graph: String,
    token: String,
}

impl Look {
    /// Into the tenant that this environment leads to: `tenant simulate` prints it.
    ///
    /// # Panics
    ///
    /// If the tenant does not give the application a token.
    pub async fn into(variable: impl Fn(&str) -> String) -> Look {
        // Fails only if another test did it, and then it is done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client needs nothing of this machine");
        let form = format!(
            "grant_type=client_credentials&scope=https://graph.microsoft.com/.default&client_id={}&client_secret={}",
            variable("KW_APP_ID"),
            variable("KW_CLIENT_SECRET")
        );
        let url = format!("{}/{}/oauth2/v2.0/token", variable("HAYMAKER_LOGIN_ENDPOINT"), variable("KW_TENANT_ID"));
        let request = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await.expect("the tenant answers");
        let answer: Value = answer.json().await.expect("a token comes as JSON");
        let token = text(&answer, "access_token").to_owned();
        Look { http, graph: format!("{}/v1.0", variable("HAYMAKER_GRAPH_ENDPOINT")), token }
    }

    /// What lies at a path.
    ///
    /// # Panics
    ///
    /// If nothing does, as the other looks do.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.fetch(&format!("{}{path}", self.graph)).await
    }

    async fn fetch(&self, url: &str) -> reqwest::Response {
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.expect("the tenant answers");
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer
    }

    /// The same, which is JSON.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.expect("Graph speaks JSON")
    }

    /// All of a list, page by page.
    ///
    /// # Panics
    ///
    /// If it is none.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut all, mut next) = (Vec::new(), Some(format!("{}{path}", self.graph)));
        while let Some(url) = next {
            let mut page: Value = self.fetch(&url).await.json().await.expect("Graph speaks JSON");
            next = page.get("@odata.nextLink").and_then(Value::as_str).map(str::to_owned);
            all.append(page.get_mut("value").and_then(Value::as_array_mut).expect("a page has a list"));
        }
        all
    }
}
