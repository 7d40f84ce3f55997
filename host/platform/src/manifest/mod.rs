//! `workload.yaml`: what a workload is, what it asks for, and what it may be configured with.
//!
//! The manifest is the contract between an author whom nobody trusts and an operator who reads it. So it is strict:
//! unknown keys are errors (a misspelt `allow` must not silently allow nothing, or everything), every name that refers to
//! another part is checked against that part, and what a number may be is written down here and not left to luck.
//!
//! | module | thought |
//! |---|---|
//! | [`endpoint`] | where a workload may talk to, as whom, and which requests |
//! | [`limits`] | how much of the machine it may use |
//! | `llm` | whether it may ask a language model |
//! | `schema` | reading `config_schema` into a [`Schema`] |

pub mod endpoint;
pub mod limits;
mod llm;
mod schema;

use semver::Version;
use serde::Serialize;
use serde_json::Value;

pub use endpoint::{Auth, Endpoint};
pub use limits::Limits;

use crate::config::Schema;
use crate::llm::wish::LlmUse;
use crate::permissions::FEATURES;
use crate::problems::Problems;
use crate::yaml::{self, Field, Fields, Reader};

/// The contract that this host speaks, as `package.contract` names it.
pub const CONTRACT: &str = "haymaker:workload@0.1";

/// The manifest's file name, beside the component.
pub const FILE: &str = "workload.yaml";

const KEYS: [&str; 13] = [
    "name",
    "version",
    "type",
    "description",
    "package",
    "targets",
    "credentials",
    "features",
    "endpoints",
    "limits",
    "llm",
    "config_schema",
    "activity_patterns",
];

/// A workload's manifest, valid in itself. Whether the component fits it only the engine can say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manifest {
    /// `[a-z0-9-]`, 1 to 64 bytes; see [`check_name`].
    pub name: String,
    /// Its version, without build metadata.
    pub version: Version,
    /// A word for sorting workloads (`knowledge-worker`); none if the author gave none.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// One line for people.
    pub description: String,
    /// The component's file, relative to the manifest and below its folder.
    pub component: String,
    /// What it acts on, with the permissions needed there.
    pub targets: Vec<Target>,
    /// What it must be given to speak for somebody.
    pub credentials: Vec<Credential>,
    /// The permissions that each feature needs.
    pub features: Vec<Feature>,
    /// Everything that it may ever talk to.
    pub endpoints: Vec<Endpoint>,
    /// How much of the machine it may use.
    pub limits: Limits,
    /// Whether it may ask a language model; none: it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm: Option<LlmUse>,
    /// What it can be configured with.
    pub config_schema: Schema,
    /// Rates and the like: data for the guest, which an operator tunes without a compiler. An object.
    pub activity_patterns: Value,
}

/// A kind of system that a workload acts on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// `microsoft-365`, ...
    pub name: String,
    /// One line for people; may be empty.
    pub description: String,
    /// In the target's own words: `User.ReadWrite.All`.
    pub permissions: Vec<String>,
}

/// Something that an operator gives and a guest never sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// The environment variable's name: `KW_CLIENT_SECRET`.
    pub name: String,
    /// Where to get it.
    pub description: String,
    /// Whether a deployment may begin without it.
    pub optional: bool,
}

/// A part of what a workload can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// `mail`, ...; with a dot, a way to have another one (`teams.import`), which not every deployment asks for.
    pub name: String,
    /// What it needs beyond the target's permissions.
    pub permissions: Vec<String>,
}

impl Manifest {
    /// Reads a manifest; `origin` is the file's name for messages.
    ///
    /// # Errors
    /// All problems at once, each with its line, the key and what to do.
    pub fn parse(text: &str, origin: &str) -> Result<Manifest, Problems> {
        let reader = Reader::new(origin);
        let root = yaml::parse(text, &reader);
        let fields = root.as_ref().and_then(|root| Fields::root(&reader, root, "a manifest", &KEYS));
        let manifest = fields.map(|fields| read(&fields));
        // Without fields there was a problem, so the default below is never seen.
        reader.finish(manifest).map(|manifest| manifest.unwrap_or_else(Manifest::nothing))
    }

    /// The credentials that a deployment cannot begin without.
    pub fn required_credentials(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.iter().filter(|credential| !credential.optional)
    }

    fn nothing() -> Manifest {
        Manifest {
            name: String::new(),
            version: Version::new(0, 0, 0),
            kind: None,
            description: String::new(),
            component: String::new(),
            targets: Vec::new(),
            credentials: Vec::new(),
            features: Vec::new(),
            endpoints: Vec::new(),
            limits: Limits::default(),
            llm: None,
            config_schema: Schema::default(),
            activity_patterns: Value::Null,
        }
    }
}

/// Whether a text can be a workload's name: 1 to 64 bytes of `[a-z0-9-]`, a letter or digit at both ends. Such a name is
/// also a safe name for a folder and for the beginning of a deployment's id.
///
/// # Errors
/// Why not.
pub fn check_name(name: &str) -> Result<(), String> {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let fits = bytes.len() <= 64
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && edge(bytes.first())
        && edge(bytes.last());
    if fits {
        Ok(())
    } else {
        Err("a name is 1 to 64 of a-z, 0-9 and -, and neither begins nor ends with -".to_owned())
    }
}

fn read(top: &Fields<'_>) -> Manifest {
    let credentials: Vec<Credential> = items(top, "credentials").iter().filter_map(credential).collect();
    no_twins(top, "credentials", credentials.iter().map(|c| c.name.as_str()));
    let targets: Vec<Target> = items(top, "targets").iter().filter_map(target).collect();
    no_twins(top, "targets", targets.iter().map(|t| t.name.as_str()));
    let config_schema = Schema::new(named(top, "config_schema").iter().filter_map(schema::read).collect());
    Manifest {
        name: top.need("name", "write a name like my-workload").and_then(|f| f.parse(name)).unwrap_or_default(),
        version: top
            .need("version", "write three numbers, like 1.0.0")
            .and_then(|f| f.parse(version))
            .unwrap_or(Version::new(0, 0, 0)),
        kind: top.get("type").and_then(|f| f.parse(word)),
        description: top
            .need("description", "say in one line what it does")
            .and_then(|f| f.text())
            .unwrap_or_default()
            .trim()
            .to_owned(),
        component: package(top).unwrap_or_default(),
        features: named(top, "features").iter().filter_map(feature).collect(),
        endpoints: named(top, "endpoints").iter().filter_map(|f| endpoint::read(f, &credentials)).collect(),
        limits: top.get("limits").map(|f| limits::read(&f)).unwrap_or_default(),
        llm: top.get("llm").and_then(|f| llm::read(&f, &config_schema)),
        config_schema,
        activity_patterns: patterns(top),
        targets,
        credentials,
    }
}

fn items<'a>(top: &Fields<'a>, key: &str) -> Vec<Field<'a>> {
    top.get(key).map(|field| field.list()).unwrap_or_default()
}

fn named<'a>(top: &Fields<'a>, key: &str) -> Vec<Field<'a>> {
    top.get(key).map(|field| field.named()).unwrap_or_default()
}

fn no_twins<'a>(top: &Fields<'_>, key: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name)
            && let Some(field) = top.get(key)
        {
            field.problem(format!("{name} stands here twice; leave one out"));
        }
        seen.push(name);
    }
}

fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned())
}

/// A word of the author's choice: `[a-z0-9_-]`, 1 to 64 bytes.
fn word(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
    if fits { Ok(text.to_owned()) } else { Err("write 1 to 64 of a-z, 0-9, _ and -".to_owned()) }
}

fn version(text: &str) -> Result<Version, String> {
    let version = Version::parse(text).map_err(|_| "not a version; write three numbers, like 1.0.0")?;
    if !version.build.is_empty() {
        return Err(format!("leave out +{}; the host adds the digest there", version.build));
    }
    if text.len() > 64 {
        return Err("longer than 64 characters".to_owned());
    }
    Ok(version)
}

fn package(top: &Fields<'_>) -> Option<String> {
    let package = top.need("package", "add component and contract")?.fields(&["component", "contract"])?;
    if let Some(contract) = package.need("contract", &format!("write {CONTRACT}")) {
        contract.parse(|text| match text {
            CONTRACT => Ok(()),
            _ => Err(format!("this host speaks {CONTRACT}; build the component for that")),
        });
    }
    package.need("component", "name the .wasm file beside the manifest")?.parse(component)
}

/// A path that stays below the manifest's folder. That it does so through symbolic links, too, is checked when it is
/// opened.
fn component(text: &str) -> Result<String, String> {
    let inside = "name a file in the manifest's own folder, like my-workload.wasm";
    if text.starts_with(['/', '\\']) || text.contains(':') {
        return Err(format!("not a relative path; {inside}"));
    }
    if text.split(['/', '\\']).any(|part| part == "..") {
        return Err(format!("leaves the folder; {inside}"));
    }
    if text.is_empty() || text.ends_with('/') || text.chars().any(char::is_control) {
        return Err(format!("not a file's name; {inside}"));
    }
    Ok(text.to_owned())
}

fn credential(field: &Field<'_>) -> Option<Credential> {
    let fields = field.fields(&["name", "description", "optional"])?;
    let name = fields.need("name", "write the environment variable's name, like KW_CLIENT_SECRET")?;
    Some(Credential {
        name: name.parse(variable)?,
        description: text_or_empty(&fields, "description"),
        optional: fields.get("optional").and_then(|f| f.flag()).unwrap_or(false),
    })
}

fn variable(text: &str) -> Result<String, String> {
    let fits = text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if fits { Ok(text.to_owned()) } else { Err("write capitals, digits and _, like KW_CLIENT_SECRET".to_owned()) }
}

fn target(field: &Field<'_>) -> Option<Target> {
    let fields = field.fields(&["name", "description", "permissions"])?;
    Some(Target {
        name: fields.need("name", "write what it acts on, like microsoft-365")?.parse(word)?,
        description: text_or_empty(&fields, "description"),
        permissions: fields.get("permissions").map(|f| permissions(&f)).unwrap_or_default(),
    })
}

fn text_or_empty(fields: &Fields<'_>, key: &str) -> String {
    fields.get(key).and_then(|f| f.text()).unwrap_or_default().trim().to_owned()
}

fn feature(field: &Field<'_>) -> Option<Feature> {
    let parts = field.name.split('.').try_for_each(|part| word(part).map(drop));
    parts.map_err(|why| field.problem(why)).ok()?;
    Some(Feature { name: field.name.to_owned(), permissions: permissions(field) })
}

/// Permissions are compared with what a token carries, so they are single words.
fn permissions(field: &Field<'_>) -> Vec<String> {
    let permission = |text: &str| match text.contains(char::is_whitespace) || text.is_empty() {
        true => Err("not a permission; write one per item, like Mail.Send".to_owned()),
        false => Ok(text.to_owned()),
    };
    field.list().iter().filter_map(|item| item.parse(permission)).collect()
}

fn patterns(top: &Fields<'_>) -> Value {
    let empty = || Value::Object(serde_json::Map::new());
    let Some(field) = top.get("activity_patterns") else { return empty() };
    if !field.is_map() {
        field.problem("not a map of keys; write the rates as keys and values");
    }
    let patterns = field.json();
    if patterns.get(FEATURES).is_some() {
        field.problem(format!("the key {FEATURES} is the host's: it says there what is permitted; use another name"));
    }
    patterns
}
