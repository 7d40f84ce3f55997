//! `tenant inspect`: what really is in a simulated tenant, whatever a host believes.
//!
//! It asks the tenant itself and not Graph: Graph shows a client only what that client has permission and reason to ask
//! for.

mod endpoint;
mod show;

use haymaker_platform::home::Home;
use haymaker_platform::reader::Reader;
use haymaker_tenant::inspect::{MailboxContent, Overview, Person};
use serde::{Deserialize, Serialize};

use self::endpoint::Endpoint;
use crate::args::Inspect;
use crate::exit::Exit;
use crate::render::terminal::{Palette, print, print_json, width};

/// What one user has.
#[derive(Serialize)]
struct Belongings {
    mailbox: MailboxContent,
}

/// What is left of a deployment.
#[derive(Serialize)]
struct Left {
    users: Vec<Person>,
}

#[derive(Deserialize)]
struct People {
    value: Vec<Person>,
}

/// Looks inside, and shows what is there.
pub(super) async fn run(args: Inspect) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::new(&args.endpoint)?;
    let as_json = args.output.is_json();
    let palette = Palette::of_stdout();
    if let Some(user) = &args.user {
        let found = Belongings { mailbox: endpoint.get(&["mailbox", user], &[]).await? };
        if as_json { print_json(&found)? } else { print(&show::belongings(&found, palette))? }
    } else if let Some(id) = &args.deployment {
        let id = whole_id(id);
        let People { value: users } = endpoint.get(&["users"], &[("tag", &format!("haymaker:{id}"))]).await?;
        let left = Left { users };
        if as_json { print_json(&left)? } else { print(&show::left(&id, &left, palette, width()))? }
    } else {
        let overview: Overview = endpoint.get(&[], &[]).await?;
        if as_json { print_json(&overview)? } else { print(&show::overview(&overview))? }
    }
    Ok(Exit::Done)
}

/// The deployment's whole id, if this home knows it; the tenant may know others.
fn whole_id(wanted: &str) -> String {
    let known = || Reader::open(&Home::locate().ok()?).ok()?.find(wanted).ok();
    known().unwrap_or_else(|| wanted.to_owned())
}
