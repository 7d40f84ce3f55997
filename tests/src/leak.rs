//! Looking for secrets where none may be: the very values, in any disguise in which programs write text.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `encodeURIComponent` leaves alone; the other habit is to escape whatever is no letter and no digit.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Escapes in a path or a query: far less.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'%');

/// The longest part of a secret that is looked for as a whole. A store spreads what is longer over its pages.
const PART: usize = 32;

/// What is shorter is found by chance.
const SHORTEST: usize = 16;

/// A disguise is recognized by its first bytes; all are at least as long.
const HEAD: usize = 8;

/// What crossed the wire that nobody else may see.
#[derive(Debug, Default)]
pub struct Secrets {
    /// Client secrets.
    pub client: BTreeSet<String>,
    /// Access tokens, of the application and of people, and what renews them.
    pub tokens: BTreeSet<String>,
    /// Passwords of users.
    pub passwords: BTreeSet<String>,
}

impl Secrets {
    /// Reads them from the bytes of connections.
    pub fn of<'a>(connections: impl IntoIterator<Item = &'a [u8]>) -> Secrets {
        let mut secrets = Secrets::default();
        for bytes in connections {
            let text = String::from_utf8_lossy(bytes);
            let in_form = |mark| {
                let encoded = between(&text, mark, |c| c.is_ascii_alphanumeric() || "%-_.~+*".contains(c));
                encoded.map(|secret| percent_decode_str(secret).decode_utf8_lossy().into_owned())
            };
            secrets.client.extend(in_form("client_secret="));
            secrets.passwords.extend(in_form("&password="));
            secrets.tokens.extend(in_form("&refresh_token="));
            let is_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            secrets.tokens.extend(between(&text, "authorization: Bearer ", is_token).map(str::to_owned));
            for mark in ["\"access_token\":\"", "\"refresh_token\":\""] {
                secrets.tokens.extend(between(&text, mark, is_token).map(str::to_owned));
            }
            for rest in text.split("\"password\":").skip(1) {
                // A JSON text, whatever stands in it; what follows is not its.
                let value = serde_json::Deserializer::from_str(rest).into_iter::<String>().next();
                secrets.passwords.extend(value.and_then(Result::ok));
            }
        }
        secrets
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.client.iter().chain(&self.tokens).chain(&self.passwords).map(String::as_str)
    }
}

/// What follows each mark, as far as `belongs`.
fn between<'a>(
    text: &'a str,
    mark: &'a str,
    belongs: impl Fn(char) -> bool + Copy + 'a,
) -> impl Iterator<Item = &'a str> {
    text.split(mark).skip(1).map(move |rest| rest.split(|c| !belongs(c)).next().unwrap_or_default())
}

/// Everything to be looked for.
pub struct Search {
    /// Disguises by their first bytes, each with what it hides.
    by_head: HashMap<[u8; HEAD], Vec<(Vec<u8>, String)>>,
    /// Which pairs of bytes any of them begins with: nearly every place is dismissed by a look into this.
    begins: Vec<bool>,
}

impl Search {
    /// A search for secrets.
    ///
    /// # Panics
    ///
    /// If one is so short that it is found by chance.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Search {
        let mut search = Search { by_head: HashMap::new(), begins: vec![false; 1 << 16] };
        for secret in secrets {
            assert!(secret.len() >= SHORTEST, "{secret:?} is found by chance");
            for part in parts(secret) {
                for disguise in disguises(part) {
                    search.add(disguise, secret);
                }
            }
        }
        search
    }

    fn add(&mut self, disguise: String, secret: &str) {
        let bytes = disguise.into_bytes();
        if let Some((head, pair)) = bytes.first_chunk::<HEAD>().zip(bytes.first_chunk::<2>()) {
            if let Some(begins) = self.begins.get_mut(usize::from(u16::from_be_bytes(*pair))) {
                *begins = true;
            }
            self.by_head.entry(*head).or_default().push((bytes.clone(), secret.to_owned()));
        }
    }

    /// The secrets in some bytes, each with what it looks like there.
    pub fn find(&self, bytes: &[u8]) -> BTreeMap<&str, String> {
        let mut found = BTreeMap::new();
        for at in 0..bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(pair) = rest.first_chunk::<2>() else { break };
            if self.begins.get(usize::from(u16::from_be_bytes(*pair))) != Some(&true) {
                continue;
            }
            let alike = rest.first_chunk::<HEAD>().and_then(|head| self.by_head.get(head));
            for (disguise, secret) in alike.into_iter().flatten().filter(|(disguise, _)| rest.starts_with(disguise)) {
                found.insert(secret.as_str(), String::from_utf8_lossy(disguise).into_owned());
            }
        }
        found
    }

    /// The secrets in the files under a folder, each with its file. Returns how many bytes were searched, too.
    ///
    /// # Panics
    ///
    /// If a file cannot be read.
    pub fn find_under(&self, folder: &Path) -> (Vec<String>, usize) {
        let (mut found, mut size) = (Vec::new(), 0);
        for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            let kind = entry.file_type().expect("a file is of a kind");
            if kind.is_dir() {
                let (more, bytes) = self.find_under(&path);
                found.extend(more);
                size += bytes;
            } else if kind.is_file() {
                // A running host removes files as it goes.
                let Ok(bytes) = fs::read(&path) else { continue };
                found.extend(
                    self.find(&bytes).iter().map(|(secret, as_)| format!("{}: {secret} as {as_}", path.display())),
                );
                found.extend(
                    self.find(path.to_string_lossy().as_bytes()).keys().map(|secret| format!("a name: {secret}")),
                );
                size += bytes.len();
            }
        }
        (found, size)
    }
}

/// A secret in parts.
fn parts(secret: &str) -> impl Iterator<Item = &str> {
    let parts = secret.as_bytes().chunks(PART).filter_map(|part| std::str::from_utf8(part).ok());
    parts.filter(|part| part.len() >= SHORTEST)
}

/// A text as programs write it.
fn disguises(text: &str) -> BTreeSet<String> {
    let json = serde_json::to_string(text).unwrap_or_default();
    let component = utf8_percent_encode(text, COMPONENT).to_string();
    let all = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let unicode = text.chars().map(|c| match c.is_ascii_alphanumeric() {
        true => c.to_string(),
        false => format!("\\u{:04x}", u32::from(c)),
    });
    let mut disguises = BTreeSet::from([
        text.to_owned(),
        text.chars().rev().collect(),
        json.trim_matches('"').to_owned(),
        json.trim_matches('"').replace('/', "\\/"),
        unicode.collect(),
        component.to_lowercase(),
        component,
        all,
        utf8_percent_encode(text, QUERY).to_string(),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ]);
    for before in 0..3 {
        let shifted: Vec<u8> = vec![0; before].into_iter().chain(text.bytes()).collect();
        let encoded = STANDARD_NO_PAD.encode(&shifted);
        // Digits that what stands before and behind has no part in.
        let (first, last) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        let core = encoded.get(first..last).unwrap_or_default().to_owned();
        disguises.insert(core.replace('+', "-").replace('/', "_"));
        disguises.insert(core.replace('+', "%2B").replace('/', "%2F"));
        disguises.insert(core);
    }
    disguises
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "aB3\"8Q~/x+y=z w\\ümlaut-0123456789-0123456789-0123456789";

    #[test]
    fn a_secret_is_found_in_every_disguise_and_what_is_none_is_not() {
        let search = Search::new([SECRET]);
        let written = [
            format!("before {SECRET} behind"),
            serde_json::json!({ "password": SECRET }).to_string(),
            format!("client_secret={}&x=y", utf8_percent_encode(SECRET, NON_ALPHANUMERIC)),
            format!("client_secret={}&x=y", utf8_percent_encode(SECRET, COMPONENT)),
            STANDARD_NO_PAD.encode(SECRET),
            STANDARD_NO_PAD.encode(format!("a:{SECRET}@host")),
            STANDARD_NO_PAD.encode(format!("id:{SECRET}")).replace('+', "-").replace('/', "_"),
        ];
        for text in written {
            assert_eq!(search.find(text.as_bytes()).len(), 1, "{text}");
        }
        assert!(search.find(b"client_secret=***&a=0123456789").is_empty());
    }

    #[test]
    fn one_page_of_a_long_secret_is_enough() {
        let long: String = (0..400).map(|n| char::from(b'a' + u8::try_from(n * n % 26).unwrap())).collect();
        assert_eq!(Search::new([long.as_str()]).find(&long.as_bytes()[64..128]).len(), 1);
    }

    #[test]
    fn secrets_are_read_from_the_wire() {
        let wire = "POST /t HTTP/1.1\r\nauthorization: Bearer ey.J-_\r\n\r\ngrant=x&client_secret=a%7Eb~c&scope=y\
                    {\"passwordProfile\":{\"password\":\"p\\\"q\"}}{\"access_token\":\"ey.K\"}";
        let secrets = Secrets::of([wire.as_bytes()]);
        assert_eq!(secrets.all().collect::<Vec<_>>(), ["a~b~c", "ey.J-_", "ey.K", "p\"q"]);
    }
}
