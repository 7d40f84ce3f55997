//! Bearer tokens: redeemed once for many, renewed before they end.
//!
//! A token belongs to (authority, tenant, application, secret, scope). The secret is part of the key, by its hash, so
//! that a wrong secret is never hidden by a token that a right one was given. Whoever needs a token while it is being
//! fetched waits for that fetch and shares its result, also when it fails: a host with a wrong secret and three hundred
//! workers asks once.
//!
//! Of a person, a token belongs to who speaks instead; `voice` keeps those, with the flights and the words of this module.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::endpoint::Auth;
use super::gateway::{Gateway, SMALL, host_headers};
use super::grant::{Ask, Grant};
use super::secret::Secret;
use super::target::Base;
use super::time::Time;
use super::wire::{self, Answer, Arrival, Outgoing};
use super::{Refusal, identity, retry};
use crate::Instant;
use crate::types::{Problem, ProblemKind};

/// Renewed this long before its end, in milliseconds: no request of ours takes longer.
const MARGIN: u64 = 300_000;

/// RFC 3986's unreserved characters stay; everything else is escaped, as a form wants it.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A token.
pub(super) struct Token {
    pub(super) bearer: Secret,
    /// The `uti` claim.
    pub(super) uti: Option<String>,
    /// The `roles` claim.
    pub(super) roles: Option<Vec<String>>,
    renew: Instant,
}

/// What a token endpoint gives.
pub(super) struct Granted {
    pub(super) token: Token,
    /// Good for further tokens, where that was asked for.
    pub(super) refresh: Option<Secret>,
}

/// Why there is no token.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum TokenError {
    /// Entra does not accept who we say we are.
    #[error("Entra refused the application {client_id} in the tenant {tenant}: {why}")]
    Refused { client_id: String, tenant: String, why: String },
    /// Entra does not accept a person.
    #[error("Entra does not let {speaker} in: {why}")]
    Person { speaker: String, code: String, why: String },
    /// Nobody has signed in as this person.
    #[error(
        "this host has no token of {speaker:?}: sign in first (secrets.sign-in, or `haymaker worker sign-in`), or go on \
         without"
    )]
    Mute { speaker: String },
    /// There is neither a token nor a password of this person.
    #[error("there is no secret {secret:?} to redeem; make it with secrets.generate, and give it to the user, first")]
    NoPassword { secret: String },
    /// Somebody signed in, and is not whom the code was for.
    #[error("{is} signed in, and not {speaker}; nothing was kept")]
    Stranger { speaker: String, is: String },
    /// The token endpoint cannot be reached, or is in trouble.
    #[error("no token from {authority}: {why}")]
    Unreachable { authority: String, why: String, again: Instant },
    /// The token endpoint asks for patience.
    #[error("{authority} limits token requests")]
    Throttled { authority: String, again: Instant },
    /// It says 200 and gives no token.
    #[error("{authority} answered without a usable token: {why}")]
    Garbled { authority: String, why: &'static str },
    /// Authority or tenant are not what they should be.
    #[error("{0}")]
    Settings(String),
    /// What must be kept cannot be kept, or what was kept cannot be read.
    #[error("{0}")]
    Safe(String),
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Problem {
        let (kind, code, again) = match &error {
            TokenError::Refused { .. } => (ProblemKind::Denied, "credentials", None),
            TokenError::Person { code, .. } => (ProblemKind::Denied, code.as_str(), None),
            TokenError::Mute { .. } => (ProblemKind::Unavailable, "speaker", None),
            TokenError::NoPassword { .. } => (ProblemKind::Invalid, "no-secret", None),
            TokenError::Stranger { .. } => (ProblemKind::Denied, "stranger", None),
            TokenError::Unreachable { again, .. } => (ProblemKind::Unreachable, "token-unreachable", Some(*again)),
            TokenError::Throttled { again, .. } => (ProblemKind::Exhausted, "token-throttled", Some(*again)),
            TokenError::Garbled { .. } => (ProblemKind::Failed, "token-answer", None),
            TokenError::Settings(_) => (ProblemKind::Invalid, "token-settings", None),
            TokenError::Safe(_) => (ProblemKind::Failed, "store", None),
        };
        Problem { retry_at: again, ..Problem::new(kind, code, error.to_string()) }
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Refusal {
        if let TokenError::Safe(why) = error {
            return Refusal::Host(why);
        }
        let problem = Problem::from(error);
        match problem.retry_at {
            Some(at) => Refusal::Later { at, problem },
            None => Refusal::Problem(problem),
        }
    }
}

/// All tokens of a host.
#[derive(Default)]
pub(super) struct Tokens {
    flights: Mutex<HashMap<[u8; 32], Arc<Flight>>>,
}

/// One token and the fetching of it.
#[derive(Default)]
pub(super) struct Flight {
    /// Fetches that ended.
    rounds: AtomicU64,
    slot: tokio::sync::Mutex<Slot>,
}

/// How the last fetch ended.
pub(super) type Slot = Option<Result<Arc<Token>, TokenError>>;

/// Client credentials, taken out of [`Auth`].
#[derive(Clone, Copy)]
pub(super) struct Credentials<'a> {
    pub(super) authority: &'a str,
    pub(super) tenant: &'a str,
    pub(super) client_id: &'a str,
    pub(super) client_secret: &'a Secret,
    pub(super) scope: &'a str,
}

impl Tokens {
    /// A good token, or none where none is needed.
    pub(super) async fn get(
        &self,
        gateway: &Gateway,
        auth: &Auth,
        time: Time<'_>,
        rejected: Option<&Token>,
    ) -> Result<Option<Arc<Token>>, TokenError> {
        let Some(credentials) = Credentials::of(auth) else { return Ok(None) };
        let fetch = async |round| {
            let ask = Ask {
                grant: Grant::Application,
                who: credentials.client_id,
                identity: credentials.client_id.to_owned(),
                round,
            };
            Ok(credentials.fetch(gateway, time, &ask).await?.token)
        };
        self.flight(&credentials).get(time, rejected, fetch).await.map(Some)
    }

    fn flight(&self, credentials: &Credentials<'_>) -> Arc<Flight> {
        let Credentials { authority, tenant, client_id, client_secret, scope } = credentials;
        let parts = [*authority, tenant, client_id, client_secret.expose(), scope];
        let key = identity::draw(&parts.map(str::as_bytes));
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.entry(key).or_default().clone()
    }
}

impl Flight {
    /// A good token: the one that is here, or another.
    pub(super) async fn get(
        &self,
        time: Time<'_>,
        rejected: Option<&Token>,
        fetch: impl AsyncFnOnce(u64) -> Result<Token, TokenError>,
    ) -> Result<Arc<Token>, TokenError> {
        let before = self.rounds.load(Ordering::SeqCst);
        let mut slot = self.slot.lock().await;
        match slot.as_ref() {
            Some(Ok(token)) if token.is_good(time.now(), rejected) => return Ok(token.clone()),
            Some(Err(error)) if error.stands() || self.rounds.load(Ordering::SeqCst) > before => {
                return Err(error.clone());
            }
            _ => {}
        }
        self.round(&mut slot, fetch).await
    }

    /// How the last fetch ended, for whoever begins the next by its own lights.
    pub(super) async fn slot(&self) -> tokio::sync::MutexGuard<'_, Slot> {
        self.slot.lock().await
    }

    /// Fetches another token, whatever is here.
    pub(super) async fn round(
        &self,
        slot: &mut Slot,
        fetch: impl AsyncFnOnce(u64) -> Result<Token, TokenError>,
    ) -> Result<Arc<Token>, TokenError> {
        let round = self.rounds.load(Ordering::SeqCst) + 1;
        let fetched = fetch(round).await.map(Arc::new);
        self.rounds.store(round, Ordering::SeqCst);
        *slot = Some(fetched.clone());
        fetched
    }
}

impl Token {
    pub(super) fn is_good(&self, now: Instant, rejected: Option<&Token>) -> bool {
        now < self.renew && rejected.is_none_or(|rejected| rejected.bearer.expose() != self.bearer.expose())
    }
}

impl<'a> Credentials<'a> {
    /// Of an endpoint that has them.
    pub(super) fn of(auth: &'a Auth) -> Option<Credentials<'a>> {
        match auth {
            Auth::None => None,
            Auth::ClientCredentials { authority, tenant, client_id, client_secret, scope } => {
                Some(Credentials { authority, tenant, client_id, client_secret, scope })
            }
        }
    }

    /// A token, or a refusal.
    pub(super) async fn fetch(&self, gateway: &Gateway, time: Time<'_>, ask: &Ask<'_>) -> Result<Granted, TokenError> {
        let asked_at = time.now();
        let form = ask.form(self);
        let answer = self.ask(gateway, time, "token", &form, &ask.identity, ask.round).await?;
        if answer.status == 200 { self.read(&answer, asked_at) } else { Err(self.refused(&answer, ask)) }
    }

    /// Asks until there is an answer that is worth reading, or a wait that is too long. The request's id is the same
    /// whenever this is the `round`-th question of `identity`.
    pub(super) async fn ask(
        &self,
        gateway: &Gateway,
        time: Time<'_>,
        path: &str,
        form: &[(&str, &str)],
        identity: &str,
        round: u64,
    ) -> Result<Answer, TokenError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let out = self.request(time, path, form, &identity::request_id(identity, round))?;
            let (asked, error) = match gateway.exchange(out, SMALL).await {
                Arrival::Answer(answer) if answer.status == 429 || answer.status >= 500 => {
                    (retry::asked(&answer.headers, time.now()), self.troubled(&answer))
                }
                Arrival::Answer(answer) => return Ok(answer),
                Arrival::NotSent(why) | Arrival::Lost(why) => (None, self.unreachable(why)),
                Arrival::TooLarge { .. } => return Err(self.garbled("the answer is too large")),
            };
            let wait = asked.unwrap_or_else(|| retry::backoff(identity, round, attempt));
            if attempt >= retry::TRIES || wait > retry::LONGEST_WAIT {
                return Err(error.again(time.now().saturating_add(wait)));
            }
            time.wait(wait).await;
        }
    }

    fn request(&self, time: Time<'_>, path: &str, form: &[(&str, &str)], id: &str) -> Result<Outgoing, TokenError> {
        let base = Base::parse(self.authority).map_err(TokenError::Settings)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if self.tenant.is_empty() || !self.tenant.chars().all(plain) || self.tenant.starts_with('.') {
            return Err(TokenError::Settings(format!("{:?} is not a tenant: give its id or its domain", self.tenant)));
        }
        let target = format!("{}/{}/oauth2/v2.0/{path}", base.path, self.tenant);
        let url = wire::url(&base.origin, &target);
        let url = url.ok_or_else(|| TokenError::Settings(format!("{:?} is not an authority", self.authority)))?;
        let mut headers = host_headers(id, time);
        headers.push(("accept".to_owned(), "application/json".to_owned()));
        headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        let pairs = form.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM)));
        Ok(Outgoing { method: "POST", url, headers, body: pairs.collect::<Vec<_>>().join("&").into_bytes() })
    }

    fn read(&self, answer: &Answer, asked_at: Instant) -> Result<Granted, TokenError> {
        let said: Value = serde_json::from_slice(&answer.body).map_err(|_| self.garbled("it is not JSON"))?;
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        let opaque = |name| text(name).filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()));
        let bearer = opaque("access_token").ok_or_else(|| self.garbled("access_token is missing or is not a token"))?;
        if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(self.garbled("token_type is not Bearer"));
        }
        let seconds = said.get("expires_in").and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        let life = seconds.ok_or_else(|| self.garbled("expires_in is missing"))?.saturating_mul(1_000);
        // A token that lives less than ten minutes is renewed at half its life, not before it was used.
        let renew = asked_at.saturating_add(life - MARGIN.min(life / 2));
        let roles = roles(&claims(bearer).unwrap_or_default());
        let token = Token { uti: claim(bearer, "uti"), roles, bearer: Secret::new(bearer.to_owned()), renew };
        Ok(Granted { token, refresh: opaque("refresh_token").map(|token| Secret::new(token.to_owned())) })
    }

    fn unreachable(&self, why: String) -> TokenError {
        TokenError::Unreachable { authority: self.authority.to_owned(), why, again: 0 }
    }

    fn troubled(&self, answer: &Answer) -> TokenError {
        match answer.status {
            429 => TokenError::Throttled { authority: self.authority.to_owned(), again: 0 },
            status => self.unreachable(format!("it answered {status}")),
        }
    }

    pub(super) fn garbled(&self, why: &'static str) -> TokenError {
        TokenError::Garbled { authority: self.authority.to_owned(), why }
    }

    /// Of a refusal only Entra's own words are shown: whatever else a server says may contain what we sent.
    pub(super) fn refused(&self, answer: &Answer, ask: &Ask<'_>) -> TokenError {
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
        let error = text("error");
        let word = !error.is_empty() && error.len() < 64 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let word = word && ask.form(self).iter().all(|(_, sent)| *sent != error);
        let code = code(text("error_description"));
        let why = match code {
            Some(code) => format!("{code}, {}", advice(code)),
            None if word => error.to_owned(),
            None => format!("it answered {}", answer.status),
        };
        match ask.grant {
            Grant::Password { .. } | Grant::Refresh(_) | Grant::Device(_) if OF_PEOPLE.contains(&error) => {
                let code = code.unwrap_or(error).to_owned();
                TokenError::Person { speaker: ask.who.to_owned(), code, why }
            }
            _ => TokenError::Refused { client_id: self.client_id.to_owned(), tenant: self.tenant.to_owned(), why },
        }
    }
}

impl TokenError {
    /// Whether asking again is in vain until somebody signs in again.
    fn stands(&self) -> bool {
        matches!(self, TokenError::Person { .. })
    }

    fn again(mut self, at: Instant) -> TokenError {
        if let TokenError::Unreachable { again, .. } | TokenError::Throttled { again, .. } = &mut self {
            *again = at;
        }
        self
    }
}

/// The claims of a JWT. Read without checking the signature: they are only shown and compared with what a workload asks
/// for, and the server that gave the token is the one that checks it.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// The application permissions that claims tell of. None where nothing can be told: Microsoft says that tokens for Graph
/// are opaque to their bearers. A token with claims and no `roles` grants none.
fn roles(claims: &Value) -> Option<Vec<String>> {
    let roles = claims.as_object()?.get("roles").and_then(Value::as_array);
    Some(roles.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// A claim that is text.
pub(super) fn claim(token: &str, name: &str) -> Option<String> {
    Some(claims(token)?.get(name)?.as_str()?.to_owned())
}

/// The OAuth errors (RFC 6749, RFC 8628, and Entra's own) that are about who signs in. All others are about the
/// application, or about a mistake of ours.
const OF_PEOPLE: [&str; 9] = [
    "invalid_grant",
    "interaction_required",
    "consent_required",
    "login_required",
    "access_denied",
    "authorization_pending",
    "authorization_declined",
    "expired_token",
    "slow_down",
];

/// `AADSTS7000215` in `AADSTS7000215: Invalid client secret provided. ...`.
fn code(description: &str) -> Option<&str> {
    let (_, found) = description.split_at_checked(description.find("AADSTS")?)?;
    let digits = found.bytes().skip("AADSTS".len()).take_while(u8::is_ascii_digit).count();
    found.get(.."AADSTS".len() + digits).filter(|_| digits > 0)
}

/// What to do about it: the codes that a wrong setting gives, from Microsoft's "Microsoft Entra authentication and
/// authorization error codes".
fn advice(code: &str) -> &'static str {
    match code {
        "AADSTS7000215" => "the client secret is wrong: give the secret's value, not its id",
        "AADSTS7000222" => "the client secret has expired: make a new one",
        "AADSTS700016" => "the tenant does not know the application: check both ids, and that an admin has consented",
        "AADSTS90002" | "AADSTS900023" => "there is no such tenant: check its id",
        "AADSTS7000216" => "the client secret is missing",
        "AADSTS7000112" | "AADSTS7000232" => "the application is disabled in this tenant",
        "AADSTS70011" | "AADSTS1002012" => "the scope must end in /.default",
        "AADSTS53003" | "AADSTS530034" => "a conditional access policy blocks this sign-in",
        "AADSTS50126" => "the user name or the password is wrong; was the password changed in the tenant?",
        "AADSTS50034" => "the directory does not know the user: one that is young may take a while to appear",
        "AADSTS50055" => "the password has expired",
        "AADSTS50057" => "the account is disabled",
        "AADSTS50053" => "the account is locked after too many sign-ins, or the address is one that attacked before",
        "AADSTS50072" | "AADSTS50074" | "AADSTS50076" | "AADSTS50079" | "AADSTS50158" => {
            "the user needs a second factor, which a password cannot give: let people sign in themselves (`haymaker \
             worker sign-in`), or go on without speaking as them"
        }
        "AADSTS50105" => "the application is for assigned users only: assign the user to it",
        "AADSTS65001" => {
            "nobody has consented to the delegated permissions of the application: an admin grants them to it"
        }
        "AADSTS50173" | "AADSTS700082" | "AADSTS700084" | "AADSTS70008" | "AADSTS70043" => {
            "the sign-in has ended (revoked, the password changed, or unused for too long): sign in again"
        }
        "AADSTS9002313" | "AADSTS70000" => "what was kept of the sign-in is not accepted any more: sign in again",
        "AADSTS70020" => "the code has expired: ask for another",
        _ => "look the code up at https://login.microsoftonline.com/error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entras_code_is_found_in_its_sentence() {
        assert_eq!(code("AADSTS7000215: Invalid client secret provided."), Some("AADSTS7000215"));
        assert_eq!(code("say AADSTS90002."), Some("AADSTS90002"));
        assert_eq!(code("AADSTS: none"), None);
        assert_eq!(code(""), None);
    }

    fn jwt(payload: &str) -> String {
        format!("e30.{}.sig", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn claims_are_read_from_the_payload_of_a_jwt_only() {
        assert_eq!(claims(&jwt(r#"{"uti":"abc"}"#)), Some(serde_json::json!({"uti": "abc"})));
        assert_eq!(claims("opaque"), None);
        assert_eq!(claims("a.!!.c"), None);
    }

    #[test]
    fn a_token_without_roles_grants_none_and_an_opaque_one_does_not_tell() {
        let told = |token: &str| roles(&claims(token).unwrap_or_default());
        assert_eq!(told(&jwt(r#"{"roles":["Mail.Send","User.Read.All"]}"#)).unwrap(), ["Mail.Send", "User.Read.All"]);
        assert_eq!(told(&jwt(r#"{"uti":"abc"}"#)), Some(Vec::new()));
        assert_eq!(told("opaque"), None);
    }
}
