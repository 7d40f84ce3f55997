//! What language models were asked, and what of the ground truth they wrote.

use super::{Fault, Projector, json};
use crate::record::*;
use crate::sqlite::int;

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

impl Projector<'_> {
    pub(super) fn equipped(&self, model: Option<&Model>) -> Result<(), Fault> {
        let model = model.map(json).transpose()?;
        self.run(
            "INSERT INTO models (log, model) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET model = excluded.model",
            (self.log, model),
        )?;
        Ok(())
    }

    /// Counts a call, in all and for its day: a refused one was never sent, and uses up nothing.
    pub(super) fn asked(&self, at: Instant, ending: Asking, input: u64, output: u64) -> Result<(), Fault> {
        let (failed, refused) = (ending == Asking::Failed, ending == Asking::Refused);
        self.run(
            "INSERT INTO models (log, calls, failed, refused, input_tokens, output_tokens)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, failed = failed + excluded.failed,
                 refused = refused + excluded.refused, input_tokens = input_tokens + excluded.input_tokens,
                 output_tokens = output_tokens + excluded.output_tokens",
            (self.log, !refused, failed, refused, int(input), int(output)),
        )?;
        if !refused {
            self.run(
                "INSERT INTO model_days VALUES (?1, ?2, 1, ?3)
                 ON CONFLICT DO UPDATE SET calls = calls + 1, tokens = tokens + excluded.tokens",
                (self.log, int(at / DAY), int(input.saturating_add(output))),
            )?;
        }
        Ok(())
    }

    /// A text of this source is in the ground truth.
    pub(super) fn wrote(&self, kind: &str, source: &str) -> Result<(), Fault> {
        self.run(
            "INSERT INTO texts VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            (self.log, kind, source),
        )?;
        Ok(())
    }

    /// It is there no longer: another line took its place.
    pub(super) fn unwrote(&self, kind: &str, source: &str) -> Result<(), Fault> {
        self.run(
            "UPDATE texts SET count = count - 1 WHERE log = ?1 AND kind = ?2 AND source = ?3",
            (self.log, kind, source),
        )?;
        self.run(
            "DELETE FROM texts WHERE log = ?1 AND kind = ?2 AND source = ?3 AND count = 0",
            (self.log, kind, source),
        )?;
        Ok(())
    }
}
