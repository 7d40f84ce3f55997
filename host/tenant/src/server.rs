//! The tenant behind a socket.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
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
use crate::seats::{Crowded, Seat};
use crate::tenant::{Encrypted, Tenant};
use crate::tls::Authority;

/// A body on its way out, which may break off.
type Sent = BoxBody<Bytes, io::Error>;

/// The largest request body: Graph's limit is 4 MB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The largest file in one request: Graph's limit is 250 MB.
const LARGEST_FILE: usize = 250 * 1024 * 1024;

/// How long a client may take over the head of a request: loopback needs none of it, a stuck client shall not stay.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

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
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    // The tenant dates its answers by its own clock.
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).auto_date_header(false);
    tokio::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
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
        let tenant = Arc::clone(&tenant);
        let (tls, http, watcher) = (tls.clone(), http.clone(), graceful.watcher());
        tokio::spawn(async move {
            let encrypted = tls.is_some();
            let service = service_fn(move |request| answer(Arc::clone(&tenant), request, encrypted));
            let ended = match tls {
                None => {
                    watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await.map_err(io::Error::other)
                }
                Some(tls) => match tokio::time::timeout(HEADER_TIMEOUT, tls.accept(stream)).await {
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

async fn answer(tenant: Arc<Tenant>, request: Request<Incoming>, encrypted: bool) -> Result<Response<Sent>, io::Error> {
    let (mut parts, body) = request.into_parts();
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
    // A body that announces its size is refused before it is read.
    if body.size_hint().lower() > largest as u64 {
        return Ok(refused(StatusCode::PAYLOAD_TOO_LARGE));
    }
    match Limited::new(body, largest).collect().await {
        Ok(body) => {
            let sent = send(tenant.handle(Request::from_parts(parts, body.to_bytes()))).await;
            drop(seat);
            sent
        }
        Err(error) if error.is::<LengthLimitError>() => Ok(refused(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Ok(refused(StatusCode::BAD_REQUEST)),
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
            parts.headers.insert(http::header::CONTENT_LENGTH, body.len().into());
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

fn refused(status: StatusCode) -> Response<Sent> {
    let mut response = Response::new(whole(Bytes::new()));
    *response.status_mut() = status;
    response
}
