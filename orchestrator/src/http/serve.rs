//! The accept loop: hands each connection to hyper with bounds on how long a head may take, and stops
//! accepting when draining begins. Requests in flight then go on to their end, or to the drain timeout.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::lifecycle::Lifecycle;

/// How long a connection may take to send a request's head, or stay without a request. Longer than the
/// 90 seconds that common clients keep idle connections, so that they close first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until draining begins and all that was open has ended, or `drain_timeout` has passed: what is
/// still open then is cut.
pub async fn serve(listener: TcpListener, router: Router, lifecycle: Lifecycle, drain_timeout: Duration) {
    let cut = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = lifecycle.draining() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone(), lifecycle.clone());
                let cut = cut.clone();
                tokio::spawn(lifecycle.track(async move {
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = connection => {}
                    }
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if !lifecycle.closed(drain_timeout).await {
        tracing::warn!("some requests did not end within DRAIN_TIMEOUT and are cut");
        cut.cancel();
        lifecycle.closed(Duration::from_secs(1)).await;
    }
}

/// One connection, to its end or to its upgrade.
async fn connection(stream: TcpStream, router: Router, lifecycle: Lifecycle) {
    // Frames are small and wanted now.
    let _ = stream.set_nodelay(true);
    let service =
        TowerToHyperService::new(router.map_request(|request: Request<Incoming>| request.map(Body::new)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = lifecycle.draining() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke");
    }
}
