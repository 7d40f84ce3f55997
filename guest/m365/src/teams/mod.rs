//! Teams: channels and chats, and what people say, answer and react with there.
//!
//! An application cannot speak as a person, so whatever is said here goes out with the token of the worker who says it,
//! which only the host has. A worker is ready when the host can speak for it and its team shows it the channels. A
//! message is sent once: Teams has no draft of it, so one whose answer was lost is looked for where it should stand, by
//! its author, its time and its words. By the same marks others find it, to answer it: nobody answers what they cannot
//! read. Where nobody can sign in, an operator may have the application import what people say: then it reads and writes
//! for them, and clients say so.
//!
//! | module | thought |
//! |---|---|
//! | `team` | the department's team and its channels |
//! | `voice` | signing workers in, and seeing that they are let into their team |
//! | `plan` | what is said in the next minutes, and what comes back |
//! | `chat` | chats, each begun by whoever speaks first in it |
//! | `reading` | finding a message where it should stand |
//! | `saying` | saying something, answering it, reacting to it |
//! | `import` | the application in their place |
//! | `words` | what a model wrote, for those who look for it |

mod chat;
mod import;
mod plan;
mod reading;
mod saying;
mod team;
mod voice;
mod words;

use haymaker_guest::{Deployment, LostRequest, Outcome, Problem, Task, Verdict};

pub use self::{
    chat::{FORGET, Kept, forget_chats, kept},
    import::{begin, end},
    plan::{BUDGET, expected, forget, tasks},
    team::steps,
    voice::{first_voice, forget_passwords, has_voice, keeps_password, look, perform_own, silence, voices},
};

/// Kinds of things in the ledger. A team, under its group's name and id.
pub const TEAM: &str = "team";
/// A channel of a team, under the group's name and its own.
pub const CHANNEL: &str = "channel";
/// A chat.
pub const CHAT: &str = "chat";

/// Kinds of tasks. Makes a group a team.
pub const CREATE: &str = "team.create";
/// Makes the team's channels.
pub const CHANNELS: &str = "team.channels";
/// Finds out whether the tenant lets workers sign in with their passwords.
pub const TRY: &str = "teams.try";
/// Signs a worker in.
pub const SIGN_IN: &str = "teams.sign_in";
/// Completes what messages were imported into.
pub const CLOSE: &str = "teams.import_end";
/// Sees whether a worker is let into its team.
pub const OPEN: &str = "teams.open";

/// Kinds of tasks and of activities. A post in a channel, or an answer below one.
pub const CHANNEL_MESSAGE: &str = "teams.channel_message";
/// A line in a chat.
pub const CHAT_MESSAGE: &str = "teams.chat_message";
/// A reaction to either.
pub const REACTION: &str = "teams.reaction";

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while something is not there yet; `unavailable` when the host cannot speak for the worker.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    match task.kind.as_str() {
        CREATE => team::perform_create(deployment, task),
        CHANNELS => team::perform_channels(deployment, task),
        TRY => voice::perform_try(deployment, task),
        SIGN_IN => voice::perform_sign_in(deployment, task),
        OPEN => voice::perform_open(deployment, task),
        CLOSE => import::perform_close(deployment, task),
        FORGET => chat::perform_forget(task),
        _ => saying::perform(deployment, task),
    }
}

/// Finds out whether something was said whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    match task.kind.as_str() {
        CHANNEL_MESSAGE | CHAT_MESSAGE => saying::settle(deployment, task, lost),
        // Everything else may happen twice, and so is never in doubt.
        _ => Ok(Verdict::DidNot),
    }
}
