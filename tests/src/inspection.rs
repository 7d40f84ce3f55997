//! A look into a simulated tenant: what really happened there, whatever a host believes.

use std::net::TcpStream;

use haymaker_tenant::inspect::{
    CalendarContent, ChatContent, Left, MailTrace, MailboxContent, Overview, Person, TeamContent,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::wire::exchange;

/// A tenant's inspection API.
pub struct Inspection {
    address: String,
}

#[derive(Deserialize)]
struct People {
    value: Vec<Person>,
}

impl Inspection {
    /// Of the tenant at this address (`http://127.0.0.1:8080`).
    pub fn of(tenant: &str) -> Inspection {
        Inspection { address: tenant.trim_start_matches("http://").to_owned() }
    }

    /// The tenant in numbers.
    ///
    /// # Panics
    ///
    /// If it does not answer, as the other looks do.
    pub fn overview(&self) -> Overview {
        self.get("").expect("the tenant tells of itself")
    }

    /// The people of a deployment, those in the recycle bin too.
    pub fn people(&self, deployment: &str) -> Vec<Person> {
        self.get::<People>(&format!("/users?tag=haymaker:{deployment}")).expect("the tenant tells of its people").value
    }

    /// What lies in a mailbox; none if this user has none.
    pub fn mailbox(&self, user: &str) -> Option<MailboxContent> {
        self.get(&format!("/mailbox/{user}"))
    }

    /// What lies in a calendar; none if this user has none.
    pub fn calendar(&self, user: &str) -> Option<CalendarContent> {
        self.get(&format!("/calendar/{user}"))
    }

    /// What is there of a deployment.
    ///
    /// # Panics
    ///
    /// If the tenant does not answer.
    pub fn left(&self, deployment: &str) -> Left {
        self.get(&format!("/left?deployment={deployment}")).expect("the tenant tells what is left")
    }

    /// What was written in a chat; none if there is no such chat.
    pub fn chat(&self, id: &str) -> Option<ChatContent> {
        self.get(&format!("/chat/{id}"))
    }

    /// What was written in a team; none if there is no such team.
    pub fn team(&self, id: &str) -> Option<TeamContent> {
        self.get(&format!("/team/{id}"))
    }

    /// What became of a mail; none if it was never sent.
    pub fn mail(&self, internet_message_id: &str) -> Option<MailTrace> {
        self.get(&format!("/mail/{}", internet_message_id.trim_matches(['<', '>'])))
    }

    /// From now on the tenant's requests meet these faults: a list of rules.
    pub fn set_faults(&self, rules: &Value) {
        let stream = TcpStream::connect(&self.address).expect("the tenant listens");
        let answer = exchange(stream, "POST", "/_haymaker/faults", &rules.to_string());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let stream = TcpStream::connect(&self.address).expect("the tenant listens");
        let answer = exchange(stream, "GET", &format!("/_haymaker/inspect{path}"), "");
        let found = answer.starts_with("HTTP/1.1 200 ");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        found.then(|| serde_json::from_str(body).expect("the answer is as the tenant's types say"))
    }
}
