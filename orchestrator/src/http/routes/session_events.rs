//! `GET /api/sessions/:id/events`: a session's events as a server-sent stream, from any cursor.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use shared::SessionId;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Caller, Query, SessionPath};
use crate::http::kinds;
use crate::http::problems::problems;
use crate::http::sse::{self, Source};
use crate::http::state::AppState;
use crate::session::{Batch, Frame, Subscription};

/// Bytes that are gathered into one write before it goes out: a replay is many small events, and each
/// write costs a chunk of HTTP and a pass through the socket's machinery.
const GATHERED: usize = 64 * 1024;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(follow))
}

problems!(
    Problems = SIGNED_IN + SESSION_NOT_FOUND + CURSOR_AHEAD + QUERY_INVALID + HEADER_INVALID + UNAVAILABLE
);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Cursor {
    /// The `seq` of the last event that the client has; all events come when it is absent. The
    /// `Last-Event-ID` header says the same and wins.
    after: Option<u64>,
}

/// Follow a session's events
///
/// Each event has its `seq` as its `id`; text that is still being written comes as `event: delta`
/// without one. Resume with `Last-Event-ID` or `?after=`.
#[utoipa::path(get, path = "/api/sessions/{id}/events", operation_id = "followSession", tag = "live", params(("id" = SessionId, Path), Cursor), responses(
    (status = 200, description = "The stream", body = shared::Event, content_type = "text/event-stream"),
    Problems,
))]
async fn follow(
    State(state): State<AppState>,
    caller: Caller,
    SessionPath(id): SessionPath,
    Query(Cursor { after }): Query<Cursor>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let after = last_event_id(&headers)?.or(after).unwrap_or(0);
    let subscription = state
        .sessions
        .open(id)
        .await?
        .subscribe(after, caller.0.person)
        .await?;
    metrics::gauge!("watchers", "protocol" => "sse").increment(1);
    Ok(sse::respond(
        Events {
            subscription,
            batch: None,
            next: 0,
        },
        state.lifecycle.clone(),
    ))
}

fn last_event_id(headers: &HeaderMap) -> ApiResult<Option<u64>> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| {
            ApiError::with_detail(
                &kinds::HEADER_INVALID,
                "`Last-Event-ID` must be the number of an event.",
            )
        })
}

struct Events {
    subscription: Subscription,
    batch: Option<Batch>,
    next: usize,
}

impl Events {
    /// The next frames of the batch in hand that this protocol carries, as far as they fit into one write.
    fn in_hand(&mut self) -> Option<Bytes> {
        let batch = self.batch.as_ref()?;
        while self.next < batch.len() {
            let (bytes, taken) = gather(&batch[self.next..]);
            self.next += taken;
            if !bytes.is_empty() {
                return Some(bytes);
            }
        }
        self.batch = None;
        None
    }
}

/// As many frames as fit into one write, and how many these are. A frame that comes alone, as most do that
/// are live, is not copied: all watchers share its bytes.
fn gather(frames: &[Frame]) -> (Bytes, usize) {
    if let [frame] = frames {
        return (frame.sse(), 1);
    }
    let size: usize = frames.iter().map(Frame::size).sum();
    let (mut text, mut taken) = (String::with_capacity(size.min(GATHERED + GATHERED / 8)), 0);
    for frame in frames {
        frame.write_sse(&mut text);
        taken += 1;
        if text.len() >= GATHERED {
            break;
        }
    }
    (text.into(), taken)
}

impl Source for Events {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.in_hand() {
                return Some(bytes);
            }
            // The end needs no words here: the client comes back with its cursor.
            self.batch = Some(self.subscription.next().await.ok()?);
            self.next = 0;
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        metrics::gauge!("watchers", "protocol" => "sse").decrement(1);
    }
}
