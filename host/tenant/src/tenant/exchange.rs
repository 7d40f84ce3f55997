//! One exchange with Graph or with the token endpoint, from the wire to the answer, and into the recording and the logs.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::PoisonError;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};

use super::Tenant;
use crate::audit::{self, Doing, Origin, SignIn};
use crate::entra::token::{self, TokenRequest};
use crate::entra::{Claims, device, discovery};
use crate::faults::{self, FaultKind, Mishap, Stop};
use crate::files::{content, sessions};
use crate::graph::fault::Fault;
use crate::graph::{self, Incoming, World};
use crate::ids::{self, Mint};
use crate::record::Exchange;
use crate::seats::Crowded;
use crate::time;
use crate::wire::{self, insert, login_path, plain, versioned, written};

/// Marks a request that came over https.
#[derive(Clone, Copy)]
pub(crate) struct Encrypted;

/// Marks a request with the address that it came from.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Marks a request whose body did not come whole, with the status by which it is refused.
#[derive(Clone, Copy)]
pub(crate) struct Unread(pub(crate) StatusCode);

/// A request that was given its names.
pub(crate) struct Arrival<'a> {
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) now: u64,
    pub(crate) request_id: &'a str,
    client_request_id: &'a str,
    mint: &'a Mint,
    /// Scheme and host under which the client reached the tenant.
    address: String,
    pub(crate) origin: Origin<'a>,
}

impl Arrival<'_> {
    /// The answer of a gateway that lets it through to nobody: in OAuth's words if it asks for a token, else in Graph's.
    fn refused(
        &self,
        status: StatusCode,
        retry_after: Option<String>,
        asked: Option<&TokenRequest<'_>>,
    ) -> Response<Bytes> {
        let Some(asked) = asked else { return self.gateway(Fault::of_gateway(status, retry_after)) };
        let (status, body) = token::unwilling(status, asked);
        let mut response = plain(status, &body);
        if let Some(retry_after) = retry_after {
            insert(response.headers_mut(), "retry-after", &retry_after);
        }
        response
    }

    /// The answer to one whose body did not come whole.
    fn unread(&self, status: StatusCode, asked: Option<&TokenRequest<'_>>) -> Response<Bytes> {
        let Some(asked) = asked else { return self.gateway(Fault::of_gateway(status, None)) };
        let (status, body) = token::unread(status, asked);
        plain(status, &body)
    }

    fn gateway(&self, fault: Fault) -> Response<Bytes> {
        wire::graph(Err(fault), self.now, self.request_id, self.client_request_id)
    }

    /// The same as a request for a token of this tenant.
    fn asks_for_token<'a>(&'a self, tenant: &'a str) -> TokenRequest<'a> {
        TokenRequest {
            tenant,
            body: self.request.body(),
            now: self.now,
            correlation_id: self.client_request_id,
            mint: self.mint,
            origin: &self.address,
        }
    }
}

impl Tenant {
    /// An exchange with Graph or with the token endpoint: named, answered, recorded.
    pub(super) fn exchange(&self, request: &Request<Bytes>, now: u64, ordinal: u64) -> Response<Bytes> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let named = header("client-request-id");
        let mint = Mint::new(&self.seed, method, path, named, ordinal);
        let request_id = ids::uuid(mint.make("request", &now.to_string(), 0)).to_string();
        let scheme = if request.extensions().get::<Encrypted>().is_some() { "https" } else { "http" };
        let arrival = Arrival {
            request,
            now,
            request_id: &request_id,
            client_request_id: named.unwrap_or(&request_id),
            mint: &mint,
            // Without a host the request did not come over the wire; then Graph goes by its own name.
            address: header("host")
                .map_or_else(|| "https://graph.microsoft.com".to_owned(), |host| format!("{scheme}://{host}")),
            origin: Origin {
                ip: request.extensions().get::<Peer>().map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.0),
                agent: header("user-agent").unwrap_or_default(),
                operation_id: &request_id,
            },
        };
        if method == "GET"
            && let Some((status, body)) = discovery::answer(path, &arrival.asks_for_token(""), &self.settings)
        {
            return plain(status, &body);
        }
        let fault = {
            let rules = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults::met(&rules, method, path, &mint, now)
        };
        let login = login_path(path)
            .filter(|(_, endpoint)| ["devicecode", "token"].contains(endpoint))
            .map(|(tenant, endpoint)| (endpoint, arrival.asks_for_token(tenant)));
        let asked = login.as_ref().map(|(_, asked)| asked);
        let stopped = match fault.as_ref().and_then(faults::before) {
            Some(Stop::Reset) => Some(faults::reset()),
            Some(Stop::Refused(status, retry_after)) => Some(arrival.refused(status, retry_after, asked)),
            None => request.extensions().get::<Unread>().map(|unread| arrival.unread(unread.0, asked)),
        };
        if let Some(path) = path.strip_prefix(content::LINKS).filter(|_| stopped.is_none()) {
            return self.link(&arrival, path);
        }
        let claims = self.issuer.check(header("authorization"), &self.settings.tenant_id, now);
        let caller = claims.as_ref().ok().filter(|_| login.is_none());
        let mut response = match (stopped, &login) {
            (Some(response), _) => response,
            (None, Some((endpoint, asked))) => self.login(&arrival, endpoint, asked),
            (None, None) => self.graph(&arrival, claims.as_ref().map_err(Clone::clone)),
        };
        let headers = response.headers_mut();
        let id = if login.is_some() { "x-ms-request-id" } else { "request-id" };
        insert(headers, id, &request_id);
        insert(headers, "client-request-id", arrival.client_request_id);
        insert(headers, "date", &time::http(now));
        insert(headers, "cache-control", "no-cache");
        if let Some(fault) = &fault {
            faults::after(fault, &mut response);
        }
        if let Some(claims) = caller.filter(|_| fault != Some(FaultKind::ResetBefore)) {
            self.log(&arrival, claims, named, &response);
        }
        self.record(&Exchange { now, request, auth: caller.map(auth), response: &response });
        response
    }

    /// Answers a request for a token, or for the code of another device.
    fn login(&self, arrival: &Arrival<'_>, endpoint: &str, request: &TokenRequest<'_>) -> Response<Bytes> {
        let method = arrival.request.method();
        if method != http::Method::POST {
            let (status, body) = token::wrong_method(method.as_str(), request);
            return plain(status, &body);
        }
        let mut state = self.state();
        if endpoint == "devicecode" {
            let (status, body) = device::begin(request, &self.settings, &mut state);
            return written(status, "application/json; charset=utf-8", body.to_string());
        }
        let (status, body, claims) = token::token(request, &self.settings, &self.issuer, &mut state);
        if let Some(log) = &mut state.audit {
            log.sign_in(&SignIn {
                now: arrival.now,
                origin: arrival.origin,
                correlation_id: arrival.client_request_id,
                form: arrival.request.body(),
                claims: claims.as_ref(),
                body: &body,
            });
        }
        drop(state);
        written(status, "application/json; charset=utf-8", body.to_string())
    }

    /// Answers a request to Graph.
    fn graph(&self, arrival: &Arrival<'_>, claims: Result<&Claims, Fault>) -> Response<Bytes> {
        let request = arrival.request;
        let (version, path) = versioned(request.uri().path());
        let incoming = Incoming {
            method: request.method().as_str(),
            path,
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            body: request.body(),
            base: &format!("{}/v1.0", arrival.address),
            now: arrival.now,
            request_id: arrival.request_id,
            mint: arrival.mint,
            crowded: request.extensions().get::<Crowded>().is_some(),
            origin: arrival.origin,
        };
        let answer = if version == "v1.0" {
            let world = World { settings: &self.settings, seed: &self.seed, state: &self.state };
            graph::answer(&incoming, world, claims)
        } else {
            Err(Fault::bad_request(format!("Invalid version: {version}.")))
        };
        wire::graph(answer, arrival.now, arrival.request_id, arrival.client_request_id)
    }

    /// Notes an exchange with Graph in its activity log, where there is one.
    fn log(&self, arrival: &Arrival<'_>, claims: &Claims, named: Option<&str>, response: &Response<Bytes>) {
        let mut state = self.state();
        let Some(log) = &mut state.audit else { return };
        let (version, path) = versioned(arrival.request.uri().path());
        let slow = match response.extensions().get::<Mishap>() {
            Some(Mishap::Late(by)) => time::ms(*by),
            _ => 0,
        };
        log.graph(&audit::Exchange {
            doing: Doing::of(claims, arrival.origin, arrival.now, arrival.request_id, named),
            claims,
            method: arrival.request.method().as_str(),
            version,
            path,
            query: arrival.request.uri().query().unwrap_or_default(),
            status: response.status().as_u16(),
            size: response.body().len(),
            duration: slow,
        });
    }

    /// An exchange at a link that carries its own permission: a download, or a piece of an upload.
    fn link(&self, arrival: &Arrival<'_>, path: &str) -> Response<Bytes> {
        let (request, now) = (arrival.request, arrival.now);
        let mut state = self.state();
        if let Some(token) = path.strip_prefix("upload/") {
            return match sessions::put(arrival, token, &self.settings, &mut state) {
                Ok((StatusCode::NO_CONTENT, _)) => written(StatusCode::NO_CONTENT, "text/plain", String::new()),
                Ok((status, body)) => plain(status, &body),
                Err(fault) => plain(fault.status, &fault.body(now, "", "")),
            };
        }
        match content::fetched(path, request.uri().query().unwrap_or_default(), &self.seed, &state) {
            Some((kind, bytes)) if request.method() == http::Method::GET => {
                let mut response = Response::new(bytes);
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
                response
            }
            _ => plain(StatusCode::NOT_FOUND, &Fault::file_not_found().body(now, "", "")),
        }
    }

    fn record(&self, exchange: &Exchange<'_>) {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recorder) = recorder.as_mut() {
            recorder.write(exchange);
        }
    }
}

/// In whose name a token speaks.
fn auth(claims: &Claims) -> &'static str {
    if claims.idtyp == "app" { "app" } else { "delegated" }
}
