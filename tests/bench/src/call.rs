//! One task through the engine, beside bare wasmtime.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use haymaker_engine::{Call, Component, Engine, Grants, Limits, Settings, types};

use crate::bare::{self, Bare};
use crate::figures::{Series, table};

/// Rounds; in each, every row makes its calls.
const ROUNDS: usize = 15;

/// Calls of a row in a round: some tens of milliseconds.
const CALLS: u32 = 500;

/// What the beat says.
const SUMMARY: &str = "beat 1";

/// Measures, and says what came of it.
///
/// # Errors
/// The heartbeat is not staged, or one of the hosts does not run it.
pub(crate) async fn compare() -> anyhow::Result<String> {
    let path = haymaker_tests::workload("heartbeat").join("heartbeat.wasm");
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let bare = Bare::new(&bytes)?;
    let mut kept = bare.instance()?;
    let ours = Ours::new(&bytes).await?;

    let [mut once, mut fresh, mut engine] = [(); 3].map(|()| Series::default());
    // The first round finds cold caches: it is not counted.
    for round in 0..=ROUNDS {
        let figures = [beat_kept(&mut kept)?, beat_fresh(&bare)?, ours.beat().await?];
        if round > 0 {
            for (series, took) in [&mut once, &mut fresh, &mut engine].into_iter().zip(figures) {
                series.push(took.as_secs_f64() * 1e6 / f64::from(CALLS));
            }
        }
    }
    let row = |name: &str, series: &Series| vec![name.to_owned(), series.text(1), series.over(&fresh).text(2)];
    let rows = [
        vec![String::new(), "µs each".to_owned(), "× bare, fresh instance".to_owned()],
        row("bare wasmtime, instance kept", &once),
        row("bare wasmtime, fresh instance", &fresh),
        row("haymaker's engine", &engine),
    ];
    Ok(table(&format!("One task: `perform` of the heartbeat, {ROUNDS} rounds of {CALLS}"), &rows))
}

fn beat_kept(kept: &mut bare::Kept) -> anyhow::Result<Duration> {
    let (deployment, task) = its_words();
    let begun = Instant::now();
    for _ in 0..CALLS {
        check(kept.perform(&deployment, &task)?)?;
    }
    Ok(begun.elapsed())
}

fn beat_fresh(bare: &Bare) -> anyhow::Result<Duration> {
    let (deployment, task) = its_words();
    let begun = Instant::now();
    for _ in 0..CALLS {
        check(bare.instance()?.perform(&deployment, &task)?)?;
    }
    Ok(begun.elapsed())
}

fn check((outcome, lines): (bare::Outcome, usize)) -> anyhow::Result<()> {
    ensure!((outcome.activities.len(), lines) == (1, 1), "a beat is one activity and one line");
    Ok(())
}

/// The deployment and the task as the bare host's bindings spell them.
fn its_words() -> (bare::Deployment, bare::Task) {
    let types::Deployment { id, seed, config } = deployment();
    let types::Task { id: task, kind, actor, payload, due, expires, summary } = task();
    (bare::Deployment { id, seed, config }, bare::Task { id: task, kind, actor, payload, due, expires, summary })
}

/// The engine with the heartbeat in it.
struct Ours {
    engine: Engine,
    component: Component,
}

impl Ours {
    async fn new(bytes: &[u8]) -> anyhow::Result<Ours> {
        let engine = Engine::new(Settings::default())?;
        let component = engine.load(bytes).await?;
        Ok(Ours { engine, component })
    }

    async fn beat(&self) -> anyhow::Result<Duration> {
        let (deployment, task) = (deployment(), task());
        let begun = Instant::now();
        for _ in 0..CALLS {
            let call = Call {
                workload: "heartbeat".to_owned(),
                task: Some(task.id.clone()),
                now: haymaker_tenant::settings::START,
                seed: [7; 32],
                limits: Limits::default(),
                grants: Grants::none("a benchmark"),
            };
            let answer = self.engine.perform(&self.component, call, &deployment, &task).await?;
            let outcome = answer.value.map_err(|problem| anyhow::anyhow!(problem.message))?;
            ensure!((outcome.activities.len(), answer.effects.lines.len()) == (1, 1), "a beat is one of each");
        }
        Ok(begun.elapsed())
    }
}

fn deployment() -> types::Deployment {
    let config = r#"{"interval_seconds":60,"beats":0}"#.to_owned();
    types::Deployment { id: "heartbeat-00000001".to_owned(), seed: 1, config }
}

fn task() -> types::Task {
    types::Task {
        id: "beat/1".to_owned(),
        kind: "heartbeat.beat".to_owned(),
        actor: "heart".to_owned(),
        payload: "{}".to_owned(),
        due: haymaker_tenant::settings::START,
        expires: None,
        summary: SUMMARY.to_owned(),
    }
}
