//! What only the tenant knows, and how it is asked: one read, by the host itself, before the request leaves.
//!
//! A reply goes to whoever the original names, and an answer to an invitation to its organiser: neither stands in the
//! request. Every participant there must be a worker. The ordinary path costs nothing: what this deployment wrote through
//! checked requests, and what the guest read with its participants in the answer, is remembered
//! ([`Witness`](super::witness::Witness)); a restarted host looks once more.
//!
//! A draft is sent without a look if it is remembered. That is sound: whatever this deployment writes into a mailbox is
//! checked on the way, so nothing but another application or an administrator could have changed its recipients. In an
//! adopted person's mailbox somebody else could, its owner in Outlook, so there every draft is looked at before it is
//! sent.

use haymaker_engine::http::{Canonical, Denial, Objection, Peek, Refusal, Response};
use haymaker_engine::types::{Problem, ProblemKind};
use serde_json::Value;

use super::addresses;
use super::denial::denial;
use super::hearing;
use super::own::{Kind, Own};

/// What a message is read for.
const MESSAGE: &str = "id,isDraft,from,sender,replyTo,toRecipients,ccRecipients,bccRecipients,internetMessageHeaders";

/// What an event is read for.
const EVENT: &str = "organizer,attendees,iCalUId";

/// Members of a message that name people.
const PARTICIPANTS: [&str; 6] = ["from", "sender", "replyTo", "toRecipients", "ccRecipients", "bccRecipients"];

/// Says in a message whose it is: `<deployment>/<task>`.
const MARK: &str = "x-haymaker-id";

/// What a rule says of a request that it does not deny by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It may be sent.
    Permitted,
    /// It may, if the tenant's answer is right.
    Look(Look),
}

/// What is to be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// The path of the thing, below the base and encoded.
    pub(super) path: String,
    /// Its id, under which the outcome is remembered; of a list, its `$filter` as it is sent.
    pub(super) id: String,
    /// What it is, and what must be true of it.
    pub(super) about: About,
}

/// What must be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A draft goes to workers only. One that is not there cannot be sent.
    Draft,
    /// A message that is answered or passed on: all its participants are workers.
    Original,
    /// A message in an adopted person's mailbox: this deployment sent it.
    Sent,
    /// The same, and all its participants are workers.
    SentOriginal,
    /// A draft in an adopted person's mailbox: the same of it as it stands now. One that is not there cannot be sent.
    SentDraft,
    /// An event that is answered: organiser and attendees are workers.
    Invitation,
    /// An event in an adopted person's calendar: this deployment made it.
    Made,
    /// A file in an adopted person's drive: it lies in this deployment's folder.
    Filed,
    /// Messages of one name in an adopted person's mailbox: those that this deployment sent are shown.
    Named,
}

impl Look {
    /// Whether the answer is known already.
    pub(super) fn is_known(&self, own: &Own) -> bool {
        let witness = own.witness();
        match self.about {
            About::Draft | About::Original | About::Invitation => witness.knows_among_workers(&self.id),
            About::Sent => witness.knows_ours(&self.id),
            About::SentOriginal => witness.knows_ours(&self.id) && witness.knows_among_workers(&self.id),
            About::Made | About::Filed => witness.knows_ours(&self.id),
            About::Named | About::SentDraft => false,
        }
    }

    /// Looks, and remembers what is so.
    pub(super) async fn take(&self, own: &Own, request: &Canonical, peek: &dyn Peek) -> Result<(), Objection> {
        let target = match self.about {
            About::Draft | About::Original | About::Sent | About::SentOriginal | About::SentDraft => {
                format!("{}?$select={MESSAGE}", self.path)
            }
            About::Invitation | About::Made => format!("{}?$select={EVENT}", self.path),
            About::Filed => format!("{}?$select=id,name,parentReference", self.path),
            About::Named => format!("{}?{}&$select={MESSAGE}", self.path, self.id),
        };
        // Ids come in the form that the request prefers.
        let prefer: Vec<_> = request.headers.iter().filter(|(name, _)| name == "prefer").cloned().collect();
        let seen = peek.read(&target, &prefer).await.map_err(Objection::Undecided)?;
        if seen.status == 404 && matches!(self.about, About::Draft | About::SentDraft) {
            return Ok(());
        }
        if seen.status != 200 {
            return Err(Objection::Undecided(Refusal::Problem(unseen(&self.path, &seen))));
        }
        let thing: Value = serde_json::from_slice(&seen.body)
            .map_err(|_| denial("look", format!("the tenant's answer to a look at {} is not JSON", self.path)))?;
        if self.about == About::Named {
            return Ok(remember_ours(own, &thing)?);
        }
        self.judge(own, &thing)?;
        let mut witness = own.witness();
        if !matches!(self.about, About::Sent | About::Made | About::Filed) {
            witness.is_among_workers(&self.id);
        }
        if matches!(self.about, About::Sent | About::SentOriginal | About::SentDraft | About::Made | About::Filed) {
            witness.is_ours(&self.id);
        }
        Ok(())
    }

    fn judge(&self, own: &Own, thing: &Value) -> Result<(), Denial> {
        let outside = |denied: Denial| {
            let why = denied.why;
            denial("original", format!("{} concerns others than this deployment's workers: {why}", self.path))
        };
        match self.about {
            About::Draft | About::Original => participants(own, thing).map_err(outside),
            About::Sent => ours(own, thing, &self.path),
            // The answer to its making proves whose it is, even where it shows no marks.
            About::SentDraft if own.witness().knows_ours(&self.id) => participants(own, thing).map_err(outside),
            About::SentOriginal | About::SentDraft => {
                ours(own, thing, &self.path)?;
                participants(own, thing).map_err(outside)
            }
            About::Invitation => attended(own, thing).map_err(outside),
            About::Made if is_made(own, thing)? => Ok(()),
            About::Made => Err(denial("adopted", format!("{} was not made by this deployment", self.path))),
            About::Named => Ok(()),
            About::Filed if is_filed(own, thing) => Ok(()),
            About::Filed => Err(denial("adopted", format!("{} lies outside of this deployment's folder", self.path))),
        }
    }
}

/// Everybody that a message names.
pub(super) fn participants(own: &Own, message: &Value) -> Result<(), Denial> {
    for name in PARTICIPANTS {
        match message.get(name) {
            None | Some(Value::Null) => {}
            Some(many @ Value::Array(_)) => addresses::recipients(own, many)?,
            Some(one) => addresses::recipient(own, one)?,
        }
    }
    Ok(())
}

/// Whether an answer shows everybody that a message names. Blind copies stand in the sender's own copy only, and a
/// message that was selected without them does not show them; replies do not go there.
pub(super) fn shows_participants(message: &Value) -> bool {
    ["from", "sender", "replyTo", "toRecipients", "ccRecipients", "bccRecipients"]
        .iter()
        .all(|name| message.get(*name).is_some())
}

/// Everybody that an event names.
pub(super) fn attended(own: &Own, event: &Value) -> Result<(), Denial> {
    addresses::recipient(own, event.get("organizer").unwrap_or(&Value::Null))?;
    addresses::recipients(own, event.get("attendees").unwrap_or(&Value::Null))
}

/// Whether a message carries this deployment's mark, and comes from a worker: a mark alone can be forged from outside.
pub(super) fn is_sent(own: &Own, message: &Value) -> Result<bool, Denial> {
    let headers = message.get("internetMessageHeaders").and_then(Value::as_array);
    let text = |header: &Value, name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let marked = headers.into_iter().flatten().any(|header| {
        let value = text(header, "value");
        let of = value.split_once('/').map(|(of, _)| of);
        text(header, "name").eq_ignore_ascii_case(MARK) && of == Some(own.deployment())
    });
    let from = message.pointer("/from/emailAddress/address").and_then(Value::as_str);
    match from {
        _ if !marked => Ok(false),
        Some(from) => own.is_worker(from),
        // Nobody sends a draft into a mailbox.
        None => Ok(message.get("isDraft") == Some(&Value::Bool(true))),
    }
}

/// Of a list of messages, those that this deployment sent.
fn remember_ours(own: &Own, list: &Value) -> Result<(), Denial> {
    for message in list.get("value").and_then(Value::as_array).into_iter().flatten() {
        let Some(id) = message.get("id").and_then(Value::as_str) else { continue };
        if is_sent(own, message)? {
            own.witness().is_ours(id);
        }
    }
    Ok(())
}

/// Reads whom the operator lends, once for as long as the host runs; false: it was read before, or nobody is lent.
///
/// Their names stand in the ledger, but not their addresses, and who is about to be adopted stands nowhere else.
pub(super) async fn read_roster(own: &Own, peek: &dyn Peek) -> Result<bool, Objection> {
    let Some(lender) = own.lender()? else { return Ok(false) };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if own.witness().rostered || !lender.chars().all(plain) {
        return Ok(false);
    }
    let mut target = format!("/groups/{lender}/members/graph.user?$select=id,userPrincipalName,mail&$top=999");
    loop {
        let seen = peek.survey(&target).await.map_err(Objection::Undecided)?;
        if seen.status != 200 {
            return Ok(false);
        }
        let page: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        hearing::lend(own, &page);
        match page.get("@odata.nextLink").and_then(Value::as_str) {
            Some(next) => target = next.to_owned(),
            None => break,
        }
    }
    own.witness().rostered = true;
    Ok(true)
}

fn ours(own: &Own, message: &Value, path: &str) -> Result<(), Denial> {
    if is_sent(own, message)? {
        return Ok(());
    }
    Err(denial("adopted", format!("{path} was not sent by this deployment")))
}

/// Whether an event stands in the ledger.
pub(super) fn is_made(own: &Own, event: &Value) -> Result<bool, Denial> {
    match event.get("iCalUId").and_then(Value::as_str) {
        Some(id) => own.has(Kind::Event, id),
        None => Ok(false),
    }
}

/// Whether a file lies in the deployment's own folder: `/drive/root:/<folder>/...`.
fn is_filed(own: &Own, item: &Value) -> bool {
    let within = item.pointer("/parentReference/path").and_then(Value::as_str);
    let below = within.and_then(|path| path.split_once("root:")).map(|(_, below)| below).unwrap_or_default();
    let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
    let first = below.trim_start_matches('/').split('/').next().filter(|first| !first.is_empty()).unwrap_or(name);
    first == own.folder()
}

/// The tenant did not show it.
fn unseen(path: &str, seen: &Response) -> Problem {
    let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let code = body.pointer("/error/code").and_then(Value::as_str).unwrap_or("unseen");
    let kind = match seen.status {
        404 => ProblemKind::NotReady,
        _ => ProblemKind::Failed,
    };
    let why = format!("whom {path} concerns must be seen first, and the tenant answered {}", seen.status);
    Problem::new(kind, code, why)
}
