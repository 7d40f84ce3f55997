//! The tenant behind a socket.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use crate::tenant::Tenant;

/// The largest request body: Graph's limit is 4 MB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

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
        let service = service_fn(move |request| answer(Arc::clone(&tenant), request));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
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

async fn answer(tenant: Arc<Tenant>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    // A body that announces its size is refused before it is read.
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Ok(refused(StatusCode::PAYLOAD_TOO_LARGE));
    }
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => Ok(tenant.handle(Request::from_parts(parts, body.to_bytes())).map(Full::new)),
        Err(error) if error.is::<LengthLimitError>() => Ok(refused(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Ok(refused(StatusCode::BAD_REQUEST)),
    }
}

fn refused(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
