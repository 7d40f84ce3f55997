//! Secrets that a guest can name and use ([`Request::fill`](crate::http::Request::fill)), and never see; and the people
//! whose tokens the host keeps ([`Request::speaker`](crate::http::Request::speaker)).
//!
//! An application cannot say everything that a person can: Teams takes ordinary posts from people only. So the host
//! redeems a worker's password for tokens of that worker, keeps them, and sends a request with them where it names the
//! worker as its speaker:
//!
//! ```no_run
//! use haymaker_guest::{Problem, http::Request, secrets};
//!
//! fn join_in(worker: &str, address: &str) -> Result<(), Problem> {
//!     // Made with `generate` and given to the user when it was created.
//!     secrets::sign_in(worker, address, &format!("password-{worker}"))?;
//!     let post = serde_json::json!({"body": {"content": "Good morning"}});
//!     Request::post_json("graph", "/chats/c1/messages", &post).speaker(worker).send()?;
//!     Ok(())
//! }
//! ```

use crate::{Problem, imports};

/// Makes a random secret of `length` characters (12 to 128). A known name keeps its secret.
///
/// # Errors
/// `denied` in planning functions, `invalid` where the name is not one.
pub fn generate(name: &str, length: u32) -> Result<(), Problem> {
    imports::secrets::generate(name, length)
}

/// Redeems the password that stands under the name `secret` for tokens of the user `username` (an address), which the
/// host keeps under the name `speaker`, and forgets the password. A speaker whose tokens work is a success, whatever
/// became of the password; so it may be repeated as often as one likes.
///
/// # Errors
/// `denied` when the tenant does not let that user in this way: its code is Entra's (`AADSTS50076`: the user needs a
/// second factor). Trying again does not help; a workload goes on without that voice.
/// `unavailable` where the host has no application of its own to sign in to, `denied` with the code `username` for
/// anybody whom this deployment does not know, `denied` in planning functions.
pub fn sign_in(speaker: &str, username: &str, secret: &str) -> Result<(), Problem> {
    imports::secrets::sign_in(speaker, username, secret)
}

/// Forgets a secret.
///
/// # Errors
/// `denied` in planning functions.
pub fn forget(name: &str) -> Result<(), Problem> {
    imports::secrets::forget(name)
}

/// Forgets a speaker's tokens. The tenant still honours them until they end: let it end them first, with
/// `POST /users/{id}/revokeSignInSessions`.
///
/// # Errors
/// `denied` in planning functions.
pub fn forget_speaker(speaker: &str) -> Result<(), Problem> {
    imports::secrets::forget(&format!("speaker/{speaker}"))
}
