//! Documents: real files that office programs open, about the same projects and clients as the mails.
//!
//! | file | thought |
//! |---|---|
//! | `edition`, `sheet` | what a document says after so many edits |
//! | `model` | what documents consist of |
//! | `docx`, `xlsx`, `pptx`, `plain` | how each kind is written |
//! | `package`, `xml`, `zip` | what the office kinds have in common |
//!
//! A document is a pure function of (identity, revision). So nobody has to download it to edit it: whoever writes the
//! *n*-th revision renders the document anew, with all changes up to the *n*-th, and gets the same bytes whenever it
//! runs. An edit changes a figure, or adds a paragraph, an item or a row, and says so in the document's history.
//!
//! ```
//! use haymaker_m365::{config::Department, documents::{Identity, Revision, document}, people::people};
//!
//! let everybody = people(7, 5);
//! let created = 1_767_605_400_000;
//! let author = &everybody[0];
//! let identity =
//!     Identity { seed: 7, id: "document/1", department: Department::Sales, created, author, everybody: &everybody };
//! let first = document(&identity, &Revision::first(&identity));
//! let second = document(&identity, &Revision { number: 2, at: created + 3_600_000, by: &everybody[1] });
//! assert!(first.name == second.name && first.bytes != second.bytes);
//! ```

mod docx;
mod edition;
mod model;
mod package;
mod plain;
mod pptx;
mod sheet;
#[cfg(test)]
mod tests;
mod xlsx;
mod xml;
mod zip;

use haymaker_guest::{Instant, time::day_of};

use self::{edition::Edition, model::Body, package::Properties};
use crate::{
    config::Department,
    content::{
        template::{self, Template},
        vocabulary::long_date,
    },
    people::Person,
};

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A text for Word.
    Docx,
    /// A workbook for Excel.
    Xlsx,
    /// A presentation for PowerPoint.
    Pptx,
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Docx, Kind::Xlsx, Kind::Pptx, Kind::Text, Kind::Markdown];

    /// The ending of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Docx => "docx",
            Kind::Xlsx => "xlsx",
            Kind::Pptx => "pptx",
            Kind::Text => "txt",
            Kind::Markdown => "md",
        }
    }

    /// Its media type, for `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Kind::Text => "text/plain; charset=utf-8",
            Kind::Markdown => "text/markdown; charset=utf-8",
        }
    }

    fn of(template: &Template) -> Kind {
        let named = |kind: &Kind| kind.extension() == template.header("Kind");
        Kind::ALL.into_iter().find(named).unwrap_or(Kind::Docx)
    }
}

/// Which document it is: the same in all its revisions.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// The deployment's seed.
    pub seed: u64,
    /// The task that created it: its name draws the kind and the words.
    pub id: &'a str,
    /// The author's department.
    pub department: Department,
    /// When it was created.
    pub created: Instant,
    /// Who created it.
    pub author: &'a Person,
    /// Everybody in the deployment.
    pub everybody: &'a [Person],
}

/// Which version of it.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// From 1; people see 1 as version 1.0, 2 as version 1.1.
    pub number: u32,
    /// When it was made.
    pub at: Instant,
    /// Who made it.
    pub by: &'a Person,
}

impl<'a> Revision<'a> {
    /// The document as its author created it.
    pub fn first(identity: &Identity<'a>) -> Revision<'a> {
        Revision { number: 1, at: identity.created, by: identity.author }
    }
}

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its kind.
    pub kind: Kind,
    /// The file's name, legal in SharePoint; the same in all revisions. Two documents may have the same name, as people's
    /// do: how a drive is to treat that is the uploader's choice (`conflictBehavior`).
    pub name: String,
    /// The folder it belongs into, below the root of a drive: names legal in SharePoint, between slashes.
    pub folder: String,
    /// What its first page calls it.
    pub title: String,
    /// What this revision changed, in words.
    pub change: String,
    /// The file. A few kilobytes to some tens.
    pub bytes: Vec<u8>,
}

/// A department's documents.
fn templates(department: Department) -> Vec<Template> {
    template::read(match department {
        Department::Operations => include_str!("../../content/operations/documents.txt"),
        Department::Engineering => include_str!("../../content/engineering/documents.txt"),
        Department::Sales => include_str!("../../content/sales/documents.txt"),
        Department::Hr => include_str!("../../content/hr/documents.txt"),
        Department::Finance => include_str!("../../content/finance/documents.txt"),
        Department::Executive => include_str!("../../content/executive/documents.txt"),
    })
}

/// The template of a document.
fn template_of(identity: &Identity) -> Template {
    template::choose(templates(identity.department), identity.seed, identity.id, |_| true)
}

/// A document's kind and file name, without writing it.
pub fn file_name(identity: &Identity) -> (Kind, String) {
    let template = template_of(identity);
    let kind = Kind::of(&template);
    (kind, legal(&edition::headline(identity, template.header("Name")), kind.extension()))
}

/// Writes a revision of a document.
pub fn document(identity: &Identity, revision: &Revision) -> Document {
    let template = template_of(identity);
    let (kind, name) = file_name(identity);
    let edition = Edition::new(identity, revision, &template);
    let title = edition::headline(identity, template.header("Title"));
    let folder = edition::headline(identity, template.header("Folder"));
    let folder = folder.split('/').map(bare).collect::<Vec<_>>().join("/");
    let properties = Properties {
        title: title.clone(),
        author: identity.author.name(),
        edited_by: revision.by.name(),
        revision: revision.number,
        created: identity.created,
        modified: revision.at,
        application: match kind {
            Kind::Docx => "Microsoft Office Word",
            Kind::Xlsx => "Microsoft Excel",
            _ => "Microsoft Office PowerPoint",
        },
    };
    let (who, when) = (identity.author.name(), long_date(day_of(revision.at)));
    let between = if kind == Kind::Pptx { "\n" } else { ", " };
    let subtitle =
        format!("{who}, {}{between}{when}, version {}", identity.department.name(), edition::version(revision.number));
    let bytes = write(kind, &edition.body(&subtitle), &properties);
    Document { kind, name, folder, title, change: edition.change(), bytes }
}

/// The file of this kind.
fn write(kind: Kind, body: &Body, properties: &Properties) -> Vec<u8> {
    match (kind, body) {
        (_, Body::Sheets(sheets)) => xlsx::xlsx(sheets, properties),
        (Kind::Docx | Kind::Xlsx, Body::Text { subtitle, blocks }) => docx::docx(subtitle, blocks, properties),
        (Kind::Pptx, Body::Text { subtitle, blocks }) => pptx::pptx(subtitle, blocks, properties),
        (Kind::Text | Kind::Markdown, Body::Text { subtitle, blocks }) => {
            plain::plain(kind, &properties.title, subtitle, blocks)
        }
    }
}

/// The longest name before the ending, so that a path with a site and folders stays below SharePoint's 400 characters.
const LONGEST_NAME: usize = 100;

/// A file name that SharePoint and Windows take.
fn legal(name: &str, extension: &str) -> String {
    format!("{}.{extension}", bare(name))
}

/// A name that SharePoint and Windows take: without `" * : < > ? / \ |` (and `# %`, which old links break on), without
/// spaces and dots at its ends, none that is reserved.
fn bare(name: &str) -> String {
    let spaced = name.replace([':', '/'], " - ");
    let kept = |sign: &char| !sign.is_control() && !"\"*<>?\\|#%".contains(*sign);
    let kept: String = spaced.chars().filter(kept).take(LONGEST_NAME).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let joined = words.join(" ");
    let bare = joined.trim_matches(|sign: char| matches!(sign, ' ' | '.' | '~' | '$'));
    let reserved = ["con", "prn", "aux", "nul", ".lock", "desktop.ini", "com", "lpt", "_vti_"];
    let lower = bare.to_lowercase();
    let is_reserved =
        lower.contains("_vti_") || reserved.iter().any(|name| lower.trim_end_matches(char::is_numeric) == *name);
    if bare.is_empty() || is_reserved { format!("Document {bare}").trim().to_owned() } else { bare.to_owned() }
}
