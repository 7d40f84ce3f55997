//! What people see: tables, numbers, colours, progress.
//!
//! | module | thought |
//! |---|---|
//! | [`terminal`] | standard output and error: who looks, how wide, in colour or not |
//! | [`table`] | rows and columns |
//! | [`figures`] | numbers, times and lists as people write them |
//! | [`deployment`] | one deployment, whole |
//! | [`plan`] | what a deployment would do |

pub(crate) mod deployment;
pub(crate) mod figures;
pub(crate) mod plan;
pub(crate) mod table;
pub(crate) mod terminal;
