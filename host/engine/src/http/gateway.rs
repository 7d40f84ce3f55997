//! One per host: connections, tokens, and the simulated tenant's handshake.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use super::endpoint::Auth;
use super::secret::Secret;
use super::session::{Session, SessionSettings};
use super::time::{CLOCK_HEADER, Time};
use super::token::{Token, TokenError, Tokens};
use super::trust;
use super::wire::{self, Arrival, Outgoing};
use crate::Instant;
use crate::clock::Clock;
use crate::types::Problem;

/// Where a simulated tenant says that it is one.
const HANDSHAKE: &str = "/.well-known/haymaker-simulated-tenant";

/// The largest answer of a handshake or a token endpoint, in bytes; both take a few hundred.
pub(super) const SMALL: usize = 64 * 1024;

/// Kept shorter than servers keep theirs (Kestrel 130 s, nginx 75 s, many proxies 60 s), so that the race between
/// their closing and our reusing a connection is rare.
const IDLE: Duration = Duration::from_secs(20);

/// How a host talks.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Until a connection stands, TLS included. Shorter than `request_timeout`: after it, nothing was sent.
    pub connect_timeout: Duration,
    /// Until the last byte of an answer.
    pub request_timeout: Duration,
    /// The largest answer for any session, in bytes.
    pub max_response: usize,
    /// `haymaker/<version>`.
    pub user_agent: String,
}

impl Default for GatewaySettings {
    /// 10 s to connect; 100 s for an answer, as Graph's own clients; 64 MiB.
    fn default() -> GatewaySettings {
        GatewaySettings {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(100),
            max_response: 64 << 20,
            user_agent: concat!("haymaker/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// All of a host's connections and tokens.
pub struct Gateway {
    client: reqwest::Client,
    settings: GatewaySettings,
    tokens: Tokens,
}

/// What a simulated tenant says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// The header in which it takes the time.
    pub clock_header: String,
    /// Its tenant id.
    pub tenant_id: String,
    /// Its default domain.
    pub domain: String,
    /// Its time now.
    pub now: Instant,
    /// The time it began at.
    pub start: Instant,
    /// Simulated seconds per real second; none: as fast as the host says.
    pub speed: Option<f64>,
}

impl Gateway {
    /// Prepares connections; opens none.
    ///
    /// # Errors
    /// A sentence: the settings contradict each other, the environment names authorities that cannot be read, or the TLS
    /// library cannot be set up.
    pub fn new(settings: GatewaySettings) -> Result<Arc<Gateway>, String> {
        if settings.connect_timeout >= settings.request_timeout {
            return Err("connect_timeout must be shorter than request_timeout".to_owned());
        }
        // An error here means that the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .tls_certs_merge(trust::authorities()?)
            .build()
            .map_err(|error| format!("cannot set up HTTP: {error}"))?;
        Ok(Arc::new(Gateway { client, settings, tokens: Tokens::default() }))
    }

    /// Opens a session for one call.
    #[must_use]
    pub fn session(self: &Arc<Self>, settings: SessionSettings) -> Arc<Session> {
        Arc::new(Session::new(self.clone(), settings))
    }

    /// Asks whether a simulated tenant lives at the base's origin. Whatever answers otherwise is a real one: none.
    ///
    /// # Errors
    /// A sentence, if there is no answer at all.
    pub async fn probe(&self, base: &Url) -> Result<Option<Announcement>, String> {
        let mut url = base.clone();
        url.set_path(HANDSHAKE);
        url.set_query(None);
        url.set_fragment(None);
        let origin = url.origin().ascii_serialization();
        let accept = ("accept".to_owned(), "application/json".to_owned());
        let out = Outgoing { method: "GET", url, headers: vec![accept], body: Vec::new() };
        match self.exchange(out, SMALL).await {
            Arrival::Answer(answer) if answer.status == 200 => Ok(announcement(&answer.body)),
            Arrival::Answer(_) | Arrival::TooLarge { .. } => Ok(None),
            Arrival::NotSent(why) | Arrival::Lost(why) => Err(format!("{origin} does not answer: {why}")),
        }
    }

    /// Checks credentials by redeeming them for a token, which stays here for later use, and tells the application
    /// permissions that it carries: none where there is no token, or one that does not tell.
    ///
    /// # Errors
    /// `denied` with the code `credentials` and Entra's own code in the message; `unreachable` or `exhausted`, with the
    /// moment to try again; `failed` if the answer makes no sense; `invalid` if the settings do not.
    pub async fn token(
        &self,
        auth: &Auth,
        clock: &dyn Clock,
        clock_header: Option<Instant>,
    ) -> Result<Option<Vec<String>>, Problem> {
        let time = Time { clock, floor: clock_header.unwrap_or(0), announced: clock_header.is_some() };
        let token = self.bearer(auth, time, None).await.map_err(Problem::from)?;
        Ok(token.and_then(|token| token.roles.clone()))
    }

    /// A bearer token for a client of the host's own, which speaks to a service that is no endpoint of a manifest (a
    /// model behind Entra ID); none where `auth` needs none. Guests never see it.
    ///
    /// # Errors
    /// As for [`Gateway::token`].
    pub async fn lend(&self, auth: &Auth, clock: &dyn Clock) -> Result<Option<Secret>, Problem> {
        let time = Time { clock, floor: 0, announced: false };
        let token = self.bearer(auth, time, None).await?;
        Ok(token.map(|token| token.bearer.clone()))
    }

    /// A token that is good now: the cached one, unless it is about to end or is the one that was `rejected`.
    pub(super) async fn bearer(
        &self,
        auth: &Auth,
        time: Time<'_>,
        rejected: Option<&Token>,
    ) -> Result<Option<Arc<Token>>, TokenError> {
        self.tokens.get(self, auth, time, rejected).await
    }

    pub(super) async fn exchange(&self, out: Outgoing, limit: usize) -> Arrival {
        let limit = limit.min(self.settings.max_response);
        wire::exchange(&self.client, out, self.settings.request_timeout, limit).await
    }
}

/// The headers that every request to an endpoint carries.
pub(super) fn host_headers(request_id: &str, time: Time<'_>) -> Vec<(String, String)> {
    let mut headers = vec![
        ("client-request-id".to_owned(), request_id.to_owned()),
        ("return-client-request-id".to_owned(), "true".to_owned()),
    ];
    headers.extend(time.header());
    headers
}

/// Reads a handshake. Anything that is not exactly one is none: time must never be told to a real tenant.
fn announcement(body: &[u8]) -> Option<Announcement> {
    let said: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| said.get(name)?.as_str().map(str::to_owned);
    let number = |name: &str| said.get(name)?.as_u64();
    let version = number("haymaker_simulated_tenant")?;
    let clock_header = text("clock_header")?;
    let speed = said.get("speed").filter(|speed| !speed.is_null()).map(|speed| speed.as_f64().filter(|s| *s > 0.0));
    if version != 1 || clock_header != CLOCK_HEADER || speed == Some(None) {
        return None;
    }
    Some(Announcement {
        clock_header,
        tenant_id: text("tenant_id")?,
        domain: text("domain")?,
        now: number("now")?,
        start: number("start")?,
        speed: speed.flatten(),
    })
}
