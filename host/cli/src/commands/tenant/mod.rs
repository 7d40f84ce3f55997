//! `tenant`: a simulated tenant as a server of its own, and a look inside.
//!
//! | module | thought |
//! |---|---|
//! | [`faults`] | a file of what is to go wrong |
//! | [`simulate`] | the server, and the environment by which it is found |
//! | [`inspect`] | what really happened there |

mod faults;
mod inspect;
mod simulate;

pub(crate) use self::simulate::{environment, is_same_file, settings};

use crate::args::Tenant;
use crate::exit::Exit;

/// Runs a command on tenants.
pub(crate) async fn run(command: Tenant) -> anyhow::Result<Exit> {
    match command {
        Tenant::Simulate(args) => simulate::run(args).await,
        Tenant::Inspect(args) => inspect::run(args).await,
    }
}
