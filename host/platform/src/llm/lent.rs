//! The model of one deployment, and of one call of it.

use std::sync::Arc;

use haymaker_engine::clock::{Clock, SystemClock};
use haymaker_engine::llm::{Denied, Llm, Prompt, Reply};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{Instant, Pending};
use haymaker_store::{Asking, Level, Record};
use tokio::sync::oneshot;

use super::budget::{Account, Reservation};
use super::wish::Wish;
use super::{Model, Models, client, settings};
use crate::journal::{Journal, note};
use crate::supervisor::{Slot, stored_problem};

/// What is said where there is no model.
pub const NONE: &str = "no language model is configured: set LLM_PROVIDER and its key where the deployment is started";

/// The model of a deployment.
#[derive(Clone)]
pub struct Lent {
    models: Arc<Models>,
    wish: Wish,
    model: Option<Arc<Model>>,
}

impl Lent {
    /// What `models` have for a deployment that wishes so.
    pub fn new(models: &Arc<Models>, wish: Wish, deployment: &str) -> Lent {
        let model = models.get(deployment).filter(|_| wish.is_wanted());
        Lent { models: models.clone(), wish, model }
    }

    /// The model, where there is one.
    pub fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// Facts for the log, when the deployment is taken up: whether it has a model. Nothing, where it wants none.
    pub(crate) fn facts(&self) -> Vec<Record> {
        if !self.wish.is_wanted() {
            return Vec::new();
        }
        let equipped = Record::Equipped { model: self.model.as_ref().map(|model| model.stored()) };
        let line = match &self.model {
            Some(model) => note(Level::Info, None, format!("may ask the language model {model}")),
            None => note(Level::Warn, None, format!("{NONE}; texts come from templates")),
        };
        vec![equipped, line]
    }

    /// What a call of `perform` may ask.
    pub(crate) fn to(&self, journal: &Arc<Journal>, tenant: &str, task: &str, slot: &Arc<Slot>) -> Arc<dyn Llm> {
        match self.wish {
            Wish::Never => Arc::new(Denied("the workload's manifest does not ask for one (`llm`)")),
            Wish::Off => Arc::new(Denied("the deployment's config does not turn it on")),
            Wish::Wanted(_) => Arc::new(Access {
                models: self.models.clone(),
                model: self.model.clone(),
                journal: journal.clone(),
                tenant: tenant.to_owned(),
                task: task.to_owned(),
                slot: slot.clone(),
            }),
        }
    }
}

/// One call's access to a model.
struct Access {
    models: Arc<Models>,
    model: Option<Arc<Model>>,
    journal: Arc<Journal>,
    tenant: String,
    task: String,
    slot: Arc<Slot>,
}

impl Llm for Access {
    fn complete(&self, prompt: Prompt) -> Pending<'_, Result<Reply, Problem>> {
        Box::pin(async move {
            match self.admit(&prompt) {
                Ok((model, reservation)) => self.ask(model, reservation, prompt).await,
                Err(problem) => {
                    record(&self.journal, &self.task, Asking::Refused, &Err(problem.clone())).await;
                    Err(problem)
                }
            }
        })
    }
}

impl Access {
    fn admit(&self, prompt: &Prompt) -> Result<(Arc<Model>, Reservation), Problem> {
        let model =
            self.model.clone().ok_or_else(|| Problem::new(ProblemKind::Unavailable, "llm-unavailable", NONE))?;
        let account = Account {
            store: self.journal.store().as_ref(),
            deployment: self.journal.deployment(),
            tenant: &self.tenant,
            now: self.journal.clock().now(),
        };
        let reservation = self.models.reserve(&model.budget, &account, prompt)?;
        Ok((model, reservation))
    }

    /// Asks in a task of its own, which outlives the call: what was sent is paid for, and counted, whatever became of
    /// whoever asked. The call's place among those that run is free meanwhile.
    async fn ask(&self, model: Arc<Model>, reservation: Reservation, prompt: Prompt) -> Result<Reply, Problem> {
        let (tell, hear) = oneshot::channel();
        let (models, journal, task) = (self.models.clone(), self.journal.clone(), self.task.clone());
        tokio::spawn(async move {
            let _permit = models.permits.clone().acquire_owned().await;
            if tell.is_closed() {
                return;
            }
            let result = client::complete(&models, &model, &SystemClock, &prompt).await;
            let ending = if result.is_ok() { Asking::Answered } else { Asking::Failed };
            record(&journal, &task, ending, &result).await;
            drop(reservation);
            let _ = tell.send(result);
        });
        let result = self.slot.aside(hear).await.unwrap_or_else(|_| {
            Err(Problem::new(ProblemKind::Failed, "host", "the call of the model ended without a result"))
        });
        result.map_err(|problem| self.translated(problem))
    }

    /// The provider's moments are the machine's; a guest's are the tenant's.
    fn translated(&self, problem: Problem) -> Problem {
        let ahead = |at: Instant| at.saturating_sub(SystemClock.now());
        let retry_at = problem.retry_at.map(|at| self.journal.clock().now().saturating_add(ahead(at)));
        Problem { retry_at, ..problem }
    }
}

/// Counts a call, durably enough to survive this process.
async fn record(journal: &Journal, task: &str, ending: Asking, result: &Result<Reply, Problem>) {
    let (input_tokens, output_tokens) =
        result.as_ref().map_or((0, 0), |reply| (reply.input_tokens, reply.output_tokens));
    let problem = result.as_ref().err().map(stored_problem);
    let mut records = vec![Record::Asked { task: task.to_owned(), ending, input_tokens, output_tokens, problem }];
    if let (Asking::Failed, Err(problem)) = (ending, result) {
        records.push(note(Level::Warn, Some(task), format!("the language model: {}", problem.message)));
    }
    if let Err(error) = journal.commit(records).await {
        tracing::error!(deployment = journal.deployment(), %error, "a call of a language model was not counted");
    }
}

/// The model that an environment configures is remembered for a deployment that wants one. What is wrong with it was
/// said when the deployment was accepted; later it only means that there is none.
pub(crate) fn remember(
    models: &Models,
    wish: Wish,
    deployment: &str,
    environment: &std::collections::BTreeMap<String, String>,
) {
    if !wish.is_wanted() {
        return;
    }
    match settings::from_environment(environment) {
        Ok(Some(model)) => models.put(deployment, Arc::new(model)),
        Ok(None) => {}
        Err(problems) => tracing::warn!(deployment, "no language model: {}", problems.join("; ")),
    }
}
