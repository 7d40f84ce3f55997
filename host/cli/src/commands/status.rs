//! `status`: where a deployment stands.

use haymaker_platform::home::Home;

use super::{Meant, meant};
use crate::args::Shown;
use crate::exit::Exit;
use crate::render::deployment;
use crate::render::terminal::{Palette, print, print_json, width};

/// Shows one deployment, whole.
pub(crate) async fn run(home: &Home, args: &Shown) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let report = reader.report(&id).await?;
    if args.output.is_json() {
        print_json(&report)?;
    } else {
        print(&deployment::render(&report, Palette::of_stdout(), width()))?;
    }
    Ok(Exit::Done)
}
