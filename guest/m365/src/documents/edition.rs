//! What a document says after so many edits.
//!
//! Which edit the *r*-th was follows from (document, *r*): it changes the word of a slot that is a figure or a date, or
//! adds one of the template's own additions. All of them are applied to the template before anything is filled in, so a
//! later edit can change what an earlier one added, as it does in life.

use std::collections::BTreeMap;

use haymaker_guest::{chance::stream, time::day_of};

use super::{
    Identity, Revision,
    model::{Block, Body},
    sheet,
};
use crate::content::{
    template::{Template, chosen, fill, filled, slots},
    vocabulary::{FIGURES, Source, Words, kind, long_date},
};

/// The first so many, and the newest so many, changes are listed: a document edited fifty times has no list of fifty.
const LISTED: usize = 7;

/// As many additions stay; older ones are taken care of and go.
const KEPT: usize = 8;

/// A document as of a revision.
pub(super) struct Edition<'a> {
    identity: &'a Identity<'a>,
    revision: &'a Revision<'a>,
    template: &'a Template,
    words: Words<'a>,
    /// The body, its choices made.
    text: String,
    /// Revisions that added something, and what.
    added: Vec<(u32, &'static str)>,
    /// The cells of a sheet that were changed, and how often.
    cells: BTreeMap<(usize, usize), u32>,
    /// What each revision changed, from the second on.
    changes: Vec<String>,
}

/// How people call a revision.
pub(super) fn version(number: u32) -> String {
    format!("1.{}", number.saturating_sub(1))
}

/// The words of a document.
fn words<'a>(identity: &Identity<'a>) -> Words<'a> {
    let source = Source { name: identity.id.to_owned(), moment: identity.created };
    Words {
        seed: identity.seed,
        department: identity.department,
        everybody: identity.everybody,
        author: identity.author,
        present: vec![identity.author],
        addressed: Vec::new(),
        own: source.clone(),
        shared: source,
        about: String::new(),
        changed: BTreeMap::new(),
    }
}

/// A name or a title: no edit changes it.
pub(super) fn headline(identity: &Identity, template: &str) -> String {
    fill(template, &words(identity), &mut stream(identity.seed, &[identity.id, "headline"]))
}

impl<'a> Edition<'a> {
    /// Makes all edits up to the revision.
    pub(super) fn new(identity: &'a Identity<'a>, revision: &'a Revision<'a>, template: &'a Template) -> Edition<'a> {
        let text = chosen(template.body, &mut stream(identity.seed, &[identity.id, "content"]));
        let mut edition = Edition {
            identity,
            revision,
            template,
            words: words(identity),
            text,
            added: Vec::new(),
            cells: BTreeMap::new(),
            changes: Vec::new(),
        };
        for number in 2..=revision.number {
            let change = edition.edit(number);
            edition.changes.push(change);
        }
        edition
    }

    /// What the last edit changed.
    pub(super) fn change(&self) -> String {
        self.changes.last().cloned().unwrap_or_else(|| "first version".to_owned())
    }

    /// Makes an edit, and says which.
    fn edit(&mut self, number: u32) -> String {
        let mut chance = stream(self.identity.seed, &[self.identity.id, "edit", &number.to_string()]);
        let additions = &self.template.answers;
        let columns = sheet::columns(self.template);
        if columns.is_empty() {
            let figures = self.figures();
            let figure = chance.pick(&figures).filter(|_| chance_of_figure(&mut chance, additions));
            return match (figure, additions.get(self.added.len() % additions.len().max(1))) {
                (Some((slot, says)), _) => {
                    *self.words.changed.entry(slot.clone()).or_default() += 1;
                    (*says).to_owned()
                }
                (None, Some(addition)) => {
                    self.added.push((number, addition));
                    format!("added to \"{}\"", self.later())
                }
                (None, None) => "layout".to_owned(),
            };
        }
        // A row is added at most once: there are not two of the same name.
        match additions.get(self.added.len()).filter(|_| chance.chance(0.3)) {
            Some(addition) => {
                self.added.push((number, addition));
                format!("{} added", filled(addition, &self.words))
            }
            None => {
                let rows = sheet::labels(self.template).len() + self.added.len();
                let editable: Vec<usize> = sheet::editable(&columns).collect();
                let cell = (chance.below(rows as u64) as usize, chance.pick(&editable).copied().unwrap_or_default());
                *self.cells.entry(cell).or_default() += 1;
                let heading = columns.get(cell.1).map(|column| column.heading.to_lowercase()).unwrap_or_default();
                format!("{}: {heading} updated", self.label(cell.0))
            }
        }
    }

    /// The slots of the text that are figures or dates, and how a change of them is called.
    fn figures(&self) -> Vec<(String, &'static str)> {
        // What the title or the name says is not for an edit to change.
        let fixed = [self.template.header("Name"), self.template.header("Title")].join(" ");
        let figure = |slot: &str| FIGURES.iter().find(|(figure, _)| *figure == kind(slot)).map(|(_, says)| *says);
        let free = slots(&self.text).into_iter().filter(|slot| !fixed.contains(&format!("{{{slot}}}")));
        free.filter_map(|slot| Some((slot.to_owned(), figure(slot)?))).collect()
    }

    /// The name of a row of a sheet.
    fn label(&self, row: usize) -> String {
        let mut labels = sheet::labels(self.template);
        labels.extend(self.added.iter().map(|(_, label)| *label));
        labels.get(row).map(|label| filled(label, &self.words)).unwrap_or_default()
    }

    /// The heading above what was added.
    fn later(&self) -> &'static str {
        match self.template.header("Later") {
            "" => "Updates",
            heading => heading,
        }
    }

    /// The document.
    pub(super) fn body(&self, subtitle: &str) -> Body {
        let subtitle = subtitle.to_owned();
        let columns = sheet::columns(self.template);
        if !columns.is_empty() {
            let labels =
                (0..sheet::labels(self.template).len() + self.added.len()).map(|row| self.label(row)).collect();
            let title = headline(self.identity, self.template.header("Title"));
            let table = sheet::Table { columns, labels, words: &self.words, changed: &self.cells };
            let name = self.template.header("Sheet");
            let history = self.history();
            let history = (history.len() > 1).then(|| sheet::history(&history));
            return Body::Sheets([table.sheet(name, title, subtitle)].into_iter().chain(history).collect());
        }
        let mut blocks = blocks(&filled(&self.text, &self.words));
        if !self.added.is_empty() {
            blocks.push(Block::Heading(self.later().to_owned()));
            let newest = self.added.iter().skip(self.added.len().saturating_sub(KEPT));
            blocks.extend(newest.map(|(number, addition)| Block::Bullet(self.addition(*number, addition))));
        }
        let history = self.history();
        if history.len() > 1 {
            blocks.push(Block::Heading("Version history".to_owned()));
            blocks.extend(history.into_iter().map(Block::Bullet));
        }
        Body::Text { subtitle, blocks }
    }

    /// What a revision added, with words of its own.
    fn addition(&self, number: u32, addition: &str) -> String {
        let name = format!("{}/{number}", self.identity.id);
        let mut words = self.words.clone();
        words.own = Source { name: name.clone(), ..words.own };
        fill(addition, &words, &mut stream(self.identity.seed, &[&name, "addition"]))
    }

    /// The versions, oldest first. Who made those between the first and the last, and when, is nobody's knowledge here.
    fn history(&self) -> Vec<String> {
        let Revision { number, at, by } = self.revision;
        let signed = |moment, name: String| format!("{}, {name}", long_date(day_of(moment)));
        let first = signed(self.identity.created, self.identity.author.name());
        let mut lines = vec![format!("Version {}, {first}: first version", version(1))];
        let newest = self.changes.len().saturating_sub(LISTED);
        for (revision, change) in (2..).zip(&self.changes).skip(newest) {
            let who = if revision == *number { format!(", {}", signed(*at, by.name())) } else { String::new() };
            lines.push(format!("Version {}{who}: {change}", version(revision)));
        }
        lines
    }
}

/// Half of the edits change a figure, all of them where there is nothing to add.
fn chance_of_figure(chance: &mut haymaker_guest::chance::Stream, additions: &[&str]) -> bool {
    additions.is_empty() || chance.chance(0.5)
}

/// The text's blocks: `# ` begins a heading, `- ` an item, `|` a row of a table.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("# ") {
            blocks.push(Block::Heading(capital(heading)));
        } else if let Some(item) = line.strip_prefix("- ") {
            blocks.push(Block::Bullet(capital(item)));
        } else if line.starts_with('|') {
            let row: Vec<String> = line.trim_matches('|').split('|').map(|cell| capital(cell.trim())).collect();
            match blocks.last_mut() {
                Some(Block::Table(rows)) => rows.push(row),
                _ => blocks.push(Block::Table(vec![row])),
            }
        } else {
            blocks.push(Block::Paragraph(line.to_owned()));
        }
    }
    blocks
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}
