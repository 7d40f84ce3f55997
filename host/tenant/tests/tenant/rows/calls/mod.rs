//! The calls: the least body and the least permission with which each succeeds, and how it fails without.

mod calendar;
mod directory;
mod files;
mod groups;
mod mail;
mod posts;
mod teams;
mod token;

pub(super) use calendar::meeting;
pub(super) use mail::received;
pub(super) use posts::{chat, say};
pub(super) use teams::{body as new_team, member, team};

/// All of them.
pub(super) fn rows() -> Vec<(&'static str, fn())> {
    [token::ROWS, directory::ROWS, groups::ROWS, mail::ROWS, calendar::ROWS, files::ROWS, teams::ROWS, posts::ROWS]
        .concat()
}
