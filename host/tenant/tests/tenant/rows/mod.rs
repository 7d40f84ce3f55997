//! What is known of Graph is written down in four tables. Each of their rows is held here by a test of that row's name.

pub(crate) mod calls;
mod permissions;
mod readiness;
mod throttling;

use std::path::PathBuf;

use haymaker_tenant::{App, Settings};
use serde_json::Value;

use crate::identity::as_user;
use crate::support::{Answer, Client, wide};

/// The first cells of a table's rows, each with the test that holds it.
pub(crate) type Rows = &'static [(&'static str, fn())];

/// What an application needs to prepare whatever a row is about, besides what features need.
const PREPARING: [&str; 5] =
    ["Chat.Create", "Chat.Read.All", "ChannelMessage.Read.All", "TeamMember.ReadWrite.All", "Channel.ReadBasic.All"];

/// A tenant with three applications.
struct Row {
    /// It may do everything, and prepares what the row is about.
    setup: Client,
    /// It has the row's permissions and no others.
    least: Client,
    /// It has a permission that opens nothing.
    bare: Client,
}

impl Row {
    /// For an application with these permissions.
    fn new(roles: &[&str]) -> Row {
        Row::with(roles, &[], wide())
    }

    /// For an application with these permissions, to which users consented to those.
    fn with(roles: &[&str], scopes: &[&str], mut settings: Settings) -> Row {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let app = |number: u8, roles: &[&str]| App {
            id: format!("00000000-0000-4000-8000-00000000000{number}"),
            secret: format!("secret-{number}"),
            roles: texts(roles),
            scopes: texts(scopes),
            public: true,
            keys: Vec::new(),
        };
        settings.security_defaults = false;
        settings.app.roles.extend(texts(&PREPARING));
        settings.more_apps = vec![app(1, roles), app(2, &["Nothing.At.All"])];
        let setup = Client::checking(settings.clone()).unwrap_or_else(|| Client::new(settings));
        let as_app = |index: usize| {
            let app = &setup.tenant.settings().more_apps[index];
            let fields = [("client_id", app.id.as_str()), ("client_secret", app.secret.as_str())];
            setup.with(setup.sign_in(&fields).expect(200).text("access_token"))
        };
        Row { least: as_app(0), bare: as_app(1), setup }
    }

    /// A user who signed in to the application with the row's delegated permissions.
    fn user(&self, name: &str) -> Client {
        let app = &self.setup.tenant.settings().more_apps[0];
        let upn = self.setup.upn(name);
        let fields = [
            ("grant_type", "password"),
            ("client_id", app.id.as_str()),
            ("client_secret", ""),
            ("username", upn.as_str()),
            ("password", "Correct-Horse-7"),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        self.setup.with(self.setup.sign_in(&fields).expect(200).text("access_token"))
    }

    /// A user with every delegated permission that the workload's application has.
    fn anyone(&self, name: &str) -> Client {
        self.setup.with(as_user(&self.setup, name, "https://graph.microsoft.com/.default"))
    }

    /// Lets time pass for everybody.
    fn later(&mut self, milliseconds: u64) {
        for client in [&mut self.setup, &mut self.least, &mut self.bare] {
            client.now += milliseconds;
        }
    }

    /// Asks without the permission, which is refused with 403 and this code; and then with it alone.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>, denied: &str) -> Answer {
        let refused = self.bare.call(method, path, &[], body).expect(403);
        assert_eq!(refused.code(), denied, "{refused:?}");
        self.least.call(method, path, &[], body)
    }
}

/// How the services behind Graph call the lack of a permission.
const DIRECTORY: &str = "Authorization_RequestDenied";
const OUTLOOK: &str = "ErrorAccessDenied";
const FILES: &str = "accessDenied";
const TEAMS: &str = "Forbidden";

/// A body without one of its properties.
fn without(body: &Value, name: &str) -> Value {
    let mut body = body.clone();
    assert!(body.as_object_mut().unwrap().shift_remove(name).is_some(), "there is no {name} in {body}");
    body
}

/// The first cells of the rows of the table under a heading.
fn cells(text: &str, heading: &str) -> Vec<String> {
    let section = text.split("\n## ").find(|section| section.lines().next() == Some(heading));
    let rows = section.unwrap_or_default().lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').nth(1).unwrap().trim().to_owned()).collect()
}

#[test]
fn every_row_of_the_tables_has_a_test_and_every_test_its_row() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/GRAPH.md");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("NOT RUN: the tables are not at {}", path.display());
        return;
    };
    for (heading, held) in [
        ("Calls", calls::rows()),
        ("Permissions, by feature", permissions::ROWS.to_vec()),
        ("Before a new user can work", readiness::ROWS.to_vec()),
        ("Throttling", throttling::ROWS.to_vec()),
    ] {
        let mut written = cells(&text, heading);
        let mut named: Vec<String> = held.iter().map(|(cell, _)| (*cell).to_owned()).collect();
        assert!(!written.is_empty(), "there is no table under {heading}");
        written.sort();
        named.sort();
        assert_eq!(named, written, "{heading}");
    }
}
