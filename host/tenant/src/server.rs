//! The tenant behind a socket.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::faults::Mishap;
use crate::inspect::PREFIX;
use crate::seats::{Crowded, Seat};
use crate::tenant::{Encrypted, Peer, Tenant, Unread};
use crate::tls::Authority;
use crate::{CLOCK_HEADER, HANDSHAKE_PATH, time};

/// A body on its way out, which may break off.
type Sent = BoxBody<Bytes, io::Error>;

/// The largest request body: Graph's limit is 4 MB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The largest file in one request: Graph's limit is 250 MB.
const LARGEST_FILE: usize = 250 * 1024 * 1024;

/// How long a client may take over the head of a request, and then over its body: loopback needs none of it, a stuck
/// client shall not stay. It is for the whole of either, so that nobody stays by sending a byte now and then.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long requests under way may go on once the server is told to end.
const GRACE: Duration = Duration::from_secs(5);

/// Serves a tenant over HTTP/1.1 until `shutdown` ends; then requests under way are answered, and the recording is
/// written out.
///
/// # Errors
/// The recording cannot be written. A connection that fails ends by itself and is no error of the server.
pub async fn serve(tenant: Arc<Tenant>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    accept(tenant, listener, None, shutdown).await
}

/// The same over https, with a certificate of this authority for loopback names.
///
/// # Errors
/// The recording cannot be written.
pub async fn serve_tls(
    tenant: Arc<Tenant>,
    listener: TcpListener,
    authority: &Authority,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    accept(tenant, listener, Some(TlsAcceptor::from(authority.server())), shutdown).await
}

async fn accept(
    tenant: Arc<Tenant>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let wall = tenant.settings().passes.then(|| Arc::new(Wall::default()));
    let graceful = GracefulShutdown::new();
    let http = http();
    tokio::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, or a client that left while it waited: the next one may be luckier.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Without this the second small answer on a connection waits for an acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
        let (tenant, wall) = (Arc::clone(&tenant), wall.clone());
        let (tls, http, watcher) = (tls.clone(), http.clone(), graceful.watcher());
        tokio::spawn(async move {
            let encrypted = tls.is_some();
            let service = service_fn(move |mut request| {
                if let Some(wall) = &wall {
                    wall.date(&mut request, &tenant);
                }
                answer(Arc::clone(&tenant), request, peer.ip(), encrypted)
            });
            let ended = match tls {
                None => {
                    watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await.map_err(io::Error::other)
                }
                Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let connection = http.serve_connection(TokioIo::new(stream), service);
                        watcher.watch(connection).await.map_err(io::Error::other)
                    }
                    Ok(Err(error)) => Err(error),
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                },
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end");
    }
    tenant.flush_record()
}

/// How HTTP is spoken here.
///
/// A head that is no HTTP, or is larger than is taken, never becomes a request: the library itself answers 400, 414 or 431
/// without a body, and lets nobody word it. What fails behind the head is refused by the tenant, in Graph's shape.
fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    // The tenant dates its answers by its own clock.
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).auto_date_header(false);
    http
}

/// The wall clock, for clients that know no other: between two of their requests time passes.
#[derive(Default)]
struct Wall(Mutex<Option<Instant>>);

impl Wall {
    /// Gives a request the moment that it does not name. A look inside is none that time passes for.
    fn date<B>(&self, request: &mut Request<B>, tenant: &Tenant) {
        let path = request.uri().path();
        if request.headers().contains_key(CLOCK_HEADER) || path == HANDSHAKE_PATH || path.starts_with(PREFIX) {
            return;
        }
        let wall = Instant::now();
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(wall).unwrap_or(wall);
        let passed = wall.duration_since(last).as_secs_f64() * tenant.settings().speed.unwrap_or(1.0);
        let now = tenant.now().saturating_add(Duration::try_from_secs_f64(passed).map_or(0, time::ms));
        request.headers_mut().insert(CLOCK_HEADER, HeaderValue::from(now));
    }
}

async fn answer(
    tenant: Arc<Tenant>,
    request: Request<Incoming>,
    peer: IpAddr,
    encrypted: bool,
) -> Result<Response<Sent>, io::Error> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(Peer(peer));
    if encrypted {
        parts.extensions.insert(Encrypted);
    }
    let seat = tenant.enter(&parts);
    if seat.as_ref().is_some_and(Seat::refused) {
        parts.extensions.insert(Crowded);
    }
    // The content of files may be larger than what Graph takes elsewhere.
    let path = parts.uri.path();
    let content = path.ends_with("/content") || path.starts_with("/_sharepoint/upload/");
    let largest = if content { LARGEST_FILE } else { LARGEST_BODY };
    let (body, whole) = match read(body, largest).await {
        Ok(body) => (body, true),
        Err(status) => {
            parts.extensions.insert(Unread(status));
            (Bytes::new(), false)
        }
    };
    let mut response = tenant.handle(Request::from_parts(parts, body));
    if !whole {
        // Where the next request would begin, nobody knows.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let sent = send(response).await;
    drop(seat);
    sent
}

/// The whole of a body, or the status of the refusal: it is too large, does not come in time, or breaks off.
async fn read(body: Incoming, largest: usize) -> Result<Bytes, StatusCode> {
    // One that announces its size is refused before it is read.
    if body.size_hint().lower() > largest as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, largest).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Hands an answer to the wire, or does to it what a fault wants.
async fn send(response: Response<Bytes>) -> Result<Response<Sent>, io::Error> {
    match response.extensions().get::<Mishap>().copied() {
        None => {}
        Some(Mishap::Late(by)) => tokio::time::sleep(by).await,
        Some(Mishap::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(Mishap::Half) => {
            let (mut parts, body) = response.into_parts();
            parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
            let half = body.slice(..body.len() / 2);
            let frames = [Ok(Frame::data(half)), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
            return Ok(Response::from_parts(parts, StreamBody::new(futures::stream::iter(frames)).boxed()));
        }
    }
    Ok(response.map(whole))
}

fn whole(bytes: Bytes) -> Sent {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::Settings;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Sends bytes and then nothing more; answers what comes back until the server hangs up, and after how long.
    async fn stuck_after(bytes: &[u8]) -> (String, Duration) {
        let tenant = Tenant::new(Settings { bystanders: 0, ..Settings::seeded(1) }).unwrap();
        let (mut client, server) = tokio::io::duplex(64 * 1024);
        let service =
            service_fn(move |request| answer(Arc::clone(&tenant), request, Ipv4Addr::LOCALHOST.into(), false));
        let began = tokio::time::Instant::now();
        let served = tokio::spawn(http().serve_connection(TokioIo::new(server), service));
        client.write_all(bytes).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        let _ = served.await.unwrap();
        (answer, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_answered_408_in_graphs_shape_and_the_connection_ends() {
        let head = "POST /v1.0/users HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{";
        let (answer, after) = stuck_after(head.as_bytes()).await;
        assert!((PATIENCE..PATIENCE * 2).contains(&after), "{after:?}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 ") && head.contains("\r\nconnection: close"), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"]["code"], "RequestTimeout");
        let id = body["error"]["innerError"]["request-id"].as_str().unwrap();
        assert!(head.contains(&format!("\r\nrequest-id: {id}\r\n")), "{head}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_request_that_does_not_come_is_answered_408_in_oauths_shape() {
        let head = "POST /t/oauth2/v2.0/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\ngr";
        let (answer, _) = stuck_after(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"error\":\"invalid_request\""), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_ends_the_connection() {
        for bytes in ["", "GET /v1.0/us", "GET /v1.0/users HTTP/1.1\r\nhost: x\r\n"] {
            let (answer, after) = stuck_after(bytes.as_bytes()).await;
            assert!(answer.is_empty() && after < PATIENCE * 2, "{bytes:?}: {answer} after {after:?}");
        }
    }
}
