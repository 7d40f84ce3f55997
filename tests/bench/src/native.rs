//! The same requests from native Rust: one client of reqwest, one request after the other for each tenant.

use anyhow::{Context, ensure};
use reqwest::{Client, Method};
use serde_json::Value;

use crate::gate::Gate;
use crate::script::{Request, Script, Step};
use crate::tenants::Reached;

/// A client as the host's own is set up, so that only what is done with it differs.
///
/// # Errors
/// It cannot be set up.
pub(crate) fn client() -> anyhow::Result<Client> {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
    Ok(client.no_proxy().http1_only().build()?)
}

/// Plays a script to a tenant that knows nothing of it yet, and checks each answer's status.
///
/// # Errors
/// An answer that is not the recorded one.
pub(crate) async fn play(client: &Client, reached: &Reached, script: &Script, gate: &Gate) -> anyhow::Result<()> {
    let mut bearer = String::new();
    for step in &script.0 {
        match step {
            Step::Token => bearer = format!("Bearer {}", token(client, reached).await?),
            Step::Request(request) if request.is_mail => {
                gate.sending().await;
                send(client, reached, request, &bearer).await?;
                gate.answered().await;
            }
            Step::Request(request) => send(client, reached, request, &bearer).await?,
        }
    }
    Ok(())
}

async fn send(client: &Client, reached: &Reached, request: &Request, bearer: &str) -> anyhow::Result<()> {
    let method = Method::from_bytes(request.method.as_bytes())?;
    let mut builder = client.request(method, format!("{}{}", reached.origin(), request.target));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.header("authorization", bearer).body(request.body.clone()).send().await?;
    let status = response.status().as_u16();
    let answer = response.bytes().await?;
    // Whoever asks for JSON reads it.
    let read = answer.is_empty() || serde_json::from_slice::<Value>(&answer).is_ok();
    let Request { method, target, status: expected, .. } = request;
    ensure!(status == *expected && read, "{method} {target} is answered {status} and was {expected}");
    Ok(())
}

async fn token(client: &Client, reached: &Reached) -> anyhow::Result<String> {
    let settings = reached.tenant.settings();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        settings.app.id, settings.app.secret
    );
    let request = client.post(format!("{}/{}/oauth2/v2.0/token", reached.origin(), settings.tenant_id));
    let response = request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await?;
    let said: Value = serde_json::from_slice(&response.bytes().await?)?;
    let token = said.get("access_token").and_then(Value::as_str).context("the tenant gives no token")?;
    Ok(token.to_owned())
}
