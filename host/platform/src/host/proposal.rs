//! From what somebody asks for to a deployment that may be accepted, or every reason why not. Nothing is created in the
//! tenant and nothing is written here before all of it holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use haymaker_engine::clock::Clock;
use haymaker_engine::http::{self, allow, fills};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_store::{Acceptance, Component, Grant, Level, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Host, rehearsal};
use crate::clock::Timeline;
use crate::config::{Asked, DeployFile};
use crate::credentials::Credentials;
use crate::forecast::Forecast;
use crate::journal::note;
use crate::llm::wish::{Need, Wish};
use crate::llm::{self, Model};
use crate::manifest::{Auth, Manifest};
use crate::permissions;
use crate::program::Program;
use crate::programs;
use crate::refusal::Refusal;
use crate::tenant_policy::anomalies;
use crate::tenants::{self, Address};
use crate::truth::timestamp;

/// How long a tenant may take to answer while somebody waits for `deploy`.
const KNOCK: Duration = Duration::from_secs(10);

/// What somebody asks for: the command line of `deploy`, the file it names, and the environment it was typed in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DeployRequest {
    /// The flags.
    pub asked: Asked,
    /// The deployment file: its name, for messages, and its text.
    pub file: Option<(String, String)>,
    /// Clean up as soon as it is over.
    pub then_cleanup: bool,
    /// Credentials and endpoints by name.
    pub environment: BTreeMap<String, String>,
}

/// A deployment that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// `<workload>-<8 hex>`.
    pub deployment_id: String,
    /// The workload's name.
    pub workload: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// The tenant.
    pub tenant: String,
    /// Where its Graph is.
    pub graph: String,
    /// The application that acts.
    pub app_id: String,
    /// Whether the tenant is simulated.
    pub simulated: bool,
    /// The seed of all chance.
    pub seed: u64,
    /// When it begins (RFC 3339, the tenant's clock).
    pub begins: String,
    /// When it ends by itself; none: when it is stopped.
    pub until: Option<String>,
    /// What is permitted of each of the workload's features.
    pub features: BTreeMap<String, Grant>,
    /// What whoever deploys is to know before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// What a deployment would do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DryRun {
    /// As it would be accepted.
    #[serde(flatten)]
    pub deployed: Deployed,
    /// The whole config.
    pub config: Value,
    /// The workload's first phase.
    pub phase: String,
    /// Its first tasks, in words.
    pub tasks: Vec<String>,
    /// Activities expected in all, by kind.
    pub expected_total: BTreeMap<String, f64>,
    /// The language model that it would ask; none where it wants none.
    pub model: Option<PlannedModel>,
    /// What the workload says of it.
    pub forecast: Forecast,
}

/// The language model that a deployment would ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedModel {
    /// `anthropic`, `azure_openai`, ...; none where none is configured.
    pub provider: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// Calls that are expected on a usual day; none where the workload does not say.
    pub calls_per_day: Option<f64>,
}

/// A deployment that holds in every respect.
pub(super) struct Proposal {
    pub(super) id: String,
    pub(super) acceptance: Acceptance,
    pub(super) manifest: Manifest,
    pub(super) program: Program,
    pub(super) clock: Timeline,
    pub(super) endpoints: Arc<Vec<http::Endpoint>>,
    /// How many deployments there were: its id holds only while there are no more.
    ordinal: usize,
    credentials: Credentials,
    /// Whether it wants a language model, and which was configured.
    wish: Wish,
    model: Option<Model>,
}

impl Host {
    /// Accepts a deployment, durably, and puts it to work.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it. Then nothing was created.
    pub async fn deploy(&self, request: DeployRequest) -> Result<Deployed, Refusal> {
        // The tenant is asked before anybody else has to wait: it may be slow.
        let proposal = self.propose(&request).await?;
        let _hold = proposal.clock.hold();
        rehearsal::rehearse(self, &proposal).await?;
        let deployed = proposal.describe();
        let text = format!("accepted: {} {}, seed {}", deployed.workload, deployed.version, deployed.seed);
        let Acceptance { config, features, .. } = &proposal.acceptance;
        let config = config.as_object().cloned().unwrap_or_default();
        let remarks = permissions::remarks(&config, features)
            .chain(deployed.warning)
            .map(|remark| note(Level::Warn, None, remark));
        let facts = std::iter::once(note(Level::Info, None, text)).chain(remarks).collect();
        self.accept(proposal, facts, &request.environment).await
    }

    /// Writes a proposal down, with what is to be said of it, and puts it to work.
    pub(super) async fn accept(
        &self,
        proposal: Proposal,
        facts: Vec<Record>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Deployed, Refusal> {
        let _turn = self.0.commands.lock().await;
        if self.0.store.deployments()?.len() != proposal.ordinal {
            return Err(Refusal::new("another deployment was accepted at the same moment; deploy again"));
        }
        let deployed = proposal.describe();
        let Proposal { id, acceptance, clock, credentials, .. } = proposal;
        let tenant = acceptance.tenant.clone();
        self.0.keyring.put(&tenant.tenant_id, &tenant.app_id, credentials);
        let journal = self.journal(&id, clock).await?;
        let accepted = std::iter::once(Record::Accepted(Box::new(acceptance)));
        journal.commit_durably(accepted.chain(facts).collect()).await?;
        let view = self.0.store.deployment(&id)?;
        let view = view.ok_or_else(|| Refusal::new(format!("the store lost {id}")))?;
        self.take_up(&view, environment).await?;
        Ok(deployed)
    }

    /// What a deployment would do, without doing it.
    ///
    /// # Errors
    ///
    /// As for [`Host::deploy`].
    pub async fn dry_run(&self, request: DeployRequest) -> Result<DryRun, Refusal> {
        let proposal = self.propose(&request).await?;
        let _hold = proposal.clock.hold();
        let rehearsed = rehearsal::rehearse(self, &proposal).await?;
        Ok(DryRun {
            deployed: proposal.describe(),
            config: proposal.acceptance.config.clone(),
            phase: rehearsed.phase,
            tasks: rehearsed.tasks,
            expected_total: rehearsed.expected_total,
            model: proposal.wish.is_wanted().then(|| PlannedModel {
                provider: proposal.model.as_ref().map(|model| model.provider.word().to_owned()),
                model: proposal.model.as_ref().map(|model| model.name.clone()),
                calls_per_day: rehearsed.model_calls_per_day,
            }),
            forecast: rehearsed.forecast,
        })
    }

    pub(super) async fn propose(&self, request: &DeployRequest) -> Result<Proposal, Refusal> {
        let file = request.file.as_ref().map(|(origin, text)| DeployFile::parse_what_can_be(text, origin));
        let name = request.asked.workload(file.as_ref())?;
        let installed = self.registry().find(&name)?;
        let manifest = installed.manifest.clone();
        let order = self.0.programs.order(&installed, &request.asked, file.as_ref()).await?;
        let credentials = Credentials::new(request.environment.clone());
        let required = manifest.required_credentials().map(|credential| credential.name.as_str());
        let missing = credentials.missing(required);
        if !missing.is_empty() {
            return Err(missing_credentials(&manifest, &missing));
        }
        names_tenants_by_id(&manifest, &credentials)?;
        let config = Value::Object(order.config.clone());
        if let Some((tenant_id, _)) = identity(&manifest, &credentials) {
            let (packs, permitted) = (anomalies::packs(&config), self.tenant_policy(&tenant_id)?);
            if !packs.is_empty() && !permitted.allow_anomalies {
                return Err(self.no_anomalies(&tenant_id, &packs));
            }
        }
        let wish = Wish::of(&manifest, &config);
        let model = model(wish, &request.environment)?;
        let address = Address::from_environment(&request.environment).map_err(Refusal::new)?;
        let who = identity(&manifest, &credentials);
        let gateway = &self.0.gateway;
        let floor = |name: &str| self.floor(name);
        let reached =
            tokio::time::timeout(KNOCK, tenants::connect(gateway, &self.0.clocks, &address, who, floor)).await;
        let reached = reached.unwrap_or_else(|_| Err(format!("{} does not answer", address.graph)));
        let (tenant, clock) = reached.map_err(|why| Refusal::new(format!("the tenant cannot be reached: {why}")))?;
        let endpoints = endpoints(&manifest, &credentials, &address)?;
        let hold = clock.hold();
        let now = clock.now();
        let mut roles = Some(Vec::new());
        for endpoint in &endpoints {
            let header = clock.is_virtual().then_some(now);
            let token = tokio::time::timeout(KNOCK, gateway.token(&endpoint.auth, &clock, header)).await;
            let token = token.unwrap_or_else(|_| {
                let why = format!("{} does not answer", address.login);
                Err(Problem::new(ProblemKind::Unreachable, "no-token", why))
            });
            let told = token.map_err(|problem| match problem.kind {
                ProblemKind::Denied => Refusal::new(format!("the tenant refuses the credentials: {}", problem.message)),
                _ => Refusal::new(format!("the tenant gives no token: {}", problem.message)),
            })?;
            roles = roles.zip(told).map(|(mut all, told): (Vec<String>, _)| {
                all.extend(told);
                all
            });
        }
        let features = permissions::granted(&manifest, &order.config, roles.as_deref())?;
        let chance = || getrandom::u64().map_err(|error| Refusal::new(format!("the system gives no chance: {error}")));
        let seed = order.seed.map_or_else(chance, Ok)?;
        let ordinal = self.0.store.deployments()?.len();
        // In a real tenant others may deploy with the same seed: what they make must not have the same names.
        let is_shared = !tenant.simulated && identity(&manifest, &credentials).is_some();
        let id = deployment_id(&manifest.name, if is_shared { chance()? } else { seed }, ordinal);
        let component = self.0.programs.component(&installed).await?;
        let until = order.duration.map(|duration| now.saturating_add(millis(duration)));
        let acceptance = Acceptance {
            component: Component {
                workload: manifest.name.clone(),
                version: manifest.version.to_string(),
                digest: installed.digest.clone(),
                path: installed.path.clone(),
            },
            seed,
            config,
            tags: order.tags,
            tenant,
            until,
            then_cleanup: request.then_cleanup,
            features,
        };
        let program = {
            let Acceptance { config, features, .. } = &acceptance;
            programs::program(self.0.programs.engine(), component, &manifest, &id, seed, config, features)
        };
        drop(hold);
        let endpoints = Arc::new(endpoints);
        Ok(Proposal { id, acceptance, manifest, program, clock, endpoints, ordinal, credentials, wish, model })
    }
}

impl Proposal {
    fn describe(&self) -> Deployed {
        let Acceptance { component, tenant, config, .. } = &self.acceptance;
        let packs = anomalies::packs(config);
        Deployed {
            deployment_id: self.id.clone(),
            workload: component.workload.clone(),
            version: component.version.clone(),
            digest: component.digest.clone(),
            tenant: tenant.name.clone(),
            graph: tenant.graph.clone(),
            app_id: tenant.app_id.clone(),
            simulated: tenant.simulated,
            seed: self.acceptance.seed,
            begins: timestamp(self.clock.now()),
            until: self.acceptance.until.map(timestamp),
            features: self.acceptance.features.clone(),
            warning: (!packs.is_empty()).then(|| anomalies::warning(&packs)),
        }
    }
}

/// `<workload>-<8 hex>` from (workload, seed, how many deployments this home has accepted): in a simulated tenant the same
/// seed in a fresh home gives the same id, and everything that hangs on it.
fn deployment_id(workload: &str, seed: u64, ordinal: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(b"haymaker/deployment\0");
    hash.update(workload.as_bytes());
    hash.update(seed.to_be_bytes());
    hash.update((ordinal as u64).to_be_bytes());
    format!("{workload}-{}", hex::encode(hash.finalize()).get(..8).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The tenant and the application that these credentials are for; none where the workload needs no tenant.
pub(super) fn identity(manifest: &Manifest, credentials: &Credentials) -> Option<(String, String)> {
    manifest.endpoints.iter().find_map(|endpoint| match &endpoint.auth {
        Auth::EntraClientCredentials { tenant, client_id, .. } => {
            let value = |name: &str| credentials.get(name).map(|secret| secret.expose().to_owned());
            Some((value(tenant)?, value(client_id)?))
        }
        Auth::None => None,
    })
}

/// A tenant answers to its domain names, too. But what its operator permits stands under its id, so nobody gets around that
/// by another name.
fn names_tenants_by_id(manifest: &Manifest, credentials: &Credentials) -> Result<(), Refusal> {
    for endpoint in &manifest.endpoints {
        let Auth::EntraClientCredentials { tenant, .. } = &endpoint.auth else { continue };
        if credentials.get(tenant).is_some_and(|value| !is_guid(value.expose())) {
            let message = format!(
                "{tenant} is not a tenant's id, like 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9; the Entra admin center shows \
                 yours in its overview"
            );
            return Err(Refusal::new(message));
        }
    }
    Ok(())
}

fn is_guid(text: &str) -> bool {
    let fits = |(n, byte): (usize, u8)| match n {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// The language model for a deployment that wants one.
fn model(wish: Wish, environment: &BTreeMap<String, String>) -> Result<Option<Model>, Refusal> {
    let Wish::Wanted(need) = wish else { return Ok(None) };
    let model = llm::settings::from_environment(environment).map_err(|problems| {
        let what = "the language model cannot be asked as the environment has it; nothing was done:";
        Refusal::with(what, problems)
    })?;
    if model.is_none() && need == Need::Required {
        return Err(Refusal::new(format!("the workload needs a language model: {}", llm::lent::NONE)));
    }
    Ok(model)
}

/// Every missing credential, by name and with where to get it.
pub(super) fn missing_credentials(manifest: &Manifest, missing: &[String]) -> Refusal {
    let described = |name: &String| {
        let known = manifest.credentials.iter().find(|credential| credential.name == *name);
        match known.map(|credential| credential.description.trim()) {
            Some(text) if !text.is_empty() => format!("{name}: {text}"),
            _ => name.clone(),
        }
    };
    let many = if missing.len() == 1 { "credential is" } else { "credentials are" };
    Refusal::with(
        format!("{} {many} missing; set them in the environment. Nothing was created:", missing.len()),
        missing.iter().map(described).collect(),
    )
}

/// The manifest's endpoints, with the tenant's addresses and credentials.
pub(super) fn endpoints(
    manifest: &Manifest,
    credentials: &Credentials,
    address: &Address,
) -> anyhow::Result<Vec<http::Endpoint>> {
    let secret =
        |name: &str| credentials.get(name).cloned().ok_or_else(|| anyhow::anyhow!("the credential {name} is missing"));
    let endpoint = |endpoint: &crate::manifest::Endpoint| -> anyhow::Result<http::Endpoint> {
        let auth = match &endpoint.auth {
            Auth::None => http::Auth::None,
            Auth::EntraClientCredentials { tenant, client_id, client_secret } => http::Auth::ClientCredentials {
                authority: address.login.clone(),
                tenant: secret(tenant)?.expose().to_owned(),
                client_id: secret(client_id)?.expose().to_owned(),
                client_secret: secret(client_secret)?,
                scope: address.scope(),
            },
        };
        let rules = endpoint.allow.iter().map(|rule| allow::Rule::parse(rule));
        let fills = endpoint.fills.iter().map(|rule| fills::Rule::parse(rule));
        Ok(http::Endpoint {
            name: endpoint.name.clone(),
            base: endpoint.address(&address.graph),
            auth,
            allow: rules.collect::<Result<_, _>>().map_err(anyhow::Error::msg)?,
            fills: fills.collect::<Result<_, _>>().map_err(anyhow::Error::msg)?,
        })
    };
    manifest.endpoints.iter().map(endpoint).collect()
}
