//! `workload`: what is installed, and what fits.

use std::path::Path;
use std::sync::Arc;

use haymaker_engine::{Engine, Settings};
use haymaker_platform::config::Key;
use haymaker_platform::fitting;
use haymaker_platform::home::Home;
use haymaker_platform::llm::wish::{LlmUse, Need};
use haymaker_platform::manifest::{Auth, Manifest};
use haymaker_platform::programs::Programs;
use haymaker_platform::registry::{Installed, Registry, Source};
use serde_json::{Value, json};

use super::{connect, credentials, furnished};
use crate::args::Workload;
use crate::embedded;
use crate::exit::Exit;
use crate::render::deployment::indent;
use crate::render::figures::one_line;
use crate::render::table::{Column, Field, table};
use crate::render::terminal::{Paint, Palette, print, print_json, say, width};

/// Memory for trying a component out in this process.
const LIVE_BYTES: u64 = 512 << 20;

/// Runs a command on workloads.
pub(crate) async fn run(home: &Home, command: Workload) -> anyhow::Result<Exit> {
    match command {
        Workload::List(output) => list(home, output.is_json()),
        Workload::Install { path } => install(home, &path).await,
        Workload::Info { name, output } => info(home, &name, output.is_json()).await,
        Workload::Remove { name } => remove(home, &name).await,
        Workload::Verify { path, output } => verify(home, &path, output.is_json()).await,
    }
}

fn list(home: &Home, as_json: bool) -> anyhow::Result<Exit> {
    let reader = furnished(home)?;
    let mut exit = Exit::Done;
    let mut all = Vec::new();
    for workload in reader.registry().list()? {
        match workload {
            Ok(installed) => all.push(installed),
            Err(damage) => {
                say(&format!("haymaker: {damage}"));
                exit = Exit::Refused;
            }
        }
    }
    if as_json {
        let objects: Vec<Value> = all
            .iter()
            .map(|one| {
                let Manifest { name, version, description, .. } = &one.manifest;
                json!({"name": name, "version": version, "digest": one.digest, "size": one.size, "is_default": is_default(one, &all),
                    "description": description})
            })
            .collect();
        print_json(&objects)?;
        return Ok(exit);
    }
    if all.is_empty() {
        say(&format!("No workload is installed. {}", embedded::hint().unwrap_or_default()));
        return Ok(exit);
    }
    let columns = ["WORKLOAD", "VERSION", "DIGEST", "DESCRIPTION"].map(Column::Left);
    let rows = all.iter().map(|one| {
        let name = if is_default(one, &all) { Field::from(one.name()) } else { Field::painted(one.name(), Paint::Dim) };
        let older = if is_default(one, &all) { "" } else { " (older)" };
        vec![
            name,
            format!("{}{older}", one.manifest.version).into(),
            one.digest.get(..12).unwrap_or_default().into(),
            one_line(&one.manifest.description, 200).into(),
        ]
    });
    print(&table(&columns, rows.collect(), Palette::of_stdout(), width()))?;
    Ok(exit)
}

/// The newest of its name is what a deployment without a version gets.
fn is_default(one: &Installed, all: &[Installed]) -> bool {
    all.iter().filter(|other| other.name() == one.name()).all(|other| other.ordinal <= one.ordinal)
}

async fn install(home: &Home, path: &Path) -> anyhow::Result<Exit> {
    let reader = furnished(home)?;
    // What is wrong with the files is told here, so that a slip of the pen starts no host.
    Source::read(path)?;
    let client = connect(home, &credentials(&reader)?).await?;
    let installed = client.install(path).await?;
    let digest = installed.digest.get(..12).unwrap_or_default();
    print(&format!("Installed: {} {} ({digest}){}", installed.name, installed.version, installed.note))?;
    say(&format!("`haymaker workload info {}` shows what it asks for and what it can be told.", installed.name));
    Ok(Exit::Done)
}

async fn remove(home: &Home, name: &str) -> anyhow::Result<Exit> {
    let reader = furnished(home)?;
    // Told here, so that a slip of the pen starts no host.
    reader.registry().find(name)?;
    let client = connect(home, &credentials(&reader)?).await?;
    for gone in client.remove(name).await? {
        print(&format!("Removed: {gone}"))?;
    }
    Ok(Exit::Done)
}

async fn verify(home: &Home, path: &Path, as_json: bool) -> anyhow::Result<Exit> {
    let verified = fitting::verify(&engine(home)?, path).await?;
    if as_json {
        print_json(&verified)?;
        return Ok(Exit::Done);
    }
    print(&format!("{} {} fits this host.", verified.name, verified.version))?;
    print(&format!("  component  {} bytes, {}", verified.size, verified.digest))?;
    print(&format!("  uses       {}", joined(&verified.imports)))?;
    print(&format!("  offers     {}", joined(&verified.exports)))?;
    Ok(Exit::Done)
}

async fn info(home: &Home, name: &str, as_json: bool) -> anyhow::Result<Exit> {
    let reader = furnished(home)?;
    let installed = reader.registry().find(name)?;
    let programs = Programs::new(engine(home)?, Arc::new(Registry::open(home.workloads())));
    let component = programs.component(&installed).await?;
    if as_json {
        print_json(&json!({"digest": installed.digest, "size": installed.size, "imports": component.imports(),
            "exports": component.exports(), "manifest": installed.manifest}))?;
        return Ok(Exit::Done);
    }
    print(&render(&installed, &component.exports(), Palette::of_stdout(), width()))?;
    Ok(Exit::Done)
}

fn engine(home: &Home) -> anyhow::Result<Engine> {
    // What this host has compiled once is not compiled again; a home that is not there is not made for that.
    let cache = home.path().is_dir().then(|| home.cache());
    Ok(Engine::new(Settings { cache, max_live_bytes: LIVE_BYTES })?)
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn render(installed: &Installed, exports: &[String], palette: Palette, width: usize) -> String {
    let manifest = &installed.manifest;
    let mut lines = vec![
        format!(
            "{}  {}",
            palette.paint(Paint::Bold, &format!("{} {}", manifest.name, manifest.version)),
            manifest.description
        ),
        format!("  digest       {}", installed.digest),
        format!("  size         {} bytes", installed.size),
        format!("  offers       {}", joined(exports)),
    ];
    let mut part = |title: &str, body: Vec<String>| {
        if !body.is_empty() {
            lines.push(String::new());
            lines.push(palette.paint(Paint::Bold, title));
            lines.extend(body.into_iter().map(|line| indent(&line)));
        }
    };
    part("Credentials (environment)", manifest.credentials.iter().map(credential).collect());
    part("May talk to", manifest.endpoints.iter().flat_map(endpoint).collect());
    part("Permissions", permissions(manifest));
    part(
        "Language model (LLM_PROVIDER and that provider's variables)",
        manifest.llm.iter().map(language_model).collect(),
    );
    part(
        "Config",
        if manifest.config_schema.keys().is_empty() { Vec::new() } else { vec![config(manifest, palette, width - 2)] },
    );
    lines.join("\n")
}

fn credential(credential: &haymaker_platform::manifest::Credential) -> String {
    let optional = if credential.optional { " (optional)" } else { "" };
    format!("{}{optional}  {}", credential.name, credential.description)
}

fn endpoint(endpoint: &haymaker_platform::manifest::Endpoint) -> Vec<String> {
    let auth = match &endpoint.auth {
        Auth::None => "without credentials".to_owned(),
        Auth::EntraClientCredentials { client_id, .. } => format!("as the application {client_id}"),
    };
    let policy = endpoint.policy.as_ref().map(|policy| format!(", under the policy {policy}")).unwrap_or_default();
    let head = format!("{}: {}, {auth}{policy}", endpoint.name, endpoint.base);
    std::iter::once(head).chain(endpoint.allow.iter().map(|rule| format!("  {rule}"))).collect()
}

fn language_model(llm: &LlmUse) -> String {
    let need = match llm.need {
        Need::Optional => "optional: it does without where there is none",
        Need::Required => "required",
    };
    match &llm.when {
        Some(key) => format!("{need}; asked where {key} is true"),
        None => need.to_owned(),
    }
}

fn permissions(manifest: &Manifest) -> Vec<String> {
    let targets = manifest.targets.iter().map(|target| (target.name.as_str(), &target.permissions));
    let features = manifest.features.iter().map(|feature| (feature.name.as_str(), &feature.permissions));
    targets.chain(features).map(|(name, permissions)| format!("{name}: {}", joined(permissions))).collect()
}

fn config(manifest: &Manifest, palette: Palette, width: usize) -> String {
    let columns = ["KEY", "TYPE", "DEFAULT", "ALLOWED", "WHAT IT DOES"].map(Column::Left);
    let rows = manifest.config_schema.keys().iter().map(|key| {
        let default = match &key.default {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None if key.required => "required".to_owned(),
            None => "-".to_owned(),
        };
        let kind = format!("{:?}", key.kind).to_lowercase();
        vec![key.name.clone().into(), kind.into(), default.into(), allowed(key).into(), key.description.clone().into()]
    });
    table(&columns, rows.collect(), palette, width)
}

/// What a key's value may be, in short.
fn allowed(key: &Key) -> String {
    if !key.choices.is_empty() {
        let words = key.choices.iter().map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned));
        return words.collect::<Vec<_>>().join(" ");
    }
    match (key.min, key.exclusive_min, key.max) {
        (Some(min), _, Some(max)) => format!("{min} to {max}"),
        (_, Some(above), Some(max)) => format!("above {above}, to {max}"),
        (Some(min), _, None) => format!("{min} or more"),
        (_, Some(above), None) => format!("above {above}"),
        (None, None, Some(max)) => format!("up to {max}"),
        (None, None, None) => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use haymaker_platform::config::Kind;

    use super::*;

    #[test]
    fn what_a_key_may_be_is_said_in_short() {
        let mut key = Key::new("hours", Kind::Number);
        assert_eq!(allowed(&key), "any");
        (key.exclusive_min, key.max) = (Some(0.0), Some(24.0));
        assert_eq!(allowed(&key), "above 0, to 24");
        key.choices = vec![json!("sales"), json!("hr")];
        assert_eq!(allowed(&key), "sales hr");
    }
}
