//! The people as whom a deployment speaks: their tokens, renewed before they end, and what renews them, kept elsewhere.
//!
//! An application cannot say everything that a person can, so a person signs in once: with a password that only the host
//! knows, or with a code typed in elsewhere. What that leaves is a *refresh token*, good for months, which is sealed at
//! rest ([`Safe`]), and *access tokens*, good for an hour, which live here only. Entra may give another refresh token
//! with each access token; the newest is kept.
//!
//! A person's sign-in that was refused stays refused until somebody signs in again: asking once more with the same would
//! be refused the same way, and three hundred tasks would ask.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::endpoint::Auth;
use super::gateway::Gateway;
use super::grant::{Ask, Grant};
use super::seams::{Safe, Unkept};
use super::secret::Secret;
use super::time::Time;
use super::token::{Credentials, Flight, Token, TokenError, claim};
use crate::Instant;
use crate::clock::Clock;
use crate::types::{Problem, ProblemKind};

/// The people of one deployment.
pub struct Voices {
    /// The deployment: its people's names mean nothing in another.
    deployment: String,
    safe: Arc<dyn Safe>,
    people: Mutex<BTreeMap<String, Arc<Voice>>>,
    /// How often the access tokens that are here have changed.
    changes: AtomicU64,
}

/// One of them.
#[derive(Default)]
struct Voice {
    flight: Flight,
    /// The last token, also while the next is fetched: answers are searched for it.
    last: Mutex<Option<Arc<Token>>>,
}

/// What somebody is to type in elsewhere, so that they are signed in here.
#[derive(Clone, Debug)]
pub struct DeviceCode {
    /// To be typed in.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// For how long it is good, in seconds.
    pub expires_in: u64,
    /// How long to wait between two looks, in seconds.
    pub interval: u64,
    /// What it is redeemed by.
    code: Secret,
}

/// The wire, the application, and the time, for one sign-in.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// Connections.
    pub gateway: &'a Gateway,
    /// The application to which people sign in.
    pub auth: &'a Auth,
    /// What waits are measured on.
    pub clock: &'a dyn Clock,
    /// The moment that a simulated tenant is told at least; none for a real one, which is told nothing.
    pub clock_header: Option<Instant>,
}

impl Door<'_> {
    fn time(&self) -> Time<'_> {
        Time { clock: self.clock, floor: self.clock_header.unwrap_or(0), announced: self.clock_header.is_some() }
    }

    /// A code for somebody to type in elsewhere. `n` tells one sign-in of a speaker from the next.
    ///
    /// # Errors
    /// As for the application's own token; `unavailable` where there is no application to sign in to.
    pub async fn device_code(&self, speaker: &str, n: u64) -> Result<DeviceCode, Problem> {
        let app = Credentials::of(self.auth).ok_or_else(nowhere)?;
        let scope = personal(app.scope);
        let form = [("client_id", app.client_id), ("scope", scope.as_str())];
        let identity = format!("{}/{speaker}?devicecode", app.client_id);
        let answer = app.ask(self.gateway, self.time(), "devicecode", &form, &identity, n).await?;
        if answer.status != 200 {
            let ask = Ask { grant: Grant::Application, who: app.client_id, identity, round: n };
            return Err(app.refused(&answer, &ask).into());
        }
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| said.get(name).and_then(Value::as_u64);
        let read = || {
            Some(DeviceCode {
                user_code: text("user_code")?,
                verification_uri: text("verification_uri")?,
                expires_in: number("expires_in")?,
                // Five seconds where nothing is said (RFC 8628, 3.2).
                interval: number("interval").unwrap_or(5),
                code: Secret::new(text("device_code")?),
            })
        };
        read().ok_or_else(|| app.garbled("it is no device code").into())
    }
}

impl Voices {
    /// The people of a deployment, whose refresh tokens are kept in `safe`.
    #[must_use]
    pub fn new(deployment: &str, safe: Arc<dyn Safe>) -> Voices {
        Voices { deployment: deployment.to_owned(), safe, people: Mutex::default(), changes: AtomicU64::new(0) }
    }

    /// A number that is another one whenever [`Voices::live`] is.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// All access tokens that are here.
    #[must_use]
    pub fn live(&self) -> Vec<Secret> {
        self.people().values().filter_map(|voice| Some(voice.last()?.bearer.clone())).collect()
    }

    /// Lets go of a speaker, whose refresh token is forgotten.
    pub fn forget(&self, speaker: &str) {
        self.people().remove(speaker);
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// A token of this speaker that is good now.
    pub(super) async fn bearer(
        &self,
        door: Door<'_>,
        speaker: &str,
        rejected: Option<&Token>,
    ) -> Result<Arc<Token>, TokenError> {
        let mute = || TokenError::Mute { speaker: speaker.to_owned() };
        let app = Credentials::of(door.auth).ok_or_else(mute)?;
        // Before a place is made for it: a guest may ask for any number of names.
        if let Ok(None) = self.safe.refresh_token(speaker) {
            return Err(mute());
        }
        let voice = self.voice(speaker);
        let fetch = async |round| {
            let fetched = self.refreshed(door, app, speaker, round).await;
            if let Err(error @ TokenError::Person { .. }) = &fetched {
                self.safe.refused(speaker, &error.to_string()).await;
            }
            fetched
        };
        let token = voice.flight.get(door.time(), rejected, fetch).await?;
        self.remember(&voice, &token);
        Ok(token)
    }

    /// Sees to it that this speaker has a token: the one that is here, or one for the user's password.
    pub(super) async fn sign_in(
        &self,
        door: Door<'_>,
        speaker: &str,
        username: &str,
        password: Result<Secret, String>,
    ) -> Result<(), TokenError> {
        let app = Credentials::of(door.auth).ok_or_else(|| TokenError::Mute { speaker: speaker.to_owned() })?;
        let voice = self.voice(speaker);
        let mut slot = voice.flight.slot().await;
        if matches!(slot.as_ref(), Some(Ok(token)) if token.is_good(door.time().now(), None)) {
            return Ok(());
        }
        let fetch = async |round| self.refreshed(door, app, speaker, round).await;
        match voice.flight.round(&mut slot, fetch).await {
            Ok(token) => {
                self.remember(&voice, &token);
                return Ok(());
            }
            // There is none, or it has ended: the password begins it anew.
            Err(TokenError::Mute { .. } | TokenError::Person { .. }) => {}
            Err(error) => return Err(error),
        }
        let password = password.map_err(|secret| TokenError::NoPassword { secret })?;
        let grant = Grant::Password { username, password: &password };
        let fetch = async |round| self.redeem(door, app, speaker, grant, round).await;
        let token = voice.flight.round(&mut slot, fetch).await?;
        self.remember(&voice, &token);
        Ok(())
    }

    /// Looks whether somebody has typed the code in; false: not yet. It must be one of `names` (ids or addresses).
    ///
    /// # Errors
    /// `denied` with Entra's code where it will not be any more, or with the code `stranger` if somebody else signed in;
    /// else as for the application's own token.
    pub async fn look(
        &self,
        door: Door<'_>,
        speaker: &str,
        code: &DeviceCode,
        names: &[String],
    ) -> Result<bool, Problem> {
        let app = Credentials::of(door.auth).ok_or_else(nowhere)?;
        let voice = self.voice(speaker);
        let mut slot = voice.flight.slot().await;
        let before = slot.clone();
        let fetch = async |round| self.redeem_for(door, app, speaker, Grant::Device(&code.code), round, names).await;
        match voice.flight.round(&mut slot, fetch).await {
            Ok(token) => {
                self.remember(&voice, &token);
                Ok(true)
            }
            Err(error) => {
                // Whoever spoke before still does.
                *slot = before;
                match error {
                    TokenError::Person { code, .. } if PENDING.contains(&code.as_str()) => Ok(false),
                    error => Err(error.into()),
                }
            }
        }
    }

    /// A token for what is kept: the newest, which may have changed while others had their turn.
    async fn refreshed(
        &self,
        door: Door<'_>,
        app: Credentials<'_>,
        speaker: &str,
        round: u64,
    ) -> Result<Token, TokenError> {
        let refresh = self.refresh_token(speaker)?;
        let refresh = refresh.ok_or_else(|| TokenError::Mute { speaker: speaker.to_owned() })?;
        self.redeem(door, app, speaker, Grant::Refresh(&refresh), round).await
    }

    async fn redeem(
        &self,
        door: Door<'_>,
        app: Credentials<'_>,
        speaker: &str,
        grant: Grant<'_>,
        round: u64,
    ) -> Result<Token, TokenError> {
        self.redeem_for(door, app, speaker, grant, round, &[]).await
    }

    /// Redeems, and keeps what renews it before anybody uses it. With `names`, only for one of them.
    async fn redeem_for(
        &self,
        door: Door<'_>,
        app: Credentials<'_>,
        speaker: &str,
        grant: Grant<'_>,
        round: u64,
        names: &[String],
    ) -> Result<Token, TokenError> {
        let scope = personal(app.scope);
        let app = Credentials { scope: &scope, ..app };
        let identity = format!("{}/{}/{speaker}?{}", app.client_id, self.deployment, grant.name());
        let ask = Ask { grant, who: speaker, identity, round };
        let granted = app.fetch(door.gateway, door.time(), &ask).await?;
        if !names.is_empty() {
            let bearer = granted.token.bearer.expose();
            let is = [claim(bearer, "upn"), claim(bearer, "oid")];
            let one_of = |is: &String| names.iter().any(|name| name.eq_ignore_ascii_case(is));
            if !is.iter().flatten().any(one_of) {
                let is = is.into_iter().flatten().next().unwrap_or_else(|| "somebody else".to_owned());
                return Err(TokenError::Stranger { speaker: speaker.to_owned(), is });
            }
        }
        match (granted.refresh, grant) {
            // Forgotten while it was renewed: it stays forgotten.
            (_, Grant::Refresh(_)) if self.refresh_token(speaker)?.is_none() => {
                return Err(TokenError::Mute { speaker: speaker.to_owned() });
            }
            (Some(new), Grant::Refresh(old)) if new.expose() == old.expose() => {}
            (Some(new), _) => {
                self.safe.keep(speaker, &new).await.map_err(|problem| TokenError::Safe(problem.message))?
            }
            (None, Grant::Refresh(_)) => {}
            (None, _) => return Err(app.garbled("refresh_token is missing")),
        }
        Ok(granted.token)
    }

    fn refresh_token(&self, speaker: &str) -> Result<Option<Secret>, TokenError> {
        self.safe.refresh_token(speaker).map_err(|error| match error {
            Unkept::Unreadable(why) => TokenError::Safe(why),
            Unkept::Damaged(why) => TokenError::Person {
                speaker: speaker.to_owned(),
                code: "damaged".to_owned(),
                why: format!("what was kept of the sign-in does not open ({why}): sign in again"),
            },
        })
    }

    fn remember(&self, voice: &Voice, token: &Arc<Token>) {
        if voice.remember(token) {
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn voice(&self, speaker: &str) -> Arc<Voice> {
        self.people().entry(speaker.to_owned()).or_default().clone()
    }

    fn people(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Voice>>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Voice {
    fn last(&self) -> Option<Arc<Token>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is another token than the last one.
    fn remember(&self, token: &Arc<Token>) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.as_ref().is_some_and(|last| Arc::ptr_eq(last, token));
        *last = Some(token.clone());
        !known
    }
}

/// What Entra calls a code that nobody has typed in yet, by its number and by its name, and its wish to be asked less.
const PENDING: [&str; 3] = ["AADSTS70016", "authorization_pending", "slow_down"];

/// The scope of a person's token: with what renews it.
fn personal(scope: &str) -> String {
    format!("{scope} offline_access")
}

fn nowhere() -> Problem {
    let why = "this workload speaks to nobody as an application, so nobody can sign in to one";
    Problem::new(ProblemKind::Unavailable, "sign-in", why)
}
