//! The wire between haymaker and a tenant, looked at from the middle: what goes through is handed on as it is, and only its
//! shape is kept.
//!
//! Links in answers lead to the tenant, and haymaker follows links only where it was sent; so the tenant's address is
//! replaced by the relay's on the way back, and the other way round on the way there. The question by which a simulated
//! tenant announces itself is not handed on: what stands behind the relay is a real tenant, or poses as one.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::shape::{Shapes, operation};

/// The largest body that is handed on.
const LARGEST: usize = 64 << 20;

/// Headers that belong to one connection, or that the relay's own client makes.
const OWN: [HeaderName; 5] =
    [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::ACCEPT_ENCODING];

/// Where a tenant is.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    /// Where tokens are given.
    pub(crate) login: String,
    /// Where Graph is.
    pub(crate) graph: String,
    /// Whether a simulated tenant may say that it is one.
    pub(crate) announced: bool,
}

/// A relay to a tenant, for as long as the runtime lives.
pub(crate) struct Relay {
    /// Where it listens.
    pub(crate) address: String,
    shapes: Arc<Mutex<Shapes>>,
}

#[derive(Clone)]
struct Wire {
    client: reqwest::Client,
    tenant: Tenant,
    address: String,
    shapes: Arc<Mutex<Shapes>>,
}

impl Relay {
    /// Listens.
    ///
    /// # Errors
    /// This machine gives no port, or no client.
    pub(crate) async fn to(tenant: Tenant) -> anyhow::Result<Relay> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let address = format!("http://{}", listener.local_addr()?);
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let shapes = Arc::<Mutex<Shapes>>::default();
        let wire = Wire { client, tenant, address: address.clone(), shapes: shapes.clone() };
        let router = Router::new().fallback(hand_on).with_state(wire);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Relay { address, shapes })
    }

    /// What went through so far.
    pub(crate) fn shapes(&self) -> Shapes {
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn hand_on(State(wire): State<Wire>, request: Request) -> Response {
    if request.uri().path().starts_with("/_haymaker") && !wire.tenant.announced {
        return StatusCode::NOT_FOUND.into_response();
    }
    match wire.exchange(request).await {
        Ok(response) => response,
        // Nothing came back: neither does anything from here, which is what the host must know.
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Wire {
    async fn exchange(&self, request: Request) -> anyhow::Result<Response> {
        let (parts, body) = request.into_parts();
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let signs_in = path.contains("/oauth2/");
        let upstream = if signs_in { &self.tenant.login } else { &self.tenant.graph };
        let body = self.replaced(to_bytes(body, LARGEST).await?, &self.address, &self.tenant.graph);
        let sent = self.client.request(method.clone(), format!("{upstream}{target}")).headers(carried(&parts.headers));
        let answer = sent.body(body).send().await.context("the tenant does not answer")?;
        let (status, headers) = (answer.status(), carried(answer.headers()));
        let bytes = answer.bytes().await.context("the tenant broke off")?;
        let shown = if signs_in { "/oauth2/v2.0/token" } else { &path };
        if !path.starts_with("/_haymaker") {
            let operation = operation(method.as_str(), shown, parts.uri.query(), status.as_u16());
            self.shapes.lock().unwrap_or_else(PoisonError::into_inner).add(&operation, &bytes);
        }
        let mut response = Response::new(Body::from(self.replaced(bytes, &self.tenant.graph, &self.address)));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if let Some(location) = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()) {
            let location = location.replace(&self.tenant.graph, &self.address).parse()?;
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(response)
    }

    /// A text with one address in place of another; what is no text stays as it is.
    fn replaced(&self, bytes: Bytes, from: &str, to: &str) -> Bytes {
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains(from) => text.replace(from, to).into(),
            _ => bytes,
        }
    }
}

fn carried(headers: &HeaderMap) -> HeaderMap {
    let mut carried = headers.clone();
    for own in OWN {
        carried.remove(own);
    }
    carried
}
