//! How much may be asked: calls and tokens, of one deployment in all, and of all deployments in a tenant on one day.
//!
//! What was used is in the store, so that no restart forgets it. What calls under way may come to use is reserved here,
//! so that eight of them do not pass a check together that only one could pass.

use std::sync::{Arc, PoisonError};

use haymaker_engine::Instant;
use haymaker_engine::llm::{self, Prompt};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_store::Store;

use super::Models;
use super::settings::Reading;

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Bytes of text in a token: some four in English, less in other languages and in JSON.
const BYTES_IN_A_TOKEN: usize = 3;

/// The limits. Calls are counted that were sent; tokens, those read and those written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Calls of one deployment.
    pub calls: u64,
    /// Tokens of one deployment.
    pub tokens: u64,
    /// Calls in one tenant and day (UTC, on the tenant's clock).
    pub calls_a_day: u64,
    /// Tokens in one tenant and day.
    pub tokens_a_day: u64,
}

impl Default for Budget {
    /// A working week of sixty people who write sixty mails a day, and half of that on one day.
    fn default() -> Budget {
        Budget { calls: 20_000, tokens: 20_000_000, calls_a_day: 10_000, tokens_a_day: 10_000_000 }
    }
}

/// What calls under way may come to use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reserved {
    calls: u64,
    tokens: u64,
}

/// The right to one call; given back when it is dropped.
pub(super) struct Reservation {
    models: Arc<Models>,
    owners: [String; 2],
    tokens: u64,
}

/// Whose budget it is.
pub(super) struct Account<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) deployment: &'a str,
    pub(super) tenant: &'a str,
    pub(super) now: Instant,
}

impl Budget {
    pub(super) const NAMES: [&'static str; 4] =
        ["LLM_MAX_CALLS", "LLM_MAX_TOKENS", "LLM_MAX_CALLS_PER_DAY", "LLM_MAX_TOKENS_PER_DAY"];

    pub(super) fn read(reading: &Reading) -> Budget {
        let usual = Budget::default();
        let [calls, tokens, calls_a_day, tokens_a_day] = Budget::NAMES;
        let read = |name, usual| reading.number(name, 0..=1_000_000_000_000, usual);
        Budget {
            calls: read(calls, usual.calls),
            tokens: read(tokens, usual.tokens),
            calls_a_day: read(calls_a_day, usual.calls_a_day),
            tokens_a_day: read(tokens_a_day, usual.tokens_a_day),
        }
    }
}

/// The most tokens that a call may come to use.
fn most(prompt: &Prompt) -> u64 {
    let read = u64::try_from(llm::size(prompt) / BYTES_IN_A_TOKEN).unwrap_or(u64::MAX);
    read.saturating_add(u64::from(prompt.max_tokens))
}

/// Tokens in a text whose provider does not say how many there are.
pub(super) fn estimate(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(BYTES_IN_A_TOKEN)).unwrap_or(u64::MAX)
}

impl Models {
    /// Reserves a call.
    ///
    /// # Errors
    /// `exhausted` if one of the limits would be passed, with the next day where that helps; `failed` if the store does
    /// not answer.
    pub(super) fn reserve(
        self: &Arc<Self>,
        budget: &Budget,
        account: &Account<'_>,
        prompt: &Prompt,
    ) -> Result<Reservation, Problem> {
        let day = account.now / DAY;
        let broken = |error: haymaker_store::Error| {
            Problem::new(ProblemKind::Failed, "store", format!("the host's store: {error}"))
        };
        let owners = [format!("deployment/{}", account.deployment), format!("tenant/{}/{day}", account.tenant)];
        let tokens = most(prompt);
        // The store is read under the lock: a call that ends meanwhile is counted there before it is given back here.
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let of_deployment = account.store.model_use(account.deployment).map_err(broken)?;
        let of_day = account.store.model_day(account.tenant, day).map_err(broken)?;
        let [own, shared] = owners.each_ref().map(|owner| reserved.get(owner).copied().unwrap_or_default());
        let used = of_deployment.input_tokens.saturating_add(of_deployment.output_tokens);
        let [calls_name, tokens_name, calls_a_day_name, tokens_a_day_name] = Budget::NAMES;
        let tomorrow = Some((day + 1) * DAY);
        for (name, of, is, limit, again) in [
            (calls_name, "deployment", of_deployment.calls + own.calls + 1, budget.calls, None),
            (tokens_name, "deployment", used + own.tokens + tokens, budget.tokens, None),
            (calls_a_day_name, "tenant's day", of_day.calls + shared.calls + 1, budget.calls_a_day, tomorrow),
            (tokens_a_day_name, "tenant's day", of_day.tokens + shared.tokens + tokens, budget.tokens_a_day, tomorrow),
        ] {
            if is > limit {
                let why = format!("the {of} has used up its budget for language models ({name} is {limit})");
                return Err(Problem { retry_at: again, ..Problem::new(ProblemKind::Exhausted, "llm-budget", why) });
            }
        }
        for owner in &owners {
            let held = reserved.entry(owner.clone()).or_default();
            held.calls += 1;
            held.tokens += tokens;
        }
        drop(reserved);
        Ok(Reservation { models: self.clone(), owners, tokens })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut reserved = self.models.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        for owner in &self.owners {
            let Some(held) = reserved.get_mut(owner) else { continue };
            held.calls = held.calls.saturating_sub(1);
            held.tokens = held.tokens.saturating_sub(self.tokens);
            if held.calls == 0 {
                reserved.remove(owner);
            }
        }
    }
}
