//! The host's side of the API.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Extension, Json, Router};
use haymaker_platform::host::{DeployRequest, Deployed, DryRun, Host, Recovery, Scanned};
use haymaker_platform::refusal::Refusal;
use haymaker_platform::registry::{Installation, Installed, Note};
use serde::de::DeserializeOwned;
use tokio::net::UnixListener;
use tokio::sync::{Notify, mpsc, watch};

use super::{
    Environment, HostStatus, Install, InstalledWorkload, Search, SignIn, Step, VERSION, VERSION_HEADER, paths,
};

/// What requests work with.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) host: Host,
    pub(crate) status: Arc<HostStatus>,
    /// Told when somebody wants the host to end.
    pub(crate) stop: Arc<Notify>,
}

/// Answers requests until `ended`; those under way are answered first.
///
/// # Errors
/// The socket's.
pub(crate) async fn serve(
    listener: UnixListener,
    api: Api,
    ended: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (ending, ends) = watch::channel(());
    let ended = async move {
        ended.await;
        drop(ending);
    };
    axum::serve(listener, router(api, Ends(ends))).with_graceful_shutdown(ended).await
}

/// Tells those who wait for people that the host ends: people may take their time, a host that ends may not.
#[derive(Clone)]
struct Ends(watch::Receiver<()>);

fn router(api: Api, ends: Ends) -> Router {
    Router::new()
        .route(paths::HOST, get(status))
        .route(paths::HOST_STOP, post(stop_host))
        .route(paths::CREDENTIALS, post(lend))
        .route(paths::DEPLOYMENTS, post(deploy))
        .route(paths::PLANS, post(plan))
        .route(paths::ORPHANS, post(orphans))
        .route(paths::RECOVERIES, post(recover))
        .route(&format!("{}/{{id}}/stop", paths::DEPLOYMENTS), post(stop))
        .route(&format!("{}/{{id}}/start", paths::DEPLOYMENTS), post(start))
        .route(&format!("{}/{{id}}/cleanup", paths::DEPLOYMENTS), post(cleanup))
        .route(&format!("{}/{{id}}/sign-in", paths::DEPLOYMENTS), post(sign_in))
        .route(paths::WORKLOADS, post(install))
        .route(&format!("{}/{{name}}", paths::WORKLOADS), delete(remove))
        .layer(Extension(ends))
        .layer(axum::middleware::map_response(sign))
        .with_state(api)
}

/// Every answer says which haymaker gave it, also one to a path that this version does not know.
async fn sign(mut response: Response) -> Response {
    response.headers_mut().insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    response
}

/// A refusal on the wire.
struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(self.0)).into_response()
    }
}

type Answer<T> = Result<Json<T>, Refused>;

async fn status(State(api): State<Api>) -> Response {
    Json(&*api.status).into_response()
}

/// A request's body. What does not fit is refused without being repeated: it may hold a secret in the wrong place.
struct Said<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Said<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        serde_json::from_slice(&bytes).map(Said).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Refused(Refusal::new(format!("the request's body is not what this host understands ({place})")))
                .into_response()
        })
    }
}

async fn stop_host(State(api): State<Api>) -> StatusCode {
    api.stop.notify_one();
    StatusCode::ACCEPTED
}

async fn lend(State(api): State<Api>, Said(lent): Said<Environment>) -> StatusCode {
    api.host.lend(&lent.environment).await;
    StatusCode::NO_CONTENT
}

async fn deploy(State(api): State<Api>, Said(request): Said<DeployRequest>) -> Answer<Deployed> {
    Ok(Json(api.host.deploy(request).await?))
}

async fn plan(State(api): State<Api>, Said(request): Said<DeployRequest>) -> Answer<DryRun> {
    Ok(Json(api.host.dry_run(request).await?))
}

async fn orphans(State(api): State<Api>, Said(search): Said<Search>) -> Answer<Scanned> {
    Ok(Json(api.host.orphans(&search.workload, &search.environment).await?))
}

async fn recover(State(api): State<Api>, Said(recovery): Said<Recovery>) -> Answer<Deployed> {
    Ok(Json(api.host.recover(recovery).await?))
}

async fn stop(State(api): State<Api>, Path(id): Path<String>) -> Answer<()> {
    Ok(Json(api.host.stop(&id).await?))
}

async fn start(State(api): State<Api>, Path(id): Path<String>, Said(given): Said<Environment>) -> Answer<()> {
    Ok(Json(api.host.start(&id, &given.environment).await?))
}

async fn cleanup(State(api): State<Api>, Path(id): Path<String>, Said(given): Said<Environment>) -> Answer<()> {
    Ok(Json(api.host.cleanup(&id, &given.environment).await?))
}

/// Answers step by step while somebody signs in. Whoever hangs up, or a host that ends, gives it up.
async fn sign_in(
    State(api): State<Api>,
    Extension(Ends(mut ends)): Extension<Ends>,
    Path(id): Path<String>,
    Said(asked): Said<SignIn>,
) -> Response {
    let (tell, mut steps) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let told = tell.clone();
        let code = move |code| drop(told.send(Step::Code(code)));
        let last = tokio::select! {
            result = api.host.sign_in(&id, &asked.person, &asked.environment, code) => match result {
                Ok(()) => Step::Done,
                Err(refusal) => Step::Refused(refusal),
            },
            _ = ends.changed() => Step::Refused(Refusal::new("the host ends; run the command again")),
            () = tell.closed() => return,
        };
        // Nobody hears it who has just hung up.
        let _ = tell.send(last);
    });
    let lines = futures::stream::poll_fn(move |context| {
        let line = |step: Step| Ok::<_, Infallible>(format!("{}\n", serde_json::to_string(&step).unwrap_or_default()));
        steps.poll_recv(context).map(|step| step.map(line))
    });
    Body::from_stream(lines).into_response()
}

async fn install(State(api): State<Api>, Said(install): Said<Install>) -> Answer<InstalledWorkload> {
    let Installation { installed, note } = api.host.install(&install.path).await?;
    let note = match note {
        Note::New => String::new(),
        Note::Rebuilt { before } => format!("; deployments that run {before} keep it"),
        Note::Again => ", as it was".to_owned(),
    };
    let Installed { digest, manifest, .. } = installed;
    Ok(Json(InstalledWorkload { name: manifest.name, version: manifest.version.to_string(), digest, note }))
}

async fn remove(State(api): State<Api>, Path(name): Path<String>) -> Answer<Vec<String>> {
    Ok(Json(api.host.remove(&name)?))
}
