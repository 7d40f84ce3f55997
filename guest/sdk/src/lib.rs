//! Bindings and sugar for workload authors in Rust.
//!
//! A workload is a type that implements [`Workload`], and one line, [`export!`]. The host asks it two kinds of question:
//! *what is to be done now?* (`deploy`, `cycle`, `stop`, `cleanup` answer with a [`Plan`]) and *do this one task*
//! (`perform`). All waiting, retrying, concurrency and persistence is the host's.
//!
//! ```
//! use haymaker_guest::{Deployment, Outcome, Plan, Problem, Task, Workload, WorkloadInfo, log, time};
//!
//! struct Greeter;
//!
//! impl Workload for Greeter {
//!     fn describe() -> WorkloadInfo {
//!         WorkloadInfo { name: "greeter".into(), version: "0.1.0".into(), description: "Greets once.".into() }
//!     }
//!
//!     fn cycle(_: &Deployment) -> Result<Plan, Problem> {
//!         if haymaker_guest::journal::is_done("greet") {
//!             return Ok(Plan::new("greeted").done("greeted"));
//!         }
//!         let greet = Task::new("greet", "greeter.greet", "greeter", time::now()).summary("greets the operator");
//!         Ok(Plan::new("executing").task(greet).when_idle())
//!     }
//!
//!     fn perform(_: &Deployment, _: &Task) -> Result<Outcome, Problem> {
//!         log::info("hello");
//!         Ok(Outcome::nothing())
//!     }
//! }
//!
//! haymaker_guest::export!(Greeter);
//! ```
//!
//! | module | what for |
//! |---|---|
//! | [`plan`] | builders for plans, tasks, outcomes and activities |
//! | [`http`] | requests to the endpoints that the manifest names |
//! | [`state`], [`ledger`], [`journal`] | what is remembered, what was made in the tenant, what became of tasks |
//! | [`secrets`] | secrets that a guest can name and use, and never see |
//! | [`llm`] | a language model, if there is one |
//! | [`chance`] | named streams of chance: the same seed, the same run |
//! | [`time`] | the host's clock, and days |
//! | [`log`] | lines for the people who watch |
//!
//! Natively, where unit tests run, the host's side is played by [`testing`].
//!
//! There is one error type, the contract's [`Problem`]: its kind decides what the host does next.

#[doc(hidden)]
pub mod bindings;
pub mod chance;
pub mod http;
pub mod journal;
pub mod ledger;
pub mod llm;
pub mod log;
pub mod plan;
mod problem;
pub mod secrets;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod time;
mod workload;

/// The host's side of the contract: the world's imports in a component, [`testing`] in a native test.
#[cfg(target_arch = "wasm32")]
use bindings::haymaker::workload as imports;
#[cfg(not(target_arch = "wasm32"))]
use testing::imports;

pub use bindings::exports::haymaker::workload::lifecycle::WorkloadInfo;
pub use bindings::haymaker::workload::types::{
    Activity, Deployment, Ending, Instant, LostRequest, Outcome, Plan, Problem, ProblemKind, Task, Verdict, Wake,
};
pub use workload::{Feature, Workload, config, feature, parameters};
