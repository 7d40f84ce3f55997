//! The trait that a workload implements, and the macro that makes a component of it.
//!
//! The generated trait has no default implementations, so that every workload would have to spell out nine functions.
//! [`Workload`] has them; the blanket implementation below joins the two.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{Deployment, LostRequest, Outcome, Plan, Problem, Task, Verdict, WorkloadInfo, bindings, imports};

/// A workload. Each function is called in a fresh instance: nothing is kept in memory between two calls.
///
/// `deploy`, `cycle`, `stop` and `cleanup` *plan*: they are functions of the state, the ledger, the journal, the clock
/// and the seed, have no [`http`](crate::http) and write no ledger. A crash anywhere is mended by asking them again, so
/// they name the same work by the same ids.
pub trait Workload {
    /// Who this is; name and version as in the manifest. Pure.
    fn describe() -> WorkloadInfo;

    /// What the manifest's schema cannot say: all problems of a config at once, each made by
    /// [`Problem::config`]. Pure.
    fn validate_config(_config: &str) -> Vec<Problem> {
        Vec::new()
    }

    /// What is to be done until the workload runs. Nothing, unless it needs preparation.
    ///
    /// # Errors
    /// Whatever keeps it from planning; `invalid` ends the deployment.
    fn deploy(_deployment: &Deployment) -> Result<Plan, Problem> {
        Ok(Plan::new("deployed").done("nothing to prepare"))
    }

    /// What is to be done next while it runs.
    ///
    /// # Errors
    /// Whatever keeps it from planning; `invalid` ends the deployment.
    fn cycle(deployment: &Deployment) -> Result<Plan, Problem>;

    /// What is to be done so that it rests. Nothing, unless it left something running.
    ///
    /// # Errors
    /// Whatever keeps it from planning.
    fn stop(_deployment: &Deployment) -> Result<Plan, Problem> {
        Ok(Plan::new("stopped").done("nothing to stop"))
    }

    /// What is to be done so that nothing of it is left. Nothing, for a workload that creates nothing: the host checks
    /// that the ledger is empty afterwards.
    ///
    /// # Errors
    /// Whatever keeps it from planning.
    fn cleanup(_deployment: &Deployment) -> Result<Plan, Problem> {
        Ok(Plan::new("cleaned_up").done("nothing was created"))
    }

    /// Does one task. Blocking and short; at most one request with the effect `once`.
    ///
    /// # Errors
    /// Its kind decides whether the task runs again.
    fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem>;

    /// Finds out, by reading, what became of a task's `once` request whose answer was lost. A workload that never sends
    /// one is never asked.
    ///
    /// # Errors
    /// Whatever keeps it from looking: it is asked again.
    fn settle(_deployment: &Deployment, _task: &Task, _lost: &LostRequest) -> Result<Verdict, Problem> {
        Ok(Verdict::CannotTell)
    }

    /// The workload's part of the status: an object; `wit/lifecycle.wit` lists the keys that the host knows.
    ///
    /// # Errors
    /// Whatever keeps it from telling.
    fn status(_deployment: &Deployment) -> Result<serde_json::Value, Problem> {
        Ok(serde_json::json!({}))
    }

    /// Takes over the state that version `previous` wrote. Nothing, while its shape stays the same.
    ///
    /// # Errors
    /// `invalid` refuses the upgrade, and nothing changes.
    fn migrate(_deployment: &Deployment, _previous: &str) -> Result<(), Problem> {
        Ok(())
    }
}

/// Makes the component's exports from a type that implements [`Workload`].
///
/// Natively it only checks that the type does.
#[macro_export]
macro_rules! export {
    ($workload:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::export_component!($workload with_types_in $crate::bindings);
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $crate::WorkloadInfo = <$workload as $crate::Workload>::describe;
    };
}

/// The deployment's config as a type of the workload's own.
///
/// # Errors
/// `invalid` when it does not fit: the manifest's schema and the type disagree.
pub fn config<T: DeserializeOwned>(deployment: &Deployment) -> Result<T, Problem> {
    serde_json::from_str(&deployment.config)
        .map_err(|error| Problem::invalid("config", format!("the config does not fit this workload: {error}")))
}

/// The key among the parameters that the host adds to the manifest's.
const FEATURES: &str = "features";

/// The manifest's `activity_patterns` as a type of the workload's own. What the host adds to them is left out, so that the
/// type may be strict; see [`feature`].
///
/// # Errors
/// `invalid` when they do not fit.
pub fn parameters<T: DeserializeOwned>() -> Result<T, Problem> {
    let mut given = given()?;
    given.remove(FEATURES);
    serde_json::from_value(given.into()).map_err(unfit)
}

/// What the tenant permits of a feature that the manifest lists. It stays as it was when the deployment was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Feature {
    /// Whether nothing that it needs is surely missing.
    pub granted: bool,
    /// Permissions that the application does not have.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Permissions that its token does not show and that may be granted elsewhere: the first try tells.
    #[serde(default)]
    pub untold: Vec<String>,
}

/// What the tenant permits of a feature of the manifest. Of one that the host says nothing about, all.
///
/// # Errors
/// `invalid` when what the host says does not fit.
pub fn feature(name: &str) -> Result<Feature, Problem> {
    let given = given()?;
    match given.get(FEATURES).and_then(|features| features.get(name)) {
        Some(told) => Feature::deserialize(told).map_err(unfit),
        None => Ok(Feature { granted: true, missing: Vec::new(), untold: Vec::new() }),
    }
}

fn given() -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(&imports::context::parameters()).map_err(unfit)
}

fn unfit(error: serde_json::Error) -> Problem {
    Problem::invalid("activity_patterns", format!("the manifest's activity_patterns do not fit: {error}"))
}

impl<W: Workload> bindings::exports::haymaker::workload::lifecycle::Guest for W {
    fn describe() -> WorkloadInfo {
        W::describe()
    }

    fn validate_config(config: String) -> Vec<Problem> {
        W::validate_config(&config)
    }

    fn deploy(deployment: Deployment) -> Result<Plan, Problem> {
        W::deploy(&deployment)
    }

    fn cycle(deployment: Deployment) -> Result<Plan, Problem> {
        W::cycle(&deployment)
    }

    fn stop(deployment: Deployment) -> Result<Plan, Problem> {
        W::stop(&deployment)
    }

    fn cleanup(deployment: Deployment) -> Result<Plan, Problem> {
        W::cleanup(&deployment)
    }

    fn perform(deployment: Deployment, task: Task) -> Result<Outcome, Problem> {
        W::perform(&deployment, &task)
    }

    fn settle(deployment: Deployment, task: Task, lost: LostRequest) -> Result<Verdict, Problem> {
        W::settle(&deployment, &task, &lost)
    }

    fn get_status(deployment: Deployment) -> Result<String, Problem> {
        W::status(&deployment).map(|status| status.to_string())
    }

    fn migrate(deployment: Deployment, previous: String) -> Result<(), Problem> {
        W::migrate(&deployment, &previous)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Host;

    #[test]
    fn what_is_permitted_stands_beside_the_parameters() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Own {
            rate: u32,
        }
        let documents = json!({"granted": false, "missing": ["Files.ReadWrite.All"], "untold": []});
        let parameters = json!({"rate": 1, "features": {"documents": documents}});
        let read = Host::new(0)
            .with_parameters(&parameters)
            .planning(|| Ok((super::parameters::<Own>()?, feature("mail")?, feature("documents")?)));
        let (own, mail, documents) = read.unwrap();
        assert_eq!(own, Own { rate: 1 });
        assert!(mail.granted, "nobody speaks of it");
        assert!(!documents.granted);
        assert_eq!(documents.missing, ["Files.ReadWrite.All"]);
    }
}
