//! The smallest complete workload, and the template for new ones.
//!
//! It beats: at every interval a task that logs a line and yields one activity, `heartbeat.beat`. It touches nothing
//! outside, so it needs no endpoint and no credential, and has nothing to stop or to clean up: [`Workload`]'s own
//! answers are right for it.
//!
//! To make a workload of your own: copy this folder, choose a name in `workload.yaml` and in [`Heartbeat::describe`],
//! say in `cycle` what is to be done next, and do it in `perform`.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Plan, Problem, Task, Workload, WorkloadInfo, config, log, plan::HORIZON,
    state, time,
};
use serde::{Deserialize, Serialize};

/// The workload: a type without content, because nothing is kept in memory between two calls.
pub struct Heartbeat;

/// The config, as `config_schema` in `workload.yaml` describes it: the host has checked types and ranges and filled in
/// the defaults.
#[derive(Deserialize)]
struct Config {
    /// Seconds between two beats, 1 to 900.
    interval_seconds: u64,
    /// How many beats; 0 for no end.
    beats: u64,
}

/// What is remembered: where the rhythm began, so that it does not drift with the moments at which plans are asked for.
#[derive(Deserialize, Serialize)]
struct Rhythm {
    began: Instant,
}

/// The state's only key.
const RHYTHM: &str = "rhythm";

impl Workload for Heartbeat {
    fn describe() -> WorkloadInfo {
        WorkloadInfo {
            name: "heartbeat".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: "Beats at an interval, into the log and the ground truth.".to_owned(),
        }
    }

    /// Called before the workload runs: remembers when that was.
    fn deploy(_: &Deployment) -> Result<Plan, Problem> {
        if state::load::<Rhythm>(RHYTHM)?.is_none() {
            state::save(RHYTHM, &Rhythm { began: time::now() })?;
        }
        Ok(Plan::new("executing").done("ready to beat"))
    }

    /// Plans the next beat, and asks to be asked again at the one after it.
    ///
    /// A beat is named by its number, which follows from the clock. So the same plan comes out however often the host
    /// asks, and beats that were missed (a host that was down, a deployment that was stopped) are not made up for.
    fn cycle(deployment: &Deployment) -> Result<Plan, Problem> {
        let config: Config = config(deployment)?;
        let Some(Rhythm { began }) = state::load(RHYTHM)? else {
            return Err(Problem::invalid("no-rhythm", "cycle was called before deploy"));
        };
        let interval = (config.interval_seconds * time::SECOND).clamp(time::SECOND, HORIZON);
        // Rounded up: a beat whose moment has passed is late, not next.
        let number = time::now().saturating_sub(began).div_ceil(interval);
        let plan = Plan::new("executing");
        if config.beats > 0 && number >= config.beats {
            return Ok(plan.done(format!("{} beats", config.beats)));
        }
        let due = began + number * interval;
        let beat = Task::new(format!("beat/{number}"), "heartbeat.beat", "heart", due)
            .summary(format!("beat {number}"))
            // A beat that could not run before the next one is due is skipped.
            .expires(due + interval - 1);
        Ok(plan.task(beat).wake_at(due + 1))
    }

    /// Does one task, in an instance of its own.
    fn perform(_: &Deployment, task: &Task) -> Result<Outcome, Problem> {
        log::info(&task.summary);
        Ok(Outcome::activity(Activity::benign("heartbeat.beat")))
    }
}

haymaker_guest::export!(Heartbeat);

#[cfg(test)]
mod tests {
    use haymaker_guest::{Ending, Wake, journal::Stage, testing::Host};

    use super::*;

    const START: Instant = 1_767_600_000_000;

    fn deployment(config: &str) -> Deployment {
        Deployment { id: "heartbeat-00000001".to_owned(), seed: 1, config: config.to_owned() }
    }

    fn deployed(deployment: &Deployment) -> Host {
        let mut host = Host::new(START);
        host.drive::<Heartbeat>(deployment, Heartbeat::deploy, START).unwrap();
        host
    }

    #[test]
    fn it_beats_at_its_interval_as_often_as_it_was_told() {
        let deployment = deployment(r#"{"interval_seconds": 60, "beats": 3}"#);
        let mut host = deployed(&deployment);
        let last = host.drive::<Heartbeat>(&deployment, Heartbeat::cycle, START + time::HOUR).unwrap();
        let moments: Vec<u64> = host.activities().iter().map(|(at, _, _)| at - START).collect();
        assert_eq!(moments, [0, 60_000, 120_000]);
        assert_eq!(last.wake, Wake::Done(Ending { success: true, reason: "3 beats".to_owned() }));
    }

    #[test]
    fn without_a_number_it_beats_until_it_is_stopped() {
        let deployment = deployment(r#"{"interval_seconds": 600, "beats": 0}"#);
        let mut host = deployed(&deployment);
        host.drive::<Heartbeat>(&deployment, Heartbeat::cycle, START + time::DAY).unwrap();
        assert_eq!(host.activities().len(), 144);
        let plan = host.planning(|| Heartbeat::stop(&deployment)).unwrap();
        assert!(matches!(plan.wake, Wake::Done(Ending { success: true, .. })));
    }

    #[test]
    fn asked_twice_it_plans_the_same_beat() {
        let deployment = deployment(r#"{"interval_seconds": 60, "beats": 0}"#);
        let mut host = deployed(&deployment);
        host.advance_to(START + 90_000);
        let first = host.planning(|| Heartbeat::cycle(&deployment)).unwrap();
        assert_eq!(first, host.planning(|| Heartbeat::cycle(&deployment)).unwrap());
        assert_eq!(first.tasks[0].id, "beat/2");
    }

    #[test]
    fn beats_that_were_missed_are_not_made_up_for() {
        let deployment = deployment(r#"{"interval_seconds": 60, "beats": 0}"#);
        let mut host = deployed(&deployment);
        host.advance_to(START + time::HOUR);
        host.drive::<Heartbeat>(&deployment, Heartbeat::cycle, START + time::HOUR + 60_000).unwrap();
        assert_eq!(host.count(Stage::Done), 1);
        assert_eq!(host.activities()[0].0, START + time::HOUR);
    }
}
