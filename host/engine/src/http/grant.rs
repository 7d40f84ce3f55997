//! What is redeemed at a token endpoint, and the form in which it is sent.

use super::secret::Secret;
use super::token::Credentials;

/// What is redeemed for a token.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    /// The application's own credentials (RFC 6749, 4.4).
    Application,
    /// A person's password (RFC 6749, 4.3), for tenants whose people need no second factor.
    Password { username: &'a str, password: &'a Secret },
    /// What an earlier sign-in left (RFC 6749, 6).
    Refresh(&'a Secret),
    /// A code that somebody typed in elsewhere (RFC 8628).
    Device(&'a Secret),
}

/// A request for a token.
pub(super) struct Ask<'a> {
    pub(super) grant: Grant<'a>,
    /// Whose token it is, in words.
    pub(super) who: &'a str,
    /// What its request id is drawn from, with the round.
    pub(super) identity: String,
    /// The how-manieth token it is of them.
    pub(super) round: u64,
}

impl Ask<'_> {
    /// The fields of the form.
    pub(super) fn form<'f>(&'f self, credentials: &'f Credentials<'f>) -> Vec<(&'f str, &'f str)> {
        let mut form = vec![
            ("client_id", credentials.client_id),
            ("client_secret", credentials.client_secret.expose()),
            ("scope", credentials.scope),
            ("grant_type", self.grant.name()),
        ];
        match self.grant {
            Grant::Application => {}
            Grant::Password { username, password } => {
                form.extend([("username", username), ("password", password.expose())]);
            }
            Grant::Refresh(token) => form.push(("refresh_token", token.expose())),
            Grant::Device(code) => form.push(("device_code", code.expose())),
        }
        form
    }
}

impl Grant<'_> {
    /// Its name in the form.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Grant::Application => "client_credentials",
            Grant::Password { .. } => "password",
            Grant::Refresh(_) => "refresh_token",
            Grant::Device(_) => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }
}
