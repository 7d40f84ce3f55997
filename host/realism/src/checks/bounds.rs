//! When nobody does anything: on days off, and outside of working hours.

use super::Scene;
use crate::{check::Draft, line::Instant};

/// How long after working hours something may be done that was due before: ten minutes for which the workload lets it
/// wait, and five for the requests that it takes.
const OVERTIME: Instant = 15 * 60_000;

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    let (mut off, mut early_or_late, mut overtime) = (0, 0, 0);
    for line in &scene.acts {
        let Some(worker) = scene.setting.who(line).and_then(|who| scene.setting.workers.get(who)) else { continue };
        let calendar = &worker.calendar;
        match calendar.hours(calendar.day_of(line.due)) {
            None => off += 1,
            Some((opens, closes)) if !(opens..closes).contains(&line.due) => early_or_late += 1,
            Some((_, closes)) => overtime += usize::from(line.at > closes + OVERTIME),
        }
    }
    let among = scene.acts.len();
    vec![
        Draft::never("on weekends and days off", off, among),
        Draft::never("outside of working hours", early_or_late, among),
        Draft::never("done more than 15 minutes after working hours", overtime, among),
    ]
}
