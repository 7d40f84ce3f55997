//! Drives and what lies in them, as requests.

use haymaker_guest::{
    Problem,
    http::{Effect, Request, Response, segment},
    state,
};
use serde::{Deserialize, Serialize};

use crate::{
    config::Feature,
    documents::Document,
    graph::{self, ENDPOINT},
};

/// A drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drive {
    /// The path below which its items are found; it names the owner.
    path: String,
    /// Its id.
    pub(super) id: String,
    /// The address of its site, with a slash at its end: so SharePoint's audit log names it.
    pub(super) site: String,
}

/// A file as it is found in a drive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    e_tag: String,
    #[serde(default)]
    pub(super) created_date_time: String,
}

impl Item {
    /// The properties that it is read from.
    const SELECT: &str = "id,name,eTag,createdDateTime";
}

impl Drive {
    /// Looks for the drive below this path; none: it is not there (yet).
    ///
    /// # Errors
    /// Every answer but 200 and 404.
    pub(super) fn find(path: String) -> Result<Option<Drive>, Problem> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Found {
            id: String,
            #[serde(default)]
            web_url: String,
        }
        let response = Request::get(ENDPOINT, &*path).query("$select", "id,webUrl").send()?;
        if response.status == 404 {
            return Ok(None);
        }
        let Found { id, web_url } = graph::accept(response, "cannot reach a drive")?.json()?;
        // The library is the last segment of a drive's address, the site is what stands before it.
        let site = web_url.rsplit_once('/').map(|(site, _)| format!("{site}/")).unwrap_or_default();
        Ok(Some(Drive { path, id, site }))
    }

    fn key(worker: &str) -> String {
        state::actor_key(&Feature::Documents.actor(worker), "drive")
    }

    /// A worker's drive as it was found; none: not yet.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub(super) fn known(worker: &str) -> Result<Option<Drive>, Problem> {
        state::load(&Drive::key(worker))
    }

    /// Remembers it as a worker's; from a task of the worker's for documents.
    ///
    /// # Errors
    /// The host's.
    pub(super) fn save(&self, worker: &str) -> Result<(), Problem> {
        state::save(&Drive::key(worker), self)
    }

    /// The path of an item, by id.
    pub(super) fn item_path(&self, item: &str) -> String {
        format!("{}/items/{}", self.path, segment(item))
    }

    /// The path of a file, by its place below the root.
    fn place(&self, folder: &str, name: &str) -> String {
        let folders = folder.split('/').filter(|part| !part.is_empty());
        let names: Vec<String> = folders.chain([name]).map(segment).collect();
        format!("{}/root:/{}", self.path, names.join("/"))
    }

    /// The item with this id; none if it is gone.
    ///
    /// # Errors
    /// Every answer but 200 and 404.
    pub(super) fn item(&self, id: &str) -> Result<Option<Item>, Problem> {
        read(self.item_path(id))
    }

    /// The file of this name in a folder; none if there is none.
    ///
    /// # Errors
    /// Every answer but 200 and 404.
    pub(super) fn named(&self, folder: &str, name: &str) -> Result<Option<Item>, Problem> {
        read(self.place(folder, name))
    }

    /// Puts a document where nothing of this name lies; if something does, the answer is 409. Folders on the way come
    /// into being.
    ///
    /// # Errors
    /// When no answer came.
    pub(super) fn put_new(&self, document: &Document, name: &str) -> Result<Response, Problem> {
        let request = put(format!("{}:/content", self.place(&document.folder, name)), document);
        request.query("@microsoft.graph.conflictBehavior", "fail").send()
    }

    /// Puts a document in place of the version that was looked at; if that is not the newest, the answer is 412.
    ///
    /// # Errors
    /// When no answer came.
    pub(super) fn replace(&self, item: &Item, document: &Document) -> Result<Response, Problem> {
        let request = put(format!("{}/content", self.item_path(&item.id)), document);
        request.header("if-match", &*item.e_tag).send()
    }
}

fn read(path: String) -> Result<Option<Item>, Problem> {
    let response = Request::get(ENDPOINT, path).query("$select", Item::SELECT).send()?;
    match response.status {
        404 => Ok(None),
        _ => graph::accept(response, "cannot look at a file")?.json().map(Some),
    }
}

fn put(target: String, document: &Document) -> Request {
    let request = Request::new(ENDPOINT, "PUT", target, Effect::Repeatable);
    let request = request.header("content-type", document.kind.media_type());
    Request { body: document.bytes.clone(), ..request }
}
