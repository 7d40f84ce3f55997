//! Deployments over time.
//!
//! | module | thought |
//! |---|---|
//! | [`host`] | a running host and its commands |
//! | [`reader`] | looking without a host |
//! | [`forecast`], [`report`] | what a deployment is going to do, and where it stands, for people and programs |
//! | [`proof`] | what a cleanup left, and how that is known |
//! | [`supervisor`] | one deployment: plans, tasks in order, retries, doubt, stop, cleanup |
//! | [`plan`], [`truth`] | what a guest's answers may say; what becomes of them in the ground truth |
//! | [`journal`] | a deployment's one writer |
//! | [`grants`], [`program`], [`programs`] | what calls are made of |
//! | [`llm`] | language models: providers, budgets, who may ask |
//! | [`policy`], [`permissions`] | the blast radius: what a request may touch; what the tenant permits of each feature |
//! | [`tenant_policy`] | what an operator permits in a tenant, and how much |
//! | [`tenants`], [`clock`], [`credentials`], [`seal`] | where a deployment acts, when, as whom |
//! | [`home`], [`registry`], [`fitting`] | the folder of a host, and the workloads in it |
//! | [`manifest`], [`config`], [`yaml`], [`problems`] | what authors and operators write, checked whole |
//!
//! Errors: what a person asked for and cannot have is a [`Refusal`], in words; what breaks underneath is an
//! `anyhow::Error` that ends one supervisor and never the host.

pub mod clock;
pub mod config;
pub mod credentials;
pub mod fitting;
pub mod forecast;
pub mod grants;
pub mod home;
pub mod host;
pub mod journal;
pub mod llm;
pub mod manifest;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod problems;
pub mod program;
pub mod programs;
pub mod proof;
pub mod reader;
pub mod refusal;
pub mod registry;
pub mod report;
pub mod seal;
pub mod secrets;
pub mod supervisor;
pub mod tenant_policy;
pub mod tenants;
pub mod truth;
pub mod yaml;

pub use host::{DeployRequest, Deployed, DryRun, Host, HostSettings, PlannedModel};
pub use reader::Reader;
pub use refusal::Refusal;
