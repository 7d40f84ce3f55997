//! What is done with documents.

use std::collections::BTreeMap;

use super::Scene;
use crate::{
    check::Draft,
    line::{Instant, Line},
    statistics::share,
};

/// Somebody who has no document yet creates one instead of editing it.
const MARGIN: f64 = 0.10;

const CREATE: &str = "document.create";
const EDIT: &str = "document.edit";
const SHARE: &str = "document.share";

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    if !scene.has(&[CREATE, EDIT, SHARE]) {
        return Vec::new();
    }
    let figures = &scene.table.documents;
    let worked = scene.of(&[CREATE, EDIT]).count();
    let edits = scene.of(&[EDIT]).count();
    let shares = scene.of(&[SHARE]).count();
    let total = figures.create + figures.edit;
    let mut drafts = Vec::new();
    for (name, count, expected) in [
        ("documents edited, share of created and edited", edits, figures.edit / total),
        ("documents shared, to one created or edited", shares, figures.share / total),
    ] {
        drafts.push(Draft::estimate(name, share(count, &vec![expected; worked]), expected, MARGIN));
    }
    let mut created: BTreeMap<&str, Instant> = BTreeMap::new();
    for line in scene.of(&[CREATE]) {
        if let Some(id) = &line.object_id {
            let at = created.entry(id).or_insert(line.at);
            *at = line.at.min(*at);
        }
    }
    let unborn = |line: &&Line| {
        let created = line.object_id.as_deref().and_then(|id| created.get(id));
        created.is_none_or(|at| *at > line.at)
    };
    let unknown = scene.lines.iter().filter(|line| line.status == "unknown").count();
    let cases = scene.of(&[EDIT, SHARE]).filter(unborn).count();
    drafts.push(Draft::rarely("documents edited or shared before they were created", cases, unknown, edits + shares));
    drafts
}
