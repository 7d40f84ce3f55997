//! People who live in the tenant beside the workers, with mail of their own.
//!
//! A real tenant is never empty, and the gravest thing a workload can do is touch somebody it did not make. So there are
//! bystanders: ordinary users with ordinary mail, told apart by nothing that Graph shows, and hashed by the inspection so
//! that the least change to any of them is seen.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::directory::User;
use crate::directory::licences::BYSTANDERS_SKU;
use crate::ids::{self, Seed};
use crate::mail::content::{Address, Content};
use crate::mail::mailbox::{Item, Mailbox, SENT_ITEMS};
use crate::mail::transport::new_item;
use crate::settings::Settings;
use crate::tenant::State;
use crate::time::DAY;

const GIVEN: [&str; 25] = [
    "Adele",
    "Alex",
    "Bianca",
    "Cameron",
    "Debra",
    "Diego",
    "Emily",
    "Enrico",
    "Grady",
    "Henrietta",
    "Irvin",
    "Isaiah",
    "Joni",
    "Jordan",
    "Johanna",
    "Lee",
    "Lidia",
    "Lynne",
    "Megan",
    "Miriam",
    "Nestor",
    "Patti",
    "Pradeep",
    "Raul",
    "Tomoko",
];
const FAMILY: [&str; 20] = [
    "Adeyemi",
    "Bowen",
    "Carter",
    "Demir",
    "Eriksen",
    "Fernandez",
    "Gruber",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Langer",
    "Miller",
    "Nakamura",
    "Okafor",
    "Pisoni",
    "Rossi",
    "Sherman",
    "Thomas",
    "Vance",
];
const DEPARTMENTS: [&str; 5] = ["Sales", "Finance", "Operations", "Engineering", "HR"];

/// What bystanders write each other: subject and text.
const MAILS: [(&str, &str); 6] = [
    ("Lunch on Thursday?", "Shall we try the new place round the corner? Twelve would suit me."),
    ("Notes from this morning", "Two points remained open: the supplier's answer and the date. I take the first."),
    ("Printer on the third floor", "It is out of toner again. Facilities has been told."),
    ("Draft for your review", "Could you look over the second section before the end of the week?"),
    ("Parking next week", "The lower deck is closed from Monday to Wednesday. Please use the upper one."),
    ("Thank you", "That went well, and it was mostly your doing."),
];

/// How many mails each bystander has received.
const MAILS_EACH: u64 = 3;

/// A mailbox for a user, and the licence that goes with it. `seed` names the mailbox's folders.
pub(crate) fn mailbox_of(user: &User, seed: &Seed) -> Mailbox {
    let owner = Address { name: user.text("displayName").into(), address: user.text("mail").into() };
    Mailbox::new(owner, seed, &user.id.to_string())
}

/// Lets the bystanders move in.
pub(crate) fn settle(state: &mut State, settings: &Settings, seed: &Seed) {
    let sku = state.directory.sku(BYSTANDERS_SKU).map(|sku| sku.id);
    let people: Vec<(Uuid, Address)> = (0..u64::from(settings.bystanders))
        .map(|number| {
            let user = person(number, settings, seed, sku);
            let mailbox = mailbox_of(&user, seed);
            let (id, address) = (user.id, mailbox.owner.clone());
            state.directory.live.insert(user);
            state.mail.insert(id, mailbox);
            (id, address)
        })
        .collect();
    if let Some(sku) = state.directory.skus.iter_mut().find(|other| Some(other.id) == sku) {
        sku.taken = settings.bystanders;
    }
    for (number, (id, recipient)) in people.iter().enumerate() {
        for mail in 0..MAILS_EACH {
            let draw = ids::number(seed.derive("bystander mail", &format!("{number}/{mail}")));
            let Some((sender_id, sender)) = people.get(draw as usize % people.len()) else { continue };
            let at = settings.start.saturating_sub(draw % (7 * DAY));
            let content = Arc::new(letter(draw, sender, recipient, settings, seed));
            let key = |of: &str| ids::short(seed.derive(of, &format!("{number}/{mail}")));
            if let Some(mailbox) = state.mail.get_mut(*id) {
                let read = !draw.is_multiple_of(4);
                mailbox.put(Item { read, ..new_item(key("bystander inbox"), Arc::clone(&content), at) });
            }
            if let Some(mailbox) = state.mail.get_mut(*sender_id) {
                let item = new_item(key("bystander sent"), content, at);
                mailbox.put(Item { folder: SENT_ITEMS, read: true, ..item });
            }
        }
    }
}

fn pick<'l>(list: &[&'l str], number: u64) -> &'l str {
    list.get(number as usize % list.len()).copied().unwrap_or_default()
}

fn person(number: u64, settings: &Settings, seed: &Seed, sku: Option<Uuid>) -> User {
    let given = pick(&GIVEN, number);
    let family = pick(&FAMILY, number / GIVEN.len() as u64 + number);
    // Names repeat after a while, addresses must not.
    let local = format!("{}.{}{}", given.to_lowercase(), family.to_lowercase(), number + 1);
    let address = format!("{local}@{}", settings.domain);
    let properties = json!({
        "accountEnabled": true,
        "displayName": format!("{given} {family}"),
        "givenName": given,
        "surname": family,
        "jobTitle": "Associate",
        "department": pick(&DEPARTMENTS, number),
        "mailNickname": local,
        "userPrincipalName": address,
        "mail": address,
        "usageLocation": "US",
        "userType": "Member",
    });
    let moved_in = settings.start.saturating_sub(300 * DAY);
    User {
        id: ids::uuid(seed.derive("bystander", &number.to_string())),
        properties: properties.as_object().cloned().unwrap_or_default(),
        licences: sku.into_iter().collect(),
        created: moved_in,
        deleted: None,
        mailbox_since: Some(moved_in),
        bystander: true,
    }
}

fn letter(draw: u64, sender: &Address, recipient: &Address, settings: &Settings, seed: &Seed) -> Content {
    let id = hex::encode(ids::short(seed.derive("bystander message id", &draw.to_string())));
    let mut content = Content::new(format!("<{id}@{}>", settings.domain), sender.clone());
    if let Some((subject, text)) = MAILS.get((draw >> 8) as usize % MAILS.len()) {
        content.subject = (*subject).into();
        content.body = (*text).into();
    }
    content.to = vec![recipient.clone()];
    content.converse(seed, &draw.to_string());
    content
}
