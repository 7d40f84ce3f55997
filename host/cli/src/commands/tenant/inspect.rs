//! `tenant inspect`: what really happened in a simulated tenant, whatever a host believes.

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use haymaker_platform::reader::Reader;
use haymaker_tenant::inspect::{MailboxContent, Overview, Person};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::args::Inspect;
use crate::exit::Exit;
use crate::render::figures::{count, one_line};
use crate::render::table::{Column, table};
use crate::render::terminal::{Palette, print, print_json, say, width};

/// Looks inside, and shows what is there.
pub(super) async fn run(args: Inspect) -> anyhow::Result<Exit> {
    let as_json = args.output.is_json();
    let endpoint = Endpoint::new(&args.endpoint)?;
    if let Some(mailbox) = &args.mailbox {
        let content: MailboxContent = endpoint.get(&["mailbox", mailbox], &[]).await?;
        if as_json { print_json(&content)? } else { print_mailbox(&content)? }
    } else if let Some(id) = &args.deployment {
        let id = whole_id(id);
        let People { value: people } = endpoint.get(&["users"], &[("tag", &format!("haymaker:{id}"))]).await?;
        if as_json { print_json(&people)? } else { print_people(&id, people)? }
    } else {
        let overview: Overview = endpoint.get(&[], &[]).await?;
        if as_json { print_json(&overview)? } else { print_overview(&overview)? }
    }
    Ok(Exit::Done)
}

/// The deployment's whole id, if this home knows it; the tenant may know others.
fn whole_id(wanted: &str) -> String {
    let known = || Reader::open(&Home::locate().ok()?).ok()?.find(wanted).ok();
    known().unwrap_or_else(|| wanted.to_owned())
}

/// Where a simulated tenant is looked into.
struct Endpoint {
    base: Url,
    http: reqwest::Client,
}

#[derive(Deserialize)]
struct People {
    value: Vec<Person>,
}

impl Endpoint {
    fn new(address: &str) -> anyhow::Result<Endpoint> {
        let base = Url::parse(address).with_context(|| format!("{} is not an address", one_line(address, 100)))?;
        if base.cannot_be_a_base() {
            bail!("{address} is not an address; write it like http://127.0.0.1:8080");
        }
        Ok(Endpoint {
            base,
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(std::time::Duration::from_secs(30))
                .build()?,
        })
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<T> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["_haymaker", "inspect"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.http.get(url).send().await.with_context(|| format!("no tenant answers at {}", self.base))?;
        let status = answer.status();
        if status == reqwest::StatusCode::NOT_FOUND && !path.is_empty() {
            bail!("there is no such thing in the tenant at {} (or it is not a simulated tenant)", self.base);
        }
        if !status.is_success() {
            bail!("{} answers {status}: it is not a simulated tenant", self.base);
        }
        answer.json().await.with_context(|| format!("{} does not answer like a simulated tenant", self.base))
    }
}

fn print_overview(overview: &Overview) -> anyhow::Result<()> {
    let number = |number: usize| count(number as u64);
    let mail = &overview.mail;
    let mut lines = vec![
        format!(
            "people      {} live, {} in the recycle bin",
            number(overview.users_live),
            number(overview.users_deleted)
        ),
        format!(
            "bystanders  {} ({})",
            number(overview.bystanders.count),
            overview.bystanders.hash.get(..12).unwrap_or_default()
        ),
        format!("mailboxes   {} with {} messages", number(overview.mailboxes), number(overview.messages)),
        format!(
            "mail        {} sent, {} repeated, {} delivered, {} undeliverable, {} to outside",
            count(mail.submitted),
            number(mail.repeated),
            count(mail.delivered),
            count(mail.undeliverable),
            count(mail.outside)
        ),
        format!("requests    {}, {} of them throttled", count(overview.requests), count(overview.throttled)),
    ];
    lines.extend(
        overview
            .tags
            .iter()
            .map(|(tag, tagged)| format!("{tag}  {} live, {} in the recycle bin", tagged.live, tagged.deleted)),
    );
    print(&lines.join("\n"))
}

fn print_people(id: &str, people: Vec<Person>) -> anyhow::Result<()> {
    if people.is_empty() {
        say(&format!("Nobody of {id} is in the tenant: 0 live, 0 in the recycle bin."));
        return Ok(());
    }
    let columns = ["NAME", "ADDRESS", "ID", "STATE"].map(Column::Left);
    let rows = people.into_iter().map(|person| {
        let state = if person.deleted { "in the recycle bin" } else { "live" };
        vec![person.display_name.into(), person.user_principal_name.into(), person.id.into(), state.into()]
    });
    print(&table(&columns, rows.collect(), Palette::of_stdout(), width().max(160)))
}

fn print_mailbox(content: &MailboxContent) -> anyhow::Result<()> {
    let folders =
        content.folders.iter().map(|(name, folder)| format!("{name} {} ({} unread)", folder.total, folder.unread));
    print(&format!("{}: {}", content.owner, folders.collect::<Vec<_>>().join(", ")))?;
    for mail in &content.messages {
        print(&format!(
            "\n{}  {}\n  from     {}\n  to       {}\n  subject  {}\n",
            mail.received,
            mail.folder,
            mail.from,
            mail.to.join(", "),
            mail.subject
        ))?;
        print(&crate::render::deployment::indent(&mail.body))?;
    }
    Ok(())
}
