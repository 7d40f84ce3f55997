//! Builders for plans, tasks, outcomes and activities.
//!
//! A plan is finished by saying what it waits for ([`Draft::wake_at`], [`Draft::when_idle`]) or that it is over
//! ([`Draft::done`], [`Draft::failed`]); the builder makes it impossible to forget.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Activity, Ending, Instant, LostRequest, Outcome, Plan, Problem, Task, Verdict, Wake, time};

/// How far ahead a plan may reach, in milliseconds (the contract's `task.due`).
pub const HORIZON: u64 = 15 * 60_000;

/// A plan that does not say yet when to ask again.
#[derive(Clone, Debug)]
pub struct Draft {
    phase: String,
    tasks: Vec<Task>,
    cancel: Vec<String>,
}

impl Plan {
    /// Begins a plan in a phase: the workload's own word for where it is, `[a-z0-9_]`.
    #[expect(clippy::new_ret_no_self, reason = "a plan is complete only when it says when to ask again")]
    pub fn new(phase: impl Into<String>) -> Draft {
        Draft { phase: phase.into(), tasks: Vec::new(), cancel: Vec::new() }
    }
}

impl Draft {
    /// Adds a task.
    #[must_use]
    pub fn task(mut self, task: Task) -> Draft {
        self.tasks.push(task);
        self
    }

    /// Adds tasks.
    #[must_use]
    pub fn tasks(mut self, tasks: impl IntoIterator<Item = Task>) -> Draft {
        self.tasks.extend(tasks);
        self
    }

    /// Cancels a task that is open.
    #[must_use]
    pub fn cancel(mut self, id: impl Into<String>) -> Draft {
        self.cancel.push(id.into());
        self
    }

    /// Asks to be asked again at this moment.
    pub fn wake_at(self, moment: Instant) -> Plan {
        self.wake(Wake::At(moment))
    }

    /// Asks to be asked again as soon as no task is open.
    pub fn when_idle(self) -> Plan {
        self.wake(Wake::WhenIdle)
    }

    /// Over, well.
    pub fn done(self, reason: impl Into<String>) -> Plan {
        self.wake(Wake::Done(Ending { success: true, reason: reason.into() }))
    }

    /// Over, not well: the deployment ends as failed, for this reason.
    pub fn failed(self, reason: impl Into<String>) -> Plan {
        self.wake(Wake::Done(Ending { success: false, reason: reason.into() }))
    }

    fn wake(self, wake: Wake) -> Plan {
        Plan { phase: self.phase, tasks: self.tasks, cancel: self.cancel, wake }
    }
}

impl Task {
    /// A task with an empty payload. The id is made from what the task *is*; tasks of one actor run one at a time.
    pub fn new(id: impl Into<String>, kind: impl Into<String>, actor: impl Into<String>, due: Instant) -> Task {
        Task {
            id: id.into(),
            kind: kind.into(),
            actor: actor.into(),
            payload: "{}".to_owned(),
            due,
            expires: None,
            summary: String::new(),
        }
    }

    /// Gives it what `perform` needs.
    ///
    /// # Errors
    /// `invalid` when the value has no JSON form (a map whose keys are not strings).
    pub fn with_payload(mut self, payload: &impl Serialize) -> Result<Task, Problem> {
        self.payload = serde_json::to_string(payload).map_err(|error| {
            Problem::invalid("payload", format!("the payload of {} has no JSON form: {error}", self.id))
        })?;
        Ok(self)
    }

    /// After this moment it is no longer worth doing.
    #[must_use]
    pub fn expires(mut self, moment: Instant) -> Task {
        self.expires = Some(moment);
        self
    }

    /// One line for people.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Task {
        self.summary = summary.into();
        self
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// `invalid` when it is not what this version writes.
    pub fn read_payload<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_str(&self.payload).map_err(|error| {
            Problem::invalid("payload", format!("the payload of {} is not what this version writes: {error}", self.id))
        })
    }
}

impl LostRequest {
    /// What a look says that found nothing of a request whose effect shows after so many milliseconds: too early to tell,
    /// and after that time that it did not happen. The time counts from when the request left: a task may have waited long
    /// for its turn.
    pub fn unseen(&self, shows: u64) -> Verdict {
        let shows = self.sent.saturating_add(shows);
        if time::now() < shows { Verdict::AskAgain(shows) } else { Verdict::DidNot }
    }
}

impl Outcome {
    /// Done, and nothing to tell.
    pub fn nothing() -> Outcome {
        Outcome { activities: Vec::new(), follow_ups: Vec::new() }
    }

    /// Done, and this happened.
    pub fn activity(activity: Activity) -> Outcome {
        Outcome { activities: vec![activity], follow_ups: Vec::new() }
    }

    /// Done, and this work of the same actor follows from it.
    pub fn follow_up(task: Task) -> Outcome {
        Outcome { activities: Vec::new(), follow_ups: vec![task] }
    }

    /// Adds work that follows.
    #[must_use]
    pub fn then(mut self, task: Task) -> Outcome {
        self.follow_ups.push(task);
        self
    }
}

impl Activity {
    /// Something ordinary that a defender should not be alarmed by.
    pub fn benign(kind: impl Into<String>) -> Activity {
        Activity::labelled(kind, "benign")
    }

    /// Provisioning, polling, cleanup.
    pub fn infrastructure(kind: impl Into<String>) -> Activity {
        Activity::labelled(kind, "infrastructure")
    }

    fn labelled(kind: impl Into<String>, label: &str) -> Activity {
        Activity { kind: kind.into(), label: label.to_owned(), recipients: Vec::new(), refs: Vec::new() }
    }

    /// Who received it; addresses are put in lower case.
    #[must_use]
    pub fn to<'a>(mut self, addresses: impl IntoIterator<Item = &'a str>) -> Activity {
        self.recipients.extend(addresses.into_iter().map(str::to_lowercase));
        self
    }

    /// The ids that the directory knows the recipients by.
    #[must_use]
    pub fn to_ids<'a>(mut self, ids: impl IntoIterator<Item = &'a str>) -> Activity {
        self.refs.extend(ids.into_iter().map(|id| ("recipient_ids".to_owned(), id.to_owned())));
        self
    }

    /// One more field of the export.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Activity {
        self.refs.push((name.into(), value.into()));
        self
    }
}
