//! Sending: from the sender's Sent Items to the recipients' inboxes, with a trace of what became of it.
//!
//! The trace is what Exchange calls a message trace: who submitted what to whom and when, without the text. It outlives
//! the mailboxes, so that after everything has been cleaned up one can still prove that no mail was sent twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::content::{Address, Content};
use super::mailbox::{INBOX, Item, SENT_ITEMS, hashed};
use super::rules;
use crate::audit;
use crate::graph::Call;
use crate::graph::fault::Fault;
use crate::ids;
use crate::tenant::State;
use crate::time;

/// What became of a mail on its way to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It lies in this user's inbox.
    Delivered(Uuid),
    /// There is no such mailbox in the tenant; the sender was told.
    Undeliverable,
    /// It left the tenant, to nowhere.
    Outside,
}

/// One mail that was handed over for delivery.
///
/// There is one for every mail that was ever sent, so it shares its texts with the mail.
#[derive(Debug, Clone)]
pub(crate) struct Submission {
    pub(crate) sender: Uuid,
    pub(crate) sender_address: Arc<str>,
    pub(crate) at: u64,
    pub(crate) subject: Arc<str>,
    pub(crate) request_id: Uuid,
    pub(crate) recipients: Box<[(Arc<str>, Outcome)]>,
}

/// All submissions since the tenant began, by the hash of their internet message id and by how often that was submitted
/// before.
#[derive(Default)]
pub(crate) struct Trace {
    submissions: BTreeMap<(u64, u32), Submission>,
    /// How many mails were submitted, copies delivered, and copies refused.
    pub(crate) submitted: u64,
    pub(crate) delivered: u64,
    pub(crate) undeliverable: u64,
    /// How many copies went to addresses outside the tenant.
    pub(crate) outside: u64,
}

impl Trace {
    fn add(&mut self, message_id: &str, submission: Submission) {
        self.submitted += 1;
        for (_, outcome) in &submission.recipients {
            match outcome {
                Outcome::Delivered(_) => self.delivered += 1,
                Outcome::Undeliverable => self.undeliverable += 1,
                Outcome::Outside => self.outside += 1,
            }
        }
        let hash = hashed(message_id);
        let times = self.all(hash).count() as u32;
        self.submissions.insert((hash, times), submission);
    }

    /// Counts a copy that a rule passed on.
    fn pass_on(&mut self, inside: bool) {
        if inside {
            self.delivered += 1;
        } else {
            self.outside += 1;
        }
    }

    /// The submissions of one mail.
    pub(crate) fn of(&self, message_id: &str) -> impl Iterator<Item = &Submission> {
        self.all(hashed(message_id))
    }

    fn all(&self, hash: u64) -> impl Iterator<Item = &Submission> {
        self.submissions.range((hash, 0)..=(hash, u32::MAX)).map(|(_, submission)| submission)
    }

    /// How many mails were submitted more than once.
    pub(crate) fn repeated(&self) -> usize {
        self.submissions.keys().filter(|(_, before)| *before == 1).count()
    }
}

/// Refuses a mail that Exchange would not take.
pub(super) fn check(content: &Content, owner: &Address) -> Result<(), Fault> {
    let recipients = content.recipients();
    if recipients.is_empty() {
        return Err(Fault::no_recipients());
    }
    let complete =
        |address: &str| address.split_once('@').is_some_and(|(local, at)| !local.is_empty() && !at.is_empty());
    if let Some(bad) = recipients.iter().find(|recipient| !complete(&recipient.address)) {
        return Err(Fault::new(
            http::StatusCode::BAD_REQUEST,
            "ErrorInvalidRecipients",
            format!(
                "At least one recipient isn't valid., Recipient '{}' isn't resolved. All recipients must be resolved before a message can be submitted.",
                bad.address
            ),
        ));
    }
    if !content.from.address.eq_ignore_ascii_case(&owner.address) {
        return Err(Fault::new(
            http::StatusCode::FORBIDDEN,
            "ErrorSendAsDenied",
            "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account., Cannot submit message.",
        ));
    }
    Ok(())
}

/// How a sent mail is kept by its sender.
pub(crate) enum Keep {
    /// As the draft it was.
    Draft(Box<Item>),
    /// As a new message in Sent Items.
    Copy,
    Nothing,
}

/// Sends a mail that was checked.
pub(crate) fn submit(call: &Call<'_>, state: &mut State, sender: Uuid, mut content: Content, keep: Keep) {
    let delays = &call.settings.delays;
    content.addresses_mut().for_each(|address| share(state, address));
    content.trim();
    let content = Arc::new(content);
    let sent = Sent { sender, at: call.now, lag: time::ms(delays.sent_items) };
    keep_sent(call, state, &sent, &content, keep);

    let delivered = if content.bcc.is_empty() {
        Arc::clone(&content)
    } else {
        Arc::new(Content { bcc: Vec::new(), ..(*content).clone() })
    };
    let arrives = call.now.saturating_add(time::ms(delays.delivery));
    let mut receipts = Vec::new();
    for recipient in content.recipients() {
        let outcome = match state.directory.live.addressed(&recipient.address) {
            Some(user) if user.mailbox_since.is_some() => Outcome::Delivered(user.id),
            _ if inside(&recipient.address, &call.settings.domain) => Outcome::Undeliverable,
            _ => Outcome::Outside,
        };
        if let Outcome::Delivered(user) = &outcome {
            let arrival = Arrival { kind: "delivered", at: arrives, hops: 0 };
            file(call, state, *user, &arrival, &delivered);
        }
        receipts.push((recipient.address, outcome));
    }
    let lost: Vec<&str> = receipts
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::Undeliverable)
        .map(|(address, _)| &**address)
        .collect();
    if !lost.is_empty() {
        let report = Arc::new(undeliverable(call, &content, &lost));
        file(call, state, sender, &Arrival { kind: "undeliverable", at: arrives, hops: 0 }, &report);
    }
    let submission = Submission {
        sender,
        sender_address: content.from.address.clone(),
        at: call.now,
        subject: content.subject.clone(),
        request_id: Uuid::try_parse(call.request_id).unwrap_or_default(),
        recipients: receipts.into(),
    };
    state.mail.trace.add(&content.internet_message_id, submission);
}

/// Has an address share its texts with the mailbox of that address, which says the same.
fn share(state: &State, address: &mut Address) {
    let user = state.directory.live.addressed(&address.address);
    let Some(known) = user.and_then(|user| state.mail.get(user.id)).map(|mailbox| &mailbox.owner) else { return };
    let bare = address.name == address.address;
    if known.address == address.address {
        address.address = Arc::clone(&known.address);
    }
    if bare {
        address.name = Arc::clone(&address.address);
    } else if known.name == address.name {
        address.name = Arc::clone(&known.name);
    }
}

fn inside(address: &str, domain: &str) -> bool {
    address.rsplit_once('@').is_some_and(|(_, at)| at.eq_ignore_ascii_case(domain))
}

/// Who sent when, and how long Sent Items lag.
struct Sent {
    sender: Uuid,
    at: u64,
    lag: u64,
}

fn keep_sent(call: &Call<'_>, state: &mut State, sent: &Sent, content: &Arc<Content>, keep: Keep) {
    let Some(mailbox) = state.mail.get_mut(sent.sender) else { return };
    let arrives = sent.at.saturating_add(sent.lag);
    let kept = !matches!(keep, Keep::Nothing);
    let item = match keep {
        Keep::Draft(draft) => Item { version: draft.version + 1, moves: draft.moves + 1, ..*draft },
        Keep::Copy | Keep::Nothing => {
            let name = sent.sender.to_string();
            let key = mailbox.free_key(|ordinal| call.mint.make("sent", &name, ordinal));
            new_item(key, Arc::clone(content), sent.at)
        }
    };
    let item = Item {
        content: Arc::clone(content),
        folder: SENT_ITEMS,
        modified: sent.at,
        sent: Some(sent.at),
        received: sent.at,
        arrives,
        read: true,
        draft: false,
        ..item
    };
    call.did(|| audit::mail("Send", mailbox, &item));
    if kept {
        mailbox.put(item);
    }
}

/// How a mail comes into a mailbox.
struct Arrival {
    kind: &'static str,
    at: u64,
    /// How often rules have passed it on.
    hops: u8,
}

/// How often a mail is passed on by rules before Exchange takes it for a loop. It counts to three; one is enough to see
/// the rule at work, and keeps what one request does small.
const MOST_HOPS: u8 = 1;

/// Puts a mail into somebody's inbox, and does what the rules there say.
fn file(call: &Call<'_>, state: &mut State, user: Uuid, arrival: &Arrival, content: &Arc<Content>) {
    let Some(mailbox) = state.mail.get_mut(user) else { return };
    let name = user.to_string();
    let key = mailbox.free_key(|ordinal| call.mint.make(arrival.kind, &name, ordinal));
    let item = new_item(key, Arc::clone(content), arrival.at);
    let item = Item { sent: Some(call.now), ..item };
    let verdict = rules::apply(mailbox, item);
    if arrival.hops >= MOST_HOPS {
        return;
    }
    for passed in verdict {
        let owner = mailbox_owner(state, user);
        let mut copy = (**content).clone();
        if !passed.redirected {
            copy.subject = format!("FW: {}", copy.subject).into();
            copy.references.push(Arc::clone(&content.internet_message_id));
            copy.from = owner;
            copy.to = passed.to.clone();
            copy.cc = Vec::new();
            let id = hex::encode(ids::short(call.mint.make("forwarded by rule", &name, u64::from(arrival.hops))));
            copy.internet_message_id = format!("<{id}@{}>", call.settings.domain).into();
        }
        let copy = Arc::new(copy);
        for recipient in &passed.to {
            let target = state.directory.live.addressed(&recipient.address).filter(|user| user.mailbox_since.is_some());
            let target = target.map(|user| user.id);
            if let Some(target) = target {
                let next = Arrival { kind: "passed on by a rule", at: arrival.at, hops: arrival.hops + 1 };
                file(call, state, target, &next, &copy);
            }
            state.mail.trace.pass_on(target.is_some());
        }
    }
}

fn mailbox_owner(state: &State, user: Uuid) -> Address {
    state.mail.get(user).map(|mailbox| mailbox.owner.clone()).unwrap_or_default()
}

/// Lays a mail of the tenant's own making (an invitation, an answer to one) into an inbox, and its sender's Sent Items.
pub(crate) fn notify(call: &Call<'_>, state: &mut State, sender: Uuid, content: Content) {
    submit(call, state, sender, content, Keep::Copy);
}

/// An unread message in the inbox, dated and visible from `at` on.
pub(crate) fn new_item(key: super::mailbox::Key, content: Arc<Content>, at: u64) -> Item {
    Item {
        key,
        content,
        folder: INBOX,
        created: at,
        modified: at,
        sent: Some(at),
        received: at,
        arrives: at,
        read: false,
        draft: false,
        version: 0,
        moves: 0,
    }
}

/// What the sender is told about recipients who do not exist.
fn undeliverable(call: &Call<'_>, lost: &Content, recipients: &[&str]) -> Content {
    let domain = &call.settings.domain;
    let postmaster = Address {
        name: "Microsoft Outlook".into(),
        address: format!("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{domain}").into(),
    };
    let id = hex::encode(ids::short(call.mint.make("undeliverable id", "", 0)));
    let mut report = Content::new(format!("<{id}@{domain}>"), postmaster);
    report.subject = format!("Undeliverable: {}", lost.subject).into();
    report.body = format!(
        "Your message couldn't be delivered to these recipients:\r\n\r\n{}\r\n\r\nThe recipients weren't found at {domain}.\r\n",
        recipients.join("\r\n")
    ).into();
    report.to = vec![lost.from.clone()];
    report.conversation = lost.conversation;
    report
}
