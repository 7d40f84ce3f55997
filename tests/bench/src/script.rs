//! What a run asked of a tenant, as the tenant recorded it: the requests that native code then sends once more.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::gate::is_mail;

/// One exchange.
pub(crate) enum Step {
    /// A token was asked for.
    Token,
    /// Anything else.
    Request(Request),
}

/// A request with what came of it.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
    /// Whether it is part of a mail.
    pub(crate) is_mail: bool,
}

/// A tenant's exchanges, in their order.
pub(crate) struct Script(pub(crate) Vec<Step>);

/// Headers that belong to a connection or to whoever speaks; the client makes its own.
const OWN: [&str; 5] = ["authorization", "host", "content-length", "user-agent", "accept"];

/// What stands in for a password that the recording does not show.
const PASSWORD: &str = "Bench-4-haymaker!";

impl Script {
    /// Reads a recording.
    ///
    /// # Errors
    /// It is not there, or is not one.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Script> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        text.lines().map(step).collect::<anyhow::Result<_>>().map(Script)
    }

    /// How many requests are part of mails.
    pub(crate) fn mail_requests(&self) -> usize {
        self.mails().count()
    }

    /// How many mails were sent.
    pub(crate) fn mails_sent(&self) -> usize {
        self.mails().filter(|request| request.target.ends_with("/send")).count()
    }

    fn mails(&self) -> impl Iterator<Item = &Request> {
        self.0.iter().filter_map(|step| match step {
            Step::Request(request) if request.is_mail => Some(request),
            _ => None,
        })
    }
}

fn step(line: &str) -> anyhow::Result<Step> {
    let said: Value = serde_json::from_str(line)?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).context("not a recorded exchange");
    let path = text("path")?;
    if path.ends_with("/oauth2/v2.0/token") {
        return Ok(Step::Token);
    }
    let query = text("query")?;
    let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let method = text("method")?.to_owned();
    let headers = said.get("request_headers").and_then(Value::as_object).into_iter().flatten();
    let headers = headers.filter(|(name, _)| !OWN.contains(&name.as_str()));
    let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let mut body = said.get("request_body").cloned().unwrap_or_default();
    if let Some(password) = body.pointer_mut("/passwordProfile/password") {
        *password = PASSWORD.into();
    }
    Ok(Step::Request(Request {
        is_mail: is_mail(&format!("{method} {target}")),
        headers: headers.collect(),
        body: if body.is_null() { Vec::new() } else { serde_json::to_vec(&body)? },
        status: said.get("status").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok()).context("no status")?,
        method,
        target,
    }))
}
