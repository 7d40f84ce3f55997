//! What a simulated tenant is made of.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use crate::faults::FaultRule;
use crate::ids::{self, Seed};

/// Monday 2026-01-05T08:00:00Z in UTC milliseconds: a working week lies ahead, and no holiday is near.
pub const START: u64 = 1_767_600_000_000;

/// How many people with mail of their own live in a tenant beside the workers.
pub const BYSTANDERS: u32 = 500;

/// Seats of the default licence: one for each worker of the largest single deployment.
pub const SEATS: u32 = 300;

/// What Entra gives a client-credentials token, in seconds (one less than the hour that it documents).
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(3599);

/// The application roles that the default app registration is granted: those of the operations that are implemented,
/// least privileged first, as Microsoft's permission reference lists them.
pub const ROLES: [&str; 6] = [
    "Domain.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Mail.ReadWrite",
    "Mail.Send",
    "Organization.Read.All",
    "User.ReadWrite.All",
];

/// The delegated permissions that the default app registration was consented to, for all users.
pub const SCOPES: [&str; 12] = [
    "Calendars.ReadWrite",
    "ChannelMessage.Read.All",
    "ChannelMessage.Send",
    "Chat.Create",
    "Chat.ReadWrite",
    "ChatMessage.Send",
    "Files.ReadWrite",
    "Files.ReadWrite.All",
    "Mail.ReadWrite",
    "Mail.Send",
    "MailboxSettings.ReadWrite",
    "User.Read",
];

/// The application permissions that all features of a workload need together, besides [`ROLES`].
pub const FEATURE_ROLES: [&str; 11] = [
    "GroupMember.Read.All",
    "Calendars.ReadWrite",
    "Channel.Create",
    "Chat.Create",
    "Chat.Read.All",
    "Files.ReadWrite.All",
    "Group.ReadWrite.All",
    "MailboxSettings.ReadWrite",
    "Sites.ReadWrite.All",
    "Team.Create",
    "Teamwork.Migrate.All",
];

/// Everything that makes one tenant this tenant and not another.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Every id that the tenant makes derives from it.
    pub seed: u64,
    /// The directory's id, a UUID.
    pub tenant_id: String,
    /// The initial and default domain.
    pub domain: String,
    /// The organisation's display name.
    pub organization: String,
    /// The app registration that everything uses by default.
    pub app: App,
    /// Further app registrations.
    pub more_apps: Vec<App>,
    /// Permissions to mailboxes that Exchange's RBAC for Applications gives: they do not stand in tokens.
    pub mailbox_grants: Vec<MailboxGrant>,
    /// Whether users must pass more than a password, as in every tenant that has not switched it off. Then the password
    /// grant is refused.
    pub security_defaults: bool,
    /// Purchased seats by `skuPartNumber`. The bystanders' licences come on top.
    pub seats: Vec<(String, u32)>,
    /// How many people with mail of their own live here whom no run may touch.
    pub bystanders: u32,
    /// How long things take that take time in a real tenant.
    pub delays: Delays,
    /// Whether requests are throttled.
    pub throttle: Throttle,
    /// What goes wrong, and how often.
    pub faults: Vec<FaultRule>,
    /// How long an access token is good for.
    pub token_lifetime: Duration,
    /// The moment at which the tenant begins, UTC milliseconds.
    pub start: u64,
    /// How many simulated seconds its clients should let pass in a real one; announced in the handshake, and enforced by
    /// whoever moves the clock. `None`: as fast as possible.
    pub speed: Option<f64>,
    /// Whether time also passes for clients that name no moment: between their requests as on the wall, `speed` times as
    /// fast. Otherwise it stands still for them, and nothing depends on the wall clock.
    pub passes: bool,
    /// A file that keeps the tenant when its process ends; with it a later one goes on where this one was. `None`: the
    /// tenant dies with the process.
    pub state: Option<PathBuf>,
    /// A folder for what the real tenant's logs would hold; the crate's documentation lists its files. No
    /// file of an earlier run may lie in it. `None`: nothing is logged.
    pub audit_log: Option<PathBuf>,
}

/// An app registration with a client secret.
#[derive(Clone)]
pub struct App {
    /// The application (client) id, a UUID.
    pub id: String,
    /// The client secret.
    pub secret: String,
    /// The application permissions that an administrator granted; they are the `roles` of its tokens.
    pub roles: Vec<String>,
    /// The delegated permissions that were consented to for all users.
    pub scopes: Vec<String>,
    /// Whether it may ask for users' tokens without proving who it is ("allow public client flows").
    pub public: bool,
    /// Keys of certificates by which it may prove who it is instead of by the secret.
    pub keys: Vec<PublicKey>,
}

/// The public half of an RSA key, as its numbers' bytes, the highest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The exponent.
    pub exponent: Vec<u8>,
}

/// A permission that an app has for some mailboxes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxGrant {
    /// The application (client) id.
    pub app: String,
    /// An application permission: `Mail.Send`, `Mail.ReadWrite`, `Calendars.ReadWrite`, `MailboxSettings.ReadWrite`.
    pub permission: String,
    /// For which mailboxes.
    pub scope: MailboxScope,
}

/// Whether requests are throttled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Throttle {
    /// Never, but for [`crate::Tenant::throttle_next`].
    #[default]
    Off,
    /// By the limits that Microsoft documents.
    Documented,
    /// By a quarter of them.
    Strict,
}

impl Throttle {
    /// By what the documented limits are divided; `None`: there are none.
    pub(crate) fn divisor(self) -> Option<u64> {
        match self {
            Throttle::Off => None,
            Throttle::Documented => Some(1),
            Throttle::Strict => Some(4),
        }
    }
}

/// Which mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxScope {
    /// Those of the members of the group with this id.
    Group(String),
    /// Those of the users with this `employeeType`.
    EmployeeType(String),
    /// Those of these users, by user principal name.
    Users(Vec<String>),
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("id", &self.id).field("secret", &"***").field("roles", &self.roles).finish()
    }
}

/// How long things take, on the tenant's clock. All zero (the default): everything is true at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From `POST /users` until the new user is found by id.
    pub replication: Duration,
    /// From `POST /users` until the new user stands in lists.
    pub listing: Duration,
    /// From the licence until the mailbox answers.
    pub mailbox: Duration,
    /// From sending a mail until it lies in the recipient's inbox.
    pub delivery: Duration,
    /// From sending a mail until the sender's Sent Items show it.
    pub sent_items: Duration,
    /// From the licence, or from `POST /groups`, until the drive answers.
    pub drive: Duration,
    /// From `POST /groups` until the group can become a team, and from `POST /teams` until the team is there.
    pub team: Duration,
}

impl Delays {
    /// Delays of the size seen in real tenants. Only the mailbox has a documented figure ("usually less than 30
    /// minutes"); the others are assumptions, chosen large enough that a client which ignores them fails.
    #[must_use]
    pub fn realistic() -> Delays {
        Delays {
            replication: Duration::from_secs(5),
            listing: Duration::from_secs(60),
            mailbox: Duration::from_secs(10 * 60),
            delivery: Duration::from_secs(3),
            sent_items: Duration::from_secs(2),
            drive: Duration::from_secs(5 * 60),
            team: Duration::from_secs(20),
        }
    }
}

/// Why a tenant cannot be made of these settings.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// An id must be a UUID.
    #[error("{key}: `{value}` is not a UUID; leave it out to derive one from the seed")]
    NotAUuid {
        /// The setting.
        key: &'static str,
        /// What it was set to.
        value: String,
    },
    /// The domain must be a plain host name.
    #[error("domain: `{0}` is not a domain name; use lower-case letters, digits, hyphens and dots")]
    Domain(String),
    /// An empty secret would let everybody in.
    #[error("app.secret: is empty; leave it out to derive one from the seed")]
    EmptySecret,
    /// A licence is listed twice.
    #[error("seats: `{0}` is listed twice; add its seats up")]
    DuplicateSku(String),
}

impl Default for Settings {
    fn default() -> Settings {
        Settings::seeded(0)
    }
}

impl Settings {
    /// The tenant of this seed: its ids, its domain and its secret are the same wherever it is made.
    #[must_use]
    pub fn seeded(seed: u64) -> Settings {
        let names = Seed::new(seed);
        let id = |kind: &str| ids::uuid(names.derive("settings", kind)).to_string();
        let name: String = hex::encode(names.derive("settings", "domain")).chars().take(8).collect();
        Settings {
            seed,
            tenant_id: id("tenant"),
            domain: format!("contoso-{name}.onmicrosoft.com"),
            organization: "Contoso".to_owned(),
            app: App {
                id: id("app"),
                secret: secret(&names),
                roles: ROLES.map(str::to_owned).to_vec(),
                scopes: SCOPES.map(str::to_owned).to_vec(),
                public: true,
                keys: Vec::new(),
            },
            more_apps: Vec::new(),
            mailbox_grants: Vec::new(),
            security_defaults: true,
            seats: vec![("DEVELOPERPACK_E5".to_owned(), SEATS)],
            bystanders: BYSTANDERS,
            delays: Delays::default(),
            throttle: Throttle::Off,
            faults: Vec::new(),
            token_lifetime: TOKEN_LIFETIME,
            start: START,
            speed: None,
            passes: false,
            state: None,
            audit_log: None,
        }
    }

    /// The same, with the app granted what all features of a workload need.
    #[must_use]
    pub fn with_every_feature(mut self) -> Settings {
        self.app.roles.extend(FEATURE_ROLES.map(str::to_owned));
        self
    }

    /// All app registrations.
    pub(crate) fn apps(&self) -> impl Iterator<Item = &App> {
        std::iter::once(&self.app).chain(&self.more_apps)
    }

    /// Whether a tenant can be made of them.
    ///
    /// # Errors
    /// The first setting that cannot stand, with what to do about it.
    pub fn check(&self) -> Result<(), SettingsError> {
        for (key, value) in [("tenant_id", &self.tenant_id), ("app.id", &self.app.id)] {
            if Uuid::parse_str(value).is_err() {
                return Err(SettingsError::NotAUuid { key, value: value.clone() });
            }
        }
        let part =
            |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !self.domain.contains('.') || !self.domain.split('.').all(part) {
            return Err(SettingsError::Domain(self.domain.clone()));
        }
        if self.app.secret.is_empty() {
            return Err(SettingsError::EmptySecret);
        }
        for (index, (sku, _)) in self.seats.iter().enumerate() {
            if self.seats.iter().skip(index + 1).any(|(other, _)| other == sku) {
                return Err(SettingsError::DuplicateSku(sku.clone()));
            }
        }
        Ok(())
    }
}

/// A client secret in the shape of Entra's: forty characters, the fourth and fifth of them `8Q`, the sixth a tilde.
fn secret(names: &Seed) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let first = names.derive("settings", "secret/1");
    let second = names.derive("settings", "secret/2");
    let letters: String = first
        .iter()
        .chain(&second)
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|letter| char::from(*letter))
        .take(37)
        .collect();
    let (head, tail) = letters.split_at(3);
    format!("{head}8Q~{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_tenant_and_another_seed_another() {
        let (one, same, other) = (Settings::seeded(1), Settings::seeded(1), Settings::seeded(2));
        assert_eq!((&one.tenant_id, &one.app.secret), (&same.tenant_id, &same.app.secret));
        assert_ne!(one.tenant_id, other.tenant_id);
        assert_ne!(one.app.secret, other.app.secret);
        assert_ne!(one.domain, other.domain);
        assert_eq!(one.app.secret.len(), 40);
        assert_eq!(one.check(), Ok(()));
    }

    #[test]
    fn the_secret_is_not_shown_by_debug() {
        let settings = Settings::seeded(1);
        assert!(!format!("{settings:?}").contains(&settings.app.secret));
    }

    #[test]
    fn settings_that_cannot_stand_are_named() {
        let wrong = Settings { tenant_id: "contoso".into(), ..Settings::seeded(1) };
        assert_eq!(wrong.check().unwrap_err().to_string().split(':').next(), Some("tenant_id"));
        let wrong = Settings { domain: "https://contoso".into(), ..Settings::seeded(1) };
        assert_eq!(wrong.check(), Err(SettingsError::Domain("https://contoso".into())));
        let seats = vec![("E5".to_owned(), 1), ("E5".to_owned(), 2)];
        assert_eq!(Settings { seats, ..Settings::seeded(1) }.check(), Err(SettingsError::DuplicateSku("E5".into())));
    }
}
