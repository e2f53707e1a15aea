//! `GET /api/sessions/:id/ws`: a client's socket. First the view or the missed events, then what
//! happens, live; commands come the other way. One task a watcher, which waits for nobody.

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use shared::SessionId;
use shared::limits::CLIENT_FRAME_BYTES;
use shared::socket::{ClientCommand, Presence, ServerFrame};
use tokio_util::task::task_tracker::TaskTrackerToken;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::commands::{self, Asked};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Caller, Query, SessionPath};
use crate::http::kinds;
use crate::http::problems::problems;
use crate::http::socket::{self, Goodbye, Heartbeat, PeerGone};
use crate::http::state::AppState;
use crate::session::{Batch, Ended, Subscription};

/// Batches that are written in one go at most.
const GATHERED: usize = 64;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(open))
}

problems!(
    Problems = SIGNED_IN
        + ORIGIN_MISMATCH
        + SESSION_NOT_FOUND
        + CURSOR_AHEAD
        + QUERY_INVALID
        + UPGRADE_REQUIRED
        + UNAVAILABLE
);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Cursor {
    /// The `seq` of the last event that the client has: it gets those after it instead of the view.
    after: Option<u64>,
}

/// Follow a session and send commands
///
/// A WebSocket; `docs/PROTOCOL.md` describes its frames.
#[utoipa::path(get, path = "/api/sessions/{id}/ws", operation_id = "openSocket", tag = "live", params(("id" = SessionId, Path), Cursor), responses(
    (status = 101, description = "The socket is open"),
    Problems,
))]
async fn open(
    State(state): State<AppState>,
    caller: Caller,
    SessionPath(id): SessionPath,
    Query(Cursor { after }): Query<Cursor>,
    wanted: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> ApiResult<Response> {
    let upgrade = socket::upgrade(wanted, CLIENT_FRAME_BYTES)?;
    if state.lifecycle.is_draining() {
        return Err(ApiError::new(&kinds::DRAINING));
    }
    let (view, after) = match after {
        Some(after) => (None, after),
        None => {
            let (view, seq) = view(&state, id, &caller).await?;
            (Some(view), seq)
        }
    };
    let subscription = state
        .sessions
        .open(id)
        .await?
        .subscribe(after, caller.0.person.clone())
        .await?;
    let token = state.lifecycle.token();
    Ok(upgrade.on_upgrade(move |socket| {
        let watcher = Box::new(Watcher {
            socket,
            state,
            id,
            caller,
            subscription,
            heartbeat: Heartbeat::new(),
            _open: token,
        });
        // Boxed, as an upgrade keeps several copies of its future's size; and everything large is in
        // the watcher, of which there is one: there may be very many idle ones.
        Box::pin(watcher.watch(view))
    }))
}

/// The first frame of a client that has nothing yet, and the cursor that follows it.
async fn view(state: &AppState, id: SessionId, caller: &Caller) -> ApiResult<(Utf8Bytes, u64)> {
    let view = state.storage().transcript().view(id).await?;
    let mut view = view.ok_or_else(|| ApiError::new(&kinds::SESSION_NOT_FOUND))?;
    // Who else is there follows in a frame of its own.
    let person = caller.0.person.clone();
    view.present = vec![Presence {
        person,
        typing: false,
    }];
    let seq = view.seq;
    let text = serde_json::to_string(&ServerFrame::View(Box::new(view)))
        .map_err(|error| ApiError::internal(&error))?;
    Ok((text.into(), seq))
}

struct Watcher {
    socket: WebSocket,
    state: AppState,
    id: SessionId,
    caller: Caller,
    subscription: Subscription,
    heartbeat: Heartbeat,
    _open: TaskTrackerToken,
}

/// How watching ended.
enum End {
    /// We say goodbye.
    Say(Goodbye),
    /// There is nobody to say it to.
    Gone,
}

impl From<PeerGone> for End {
    fn from(PeerGone: PeerGone) -> Self {
        Self::Gone
    }
}

impl Watcher {
    async fn watch(mut self: Box<Self>, view: Option<Utf8Bytes>) {
        metrics::gauge!("watchers", "protocol" => "ws").increment(1);
        let end = self.follow(view).await;
        metrics::gauge!("watchers", "protocol" => "ws").decrement(1);
        if let Err(End::Say(goodbye)) = end {
            Box::pin(socket::close(&mut self.socket, goodbye)).await;
        }
    }

    async fn follow(&mut self, view: Option<Utf8Bytes>) -> Result<(), End> {
        if let Some(view) = view {
            Box::pin(socket::write(&mut self.socket, [view])).await?;
        }
        let lifecycle = self.state.lifecycle.clone();
        loop {
            // What follows a step is boxed: waiting is what a watcher mostly does.
            tokio::select! {
                batch = self.subscription.next() => Box::pin(self.deliver(batch)).await?,
                message = self.socket.recv() => Box::pin(self.receive(message)).await?,
                () = self.heartbeat.tick() => Box::pin(self.heartbeat.ask(&mut self.socket)).await?,
                () = lifecycle.draining() => {
                    return Err(End::Say(Goodbye { code: socket::RESTARTING, reason: "the server restarts" }));
                }
            }
        }
    }

    /// Writes a batch, and with it all that is there already.
    async fn deliver(&mut self, batch: Result<Batch, Ended>) -> Result<(), End> {
        let batch = match batch {
            Ok(batch) => batch,
            Err(ended) => return Err(End::Say(self.goodbye(ended).await)),
        };
        let more = std::iter::from_fn(|| self.subscription.ready()).take(GATHERED);
        let frames = std::iter::once(batch).chain(more).flat_map(Frames::new);
        Ok(socket::write(&mut self.socket, frames).await?)
    }

    async fn goodbye(&mut self, ended: Ended) -> Goodbye {
        match ended {
            Ended::TooSlow => Goodbye {
                code: socket::TOO_SLOW,
                reason: "too slow, resume by cursor",
            },
            Ended::Closed if matches!(self.state.storage().sessions().get(self.id).await, Ok(None)) => {
                Goodbye {
                    code: socket::GONE,
                    reason: "the session was deleted",
                }
            }
            Ended::Closed => Goodbye {
                code: socket::RESTARTING,
                reason: "the session restarts",
            },
        }
    }

    async fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heartbeat.heard();
        let malformed = |reason| {
            End::Say(Goodbye {
                code: socket::MALFORMED,
                reason,
            })
        };
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return Err(malformed("malformed_frame: frames are text")),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => return Err(socket::goodbye_to(error).map_or(End::Gone, End::Say)),
        };
        if text.len() > CLIENT_FRAME_BYTES {
            let reason = "a frame has at most 256 KiB";
            return Err(End::Say(Goodbye {
                code: socket::TOO_BIG,
                reason,
            }));
        }
        let reply = match commands::read(&text) {
            Asked::Command(ClientCommand::Typing) => {
                self.subscription.typing();
                None
            }
            Asked::Command(command) => {
                Box::pin(commands::perform(&self.state, self.id, &self.caller, command)).await
            }
            Asked::Refused { request_id, error } => commands::refusal(request_id, &error),
            Asked::Nonsense => return Err(malformed("malformed_frame: not a command with a requestId")),
        };
        match reply {
            Some(reply) => Ok(socket::write(&mut self.socket, [reply]).await?),
            None => Ok(()),
        }
    }
}

/// The frames of a batch, as the socket sends them.
struct Frames {
    batch: Batch,
    next: usize,
}

impl Frames {
    const fn new(batch: Batch) -> Self {
        Self { batch, next: 0 }
    }
}

impl Iterator for Frames {
    type Item = Utf8Bytes;

    fn next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.batch.get(self.next)?;
        self.next += 1;
        Some(frame.ws())
    }
}
