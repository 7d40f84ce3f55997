//! A command's side of the API.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use haymaker_platform::home::{Home, HostInfo};
use haymaker_platform::host::sign_in::Code;
use haymaker_platform::host::{DeployRequest, Deployed, DryRun, Recovery, Scanned};
use haymaker_platform::refusal::Refusal;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    Action, Environment, HostStatus, Install, InstalledWorkload, Search, SignIn, Step, VERSION, VERSION_HEADER, paths,
    socket,
};

/// A connection to a home's host.
pub(crate) struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

impl Client {
    /// A client for the socket of this home. Whether a host answers there is seen at the first request.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub(crate) fn new(home: &Home) -> anyhow::Result<Client> {
        let socket = socket::path(home);
        // No TLS goes over it, so nobody's authorities are read.
        let http = reqwest::Client::builder().unix_socket(socket.as_path()).no_proxy().tls_certs_only([]).build()?;
        Ok(Client { http, socket })
    }

    /// What the host says of itself.
    pub(crate) async fn status(&self) -> anyhow::Result<HostStatus> {
        self.call(Method::GET, paths::HOST, None::<&()>).await
    }

    /// Asks the host to end; it answers before it does. Any version does so.
    pub(crate) async fn stop_host(&self) -> anyhow::Result<()> {
        let answer = self.send(Method::POST, paths::HOST_STOP, None::<&()>).await?;
        if !answer.status().is_success() {
            bail!("the host answered {} and goes on", answer.status());
        }
        Ok(())
    }

    /// Gives the host credentials for deployments that wait for them.
    pub(crate) async fn lend(&self, environment: &Environment) -> anyhow::Result<()> {
        let answer = self.send(Method::POST, paths::CREDENTIALS, Some(environment)).await?;
        check_version(&answer)?;
        Ok(())
    }

    /// Deploys.
    pub(crate) async fn deploy(&self, request: &DeployRequest) -> anyhow::Result<Deployed> {
        self.call(Method::POST, paths::DEPLOYMENTS, Some(request)).await
    }

    /// What a deployment would do.
    pub(crate) async fn plan(&self, request: &DeployRequest) -> anyhow::Result<DryRun> {
        self.call(Method::POST, paths::PLANS, Some(request)).await
    }

    /// What earlier runs left in a tenant.
    pub(crate) async fn orphans(&self, search: &Search) -> anyhow::Result<Scanned> {
        self.call(Method::POST, paths::ORPHANS, Some(search)).await
    }

    /// Takes an orphan in, and cleans it up.
    pub(crate) async fn recover(&self, recovery: &Recovery) -> anyhow::Result<Deployed> {
        self.call(Method::POST, paths::RECOVERIES, Some(recovery)).await
    }

    /// Stops, starts or cleans up.
    pub(crate) async fn act(&self, action: Action, id: &str, environment: &Environment) -> anyhow::Result<()> {
        let path = format!("{}/{}/{}", paths::DEPLOYMENTS, segment(id), action.as_str());
        self.call(Method::POST, &path, Some(environment)).await
    }

    /// Has somebody sign in elsewhere: `tell` hears what they are to do; returns when they have done it.
    pub(crate) async fn sign_in(
        &self,
        id: &str,
        asked: &SignIn,
        tell: impl Fn(&Code) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let path = format!("{}/{}/sign-in", paths::DEPLOYMENTS, segment(id));
        let mut answer = self.send(Method::POST, &path, Some(asked)).await?;
        check_version(&answer)?;
        if !answer.status().is_success() {
            bail!("the host answered {}", answer.status());
        }
        let mut heard = Vec::new();
        while let Some(bytes) = answer.chunk().await.context("the host broke off")? {
            heard.extend_from_slice(&bytes);
            while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = heard.drain(..=end).collect();
                match serde_json::from_slice(&line).context("the host's answer cannot be read")? {
                    Step::Code(code) => tell(&code)?,
                    Step::Done => return Ok(()),
                    Step::Refused(refusal) => return Err(refusal.into()),
                }
            }
        }
        bail!("the host broke off; whether somebody signed in, `haymaker logs {id}` tells")
    }

    /// Installs a workload from a path on this machine.
    pub(crate) async fn install(&self, path: &Path) -> anyhow::Result<InstalledWorkload> {
        let path = std::path::absolute(path).with_context(|| format!("cannot use {}", path.display()))?;
        self.call(Method::POST, paths::WORKLOADS, Some(&Install { path })).await
    }

    /// Removes a workload; answers with what is gone.
    pub(crate) async fn remove(&self, name: &str) -> anyhow::Result<Vec<String>> {
        self.call(Method::DELETE, &format!("{}/{}", paths::WORKLOADS, segment(name)), None::<&()>).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<T> {
        let answer = self.send(method, path, body).await?;
        check_version(&answer)?;
        let status = answer.status();
        let bytes = answer.bytes().await.context("the host broke off")?;
        if status == StatusCode::UNPROCESSABLE_ENTITY
            && let Ok(refusal) = serde_json::from_slice::<Refusal>(&bytes)
        {
            return Err(refusal.into());
        }
        if !status.is_success() {
            bail!("the host answered {status}: {}", String::from_utf8_lossy(&bytes));
        }
        serde_json::from_slice(&bytes).context("the host's answer cannot be read")
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> anyhow::Result<reqwest::Response> {
        let mut request = self.http.request(method, format!("http://host{path}")).header(VERSION_HEADER, VERSION);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.with_context(|| format!("no host answers at {}", self.socket.display()))
    }
}

/// An id as one segment of a path, whatever characters somebody typed.
fn segment(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b == b'-' { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn check_version(answer: &reqwest::Response) -> anyhow::Result<()> {
    let version = answer.headers().get(VERSION_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    same_version(version)
}

/// Refuses to talk to a host of another version, and says how to change it.
///
/// # Errors
/// The versions differ.
pub(crate) fn same_version(version: &str) -> anyhow::Result<()> {
    if version != VERSION {
        bail!(
            "the running host is haymaker {version}, and this is {VERSION}; `haymaker host stop` ends it, and the next \
             command starts one of this version, which takes up its deployments"
        );
    }
    Ok(())
}

/// The host of this home, if one lives.
///
/// # Errors
/// It is of another version.
pub(crate) fn living(home: &Home) -> anyhow::Result<Option<HostInfo>> {
    let Some(info) = home.host() else { return Ok(None) };
    same_version(&info.version)?;
    Ok(Some(info))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_id_stays_one_segment() {
        assert_eq!(segment("heartbeat-01ab"), "heartbeat-01ab");
        assert_eq!(segment("../etc/passwd?x"), "%2E%2E%2Fetc%2Fpasswd%3Fx");
    }

    #[test]
    fn a_host_of_another_version_is_told_apart_and_explained() {
        let error = same_version("0.0.9").unwrap_err().to_string();
        assert!(error.contains("0.0.9") && error.contains("haymaker host stop"), "{error}");
        same_version(VERSION).unwrap();
    }
}
