//! `tenant simulate`: the server, and the environment by which it is found.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use haymaker_platform::Refusal;
use haymaker_platform::problems::{Problem, Problems};
use haymaker_tenant::{Authority, Delays, Settings, Tenant, Throttle, serve, serve_tls};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use super::faults;
use crate::args::{self, Behaviour, Simulate};
use crate::commands::follow::Signals;
use crate::exit::Exit;
use crate::render::terminal::{print, say};

/// The environment that makes a deployment act in a simulated tenant.
pub(crate) fn environment(settings: &Settings, address: &str) -> Vec<(&'static str, String)> {
    vec![
        ("HAYMAKER_LOGIN_ENDPOINT", address.to_owned()),
        ("HAYMAKER_GRAPH_ENDPOINT", address.to_owned()),
        ("KW_TENANT_ID", settings.tenant_id.clone()),
        ("KW_APP_ID", settings.app.id.clone()),
        ("KW_CLIENT_SECRET", settings.app.secret.clone()),
    ]
}

/// What makes clients trust an authority: Node beside the ones that it knows; curl, and what goes by OpenSSL's names
/// (haymaker, too), instead of the system's.
const TRUST: [&str; 3] = ["NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];

/// The settings of the tenant that these flags describe; everything in it is true at once.
///
/// # Errors
/// All that is wrong with the files that they name.
pub(crate) fn settings(behaviour: &Behaviour, seed: u64) -> Result<Settings, Problems> {
    let throttle = match behaviour.throttle {
        args::Throttle::Off => Throttle::Off,
        args::Throttle::Documented => Throttle::Documented,
        args::Throttle::Strict => Throttle::Strict,
    };
    let faults = behaviour.faults.as_deref().map(faults::read).transpose()?.unwrap_or_default();
    let (bystanders, audit_log) = (behaviour.bystanders, behaviour.audit_log.clone());
    Ok(Settings { throttle, faults, bystanders, audit_log, ..Settings::seeded(seed).with_every_feature() })
}

/// Serves a tenant until Ctrl-C.
pub(super) async fn run(args: Simulate) -> anyhow::Result<Exit> {
    let settings = check(&args).map_err(Refusal::from)?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen at {}", args.listen))?;
    let tenant = Tenant::new(settings)?;
    if let Some(path) = &args.behaviour.record {
        tenant.record_to(path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let scheme = if args.https { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr()?);
    let mut environment = environment(tenant.settings(), &address);
    let secure = args.https.then(Secure::new).transpose()?;
    if let Some(Secure { certificate, .. }) = &secure {
        environment.extend(TRUST.map(|name| (name, certificate.path().display().to_string())));
    }
    let mut signals = Signals::new()?;
    let exports = environment.iter().map(|(name, value)| export(name, value));
    print(&exports.collect::<Vec<_>>().join("\n"))?;
    say(&format!(
        "A simulated tenant ({}) listens at {address}; Ctrl-C ends it, {}.",
        tenant.settings().domain,
        match &args.state {
            Some(file) => format!("and {} keeps what is in it", file.display()),
            None => "and all that is in it".to_owned(),
        }
    ));
    let ended = async move { signals.any().await };
    let served = match &secure {
        None => serve(Arc::clone(&tenant), listener, ended).await,
        Some(Secure { authority, .. }) => serve_tls(Arc::clone(&tenant), listener, authority, ended).await,
    };
    served.context("the recording cannot be written")?;
    Ok(Exit::Done)
}

/// The settings, or everything that is wrong with the flags and the files that they name.
fn check(args: &Simulate) -> Result<Settings, Problems> {
    let mut problems = Problems::default();
    if !args.listen.ip().is_loopback() {
        let why = "can be reached from other machines, and a simulated tenant has nothing to protect it; use 127.0.0.1";
        problems.push(Problem::new("--listen", why).with(&args.listen.to_string()));
    }
    if let (Some(state), Some(record)) = (&args.state, &args.behaviour.record)
        && is_same_file(state, record)
    {
        let why = "is the file of --state, too: the recording would overwrite the tenant; name another";
        problems.push(Problem::new("--record", why).with(&record.display().to_string()));
    }
    let settings = settings(&args.behaviour, args.seed).unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Settings::default()
    });
    let delays = if args.instant { Delays::default() } else { Delays::realistic() };
    problems.or(Settings { delays, speed: args.speed, passes: true, state: args.state.clone(), ..settings })
}

/// Whether two paths name one file, whichever way and whether it is there yet or not.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    place(one).is_some_and(|one| place(other) == Some(one))
}

/// What https takes: an authority, and a file with its certificate for clients, which goes when this does.
struct Secure {
    authority: Authority,
    certificate: NamedTempFile,
}

impl Secure {
    fn new() -> anyhow::Result<Secure> {
        let authority = Authority::new()?;
        let written =
            tempfile::Builder::new().prefix("haymaker-authority-").suffix(".pem").tempfile().and_then(|mut file| {
                file.write_all(authority.pem().as_bytes())?;
                Ok(file)
            });
        let certificate = written.context("cannot write the certificate of the tenant's authority")?;
        Ok(Secure { authority, certificate })
    }
}

/// A variable as a line for a shell, whatever stands in it.
fn export(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_any_path_and_before_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a"), "").unwrap();
        std::os::unix::fs::symlink(path("a"), path("link")).unwrap();
        assert!(is_same_file(&path("a"), &path("./a")) && is_same_file(&path("a"), &path("link")));
        assert!(is_same_file(&path("new"), &folder.path().join(".").join("new")));
        assert!(!is_same_file(&path("a"), &path("new")) && !is_same_file(&path("new"), &path("other")));
    }

    #[test]
    fn no_value_ends_its_quotes() {
        assert_eq!(export("SSL_CERT_FILE", "/tmp/it's/a.pem"), r"export SSL_CERT_FILE='/tmp/it'\''s/a.pem'");
    }
}
