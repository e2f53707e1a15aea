//! Server-sent events: an answer that stays open, kept alive by comments, ended by draining.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::lifecycle::Lifecycle;

/// How often a comment shows that the stream lives.
const COMMENT: Duration = Duration::from_secs(15);

/// Comes at once, so that clients and proxies see that the stream is open; clients shall come back
/// after two seconds when it is cut.
const OPENING: Bytes = Bytes::from_static(b"retry: 2000\n\n");

/// Where a stream's events come from.
pub(super) trait Source: Send + 'static {
    /// The next events as bytes; none at the end. Must be safe to drop while it waits.
    fn next(&mut self) -> impl Future<Output = Option<Bytes>> + Send;
}

struct Feed<S> {
    source: S,
    lifecycle: Lifecycle,
    comments: Interval,
    opened: bool,
}

impl<S: Source> Feed<S> {
    async fn next(&mut self) -> Option<Bytes> {
        if !self.opened {
            self.opened = true;
            return Some(OPENING);
        }
        tokio::select! {
            bytes = self.source.next() => bytes,
            _ = self.comments.tick() => Some(Bytes::from_static(b":\n\n")),
            () = self.lifecycle.draining() => None,
        }
    }
}

/// The answer that follows `source`.
pub(super) fn respond(source: impl Source, lifecycle: Lifecycle) -> Response {
    let mut comments = interval_at(Instant::now() + COMMENT, COMMENT);
    comments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let feed = Box::new(Feed {
        source,
        lifecycle,
        comments,
        opened: false,
    });
    let stream = stream::unfold(feed, |mut feed| async move {
        let bytes = feed.next().await?;
        Some((Ok::<_, Infallible>(bytes), feed))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // A proxy that gathers answers would hold events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(stream)).into_response()
}
