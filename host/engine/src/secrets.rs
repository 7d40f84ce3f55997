//! Secrets that a guest can name and use, and never see.
//!
//! Making one and redeeming one are durable on return; forgetting is buffered, because a secret must outlive a call
//! that fails after it said that it needs it no more.

use std::sync::Arc;

use crate::Pending;
use crate::abort::Abort;
use crate::bindings::haymaker::workload::secrets::Host;
use crate::http::Refusal;
use crate::types::Problem;

/// The shortest secret that can be asked for: directories refuse shorter ones.
const SHORTEST: u32 = 12;
/// The longest secret that can be asked for.
const LONGEST: u32 = 128;
/// The longest name of a secret: bytes.
const NAME: usize = 200;

/// Where the tokens of people stand among the names of secrets: they can be forgotten by that name, and nothing else.
pub const SPEAKER: &str = "speaker/";

/// Where secrets live. Implemented by the platform, for one call.
pub trait Secrets: Send + Sync {
    /// Makes a secret of `length` characters (12 to 128, already checked), durable on return. A known name keeps its
    /// secret.
    fn generate<'a>(&'a self, name: &'a str, length: u32) -> Pending<'a, Result<(), Problem>>;

    /// Redeems a user's secret for a token kept under `speaker`, durable on return, and forgets the secret. A speaker
    /// whose token works is a success.
    fn sign_in<'a>(&'a self, speaker: &'a str, username: &'a str, secret: &'a str) -> Pending<'a, Result<(), Refusal>>;

    /// Whether this call may forget that secret. Forgetting itself is in the call's effects.
    fn may_forget(&self, name: &str) -> Result<(), Problem>;
}

/// No secrets. The string says why.
pub struct Denied(pub &'static str);

impl Denied {
    fn problem(&self) -> Problem {
        Problem::denied("secrets-denied", format!("secrets are not available here: {}", self.0))
    }
}

impl Secrets for Denied {
    fn generate<'a>(&'a self, _: &'a str, _: u32) -> Pending<'a, Result<(), Problem>> {
        Box::pin(async { Err(self.problem()) })
    }

    fn sign_in<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Pending<'a, Result<(), Refusal>> {
        Box::pin(async { Err(Refusal::Problem(self.problem())) })
    }

    fn may_forget(&self, _: &str) -> Result<(), Problem> {
        Err(self.problem())
    }
}

/// One call's view of them.
pub(crate) struct Binding {
    secrets: Arc<dyn Secrets>,
    forgotten: Vec<String>,
}

impl Binding {
    pub(crate) fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets, forgotten: Vec::new() }
    }

    /// What is to be forgotten if the call ends well.
    pub(crate) fn into_forgotten(self) -> Vec<String> {
        self.forgotten
    }
}

/// Names are rows of a store and lines of a log: short, and without surprises.
fn check_name(name: &str) -> Result<(), Problem> {
    if name.is_empty() || name.len() > NAME || name.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "secret-name",
            format!("a secret's name has 1 to {NAME} bytes without control characters; this one has {}", name.len()),
        ));
    }
    Ok(())
}

/// The name of a secret that is no speaker's token.
fn check_secret(name: &str) -> Result<(), Problem> {
    check_name(name)?;
    if name.starts_with(SPEAKER) {
        let why = format!("names of secrets do not begin with {SPEAKER:?}: those are the tokens of people");
        return Err(Problem::invalid("secret-name", why));
    }
    Ok(())
}

impl Host for Binding {
    async fn generate(&mut self, name: String, length: u32) -> wasmtime::Result<Result<(), Problem>> {
        if let Err(problem) = check_secret(&name) {
            return Ok(Err(problem));
        }
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Ok(Err(Problem::invalid(
                "secret-length",
                format!("a secret has {SHORTEST} to {LONGEST} characters, not {length}"),
            )));
        }
        let result = self.secrets.generate(&name, length).await;
        if result.is_ok() {
            // It is wanted again: what was said earlier in this call does not hold any more.
            self.forgotten.retain(|known| *known != name);
        }
        Ok(result)
    }

    async fn sign_in(
        &mut self,
        speaker: String,
        username: String,
        secret: String,
    ) -> wasmtime::Result<Result<(), Problem>> {
        let token = format!("{SPEAKER}{speaker}");
        if let Err(problem) = check_name(&token).and_then(|()| check_secret(&secret)) {
            return Ok(Err(problem));
        }
        match self.secrets.sign_in(&speaker, &username, &secret).await {
            Ok(()) => {
                // It is wanted again: what was said earlier in this call does not hold any more.
                self.forgotten.retain(|known| *known != token);
                Ok(Ok(()))
            }
            Err(Refusal::Problem(problem)) => Ok(Err(problem)),
            Err(Refusal::Later { at, problem }) => Err(Abort::Later { at, problem }.into()),
            Err(Refusal::Host(why)) => Err(Abort::Host(why).into()),
        }
    }

    fn forget(&mut self, name: String) -> wasmtime::Result<Result<(), Problem>> {
        if let Err(problem) = check_name(&name).and_then(|()| self.secrets.may_forget(&name)) {
            return Ok(Err(problem));
        }
        if !self.forgotten.contains(&name) {
            self.forgotten.push(name);
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_person_has_a_name_that_no_secret_can_have() {
        assert!(check_secret("password-w01").is_ok());
        for bad in ["speaker/w01", "", "a\nb"] {
            assert_eq!(check_secret(bad).unwrap_err().code, "secret-name", "{bad:?}");
        }
        assert!(check_name("speaker/w01").is_ok(), "it can be forgotten");
    }
}
