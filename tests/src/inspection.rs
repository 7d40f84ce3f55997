//! A look into a simulated tenant: what really happened there, whatever a host believes.

use haymaker_tenant::inspect::{MailTrace, Overview, Person};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

/// A tenant's inspection API.
pub struct Inspection {
    base: String,
    http: reqwest::Client,
    runtime: Runtime,
}

#[derive(Deserialize)]
struct People {
    value: Vec<Person>,
}

impl Inspection {
    /// Of the tenant at this address (`http://127.0.0.1:8080`).
    ///
    /// # Panics
    ///
    /// If this machine gives no runtime.
    pub fn of(tenant: &str) -> Inspection {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Inspection { base: format!("{tenant}/_haymaker/inspect"), http, runtime }
    }

    /// The tenant in numbers.
    pub fn overview(&self) -> Overview {
        self.get("").expect("the tenant tells of itself")
    }

    /// The people of a deployment, those in the recycle bin too.
    pub fn people(&self, deployment: &str) -> Vec<Person> {
        self.get::<People>(&format!("/users?tag=haymaker:{deployment}")).expect("the tenant tells of its people").value
    }

    /// What became of a mail; none if it was never sent.
    pub fn mail(&self, internet_message_id: &str) -> Option<MailTrace> {
        self.get(&format!("/mail/{}", internet_message_id.trim_matches(['<', '>'])))
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        self.runtime.block_on(async {
            let answer = self.http.get(format!("{}{path}", self.base)).send().await.expect("the tenant answers");
            match answer.status().is_success() {
                true => Some(answer.json().await.expect("the answer is as the tenant's types say")),
                false => None,
            }
        })
    }
}
