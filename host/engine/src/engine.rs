//! The one engine: how components run, and calling each function of the lifecycle.
//!
//! Every call gets a fresh instance. That costs some 30 microseconds and buys everything else: nothing is held while
//! nothing happens, a trap poisons nobody, an upgrade is the next call.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use wasmtime::component::Linker;
use wasmtime::{Store, UpdateDeadline};

use crate::abort::Abort;
use crate::bindings::exports::haymaker::workload::lifecycle::Guest as Lifecycle;
use crate::call::{Answer, Call, Failure, FailureKind};
use crate::component::{Component, LoadError};
use crate::fit::Contract;
use crate::guest::{self, Guest};
use crate::permits::Permits;
use crate::ticker::Ticker;
use crate::types::{Deployment, LostRequest, Outcome, Plan, Problem, Task, Verdict, WorkloadInfo};
use crate::{Pending, failure, setup, types};

/// How an engine is built.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory (an absolute path) where compiled code is kept between runs of the host; none keeps nothing.
    pub cache: Option<PathBuf>,
    /// The memory that all running instances may use together: bytes.
    pub max_live_bytes: u64,
}

impl Default for Settings {
    /// No cache, and one gibibyte.
    fn default() -> Self {
        Self { cache: None, max_live_bytes: 1 << 30 }
    }
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The directory for compiled code cannot be used.
    #[error("compiled code cannot be kept in {path}: {why}")]
    Cache {
        /// The directory.
        path: PathBuf,
        /// In words.
        why: String,
    },
    /// This machine cannot run WebAssembly, or this build of the host is broken.
    #[error("the WebAssembly engine does not start: {0}")]
    Unusable(String),
}

/// The four functions that plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planning {
    /// Asked until the workload runs.
    Deploy,
    /// Asked while it runs.
    Cycle,
    /// Asked until it rests.
    Stop,
    /// Asked until nothing of it is left.
    Cleanup,
}

impl Planning {
    /// The function's name in the contract.
    pub fn function(self) -> &'static str {
        match self {
            Planning::Deploy => "deploy",
            Planning::Cycle => "cycle",
            Planning::Stop => "stop",
            Planning::Cleanup => "cleanup",
        }
    }
}

/// Runs components. Cheap to clone; one per host.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) linker: Linker<Guest>,
    pub(crate) contract: Contract,
    permits: Permits,
    ticker: Ticker,
}

impl Engine {
    /// An engine, with its ticker thread, that runs until it is dropped.
    ///
    /// # Errors
    ///
    /// The cache's directory cannot be used, or the machine cannot run WebAssembly.
    pub fn new(settings: Settings) -> Result<Engine, EngineError> {
        let wasmtime = setup::engine(settings.cache.as_deref())?;
        let unusable = |error: wasmtime::Error| EngineError::Unusable(format!("{error:#}"));
        let mut linker = Linker::new(&wasmtime);
        guest::link(&mut linker).map_err(unusable)?;
        let contract = Contract::new().map_err(EngineError::Unusable)?;
        let permits = Permits::new(settings.max_live_bytes, setup::INSTANCES);
        let ticker = Ticker::new(&wasmtime).map_err(|error| EngineError::Unusable(error.to_string()))?;
        Ok(Engine(Arc::new(Inner { wasmtime, linker, contract, permits, ticker })))
    }

    /// Compiles a component, checks that it fits, and tries an instance of it.
    ///
    /// # Errors
    ///
    /// With every reason why it does not fit: see [`LoadError`].
    pub async fn load(&self, bytes: &[u8]) -> Result<Component, LoadError> {
        Component::load(self, bytes).await
    }

    /// Asks a workload who it is.
    ///
    /// # Errors
    ///
    /// As [`Engine::plan`].
    pub async fn describe(&self, c: &Component, call: Call) -> Result<Answer<WorkloadInfo>, Failure> {
        self.run(c, call, "describe", |w, store| Box::pin(w.call_describe(store))).await
    }

    /// Asks for everything that is wrong with a config (a JSON object).
    ///
    /// # Errors
    ///
    /// As [`Engine::plan`].
    pub async fn validate_config(
        &self,
        c: &Component,
        call: Call,
        config: &str,
    ) -> Result<Answer<Vec<Problem>>, Failure> {
        let config = config.to_owned();
        self.run(c, call, "validate-config", |w, store| {
            Box::pin(async move { w.call_validate_config(store, &config).await })
        })
        .await
    }

    /// Asks what is to be done now.
    ///
    /// # Errors
    ///
    /// The call did not end well: a trap, a limit, the host's own fault. What the guest calls a problem is in the answer.
    pub async fn plan(
        &self,
        c: &Component,
        call: Call,
        f: Planning,
        d: &Deployment,
    ) -> Result<Answer<Result<Plan, Problem>>, Failure> {
        let limit = call.limits.tasks;
        let d = d.clone();
        self.run(c, call, f.function(), |w, store| {
            Box::pin(async move {
                let plan = match f {
                    Planning::Deploy => w.call_deploy(store, &d).await,
                    Planning::Cycle => w.call_cycle(store, &d).await,
                    Planning::Stop => w.call_stop(store, &d).await,
                    Planning::Cleanup => w.call_cleanup(store, &d).await,
                }?;
                if let Ok(plan) = &plan {
                    at_most(limit, plan.tasks.len(), "tasks")?;
                    at_most(limit, plan.cancel.len(), "cancelled tasks")?;
                }
                Ok(plan)
            })
        })
        .await
    }

    /// Does one task.
    ///
    /// # Errors
    ///
    /// As [`Engine::plan`], and [`FailureKind::Later`] when the host ended the call to go on later.
    pub async fn perform(
        &self,
        c: &Component,
        call: Call,
        d: &Deployment,
        t: &Task,
    ) -> Result<Answer<Result<Outcome, Problem>>, Failure> {
        let limit = call.limits.tasks;
        let (d, t) = (d.clone(), t.clone());
        self.run(c, call, "perform", |w, store| {
            Box::pin(async move {
                let outcome = w.call_perform(store, &d, &t).await?;
                if let Ok(outcome) = &outcome {
                    check_outcome(limit, outcome)?;
                }
                Ok(outcome)
            })
        })
        .await
    }

    /// Asks what became of a task's request.
    ///
    /// # Errors
    ///
    /// As [`Engine::perform`].
    pub async fn settle(
        &self,
        c: &Component,
        call: Call,
        d: &Deployment,
        t: &Task,
        lost: &LostRequest,
    ) -> Result<Answer<Result<Verdict, Problem>>, Failure> {
        let limit = call.limits.tasks;
        let (d, t, lost) = (d.clone(), t.clone(), lost.clone());
        self.run(c, call, "settle", |w, store| {
            Box::pin(async move {
                let verdict = w.call_settle(store, &d, &t, &lost).await?;
                if let Ok(Verdict::Happened(outcome)) = &verdict {
                    check_outcome(limit, outcome)?;
                }
                Ok(verdict)
            })
        })
        .await
    }

    /// Asks for the workload's part of the status: a JSON object.
    ///
    /// # Errors
    ///
    /// As [`Engine::plan`].
    pub async fn get_status(
        &self,
        c: &Component,
        call: Call,
        d: &Deployment,
    ) -> Result<Answer<Result<String, Problem>>, Failure> {
        let d = d.clone();
        self.run(c, call, "get-status", |w, store| Box::pin(async move { w.call_get_status(store, &d).await })).await
    }

    /// Lets a component take over the state that version `previous` wrote.
    ///
    /// # Errors
    ///
    /// As [`Engine::plan`].
    pub async fn migrate(
        &self,
        c: &Component,
        call: Call,
        d: &Deployment,
        previous: &str,
    ) -> Result<Answer<Result<(), Problem>>, Failure> {
        let (d, previous) = (d.clone(), previous.to_owned());
        self.run(c, call, "migrate", |w, store| Box::pin(async move { w.call_migrate(store, &d, &previous).await }))
            .await
    }

    /// Makes an instance, lets `f` call it, and takes everything apart again.
    pub(crate) async fn run<T, F>(
        &self,
        component: &Component,
        call: Call,
        function: &str,
        f: F,
    ) -> Result<Answer<T>, Failure>
    where
        T: Send,
        F: for<'a> FnOnce(&'a Lifecycle, &'a mut Store<Guest>) -> Pending<'a, wasmtime::Result<T>> + Send,
    {
        let Call { workload, task, now, seed, limits, grants } = call;
        let fail = |kind, lines| Failure { kind, workload, function: function.to_owned(), task, lines };
        let inner = &*self.0;
        let footprint = &component.0.footprint;

        let permit = match inner.permits.acquire(footprint.load(Ordering::Relaxed)).await {
            Ok(permit) => permit,
            Err(closed) => return Err(fail(FailureKind::Host(closed.to_string()), Vec::new())),
        };
        let _ticking = inner.ticker.run();
        let mut store = Store::new(&inner.wasmtime, Guest::new(now, seed, &limits, grants, permit));
        store.limiter(|guest| &mut guest.limiter);
        limit_compute(&mut store, limits.compute);

        let meter = Arc::clone(&store.data().meter);
        let patience = Arc::clone(&store.data().patience);
        let call = async {
            let instance = component.0.pre.instantiate_async(&mut store).await?;
            f(instance.haymaker_workload_lifecycle(), &mut store).await
        };
        let result = patience.within(limits.wait, meter.charge(call)).await;

        let guest = store.into_data();
        tracing::trace!(function, computed_us = guest.meter.spent().as_micros(), "a guest was called");
        footprint.fetch_max(guest.limiter.memory(), Ordering::Relaxed);
        let slept_too_long = Duration::from_millis(guest.slept()) > limits.wait;
        match result {
            // The guest's own time is waited out by nobody, but it passes for everybody else.
            Some(Ok(_)) if slept_too_long => Err(fail(FailureKind::Wait { limit: limits.wait }, guest.into_lines())),
            Some(Ok(value)) => Ok(Answer { value, effects: guest.into_effects() }),
            Some(Err(error)) => Err(fail(failure::kind(&error, guest.stderr()), guest.into_lines())),
            None => Err(fail(FailureKind::Wait { limit: limits.wait }, guest.into_lines())),
        }
    }
}

/// Looks at the guest's stopwatch with every tick of the epoch, and lets others run.
fn limit_compute(store: &mut Store<Guest>, limit: Duration) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |store| {
        if store.data().meter.spent() > limit {
            return Err(Abort::Compute { limit }.into());
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
}

fn check_outcome(limit: usize, outcome: &types::Outcome) -> Result<(), Abort> {
    at_most(limit, outcome.follow_ups.len(), "follow-ups")?;
    at_most(limit, outcome.activities.len(), "activities")
}

fn at_most(limit: usize, count: usize, what: &'static str) -> Result<(), Abort> {
    if count > limit {
        return Err(Abort::TooMuch { what, limit: u64::try_from(limit).unwrap_or(u64::MAX) });
    }
    Ok(())
}
