//! What language models were asked.

use std::sync::Arc;

use serde_json::json;

use super::{Log, sample};
use crate::record::*;
use crate::{ModelDay, ModelUse, Result, Store, TextCount};

fn asked(ending: Asking, input_tokens: u64, output_tokens: u64) -> Record {
    let problem = (ending != Asking::Answered).then(|| sample::problem("no-answer"));
    Record::Asked { task: "a".into(), ending, input_tokens, output_tokens, problem }
}

fn wrote(task: &str, status: &str, source: &str) -> Record {
    let line = json!({ "content_source": source });
    let activity =
        Activity { id: "one".into(), kind: "mail".into(), label: "benign".into(), status: status.into(), due: 1, line };
    Record::Done {
        task: task.into(),
        activities: vec![activity],
        follow_ups: Vec::new(),
        writes: Vec::new(),
        exchanges: Vec::new(),
    }
}

/// Calls, failures, refusals and tokens are summed, for each deployment and for its tenant's day, and stay so; texts are
/// counted by who wrote them, and a line that takes another's place does not count twice.
pub async fn what_models_were_asked_and_wrote_is_counted(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["a", "b", "c"]).await?;
    assert_eq!(store.model_use("d")?, ModelUse::default());
    let model = Model { provider: "anthropic".into(), name: "some-model".into() };
    log.add([Record::Equipped { model: Some(model.clone()) }]).await?;
    log.add([asked(Asking::Answered, 100, 20), asked(Asking::Failed, 7, 0), asked(Asking::Refused, 0, 0)]).await?;
    let mut other = Log::begin(&store, "e", &[]).await?;
    other.add([asked(Asking::Answered, 1, 2)]).await?;
    let expected =
        ModelUse { model: Some(model), calls: 2, failed: 1, refused: 1, input_tokens: 107, output_tokens: 20 };
    assert_eq!(store.model_use("d")?, expected);
    let day = sample::NOW / 86_400_000;
    assert_eq!(store.model_day("simulated:1", day)?, ModelDay { calls: 3, tokens: 130 });
    assert_eq!(store.model_day("simulated:1", day + 1)?, ModelDay::default());
    assert_eq!(store.model_day("another", day)?, ModelDay::default());

    let count = |source: &str, count| TextCount { kind: "mail".into(), source: source.into(), count };
    log.add([wrote("a", "failed", "llm")]).await?;
    assert!(store.texts("d")?.is_empty(), "what was not sent is no text");
    log.add([wrote("b", "done", "llm")]).await?;
    assert_eq!(store.texts("d")?, [count("llm", 1)]);
    log.add([wrote("c", "done", "template")]).await?;
    log.add([Record::Equipped { model: None }]).await?;
    drop((log, other, store));

    let store = open();
    assert_eq!(store.texts("d")?, [count("template", 1)]);
    assert_eq!(store.model_use("d")?, ModelUse { model: None, ..expected });
    Ok(())
}
