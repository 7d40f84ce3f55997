//! The attempts of one request that was found good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Url;

use super::answer::{self, Unfit};
use super::canonical::Canonical;
use super::endpoint::{Auth, Endpoint};
use super::exchange::{Exchange, Speaking};
use super::gateway::host_headers;
use super::scan::Scan;
use super::seams::{Begin, Boundary};
use super::secret::Secret;
use super::session::Inner;
use super::target::Base;
use super::token::{Token, TokenError};
use super::verdict::{self, Otherwise, Verdict};
use super::wire::{self, Answer, Arrival, Outgoing};
use super::{Effect, Refusal, Response, fills, retry};
use crate::types::{Problem, ProblemKind};

/// A request on its way.
pub(super) struct Delivery<'a> {
    pub(super) session: &'a Inner,
    pub(super) endpoint: &'a Endpoint,
    pub(super) base: &'a Base,
    pub(super) request: &'a Canonical,
    /// The n-th of its call.
    pub(super) n: u64,
    /// Its `client-request-id`.
    pub(super) id: String,
    /// By JSON pointer.
    pub(super) secrets: Vec<(String, Secret)>,
    /// Whether the call that asked is over: then nothing new begins.
    pub(super) gone: &'a AtomicBool,
}

impl Delivery<'_> {
    /// Sends it as often as its effect allows and the waits are short, and says what came of it.
    pub(super) async fn run(&self) -> Result<Response, Refusal> {
        let mut token = self.token(None).await?;
        let mut renewed = false;
        let mut attempt = 0;
        loop {
            if let Some(recorded) = self.begin().await? {
                return Ok(recorded);
            }
            let (arrival, exchange) = self.attempt(token.as_deref()).await?;
            let may_renew = token.is_some() && !renewed;
            match verdict::judge(self.request.effect, arrival, self.session.time().now(), may_renew) {
                Verdict::Accept(answer) => return self.accept(answer, &exchange, token.as_deref()).await,
                Verdict::Doubt(problem) => return Err(self.doubt(problem)),
                Verdict::Refuse(problem) => return Err(Refusal::Problem(problem)),
                Verdict::Renew => {
                    self.withdraw().await?;
                    renewed = true;
                    token = self.token(token.as_deref()).await?;
                }
                Verdict::Again { wait, otherwise } => {
                    self.withdraw().await?;
                    attempt += 1;
                    let identity = &self.session.settings.identity;
                    let wait = wait.unwrap_or_else(|| retry::backoff(identity, self.n, attempt));
                    if attempt >= retry::TRIES || wait > retry::LONGEST_WAIT {
                        return self.give_up(otherwise, wait, &exchange, token.as_deref()).await;
                    }
                    self.session.time().wait(wait).await;
                }
            }
        }
    }

    async fn token(&self, rejected: Option<&Token>) -> Result<Option<Arc<Token>>, Refusal> {
        let (session, auth) = (self.session, &self.endpoint.auth);
        let Some(speaker) = &self.request.speaker else {
            return Ok(session.gateway.bearer(auth, session.time(), rejected).await?);
        };
        let token = match session.voices(speaker) {
            Ok(voices) => voices.bearer(session.door(auth), speaker, rejected).await,
            Err(mute) => Err(mute),
        };
        // A workload that may speak as somebody and cannot is not denied anything: it goes on without.
        token.map(Some).map_err(|error| match error {
            TokenError::Person { .. } => {
                let why = error.to_string();
                Refusal::Problem(Problem::new(ProblemKind::Unavailable, "speaker-refused", why))
            }
            error => error.into(),
        })
    }

    /// Makes a `once` request durable; gives its answer if an earlier run of the task had one.
    async fn begin(&self) -> Result<Option<Response>, Refusal> {
        if self.gone.load(Ordering::SeqCst) {
            let why = "the call that asked for it is over, and nothing was sent";
            return Err(Refusal::Problem(Problem::new(ProblemKind::Unreachable, "abandoned", why)));
        }
        if self.request.effect != Effect::Once {
            return Ok(None);
        }
        let (digest, line) = (self.request.digest(), self.request.line());
        match self.session.settings.effects.begin(&self.id, &digest, &line).await.map_err(Refusal::Problem)? {
            Begin::Send => Ok(None),
            Begin::Recorded(response, exchange) => {
                self.session.book().closed.exchanges.push(exchange);
                Ok(Some(response))
            }
        }
    }

    async fn withdraw(&self) -> Result<(), Refusal> {
        if self.request.effect != Effect::Once {
            return Ok(());
        }
        let withdrawn = self.session.settings.effects.withdrawn(&self.id).await;
        withdrawn.map_err(|problem| self.unrecorded(&problem))
    }

    /// One exchange, recorded.
    async fn attempt(&self, token: Option<&Token>) -> Result<(Arrival, Exchange), Refusal> {
        let out = self.outgoing(token)?;
        let line = self.request.line();
        let settings = &self.session.settings;
        settings.tap.at(Boundary::BeforeSend, &line).await;
        let mut exchange = self.exchange(self.request.target.clone(), token);
        let arrival = self.session.gateway.exchange(out, settings.response_limit).await;
        if matches!(arrival, Arrival::Answer(_)) {
            settings.tap.at(Boundary::AfterAnswer, &line).await;
        }
        self.record(&mut exchange, &arrival);
        Ok((arrival, exchange))
    }

    fn outgoing(&self, token: Option<&Token>) -> Result<Outgoing, Refusal> {
        let url = wire::url(&self.base.origin, &self.request.wire_target);
        let url = url.ok_or_else(|| Refusal::Host(format!("{} would be rewritten on its way", self.request.line())))?;
        let body = fills::insert(self.request, &self.secrets);
        let body = body.map_err(|error| Refusal::Host(error.to_string()))?.to_vec();
        let mut headers = self.request.headers.clone();
        headers.extend(host_headers(&self.id, self.session.time()));
        headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {}", token.bearer.expose()))));
        Ok(Outgoing { method: self.request.method, url, headers, body })
    }

    /// An exchange that is about to begin.
    fn exchange(&self, path: String, token: Option<&Token>) -> Exchange {
        Exchange {
            request_id: None,
            client_request_id: self.id.clone(),
            batch_id: None,
            // A link is followed without a token, on behalf of whoever was given it.
            auth: if self.request.speaker.is_some() { Speaking::Delegated } else { Speaking::App },
            token_uti: token.and_then(|token| token.uti.clone()),
            method: self.request.method.to_owned(),
            path,
            status: None,
            sent: self.session.time().now(),
            received: None,
        }
    }

    fn record(&self, exchange: &mut Exchange, arrival: &Arrival) {
        if let Arrival::Answer(answer) = arrival {
            exchange.request_id = answer.header("request-id").map(str::to_owned);
            exchange.status = Some(answer.status);
            exchange.received = Some(self.session.time().now());
        }
        self.session.book().closed.exchanges.push(exchange.clone());
    }

    /// Shows the answer to the guest, after it is durable where it must be.
    async fn accept(&self, answer: Answer, exchange: &Exchange, token: Option<&Token>) -> Result<Response, Refusal> {
        let answer = match self.content_link(&answer) {
            Some(link) => self.follow(link).await?,
            None => answer,
        };
        let response = match answer::shown(answer, self.base, &self.scan(token)) {
            Ok(response) => response,
            Err(unfit) => return Err(self.withheld(unfit)),
        };
        if self.request.effect == Effect::Once {
            let answered = self.session.settings.effects.answered(&self.id, &response, exchange).await;
            answered.map_err(|problem| self.unrecorded(&problem))?;
        }
        Ok(response)
    }

    async fn give_up(
        &self,
        otherwise: Otherwise,
        wait: u64,
        exchange: &Exchange,
        token: Option<&Token>,
    ) -> Result<Response, Refusal> {
        match otherwise {
            Otherwise::Answer(answer) => self.accept(answer, exchange, token).await,
            Otherwise::Problem(problem) => Err(Refusal::Problem(problem)),
            Otherwise::Later(problem) => {
                let at = self.session.time().now().saturating_add(wait);
                Err(Refusal::Later { at, problem: problem.at(at) })
            }
        }
    }

    /// Everything that an answer to this request must not contain.
    fn scan(&self, token: Option<&Token>) -> Scan {
        let own = match &self.endpoint.auth {
            Auth::ClientCredentials { client_secret, .. } => Some(client_secret.as_ref()),
            Auth::None => None,
        };
        let filled = self.secrets.iter().map(|(_, secret)| secret);
        let of_this = Scan::new(filled.chain(own).chain(token.map(|token| &token.bearer)));
        of_this.and(self.session.settings.vault.live())
    }

    /// Where a read of `/content` is sent on to: a pre-authenticated link.
    fn content_link(&self, answer: &Answer) -> Option<Url> {
        let reads = self.request.effect == Effect::Read && answer.status == 302;
        let content = self.request.segments.last().is_some_and(|last| last == "content");
        let location = answer.header("location").filter(|_| reads && content)?;
        let own = wire::url(&self.base.origin, &self.request.wire_target)?;
        let link = own.join(location).ok()?;
        // Never from TLS to plain text; the simulated tenant speaks plain text on the machine itself.
        (link.scheme() == "https" || (link.scheme() == "http" && own.scheme() == "http")).then_some(link)
    }

    /// Fetches a pre-authenticated link: once, without credentials, and without showing it to anybody.
    async fn follow(&self, link: Url) -> Result<Answer, Refusal> {
        let settings = &self.session.settings;
        let path = format!("{}/*", link.origin().ascii_serialization());
        let headers = host_headers(&self.id, self.session.time());
        let mut exchange = self.exchange(path, None);
        let out = Outgoing { method: "GET", url: link, headers, body: Vec::new() };
        let arrival = self.session.gateway.exchange(out, settings.response_limit).await;
        self.record(&mut exchange, &arrival);
        match verdict::judge(Effect::Read, arrival, self.session.time().now(), false) {
            Verdict::Accept(answer) | Verdict::Again { otherwise: Otherwise::Answer(answer), .. } => Ok(answer),
            Verdict::Again { otherwise: Otherwise::Later(problem) | Otherwise::Problem(problem), .. }
            | Verdict::Doubt(problem)
            | Verdict::Refuse(problem) => Err(Refusal::Problem(problem)),
            Verdict::Renew => Err(Refusal::Host("a link without credentials has none to renew".to_owned())),
        }
    }

    /// The answer came and is not shown. A `once` request probably took effect: whether it did is looked up.
    fn withheld(&self, unfit: Unfit) -> Refusal {
        let (code, why) = (unfit.code(), unfit.to_string());
        let denied = match unfit {
            Unfit::Secret => self.session.deny(code, why.clone()),
            Unfit::Encoded => Problem::new(ProblemKind::Failed, code, why.clone()),
        };
        match self.request.effect {
            Effect::Once => self.doubt(verdict::doubt(code, &why)),
            Effect::Read | Effect::Repeatable => Refusal::Problem(denied),
        }
    }

    fn doubt(&self, problem: Problem) -> Refusal {
        self.session.doubt(&self.id, problem.clone());
        Refusal::Problem(problem)
    }

    /// What happened could not be made durable: the log still says that the request is under way.
    fn unrecorded(&self, problem: &Problem) -> Refusal {
        self.session.doubt(&self.id, verdict::doubt("not-recorded", "its end could not be recorded"));
        Refusal::Host(format!("cannot record the end of {}: {}", self.request.line(), problem.message))
    }
}
