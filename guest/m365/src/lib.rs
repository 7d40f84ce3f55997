//! The flagship workload: knowledge workers on Microsoft 365.
//!
//! It makes people in a tenant (a user, a licence, a mailbox), has them write mail to one another through their working
//! days, and takes them away again with proof.
//!
//! | module | thought |
//! |---|---|
//! | [`config`], [`pattern`] | what an operator chooses, and the table of assumptions |
//! | [`people`], [`organization`], [`ties`], [`naming`] | who they are, who leads whom, who writes to whom, and by which names they are found |
//! | [`zone`], [`calendar`] | what the clock on somebody's wall shows, and when they work |
//! | [`schedule`], [`expectation`] | when each of them acts, and how much that should come to |
//! | [`meetings`], [`threads`], [`paperwork`], [`talk`] | what they do together and alone: meetings, conversations by mail, documents, Teams |
//! | [`content`], [`documents`] | what they write |
//! | [`office`], [`graph`], [`steps`] | what is remembered, how the tenant is spoken to, how chains of tasks are planned |
//! | [`deploy`], [`tenant`], [`provision`], [`adoption`], [`openings`] | making the workers, or adopting them: the plan, and its tasks; what becomes ready later |
//! | [`groups`], [`teams`] | what they share, and talking there |
//! | [`permissions`] | what the application may do, and what is left out therefore |
//! | [`cycle`], [`mail`], [`invitations`], [`files`] | their work: the plan, and its tasks |
//! | [`anomalies`] | what some of them do that defenders are to find, and what only looks like it |
//! | [`cleanup`] | taking them away |
//! | [`orphans`] | finding what earlier deployments left |
//! | [`status`], [`forecast`], [`remains`] | telling of them: now, before, and of what stays |
//!
//! The upper half is pure: functions of their arguments, tested by their properties.

pub mod adoption;
pub mod anomalies;
pub mod calendar;
pub mod cleanup;
pub mod config;
pub mod content;
pub mod cycle;
pub mod deploy;
pub mod documents;
pub mod expectation;
pub mod files;
pub mod forecast;
pub mod graph;
pub mod groups;
pub mod invitations;
pub mod mail;
pub mod meetings;
pub mod naming;
pub mod office;
pub mod openings;
pub mod organization;
pub mod orphans;
pub mod paperwork;
pub mod pattern;
pub mod people;
pub mod permissions;
pub mod provision;
pub mod remains;
pub mod schedule;
pub mod status;
pub mod steps;
pub mod talk;
pub mod teams;
pub mod tenant;
#[cfg(test)]
mod tests;
pub mod threads;
pub mod ties;
pub mod zone;

use haymaker_guest::{Deployment, LostRequest, Outcome, Plan, Problem, Task, Verdict, Workload, WorkloadInfo, time};

/// The workload.
pub struct KnowledgeWorker;

impl Workload for KnowledgeWorker {
    fn describe() -> WorkloadInfo {
        WorkloadInfo {
            name: "m365-knowledge-worker".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: "Plays the employees of a company on Microsoft 365.".to_owned(),
        }
    }

    fn validate_config(config: &str) -> Vec<Problem> {
        config::problems(config)
    }

    fn deploy(deployment: &Deployment) -> Result<Plan, Problem> {
        deploy::plan(deployment)
    }

    fn cycle(deployment: &Deployment) -> Result<Plan, Problem> {
        cycle::plan(deployment)
    }

    fn stop(_: &Deployment) -> Result<Plan, Problem> {
        cycle::rest()?;
        let plan = Plan::new("stopped");
        let imports = teams::end("stop", time::now())?;
        if imports.goes_on() {
            return Ok(plan.tasks(imports.tasks).when_idle());
        }
        Ok(plan.done(match imports.lost.is_empty() {
            true => "the workers rest; everything they made stays".to_owned(),
            false => format!("the workers rest; people cannot write everywhere yet: {}", imports.losses()),
        }))
    }

    fn cleanup(deployment: &Deployment) -> Result<Plan, Problem> {
        cleanup::plan(deployment)
    }

    fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
        match task.kind.as_str() {
            tenant::CHECK => tenant::perform(deployment),
            provision::CREATE => provision::perform_create(deployment, task),
            provision::ADOPT => provision::perform_adopt(deployment, task),
            provision::LICENSE => provision::perform_license(deployment, task),
            provision::SIGN_IN => provision::perform_sign_in(deployment, task),
            permissions::TRY => permissions::perform(deployment, task),
            provision::MAILBOX => provision::perform_mailbox(deployment, task),
            mail::SEND | mail::REPLY | mail::REPLY_ALL | mail::FORWARD | mail::READ | mail::ORGANIZE => {
                mail::perform(deployment, task)
            }
            files::DRIVE => files::perform_opening(deployment, task),
            files::CREATE | files::EDIT | files::SHARE | files::DOWNLOAD => files::perform(deployment, task),
            anomalies::RULE => anomalies::perform(deployment, task),
            invitations::CREATE | invitations::RESPOND | invitations::CANCEL => invitations::perform(deployment, task),
            files::WITHDRAW => files::perform_withdrawal(deployment, task),
            groups::CREATE | groups::FILL | groups::LOOKUP | groups::DELETE | groups::VERIFY => {
                groups::perform(deployment, task)
            }
            kind if kind.starts_with("team") || kind == teams::FORGET => teams::perform(deployment, task),
            orphans::FIND => orphans::perform(),
            cleanup::LOOKUP
            | cleanup::DELETE
            | cleanup::PURGE
            | cleanup::VERIFY
            | cleanup::PROVE
            | cleanup::WITHDRAW
            | cleanup::RELEASE => cleanup::perform(deployment, task),
            other => {
                Err(Problem::invalid("no-such-task", format!("this version does not know tasks of kind `{other}`")))
            }
        }
    }

    fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
        match task.kind.as_str() {
            provision::CREATE => provision::settle_create(deployment, task, lost),
            mail::SEND | mail::REPLY | mail::REPLY_ALL | mail::FORWARD | mail::ORGANIZE => {
                mail::settle(deployment, task, lost)
            }
            files::CREATE | files::EDIT | files::SHARE => files::settle(deployment, task, lost),
            anomalies::RULE => anomalies::settle(deployment, task, lost),
            kind if kind.starts_with("team") => teams::settle(deployment, task, lost),
            invitations::CREATE | invitations::RESPOND | invitations::CANCEL => {
                invitations::settle(deployment, task, lost)
            }
            _ => Ok(Verdict::CannotTell),
        }
    }

    fn status(deployment: &Deployment) -> Result<serde_json::Value, Problem> {
        status::status(deployment)
    }
}

haymaker_guest::export!(KnowledgeWorker);
