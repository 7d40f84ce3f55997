//! Loads components and lends them capabilities. Knows wasmtime, not deployments.
//!
//! | module | thought |
//! |---|---|
//! | [`engine`] | the one engine: how components run, and calling each function of the lifecycle |
//! | [`component`] | from bytes to something that can be called, or every reason why not |
//! | [`call`] | one call: what it is given, what it gives back, how it can fail |
//! | [`limits`] | memory, compute, wait, and the rest |
//! | [`clock`] | time as a dependency |
//! | [`types`] | the contract's own words |
//! | [`http`], [`state`], [`ledger`], [`journal`], [`secrets`], [`events`], [`context`], [`llm`], [`workspace`] | one capability each: the trait that a platform implements, its binding, its rules |
//!
//! Two kinds of error are kept apart by types. A *problem* is an ordinary answer that the guest sees. A [`Failure`]
//! ends the call: a trap, a limit, or the host's decision to go on later in a fresh instance.

mod abort;
mod bindings;
pub mod call;
pub mod clock;
pub mod component;
pub mod context;
pub mod engine;
pub mod events;
mod failure;
mod fit;
mod guest;
pub mod http;
pub mod journal;
pub mod ledger;
pub mod limits;
pub mod llm;
mod meter;
mod patience;
mod permits;
pub mod secrets;
mod setup;
pub mod state;
mod ticker;
pub mod types;
mod wasi;
pub mod workspace;

use std::future::Future;
use std::pin::Pin;

pub use call::{Answer, Call, Effects, Failure, FailureKind, Grants};
pub use clock::{Clock, SystemClock};
pub use component::{Component, LoadError, Misfit};
pub use engine::{Engine, EngineError, Planning, Settings};
pub use limits::Limits;

/// A point in time: UTC, milliseconds since 1970-01-01T00:00:00Z.
pub type Instant = u64;

/// A boxed future: what keeps the capabilities' traits usable as `dyn`.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
