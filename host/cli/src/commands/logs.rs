//! `logs`: what happened, in lines.

use haymaker_platform::home::Home;
use haymaker_platform::truth::timestamp;
use haymaker_store::{Level, LineView};

use super::follow::{self, Looks, Pause};
use super::{Meant, meant};
use crate::args::Logs;
use crate::exit::Exit;
use crate::render::figures::moment;
use crate::render::terminal::{Paint, Palette, print, print_json, say};

/// Shows the last lines; goes on with new ones if asked to.
pub(crate) async fn run(home: &Home, args: &Logs) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let show = |line: &LineView| {
        if args.output.is_json() { print_json(&object(line)) } else { print(&text(line, Palette::of_stdout())) }
    };
    let lines = reader.lines(&id, None, args.lines)?;
    lines.iter().try_for_each(show)?;
    if !args.follow {
        return Ok(Exit::Done);
    }
    let mut after = lines.last().map_or(0, |line| line.number);
    let mut looks = Looks::until(None)?;
    loop {
        // Its end is looked at before its lines, so that the last ones are shown.
        let over = follow::is_over(&reader.summary(&id)?);
        after = follow::lines_after(&reader, &id, after, show)?;
        if over {
            return Ok(Exit::Done);
        }
        if looks.pause().await != Pause::Over {
            say(&follow::detached(&id));
            return Ok(Exit::Done);
        }
    }
}

/// A line as people read it.
pub(crate) fn text(line: &LineView, palette: Palette) -> String {
    let level = match line.line.level {
        Level::Debug => palette.paint(Paint::Dim, "debug"),
        Level::Info => "info ".to_owned(),
        Level::Warn => palette.paint(Paint::Yellow, "warn "),
        Level::Error => palette.paint(Paint::Red, "error"),
    };
    let task = line.line.task.as_ref().map(|task| palette.paint(Paint::Dim, &format!(" [{task}]"))).unwrap_or_default();
    format!("{}  {level}  {}{task}", moment(&timestamp(line.at)), line.line.message)
}

fn object(line: &LineView) -> serde_json::Value {
    serde_json::json!({
        "number": line.number,
        "at": timestamp(line.at),
        "level": line.line.level,
        "source": line.line.source,
        "task": line.line.task,
        "message": line.line.message,
    })
}
