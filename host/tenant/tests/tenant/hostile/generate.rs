//! Requests: paths, queries, headers and batches, made by the description of Graph and then spoiled.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use serde_json::{Value, json};

use super::dice::Dice;
use super::world::Known;

/// Words that have broken something somewhere.
const WORDS: &[&str] = &[
    "",
    " ",
    "\0",
    "'",
    "''",
    "\"",
    "\\",
    "/",
    "..",
    "../..",
    "%",
    "%00",
    "%2e%2e",
    ":",
    "::",
    "root:",
    "$count",
    "$ref",
    "me",
    "delta",
    "null",
    "undefined",
    "NaN",
    "-1",
    "0",
    "18446744073709551615",
    "99999999999999999999",
    "1e400",
    "true",
    "AAMkAGev",
    "AAMkAD",
    "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A",
    "01",
    "b!",
    "00000000-0000-0000-0000-000000000000",
    "uniqueName=''",
    "('",
    "x')",
    "\u{202e}",
    "\u{1F4A3}",
    "\u{FEFF}",
    "İ",
    "ß",
    "\r\n",
    "<script>",
    "${jndi:x}",
    "root,a,b",
    "AAMkAGevAAAAAAAAAAAAAAAAAAAAAP__________",
    "AAMkAGevAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "A=",
    "con",
    "a.",
    "~$x",
];

pub(super) const MOMENTS: &[&str] = &[
    "2026-01-06T09:00:00",
    "2026-01-06T09:00:00Z",
    "2026-03-29T02:30:00",
    "0001-01-01T00:00:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59",
    "+262142-12-31T23:59:59",
    "-262143-01-01T00:00:00",
    "2026-02-30T00:00:00Z",
    "2026-01-06",
    "24:00",
    "2026-01-06T23:59:60Z",
    "2026-01-06T09:00:00.0000000000000000000001",
    "2026-01-06T09:00:00+99:99",
];

pub(super) const ZONES: &[&str] =
    &["UTC", "W. Europe Standard Time", "Asia/Kathmandu", "Pacific/Apia", "Line Islands Standard Time", "Nowhere", ""];

const FILTERS: &[&str] = &[
    "id eq 'x'",
    "startswith(displayName,'a')",
    "subject eq 'Figures'",
    "isRead eq false",
    "receivedDateTime ge 2026-01-05T08:00:00Z",
    "categories/any(c:c eq 'x')",
    "groupTypes/any(c:c eq 'Unified')",
    "assignedLicenses/all(l:l/skuId eq 00000000)",
    "start/dateTime lt '2026'",
    "singleValueExtendedProperties/Any(e: e/id eq 'x' and e/value eq 'y')",
    "not (isRead eq true)",
    "name in ('a','b')",
    "contains(subject,'')",
    "endswith(mail,'x')",
    "createdDateTime lt 9999-12-31",
    "userPrincipalName eq null",
    "chatType ne 'group'",
];

/// One request.
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Which of the operations it is, if it is one.
    pub(super) operation: Option<usize>,
}

/// What requests are made of.
pub(super) struct Maker<'a> {
    pub(super) dice: Dice,
    /// The description of Graph, whole.
    pub(super) description: &'a Value,
    pub(super) operations: &'a [(String, String)],
    pub(super) known: &'a Known,
}

impl Maker<'_> {
    pub(super) fn word(&mut self) -> String {
        match self.dice.below(20) {
            0 => self.dice.pick(WORDS).repeat(1 + self.dice.below(300)),
            1 => (0..self.dice.below(12))
                .map(|_| char::from_u32((self.dice.roll() % 0x3000) as u32).unwrap_or('x'))
                .collect(),
            _ => self.dice.pick(WORDS).to_owned(),
        }
    }

    /// Something that is there, mostly of this kind.
    pub(super) fn known(&mut self, kind: &str) -> String {
        let of_kind = self.known.get(kind.trim_end_matches('1')).filter(|_| self.dice.chance(93));
        match of_kind {
            Some(list) => self.dice.pick(list),
            None if self.dice.chance(60) => {
                let lists: Vec<&Vec<String>> = self.known.values().collect();
                let list = self.dice.pick(&lists);
                self.dice.pick(list)
            }
            None => self.word(),
        }
    }

    fn path(&mut self, template: &str) -> String {
        let mut path = String::new();
        for part in template.split('/').skip(1) {
            let (before, rest) = part.split_once('{').unwrap_or((part, ""));
            let (kind, after) = rest.split_once('}').unwrap_or(("", ""));
            let key = if kind.is_empty() { String::new() } else { self.known(kind) };
            let key = match self.dice.below(30) {
                0 => percent_encode(key.as_bytes(), NON_ALPHANUMERIC).to_string().replace('%', "%25"),
                1 => format!("{}%FF", utf8_percent_encode(&key, NON_ALPHANUMERIC)),
                2..=9 if key.contains('/') => key
                    .split('/')
                    .map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string())
                    .collect::<Vec<_>>()
                    .join("/"),
                _ => utf8_percent_encode(&key, NON_ALPHANUMERIC).to_string(),
            };
            let before = if self.dice.chance(3) { before.to_uppercase() } else { before.to_owned() };
            if !kind.is_empty() && before.is_empty() && self.dice.chance(5) && path.len() > 1 {
                path.push_str(&format!("('{key}'){after}"));
            } else {
                path.push_str(&format!("/{before}{key}{after}"));
            }
        }
        match self.dice.below(60) {
            0 => path.push('/'),
            1 => path.push_str("/$ref"),
            2 => path.push_str(&format!("/{}", utf8_percent_encode(&self.word(), NON_ALPHANUMERIC))),
            3 => path = path.replacen('/', "//", 1),
            4 => path.truncate(self.dice.below(path.len())),
            _ => {}
        }
        path
    }

    fn filter(&mut self) -> String {
        let mut text = self.dice.pick(FILTERS).to_owned();
        for _ in 0..self.dice.below(4) {
            let other = self.dice.pick(FILTERS);
            text = match self.dice.below(6) {
                0 => format!("({text}) and {other}"),
                1 => format!("not {text}"),
                2 => text.chars().take(self.dice.below(text.len())).collect(),
                3 => text.replace('\'', ["", "''", "\"", "\0"][self.dice.below(4)]),
                4 => format!("{text} or tags/any(t:{other})"),
                _ => format!("{text} {}", self.word()),
            };
        }
        text
    }

    fn query(&mut self) -> String {
        let mut pairs = Vec::new();
        let most = if self.dice.chance(30) { 4 } else { 1 };
        for _ in 0..self.dice.below(most) {
            let numbers = ["0", "1", "2", "999", "1000", "-1", "4294967295", "18446744073709551616", "x"];
            let names = [
                "id",
                "subject",
                "displayName,id",
                "*",
                "body",
                "start/dateTime",
                "receivedDateTime desc",
                "name asc,id",
                "createdDateTime",
                "a b c",
                ",",
            ];
            let (name, value) = match self.dice.below(12) {
                0 | 1 => ("$filter", self.filter()),
                2 => ("$select", self.dice.pick(&names).to_owned()),
                3 => ("$orderby", self.dice.pick(&names).to_owned()),
                4 => ("$top", self.dice.pick(&numbers).to_owned()),
                5 => ("$skip", self.dice.pick(&numbers).to_owned()),
                6 => ("$count", self.dice.pick(&["true", "false", "maybe"]).to_owned()),
                7 => (
                    "$expand",
                    (self.dice.pick(&[
                        "members",
                        "attachments",
                        "children",
                        "replies",
                        "singleValueExtendedProperties($filter=id eq 'x')",
                        "a(b(c",
                        ",,",
                    ]))
                    .to_owned(),
                ),
                8 => (
                    "$skiptoken",
                    (self.dice.pick(&[
                        "ZnJvbToxODQ0Njc0NDA3MzcwOTU1MTYxNQ",
                        "AAAAAAAAAAA",
                        "__________8",
                        "b2Zmc2V0OjE4NDQ2NzQ0MDczNzA5NTUxNjE1",
                        "x",
                    ]))
                    .to_owned(),
                ),
                9 => ("startDateTime", self.dice.pick(MOMENTS).to_owned()),
                10 => ("endDateTime", self.dice.pick(MOMENTS).to_owned()),
                _ => {
                    ("@microsoft.graph.conflictBehavior", self.dice.pick(&["rename", "replace", "fail", ""]).to_owned())
                }
            };
            pairs.push(match self.dice.below(20) {
                0 => format!("{name}={value}%"),
                1 => format!("{name}={value}%C3%28").replace(' ', "+"),
                _ => format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)),
            });
        }
        pairs.join("&")
    }

    fn headers(&mut self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        let zone = format!("outlook.timezone=\"{}\"", self.dice.pick(ZONES));
        let word = self.word().replace(|c: char| !(' '..='~').contains(&c), "?");
        for (percent, name, value) in [
            (10, "prefer", zone),
            (10, "prefer", "IdType=\"ImmutableId\", return=minimal;create-if-missing".to_owned()),
            (3, "prefer", format!("odata.maxpagesize={word}")),
            (5, "if-match", word.clone()),
            (2, "if-match", "*".to_owned()),
            (20, "consistencylevel", "eventual".to_owned()),
            (5, "client-request-id", word.clone()),
            (5, "range", "bytes=9-1,-0,99999999999999999999-".to_owned()),
            (1, "content-encoding", "gzip".to_owned()),
        ] {
            if self.dice.chance(percent) {
                headers.push((name, value));
            }
        }
        let kinds = [
            "application/json",
            "application/json; charset=utf-8",
            "text/plain",
            "",
            "multipart/form-data",
            "APPLICATION/JSON;x",
        ];
        let kind = if self.dice.chance(92) { "application/json" } else { self.dice.pick(&kinds) };
        headers.push(("content-type", kind.to_owned()));
        headers
    }

    /// Any request to Graph.
    pub(super) fn request(&mut self) -> Sent {
        let operation = self.dice.below(self.operations.len());
        let (method, template) = self.operations[operation].clone();
        let (path, query) = (self.path(&template), self.query());
        let swapped = self.dice.chance(4);
        let method = if swapped {
            self.dice.pick(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "X"]).to_owned()
        } else {
            method
        };
        let body = if method == "GET" && self.dice.chance(95) { Vec::new() } else { self.body(&method, &template) };
        Sent { method, path: format!("/v1.0{path}?{query}"), headers: self.headers(), body, operation: Some(operation) }
    }

    /// Several of them in one document, itself spoiled now and then.
    pub(super) fn batch(&mut self) -> Sent {
        let requests: Vec<Value> = (0..self.dice.below(24))
            .map(|number| {
                let sent = self.request();
                let body = serde_json::from_slice::<Value>(&sent.body).unwrap_or_else(|_| self.junk(2));
                let mut one = json!({
                    "id": if self.dice.chance(95) { number.to_string() } else { self.word() },
                    "method": sent.method, "url": sent.path.trim_start_matches("/v1.0"),
                    "headers": { "Content-Type": "application/json", "Prefer": self.word() }, "body": body,
                });
                if self.dice.chance(15) {
                    one["dependsOn"] = json!([self.dice.below(24).to_string()]);
                }
                if self.dice.chance(3) {
                    let part = self.dice.pick(&["id", "method", "url", "headers", "body", "dependsOn"]);
                    one[part] = self.junk(2);
                }
                one
            })
            .collect();
        let body = if self.dice.chance(95) { json!({ "requests": requests }) } else { self.junk(3) };
        Sent {
            method: "POST".to_owned(),
            path: "/v1.0/$batch".to_owned(),
            headers: self.headers(),
            body: body.to_string().into_bytes(),
            operation: None,
        }
    }

    /// Something at a link that needs no token: a piece of a file, a download.
    pub(super) fn link(&mut self, links: &[String]) -> Sent {
        let link = self.dice.pick(links).replace("https://graph.microsoft.com", "");
        let path = if self.dice.chance(20) {
            format!("{link}{}", utf8_percent_encode(&self.word(), NON_ALPHANUMERIC))
        } else {
            link
        };
        let numbers = ["0", "1", "2", "3", "-1", "18446744073709551615", "18446744073709551616", "", "*"];
        let mut number = || self.dice.pick(&numbers);
        let range = format!("bytes {}-{}/{}", number(), number(), number());
        let method = self.dice.pick(&["GET", "PUT", "PUT", "PUT", "DELETE", "POST"]).to_owned();
        let body = vec![b'x'; self.dice.below(4)];
        Sent { method, path, headers: vec![("content-range", range.clone()), ("range", range)], body, operation: None }
    }

    /// A request for a token.
    pub(super) fn form(&mut self, path: &str) -> Sent {
        let names = [
            "client_id",
            "client_secret",
            "client_assertion",
            "scope",
            "grant_type",
            "username",
            "password",
            "refresh_token",
            "device_code",
        ];
        let grants =
            ["client_credentials", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"];
        let pairs: Vec<String> = (0..self.dice.below(9))
            .map(|_| {
                let value = if self.dice.chance(30) { self.dice.pick(&grants).to_owned() } else { self.word() };
                format!("{}={}", self.dice.pick(&names), utf8_percent_encode(&value, NON_ALPHANUMERIC))
            })
            .collect();
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        Sent {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers,
            body: pairs.join("&").into_bytes(),
            operation: None,
        }
    }
}
