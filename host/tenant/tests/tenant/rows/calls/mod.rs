//! The calls: the least body and the least permission with which each succeeds, and how it fails without.

mod calendar;
mod directory;
mod files;
mod groups;
mod mail;
mod posts;
mod teams;
mod token;

pub(crate) use calendar::meeting;
pub(crate) use mail::received;
pub(crate) use posts::{chat, say};
pub(crate) use teams::{body as new_team, member, team};

/// All of them.
pub(super) fn rows() -> Vec<(&'static str, fn())> {
    [token::ROWS, directory::ROWS, groups::ROWS, mail::ROWS, calendar::ROWS, files::ROWS, teams::ROWS, posts::ROWS]
        .concat()
}
