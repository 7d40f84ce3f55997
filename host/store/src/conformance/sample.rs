//! Records to try a home with.

use serde_json::json;

use crate::record::*;

/// A Monday, 08:00 UTC.
pub const NOW: Instant = 1_767_600_000_000;

/// How a deployment begins.
pub fn accepted() -> Record {
    Record::Accepted(Box::new(Acceptance {
        component: component("0.1.0"),
        seed: u64::MAX,
        config: json!({ "workers": 25, "department": "sales", "rate": 0.1, "note": "z\u{e4}h \u{1f33e}" }),
        tags: vec![("team".into(), "blue".into()), ("case".into(), "7".into())],
        tenant: Tenant {
            name: "simulated:1".into(),
            tenant_id: "11111111-1111-1111-1111-111111111111".into(),
            app_id: "22222222-2222-2222-2222-222222222222".into(),
            login: "http://127.0.0.1:1".into(),
            graph: "http://127.0.0.1:1".into(),
            simulated: true,
        },
        until: Some(NOW + 28_800_000),
        then_cleanup: true,
        features: [("mail".to_owned(), Grant { granted: true, missing: Vec::new(), untold: vec!["Mail.Send".into()] })]
            .into(),
    }))
}

/// A version of a component.
pub fn component(version: &str) -> Component {
    Component {
        workload: "heartbeat".into(),
        version: version.into(),
        digest: "00".repeat(32),
        path: format!("heartbeat/{version}"),
    }
}

/// A task that is due at [`NOW`].
pub fn task(id: &str) -> Task {
    Task {
        id: id.into(),
        kind: "mail".into(),
        actor: "worker-1".into(),
        payload: r#"{"to":"worker-2"}"#.into(),
        due: NOW,
        expires: None,
        summary: "sends a mail".into(),
        inherited: Vec::new(),
    }
}

/// A plan of tasks, to be made again when none is open.
pub fn planned(tasks: Vec<Task>) -> Record {
    Record::Planned {
        function: PlanFunction::Cycle,
        tasks,
        cancelled: Vec::new(),
        wake: Wake::WhenIdle,
        writes: Vec::new(),
    }
}

/// The good end of a task, with a line of the ground truth.
pub fn done(task: &str) -> Record {
    Record::Done {
        task: task.into(),
        activities: vec![activity(task, "done")],
        follow_ups: Vec::new(),
        writes: vec![write(&format!("actor/worker-1/{task}"), Some(b"sent"))],
        exchanges: vec![exchange(task, Some(202))],
    }
}

/// An attempt that failed and counts.
pub fn retried(task: &str, exchanges: Vec<Exchange>) -> Record {
    Record::Retried { task: task.into(), problem: problem("throttled"), next: NOW + 60_000, counts: true, exchanges }
}

/// An end without success.
pub fn ended(task: &str, stage: Stage) -> Record {
    Record::Ended {
        task: task.into(),
        stage,
        problem: problem("over"),
        activities: vec![activity(task, "failed")],
        exchanges: Vec::new(),
    }
}

/// A line of the ground truth.
pub fn activity(id: &str, status: &str) -> Activity {
    Activity {
        id: id.into(),
        kind: "mail".into(),
        label: "benign".into(),
        status: status.into(),
        due: NOW,
        line: json!({ "id": id, "z": 1, "a": [true, null, 0.1] }),
    }
}

/// A state write.
pub fn write(key: &str, value: Option<&[u8]>) -> Write {
    Write { key: key.into(), value: value.map(<[u8]>::to_vec) }
}

/// A problem with this code.
pub fn problem(code: &str) -> Problem {
    Problem { kind: "unavailable".into(), code: code.into(), message: "it did not work".into() }
}

/// An exchange; the same id is the same request.
pub fn exchange(id: &str, status: Option<u16>) -> Exchange {
    Exchange {
        request_id: status.map(|status| format!("{id}-{status}")),
        client_request_id: id.into(),
        batch_id: None,
        auth: Auth::Delegated,
        token_uti: Some("uti".into()),
        method: "POST".into(),
        path: "/users/1/sendMail".into(),
        status,
        sent: NOW,
        received: status.map(|_| NOW + 40),
    }
}

/// A `once` request that is about to leave.
pub fn sending(task: &str, request_id: &str) -> Record {
    Record::Sending {
        task: task.into(),
        request_id: request_id.into(),
        digest: "ab".repeat(32),
        line: "POST /users/1/sendMail".into(),
    }
}

/// An answer, with a body that is no text.
pub fn answer(status: u16) -> Answer {
    Answer {
        status,
        headers: vec![("request-id".into(), "r".into())],
        body: vec![0xff, 0x00, 0x7f],
        exchange: exchange("r", Some(status)),
    }
}

/// The answer to a `once` request.
pub fn answered(task: &str, request_id: &str) -> Record {
    Record::Answered { task: task.into(), request_id: request_id.into(), answer: answer(202) }
}

/// A `once` request that took no effect.
pub fn withdrawn(task: &str, request_id: &str) -> Record {
    Record::Withdrawn { task: task.into(), request_id: request_id.into() }
}

/// A `once` request without an answer.
pub fn doubted(task: &str) -> Record {
    Record::Doubted {
        task: task.into(),
        next: NOW + 300_000,
        problem: problem("timeout"),
        exchanges: vec![exchange("once", None)],
    }
}

/// A user that is about to be created.
pub fn intended(name: &str) -> Record {
    Record::Intended { kind: "user".into(), name: name.into() }
}

/// A user that exists.
pub fn created(name: &str, remote_id: &str) -> Record {
    Record::Created { kind: "user".into(), name: name.into(), remote_id: remote_id.into() }
}

/// A user that is gone.
pub fn released(name: &str) -> Record {
    Record::Released { kind: "user".into(), name: name.into() }
}

/// A secret.
pub fn sealed(name: &str, sealed: &[u8]) -> Record {
    Record::Sealed { name: name.into(), sealed: sealed.to_vec() }
}

/// The end of a secret.
pub fn forgot(name: &str) -> Record {
    Record::Forgot { name: name.into() }
}

/// A line for people.
pub fn line(message: &str) -> Record {
    Record::Line(Line { level: Level::Info, source: "host".into(), task: None, message: message.into() })
}
