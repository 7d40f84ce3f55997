//! The table of operations: for each, who may call it, what it takes, and the function that does it.
//!
//! Templates are those of the published description, and all of them are here: what is not simulated says so, and why,
//! with 501 whatever the permissions, so that nobody takes a missing part of the simulation for a missing part of Graph. A test holds the table
//! against the description.

mod calendar;
mod chats;
mod directory;
mod files;
mod groups;
mod mail;
mod options;
mod permissions;
mod teams;

use super::fault::Fault;
use super::{Call, Reply};
use crate::tenant::State;

/// The service behind an operation: each words its refusals in its own way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Area {
    Directory,
    Outlook,
    Files,
    Teams,
}

/// What body there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Takes {
    Nothing,
    Json,
    JsonOrNothing,
    /// Whatever comes, as it is.
    Bytes,
}

/// The permissions that open an operation; a token needs one of its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) application: &'static [&'static str],
    pub(crate) delegated: &'static [&'static str],
}

/// An operation that is simulated: what it does.
pub(crate) type Simulated = fn(&Call<'_>, &mut State) -> Result<Reply, Fault>;

/// What happens when an operation is called.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    Does(Simulated),
    /// It is not simulated, for this reason, which everybody is told with a token of the tenant, whatever it opens.
    Not(&'static str),
}

/// One operation of Graph.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    pub(crate) area: Area,
    pub(crate) access: Access,
    /// A property of the body, and who may call the operation where that is all that the body says.
    pub(crate) alone: Option<(&'static str, Access)>,
    /// The query options that it takes, in lower case and without the dollar.
    pub(crate) options: &'static [&'static str],
    pub(crate) takes: Takes,
    pub(crate) run: Run,
}

impl Operation {
    const fn new(
        method: &'static str,
        template: &'static str,
        area: Area,
        access: Access,
        options: &'static [&'static str],
        run: Run,
    ) -> Operation {
        Operation { method, template, area, access, alone: None, options, takes: Takes::Nothing, run }
    }

    const fn json(mut self) -> Operation {
        self.takes = Takes::Json;
        self
    }

    const fn json_or_nothing(mut self) -> Operation {
        self.takes = Takes::JsonOrNothing;
        self
    }

    const fn alone(mut self, property: &'static str, access: Access) -> Operation {
        self.alone = Some((property, access));
        self
    }

    const fn bytes(mut self) -> Operation {
        self.takes = Takes::Bytes;
        self
    }

    /// The place of a key of this name in the template, counted from the front.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        let mut keys = self.template.split('{').skip(1).filter_map(|part| part.split('}').next());
        keys.position(|key| key == name)
    }
}

/// Every operation of the description.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    [
        directory::TABLE,
        groups::TABLE,
        files::TABLE,
        files::BY_DRIVE,
        files::BY_GROUP,
        files::BY_SITE,
        files::BY_USER,
        mail::TABLE,
        mail::BY_USER,
        mail::BY_FOLDER,
        calendar::TABLE,
        calendar::BY_USER,
        calendar::BY_DEFAULT_CALENDAR,
        calendar::BY_CALENDAR,
        teams::TABLE,
        chats::TABLE,
    ]
    .into_iter()
    .flatten()
}
