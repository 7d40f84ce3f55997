//! `tenant inspect`: what really is in a simulated tenant, whatever a host believes.
//!
//! It asks the tenant itself and not Graph: Graph shows a client only what that client has permission and reason to ask
//! for.

mod endpoint;
mod show;

use haymaker_platform::home::Home;
use haymaker_platform::reader::Reader;
use haymaker_tenant::inspect::{
    CalendarContent, ChatContent, ChatCount, DriveContent, Left, MailboxContent, Overview, TeamContent,
};
use serde::{Deserialize, Serialize};

use self::endpoint::Endpoint;
use self::show::View;
use crate::args::Inspect;
use crate::exit::Exit;
use crate::render::terminal::{Palette, print, print_json, width};

/// What one user has. A mailbox comes with a licence, a drive when somebody asks for it.
#[derive(Serialize)]
struct Belongings {
    mailbox: Option<MailboxContent>,
    calendar: CalendarContent,
    chats: Vec<ChatCount>,
    drive: Option<DriveContent>,
}

#[derive(Deserialize)]
struct Chats {
    value: Vec<ChatCount>,
}

/// Looks inside, and shows what is there.
pub(super) async fn run(args: Inspect) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::new(&args.endpoint)?;
    let view = View { palette: Palette::of_stdout(), width: width() };
    if let Some(user) = &args.user {
        let found = belongings(&endpoint, user).await?;
        tell(&args, &found, || view.belongings(&found))?;
    } else if let Some(id) = &args.deployment {
        let id = whole_id(id);
        let left: Left = endpoint.get("such deployment", &["left"], &[("deployment", &id)]).await?;
        tell(&args, &left, || view.left(&id, &left))?;
    } else if let Some(id) = &args.chat {
        let chat: ChatContent = endpoint.get(&format!("chat {id}"), &["chat", id], &[]).await?;
        tell(&args, &chat, || view.chat(&chat))?;
    } else if let Some(id) = &args.team {
        let team: TeamContent = endpoint.get(&format!("team {id}"), &["team", id], &[]).await?;
        tell(&args, &team, || view.team(&team))?;
    } else {
        let overview: Overview = endpoint.get("look inside", &[], &[]).await?;
        tell(&args, &overview, || view.overview(&overview))?;
    }
    Ok(Exit::Done)
}

/// For programs or for people, as the flags say.
fn tell(args: &Inspect, found: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<()> {
    if args.output.is_json() { print_json(found) } else { print(&words()) }
}

async fn belongings(endpoint: &Endpoint, user: &str) -> anyhow::Result<Belongings> {
    let who = format!("user {user}");
    let calendar = endpoint.get(&who, &["calendar", user], &[]).await?;
    let Chats { value: chats } = endpoint.get(&who, &["chats", user], &[]).await?;
    let mailbox = endpoint.find(&["mailbox", user], &[]).await?;
    let drive = endpoint.find(&["drive", user], &[]).await?;
    Ok(Belongings { mailbox, calendar, chats, drive })
}

/// The deployment's whole id, if this home knows it; the tenant may know others.
fn whole_id(wanted: &str) -> String {
    let known = || Reader::open(&Home::locate().ok()?).ok()?.find(wanted).ok();
    known().unwrap_or_else(|| wanted.to_owned())
}
