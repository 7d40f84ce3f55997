//! A simulated Microsoft 365 tenant: a real HTTP server, standing alone.
//!
//! It behaves like the parts of Entra ID and Microsoft Graph that workloads use, so that a newcomer, a plugin author and
//! a test run need no licensed tenant. It is never a mock inside the code under test: one connects to it over HTTP.
//!
//! The house is built around a pure core. [`Tenant::handle`] turns one request into one response without any input or
//! output, and everything else is arranged around it:
//!
//! - [`settings`]: what a tenant is made of; every id and the secret derive from its seed.
//! - `ids`, `time`: how things get their names and their timestamps. Neither depends on the order of arrival or on the
//!   wall clock, so the same requests at the same simulated times give the same tenant, byte for byte.
//! - `entra`: the token endpoint, and the check of tokens. `graph`: the table of operations with their permissions, the
//!   router over it, and what all operations share (errors, headers, `OData` options in `odata`).
//! - `directory`, `groups`, `mail`, `calendar`, `files` and `teams`: the state, and the operations on it.
//! - [`faults`]: what goes wrong on demand. `tls`: https with an authority of its own.
//! - [`inspect`]: a look inside, for people and for tests. [`record`]: every exchange as a line of JSON, secrets masked.
//!   [`audit`]: what the real tenant's logs would hold. [`state_file`]: a tenant that outlives its process.
//! - [`contract`]: checks exchanges against the published description of Graph.
//! - [`serve`]: the server. `wire`: answers as they go out. `seats`: how many requests are under way.
//!
//! # Time
//!
//! A request that carries [`CLOCK_HEADER`] happens at that moment; the tenant remembers the latest one it has seen, and
//! a request without the header happens then. The wall clock is never looked at, but by a server whose settings say so
//! ([`Settings::passes`]), for clients that know nothing of this.
//!
//! ```
//! use haymaker_tenant::{Settings, Tenant};
//!
//! let tenant = Tenant::new(Settings::seeded(7))?;
//! let request = http::Request::get("/.well-known/haymaker-simulated-tenant").body(bytes::Bytes::new())?;
//! assert_eq!(tenant.handle(request).status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod audit;
mod bystanders;
mod calendar;
pub mod contract;
mod directory;
mod entra;
pub mod faults;
mod files;
mod graph;
mod groups;
mod ids;
pub mod inspect;
mod mail;
mod odata;
pub mod record;
mod seats;
mod server;
pub mod settings;
pub mod state_file;
mod teams;
mod tenant;
mod time;
mod tls;
mod wire;

pub use server::{serve, serve_tls};
pub use settings::{App, Delays, MailboxGrant, MailboxScope, PublicKey, Settings, SettingsError, Throttle};
pub use tenant::{Tenant, TenantError};
pub use tls::{Authority, TlsError};

/// The request header that says when a request happens: UTC, in milliseconds since 1970.
pub const CLOCK_HEADER: &str = "x-haymaker-clock";

/// The path at which a simulated tenant says that it is one.
pub const HANDSHAKE_PATH: &str = "/.well-known/haymaker-simulated-tenant";
