//! The attempts of one call: what an answer means, whether trying again can help, and when.

use std::sync::atomic::Ordering;
use std::time::Duration;

use haymaker_engine::clock::Clock;
use haymaker_engine::http::{self, Secret, reveals};
use haymaker_engine::llm::{Prompt, Reply, Stop};
use haymaker_engine::types::{Problem, ProblemKind};
use serde_json::Value;

use super::wire::{self, Answer, Arrival};
use super::{Key, Model, Models, Provider, anthropic, openai, redact};

/// Attempts of one call: trouble of providers lasts seconds, or longer than anybody waits.
const TRIES: u32 = 4;

/// The first pause between attempts, in milliseconds; it doubles each time, and half of it is chance.
const FIRST_PAUSE: u64 = 1_000;

/// What an arrival means.
enum Verdict {
    Accept(Reply),
    /// Trying again may help, after so many milliseconds if the provider said so.
    Again(Option<u64>, Problem),
    /// Trying again does not help.
    Refuse(Problem),
    /// The most tokens of an answer go by their other name.
    Renamed(Problem),
}

/// Asks the model until it answers, refuses, or has no more time.
///
/// # Errors
/// `invalid`, `denied`, `exhausted`, `unreachable` or `failed`; the moment to try again at is on `clock`.
pub(super) async fn complete(
    models: &Models,
    model: &Model,
    clock: &dyn Clock,
    prompt: &Prompt,
) -> Result<Reply, Problem> {
    let deadline = clock.now().saturating_add(u64::try_from(model.timeout.as_millis()).unwrap_or(u64::MAX));
    let mut tries = 0;
    let mut renamed = false;
    loop {
        let verdict = attempt(models, model, clock, prompt, deadline).await?;
        let (asked, problem) = match verdict {
            Verdict::Accept(reply) => return Ok(reply),
            Verdict::Refuse(problem) => return Err(problem),
            Verdict::Renamed(problem) if renamed => return Err(problem),
            Verdict::Renamed(_) => {
                renamed = true;
                model.completion_tokens.fetch_xor(true, Ordering::Relaxed);
                continue;
            }
            Verdict::Again(asked, problem) => (asked, problem),
        };
        tries += 1;
        let again = clock.now().saturating_add(asked.unwrap_or_else(|| pause(tries)));
        if tries >= TRIES || again >= deadline {
            // When to come back is worth telling only if the provider said so.
            return Err(if asked.is_some() { problem.at(again) } else { problem });
        }
        clock.sleep_until(again).await;
    }
}

/// Between half and all of a pause that doubles.
fn pause(tries: u32) -> u64 {
    let whole = FIRST_PAUSE << tries.saturating_sub(1).min(10);
    let chance = u64::from(getrandom::u32().unwrap_or(u32::MAX / 2));
    whole / 2 + whole / 2 * chance / u64::from(u32::MAX)
}

async fn attempt(
    models: &Models,
    model: &Model,
    clock: &dyn Clock,
    prompt: &Prompt,
    deadline: u64,
) -> Result<Verdict, Problem> {
    let body = match model.provider {
        Provider::Anthropic => anthropic::body(model, prompt),
        Provider::AzureOpenai | Provider::AzureAiFoundry | Provider::Openai => openai::body(model, prompt),
    };
    let body = body.map_err(|why| Problem::new(ProblemKind::Invalid, "prompt", why))?;
    let told = model.completion_tokens.load(Ordering::Relaxed);
    let token = token(models, model, clock).await?;
    let mut headers: Vec<(&'static str, String)> = Vec::new();
    if model.provider == Provider::Anthropic {
        headers.push((anthropic::VERSION.0, anthropic::VERSION.1.to_owned()));
    }
    let mut secrets: Vec<&Secret> = Vec::new();
    match &model.key {
        Key::None => {}
        Key::Header(name, key) => {
            headers.push((name, key.expose().to_owned()));
            secrets.push(key);
        }
        Key::Bearer(key) => {
            headers.push(("authorization", format!("Bearer {}", key.expose())));
            secrets.push(key);
        }
        Key::Entra(auth) => {
            if let http::Auth::ClientCredentials { client_secret, .. } = auth {
                secrets.push(client_secret);
            }
        }
    }
    if let Some(token) = &token {
        headers.push(("authorization", format!("Bearer {}", token.expose())));
        secrets.push(token);
    }
    let left = Duration::from_millis(deadline.saturating_sub(clock.now()).max(1));
    let arrival = wire::exchange(&models.http, model.url.clone(), &headers, body.to_string().into_bytes(), left).await;
    let judge = Judge { model, prompt, secrets: &secrets, now: clock.now(), told: openai::limit(told) };
    Ok(judge.verdict(arrival))
}

/// A token of Entra ID, where that is how the host says who it is.
async fn token(models: &Models, model: &Model, clock: &dyn Clock) -> Result<Option<Secret>, Problem> {
    match &model.key {
        Key::Entra(auth) => models.gateway.lend(auth, clock).await,
        Key::None | Key::Header(..) | Key::Bearer(_) => Ok(None),
    }
}

/// Who decides what an arrival means.
struct Judge<'a> {
    model: &'a Model,
    prompt: &'a Prompt,
    secrets: &'a [&'a Secret],
    now: u64,
    /// How the most tokens of an answer were told.
    told: &'static str,
}

impl Judge<'_> {
    fn verdict(&self, arrival: Arrival) -> Verdict {
        match arrival {
            Arrival::NotSent(why) => Verdict::Again(None, self.unreachable("unreachable", &why)),
            Arrival::Lost(why) => Verdict::Again(None, self.unreachable("no-answer", &why)),
            Arrival::Answer(answer) => self.of_answer(&answer),
        }
    }

    fn problem(&self, kind: ProblemKind, code: &str, why: &str) -> Problem {
        Problem::new(kind, code, format!("{}: {why}", self.model))
    }

    fn unreachable(&self, code: &str, why: &str) -> Problem {
        self.problem(ProblemKind::Unreachable, code, why)
    }

    fn of_answer(&self, answer: &Answer) -> Verdict {
        if answer.status == 200 {
            return self.of_success(answer);
        }
        let error: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let words = redact::words(&error, self.secrets);
        let said = format!("it answered {}{words}", answer.status);
        let details = error.get("error").unwrap_or(&error);
        let code = [details.get("code"), details.get("type")].into_iter().flatten().find_map(Value::as_str);
        let asked = asked(&answer.headers, self.now);
        let refuse = |kind, code| Verdict::Refuse(self.problem(kind, code, &said));
        match (answer.status, code.unwrap_or_default()) {
            (400, "content_filter") => Verdict::Accept(self.refused()),
            (400, _) if self.model.provider != Provider::Anthropic && openai::renames_the_limit(details, self.told) => {
                Verdict::Renamed(self.problem(ProblemKind::Invalid, "prompt", &said))
            }
            // A wrong key is named by its parts in what they say.
            (401 | 403, _) => Verdict::Refuse(self.problem(
                ProblemKind::Denied,
                "credentials",
                &format!("it answered {}: the key is wrong, or may not ask this model", answer.status),
            )),
            (402, _) | (429, "insufficient_quota") => refuse(ProblemKind::Exhausted, "quota"),
            (404, _) => refuse(ProblemKind::Invalid, "no-such-model"),
            (429, _) => Verdict::Again(asked, self.problem(ProblemKind::Exhausted, "throttled", &said)),
            (408 | 409 | 500..=599, _) => Verdict::Again(asked, self.unreachable("overloaded", &said)),
            (300..=399, _) => refuse(ProblemKind::Failed, "redirected"),
            (400..=499, _) => refuse(ProblemKind::Invalid, "prompt"),
            _ => refuse(ProblemKind::Failed, "garbled"),
        }
    }

    fn of_success(&self, answer: &Answer) -> Verdict {
        let failed = |code, why| Verdict::Refuse(self.problem(ProblemKind::Failed, code, why));
        if reveals(&answer.body, self.secrets.iter().copied()) {
            return failed("secret", "its answer has the host's own key in it, and is not shown");
        }
        // It was paid for; asking again would be paid for again, and a gateway that garbles does so each time.
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return failed("garbled", "its answer is cut off, or is not JSON");
        };
        let reply = match self.model.provider {
            Provider::Anthropic => anthropic::reply(self.model, &body, self.prompt),
            Provider::AzureOpenai | Provider::AzureAiFoundry | Provider::Openai => {
                openai::reply(self.model, &body, self.prompt)
            }
        };
        match reply {
            Some(reply) => Verdict::Accept(reply),
            None => failed("garbled", "its answer is not what its API describes"),
        }
    }

    /// What a filter of the provider's says before the model saw anything.
    fn refused(&self) -> Reply {
        let model = self.model.name.clone();
        Reply { content: Vec::new(), stop: Stop::Refused, model, input_tokens: 0, output_tokens: 0 }
    }
}

/// How long a provider asks for patience, in milliseconds. Azure says it in milliseconds, too.
fn asked(headers: &[(String, String)], now: u64) -> Option<u64> {
    let exact = headers.iter().find(|(name, _)| ["retry-after-ms", "x-ms-retry-after-ms"].contains(&name.as_str()));
    exact.and_then(|(_, value)| value.trim().parse().ok()).or_else(|| http::retry_after(headers, now))
}
